// Light, dark, or as the system has it; remembered where the browser allows.
const MODES = ["auto", "light", "dark"] as const;

export function setUpTheme() {
  const bar = document.querySelector(".bar .wrap")!;
  const button = document.createElement("button");
  button.type = "button";
  button.id = "theme";
  button.className = "quiet";
  bar.append(button);
  let mode = 0;
  try {
    mode = Math.max(0, MODES.indexOf(localStorage.getItem("evals-theme") as "auto"));
  } catch {
    // storage may be refused
  }
  const use = () => {
    if (MODES[mode] === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = MODES[mode];
    button.textContent = `Theme: ${MODES[mode]}`;
    try {
      localStorage.setItem("evals-theme", MODES[mode]!);
    } catch {
      // storage may be refused
    }
  };
  button.addEventListener("click", () => {
    mode = (mode + 1) % MODES.length;
    use();
  });
  use();
}

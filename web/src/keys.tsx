// The keyboard, and its map on `?`.
import { render } from "preact";
import { grids, type Grid } from "./grid";
import type { Moves } from "./drawer";
import type { Store } from "./state";

const MAP: [string, string][] = [
  ["/", "search in the cases"], ["j  k", "next, previous case"], ["f  Shift+f", "next, previous failure"],
  ["Enter", "open the case"], ["1 … 9", "column, in an open case"], ["c", "copy the command of an open case"],
  ["g", "to the verdict"], ["t", "theme"], ["?", "this map"], ["Esc", "close, clear"],
  ["← →", "move in the overview, tabs and tokens"],
];

export function setUpKeys(store: Store, moves: Moves) {
  let on = true;
  const box = document.createElement("div");
  document.body.append(box);
  render(
    <dialog class="help" aria-labelledby="help-title"><h2 id="help-title">Keyboard</h2>
      <table><caption class="vh">Keys</caption><thead class="vh"><tr><th scope="col">Key</th><th scope="col">What it does</th></tr></thead>
        <tbody>{MAP.map(([key, act]) => <tr key={key}><th scope="row"><kbd>{key}</kbd></th><td>{act}</td></tr>)}</tbody></table>
      <p><label><input type="checkbox" checked onChange={(e) => (on = e.currentTarget.checked)} /> Single keys</label></p>
      <button type="button" onClick={() => help.close()}>Close</button></dialog>,
    box,
  );
  const help = box.querySelector("dialog")!;
  const bar = document.querySelector(".bar .wrap")!;
  for (const [label, name, act] of [["Search /", "Search", () => search(store)], ["?", "Keyboard", () => help.showModal()]] as const) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = label.split(" ")[0]!;
    if (name === "Search") button.append(" ", Object.assign(document.createElement("kbd"), { textContent: "/" }));
    button.title = name;
    button.setAttribute("aria-label", label === "?" ? "Keyboard (?)" : label);
    button.addEventListener("click", act);
    bar.insertBefore(button, document.getElementById("theme"));
  }
  const acts: Record<string, () => void> = {
    "/": () => search(store),
    j: () => walk(store, moves, 1), k: () => walk(store, moves, -1),
    f: () => walk(store, moves, 1, true), F: () => walk(store, moves, -1, true),
    "?": () => help.showModal(),
    t: () => document.getElementById("theme")!.click(),
    g: () => {
      if (store.open) store.show(null);
      window.scrollTo(0, 0);
    },
    c: () => document.querySelector<HTMLElement>(".drawer [data-copy='Run just this case']")?.click(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target as HTMLElement;
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName) && !["radio", "checkbox", "range"].includes((target as HTMLInputElement).type);
    if (typing || help.open || (!on && event.key !== "?")) return;
    if (store.open && /^[1-9]$/.test(event.key)) {
      const column = Number(event.key) - 1;
      if (store.open.suite.cases[store.open.place]!.sides[column]) store.show({ ...store.open, column });
      return;
    }
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

function search(store: Store) {
  const from = store.open?.suite.anchor;
  if (store.open) store.show(null);
  const fields = [...document.querySelectorAll<HTMLInputElement>(".tools .find")];
  const field = fields.find((one) => one.id === `${from}-search`) ?? fields.find((one) => one.getBoundingClientRect().bottom > 0) ?? fields[0];
  field?.scrollIntoView({ block: "center" });
  field?.focus({ preventScroll: true });
}

/** The next case of the grids; `failing`: the next that did not pass. */
function walk(store: Store, moves: Moves, by: number, failing = false) {
  if (store.open && !failing) return moves.step(by);
  const all = store.data.suites.map((suite) => grids.get(suite.anchor)).filter((one) => one !== undefined);
  const steps = all.flatMap((grid) => grid.places.map((place, index) => ({ grid, place, index })));
  const here = position(store, steps);
  for (let at = here === null ? (by > 0 ? nearest(all, steps) : -1) : here + by; steps[at]; at += by) {
    const { grid, place, index } = steps[at]!;
    if (failing && !grid.suite.cases[place]!.sides.some((of) => of && ["fail", "flaky"].includes(of[0]))) continue;
    if (store.open) store.show({ ...store.find(grid.suite.cases[place]!.anchor)! });
    for (const other of all) if (other !== grid) other.mark(-1);
    return grid.mark(index);
  }
}

type Step = { grid: Grid; place: number; index: number };

function position(store: Store, steps: Step[]): number | null {
  const open = store.open;
  const anchor = open ? open.suite.cases[open.place]!.anchor
    : document.querySelector(".grid tr.cur a")?.getAttribute("href")?.slice(1);
  const at = steps.findIndex(({ grid, place }) => grid.suite.cases[place]!.anchor === anchor);
  return at < 0 ? null : at;
}

/** The first row of the first grid that is not above the window. */
function nearest(all: Grid[], steps: Step[]): number {
  const grid = all.find((one) => {
    const section = document.getElementById(`${one.suite.anchor}-cases`);
    return section && section.getBoundingClientRect().bottom > 0;
  });
  return Math.max(0, steps.findIndex((step) => step.grid === grid));
}

// Tables as CSV, charts as SVG and PNG, made from what the page shows.
import { side, text, type Suite } from "./data";

function save(name: string, data: Blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(data);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** RFC 4180; a text that a spreadsheet would take for a formula begins with an apostrophe. */
const quoted = (of: string) => {
  const safe = /^[=+\-@\t\r]/.test(of) && Number.isNaN(Number(of.replace(/ .*$/, ""))) ? `'${of}` : of;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};
const csv = (rows: string[][]) =>
  new Blob([rows.map((row) => `${row.map(quoted).join(",")}\r\n`).join("")], { type: "text/csv;charset=utf-8" });

export function exportRows(suite: Suite, places: number[]) {
  const head = ["suite", "case", "tags", "expected", "column", "sample", "outcome", "latency_s",
    "prompt_tokens", "completion_tokens", "reasoning_tokens", "cost_usd", "score", "answer", "reason"];
  const number = (of: number | null) => (of === null ? "" : String(of));
  const rows = places.flatMap((place) => {
    const one = suite.cases[place]!;
    return suite.columns.flatMap((column, at) => (side(one, at)?.trials ?? []).map((trial) => [
      suite.id, one.id, one.tags.join(" "), text(one.expected), column.name, String(trial.sample),
      trial.icon === "none" ? "recorded" : trial.icon, number(trial.latency), ...trial.used.map(number),
      number(trial.cost), number(trial.score), trial.text,
      trial.checks.find((check) => check.icon === "fail" || check.icon === "error")?.reason ?? "",
    ]));
  });
  save(`${file(suite.id)}-cases.csv`, csv([head, ...rows]));
}

const file = (of: string) => of.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");

const words = (of: Element) => {
  const clone = of.cloneNode(true) as Element;
  for (const svg of clone.querySelectorAll("svg"))
    svg.replaceWith(svg.getAttribute("role") === "img" ? ` ${svg.getAttribute("aria-label")} ` : " ");
  for (const cut of clone.querySelectorAll("div, br, .tag")) cut.before("; ");
  return clone.textContent.replaceAll(/\s+/g, " ").replaceAll(/^[; ]+|[; ]+$/g, "").replaceAll(/( ;)+/g, ";");
};

function tableRows(table: HTMLTableElement): string[][] {
  return [...table.rows].filter((row) => row.getAttribute("aria-hidden") !== "true")
    .map((row) => [...row.cells].map(words));
}

const button = (label: string, title: string, act: () => void) => {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "quiet export";
  made.textContent = label;
  made.setAttribute("aria-label", title);
  made.addEventListener("click", act);
  return made;
};

/** Puts a button beside each table and chart of the page. */
export function offerExports(root: ParentNode) {
  for (const table of root.querySelectorAll<HTMLTableElement>("main table:not(.grid)")) {
    const name = table.caption?.textContent ?? "table";
    const made = button("CSV", `Save “${name}” as CSV`, () => save(`${file(name)}.csv`, csv(tableRows(table))));
    const line = document.createElement("p");
    line.className = "exports";
    line.append(made);
    (table.closest(".tablebox, .scrollx") ?? table).after(line);
  }
  for (const chart of root.querySelectorAll<SVGSVGElement>("main svg[role=img][viewBox]:not(.g)")) {
    const name = file((chart.getAttribute("aria-label") ?? "chart").split(/[:;]/)[0]!);
    const line = document.createElement("p");
    line.className = "exports";
    line.append(
      button("SVG", "Save the chart as SVG", () => save(`${name}.svg`, new Blob([drawn(chart)], { type: "image/svg+xml" }))),
      button("PNG", "Save the chart as PNG", () => void painted(chart).then((data) => data && save(`${name}.png`, data))),
    );
    chart.after(line);
  }
}

const KEPT = ["fill", "stroke", "stroke-width", "stroke-dasharray", "color", "font-family", "font-size",
  "font-weight", "text-anchor", "opacity", "paint-order"];

/** The chart as a file of its own: styles as attributes, used symbols inside. */
function drawn(chart: SVGSVGElement): string {
  const copy = chart.cloneNode(true) as SVGSVGElement;
  const from = [chart, ...chart.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((to, at) => {
    const style = getComputedStyle(from[at]!);
    if (style.display === "none") return void to.setAttribute("display", "none");
    for (const key of KEPT) to.setAttribute(key, style.getPropertyValue(key));
    to.removeAttribute("class");
  });
  const used = new Set([...copy.querySelectorAll("use")].map((one) => one.getAttribute("href")!));
  for (const id of used) {
    const found = document.querySelector(id);
    if (found) copy.prepend(found.cloneNode(true));
  }
  for (const shape of copy.querySelectorAll(":scope > [id]")) {
    const defs = document.createElementNS(copy.namespaceURI!, "defs");
    shape.replaceWith(defs);
    defs.append(shape);
  }
  const { width, height } = chart.viewBox.baseVal;
  const back = document.createElementNS(copy.namespaceURI!, "rect");
  for (const [key, value] of Object.entries({ width, height, fill: getComputedStyle(document.body).backgroundColor }))
    back.setAttribute(key, String(value));
  copy.prepend(back);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  return new XMLSerializer().serializeToString(copy);
}

async function painted(chart: SVGSVGElement): Promise<Blob | null> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(drawn(chart))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = 2 * image.width;
  canvas.height = 2 * image.height;
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve));
}

// The page is complete without this: here it gets filters, a drawer for cases, keys and exports.
import { render } from "preact";
import { load, type PageData, type Suite } from "./data";
import { Drawer, type Moves } from "./drawer";
import { offerExports } from "./exports";
import { Cases, grids } from "./grid";
import { setUpKeys } from "./keys";
import { offerOverview } from "./overview";
import { prepare } from "./search";
import { firstBad, Store, type Filter } from "./state";
import { setUpTheme } from "./theme";

function start(data: PageData) {
  const store = new Store(data);
  const moves = movesOf(store);
  const wanted = store.read(decoded());
  for (const suite of data.suites) {
    const section = document.getElementById(`${suite.anchor}-cases`);
    if (!section || !suite.cases.length) continue;
    const caption = section.querySelector("caption")?.textContent ?? "";
    const place = document.createElement("div");
    const still = section.querySelectorAll(".still");
    (still[0] ?? section.lastChild!).before(place);
    for (const one of still) one.remove();
    render(<Cases store={store} suite={suite} caption={caption} />, place);
    offerOverview(store, suite);
  }
  const box = document.createElement("div");
  document.body.append(box);
  render(<Drawer store={store} moves={moves} />, box);
  setUpKeys(store, moves);
  offerTags(store);
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest?.<HTMLAnchorElement>("a[href^='#']");
    const outcome = link?.dataset.outcome;
    const suite = outcome && data.suites.find((one) => link.hash === `#${one.anchor}-cases`);
    if (suite) {
      event.preventDefault();
      return narrow(store, suite, { outcome });
    }
    const open = link && !event.defaultPrevented && store.find(link.getAttribute("href")!.slice(1));
    if (!open) return;
    event.preventDefault();
    store.show(open);
  });
  addEventListener("hashchange", () => store.read(decoded()));
  if (wanted && !store.open) {
    const changed = data.suites.find((suite) => store.filters.has(suite.anchor));
    document.getElementById(`${changed?.anchor}-cases`)?.scrollIntoView();
  }
  const idle = window.requestIdleCallback ?? ((act: () => void) => setTimeout(act, 50));
  idle(() => data.suites.forEach(prepare));
}

/** Shows a suite's cases through this filter alone. */
function narrow(store: Store, suite: Suite, filter: Partial<Filter>) {
  store.clear(suite);
  store.change(suite, filter);
  document.querySelector(`#${CSS.escape(suite.anchor)}-cases .tools`)?.scrollIntoView({ block: "start" });
}

/** A tag in the table of tags leads to its cases. */
function offerTags(store: Store) {
  for (const suite of store.data.suites)
    for (const head of document.querySelectorAll(`#${CSS.escape(suite.anchor)}-weak .tags tbody th`)) {
      const tag = head.textContent.trim();
      if (!suite.tags.includes(tag)) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.title = "Show the cases with this tag";
      button.textContent = tag;
      button.addEventListener("click", () => narrow(store, suite, { tag }));
      head.replaceChildren(button);
    }
}

const decoded = () => location.hash.slice(1);

/** Next and previous among the cases that are shown, on into the next suite. */
function movesOf(store: Store): Moves {
  const shown = () => store.data.suites.map((suite) => grids.get(suite.anchor)).filter((one) => one !== undefined);
  const place = (): [number, number] => {
    const grid = store.open && grids.get(store.open.suite.anchor);
    return grid ? [grid.places.indexOf(store.open!.place), grid.places.length] : [-1, 0];
  };
  const step = (by: number) => {
    if (!store.open) return;
    const all = shown();
    let of = all.findIndex((grid) => grid.suite === store.open!.suite);
    let at = place()[0] + by;
    while (all[of] && (at < 0 || at >= all[of]!.places.length)) {
      of += by;
      at = by > 0 ? 0 : (all[of]?.places.length ?? 0) - 1;
    }
    const grid = all[of];
    if (!grid) return;
    const next = grid.places[at]!;
    const column = grid.suite === store.open.suite && grid.suite.cases[next]!.sides[store.open.column]
      ? store.open.column : firstBad(grid.suite, next);
    store.show({ suite: grid.suite, place: next, column });
    grid.mark(at);
  };
  return { step, place };
}

setUpTheme();
offerExports(document);
const root = document.documentElement.classList;
if (window.DecompressionStream) {
  root.add("js");
  load().then(start).catch((problem: unknown) => {
    root.remove("js");
    console.error("The page's data could not be read:", problem);
  }).finally(() => root.remove("loading"));
}

// The overview above a suite's cases: point at a bar or move along the bars, and open its case.
import { render } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { side, type Case, type Icon, type Suite } from "./data";
import { Mark, Shape, WORDS } from "./marks";
import { firstBad, type Store } from "./state";

/** As many bars as evals/report/cases.py draws; of more cases a bar is a group. */
const BINS = 400;
/** Columns that are told one by one. */
const APART = 6;

export function offerOverview(store: Store, suite: Suite) {
  const bars = document.querySelector<HTMLElement>(`#${CSS.escape(suite.anchor)}-cases .bars`);
  if (!bars || !suite.strip.length) return;
  const place = document.createElement("div");
  place.className = "scan";
  bars.after(place);
  render(<Scan store={store} suite={suite} bars={bars} />, place);
}

interface ScanProps { store: Store; suite: Suite; bars: HTMLElement }

function Scan({ store, suite, bars }: ScanProps) {
  const total = suite.strip.length;
  const n = Math.min(total, BINS);
  const [at, setAt] = useState<number | null>(null);
  const range = useRef<HTMLInputElement>(null);
  const open = (bar: number, column: number | null) => {
    const place = held(suite, bar)[0];
    if (place === undefined) return;
    range.current!.focus({ preventScroll: true });
    const asked = column !== null && suite.cases[place]!.sides[column];
    store.show({ suite, place, column: asked ? column : firstBad(suite, place) });
  };
  useLayoutEffect(() => range.current!.style.setProperty("--n", String(n)), []);
  useEffect(() => listen(bars, n, setAt, open), []);
  useLayoutEffect(() => {
    for (const marker of bars.querySelectorAll(".at")) {
      marker.setAttribute("x", String((at ?? 0) - 0.1));
      marker.classList.toggle("on", at !== null);
    }
  }, [at]);
  const hint = `${suite.anchor}-bars-hint`;
  return <>
    <input ref={range} type="range" min={1} max={n} step={1} value={(at ?? 0) + 1}
      aria-label={`Cases of ${suite.id}, hardest first`} aria-describedby={hint}
      aria-valuetext={spoken(suite, at ?? 0)}
      onInput={(e) => setAt(Number(e.currentTarget.value) - 1)}
      onFocus={(e) => setAt(Number(e.currentTarget.value) - 1)}
      onKeyDown={(e) => {
        if (e.key !== "Enter") return;
        e.preventDefault();
        open(at ?? 0, null);
      }} />
    <span class="vh" id={hint}>Enter opens the case.</span>
    {at === null
      ? <p class="told f">Point at a bar, or move along the line, to read its case; a click or Enter opens it.</p>
      : <Told suite={suite} at={at} onOpen={() => open(at, null)} />}
  </>;
}

/** The pointer over the bars: it shows what it is over, a click opens it, a finger chooses. */
function listen(
  bars: HTMLElement, n: number, show: (bar: number) => void,
  open: (bar: number, column: number) => void,
) {
  const strips = [...bars.querySelectorAll<SVGSVGElement>(":scope > svg")];
  for (const [column, strip] of strips.entries()) {
    const marker = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of [["class", "at"], ["width", "1"], ["height", "22"]] as const)
      marker.setAttribute(name, value);
    strip.append(marker);
    const bar = (event: MouseEvent) => {
      const { left, width } = strip.getBoundingClientRect();
      return Math.max(0, Math.min(n - 1, Math.floor(((event.clientX - left) / width) * n)));
    };
    strip.addEventListener("pointermove", (event) => show(bar(event)));
    strip.addEventListener("pointerdown", (event) => show(bar(event)));
    strip.addEventListener("click", (event) => {
      if ((event as PointerEvent).pointerType !== "touch") open(bar(event), column);
    });
  }
}

/** The cases of a bar by their places in the order of the overview, first and behind the last. */
function span(suite: Suite, bar: number): [number, number] {
  const total = suite.strip.length;
  if (total <= BINS) return [bar, bar + 1];
  return [Math.floor((bar * total) / BINS), Math.floor(((bar + 1) * total) / BINS)];
}

/** The cases of a bar that the page has, hardest first, by their places among the suite's. */
const held = (suite: Suite, bar: number) => suite.strip.slice(...span(suite, bar)).filter((place) => place >= 0);

type Counts = Map<Icon, number>;

function counted(cases: Case[], columns: number[]): Counts {
  const counts: Counts = new Map();
  for (const one of cases)
    for (const column of columns) {
      const icon = one.sides[column]?.[0];
      if (icon) counts.set(icon, (counts.get(icon) ?? 0) + 1);
    }
  return new Map((Object.keys(WORDS) as Icon[]).flatMap((icon) => counts.has(icon) ? [[icon, counts.get(icon)!]] : []));
}

const number = (of: number) => of.toLocaleString("en");
const listed = (counts: Counts) => [...counts].map(([icon, count]) => `${number(count)} ${WORDS[icon]}`).join(", ");

/** What a bar is: its name, and what came of it in each column or, of many, in all. */
function said(suite: Suite, bar: number) {
  const [first, end] = span(suite, bar);
  const cases = held(suite, bar).map((place) => suite.cases[place]!);
  const all = suite.columns.map((_, column) => column);
  const together = all.length > APART;
  const one = end - first === 1 ? cases[0] : undefined;
  const told = (column: number): [Icon | null, string] => {
    if (!one) return [null, listed(counted(cases, [column]))];
    const of = side(one, column);
    return of ? [of.icon, [WORDS[of.icon], of.counts].filter(Boolean).join(", ")] : [null, "not asked"];
  };
  const missing = end - first - cases.length;
  return {
    name: one?.id ?? (end - first === 1 ? `Case ${number(end)}`
      : `Cases ${number(first + 1)} to ${number(end)} of ${number(suite.strip.length)}`),
    hardest: one ? "" : cases[0]?.id ?? "",
    columns: together || !cases.length ? [] : all.map((column) => ({ ...suite.columns[column]!, told: told(column) })),
    sum: together ? `${listed(counted(cases, all))}${one ? ` in ${all.length} columns` : ""}` : "",
    missing: missing ? `${cases.length ? `${number(missing)} that` : "It"} passed and ${cases.length ? "are" : "is"} not on this page` : "",
  };
}

function spoken(suite: Suite, bar: number): string {
  const { name, columns, sum, missing } = said(suite, bar);
  const apart = columns.map((one) => (suite.columns.length > 1 ? `${one.name} ${one.told[1]}` : one.told[1]));
  return `${name}: ${[...apart, sum, missing].filter(Boolean).join("; ")}`;
}

function Told({ suite, at, onOpen }: { suite: Suite; at: number; onOpen: () => void }) {
  const { name, hardest, columns, sum, missing } = said(suite, at);
  return (
    <p class="told"><b>{name}</b>
      {columns.map(({ name: column, mark, told: [icon, what] }) => <span key={column}>
        {suite.columns.length > 1 && <><Shape mark={mark} /> {column} </>}
        {icon && <Mark icon={icon} quiet />} {what}</span>)}
      {sum && <span>{sum}</span>}
      {missing && <span class="f">{missing}</span>}
      {held(suite, at).length > 0 && <button type="button" class="quiet" onClick={onOpen}
        aria-label={`Open ${hardest || name}`}>{hardest ? `Open ${hardest}` : "Open"}</button>}</p>
  );
}

// A suite's cases: filters above, rows below; of many rows those in view.
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { side, text, type Case, type Suite } from "./data";
import { exportRows } from "./exports";
import { apply, metricCondition, outcomeFits, sortParts } from "./filter";
import { useStore, useWindowRows } from "./hooks";
import { Mark, Shape, WORDS } from "./marks";
import { containing, looksLikePattern, matching, pattern } from "./search";
import { isFiltered, type Filter, type Store } from "./state";

const ALL_IN_DOM = 100;
const ON_PAPER = 13;

/** What the keyboard needs of a grid. */
export interface Grid { suite: Suite; places: number[]; mark: (index: number) => void }
export const grids = new Map<string, Grid>();

export function Cases({ store, suite, caption }: { store: Store; suite: Suite; caption: string }) {
  useStore(store);
  const filter = store.filter(suite);
  const search = useSearch(suite, filter.q);
  const places = useMemo(
    () => apply(suite, filter, search.found),
    [suite, filter, search.found],
  );
  const columns = suite.columns.map((one, at) => ({ ...one, at }))
    .filter((one) => !filter.hidden.includes(one.name));
  return (
    <>
      <Filters store={store} suite={suite} filter={filter} problem={search.problem}
        shown={places.length} places={places} />
      {suite.left_out && <p class="note">{suite.left_out}</p>}
      {places.length === 0
        ? <p class="nohit">No case fits.{" "}
          <button type="button" onClick={() => store.clear(suite)}>Clear the filter</button></p>
        : <Table store={store} suite={suite} places={places} columns={columns} caption={caption} />}
    </>
  );
}

/** The cases with the text; a regular expression is matched aside and may take too long. */
function useSearch(suite: Suite, q: string) {
  const [state, set] = useState<{ q: string; found: Set<number> | null; problem: string }>(
    { q: "", found: null, problem: "" });
  const plain = useMemo(
    () => (q.trim() && !pattern(q) ? containing(suite, q) : null), [suite, q]);
  useEffect(() => {
    const re = pattern(q);
    if (!re) return;
    const run = matching(suite, re);
    void run.done.then((found) => set({
      q, found, problem: found ? "" : "stopped after 200 ms: the expression takes too long",
    }));
    return run.cancel;
  }, [suite, q]);
  if (!q.trim()) return { found: null, problem: "" };
  if (!pattern(q))
    return { found: plain, problem: looksLikePattern(q) ? "no valid regular expression; searched as text" : "" };
  return state.q === q ? state : { found: state.found, problem: "" };
}

type Shown = Suite["columns"][number] & { at: number };

const OUTCOMES = ["broke", "fixed", "bad", "fail", "flaky", "error", "differ", "pass", "unchanged"] as const;
const NAMES: Record<string, string> = {
  bad: "Not passed", broke: "Newly failing", fixed: "Fixed", fail: "Fail", flaky: "Disagree", error: "Error",
  differ: "Columns differ", pass: "Pass", unchanged: "Unchanged",
};

interface FiltersProps {
  store: Store; suite: Suite; filter: Filter; problem: string; shown: number; places: number[];
}

function Filters({ store, suite, filter, problem, shown, places }: FiltersProps) {
  const change = (patch: Partial<Filter>) => store.change(suite, patch);
  const column = suite.columns.findIndex((one) => one.name === filter.setting);
  const counts = useMemo(() => new Map(OUTCOMES.map((of) =>
    [of, suite.cases.filter((one) => outcomeFits(one, of, column)).length])), [suite, column]);
  const runs = store.data.kind === "runs";
  const offered = OUTCOMES.filter((of) => {
    if (of === filter.outcome) return true;
    if (of === "broke" || of === "fixed" || of === "unchanged") return runs;
    if (of === "differ") return suite.columns.length > 1;
    if (of === "bad") return counts.get(of) !== counts.get("fail");
    return of === "fail" || of === "pass" || counts.get(of);
  });
  const several = suite.columns.length > 1;
  const bar = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => heightTold(bar.current!), []);
  const id = `${suite.anchor}-search`;
  const hint = `${id}-problem`;
  return (
    <div class="tools" role="search" ref={bar} aria-label={`Cases of ${suite.id}`}>
      <div class="filters">
        <input id={id} class="find" type="search" placeholder="Text or /regex/"
          aria-label="Search in cases and answers" value={filter.q} aria-invalid={problem ? "true" : undefined}
          aria-describedby={problem ? hint : undefined} spellcheck={false} autocomplete="off"
          onInput={(e) => change({ q: e.currentTarget.value })}
          onKeyDown={(e) => {
            if (e.key !== "Escape") return;
            change({ q: "" });
            e.currentTarget.blur();
          }} />
        {offered.map((of) => (
          <button type="button" key={of} class="chip" aria-pressed={filter.outcome === of}
            onClick={() => change({ outcome: filter.outcome === of ? "" : of })}>
            {of in WORDS && <Mark icon={of as "fail"} quiet />}{NAMES[of]} <b>{counts.get(of)?.toLocaleString("en")}</b>
          </button>
        ))}
        {several && <Choice label="Column" value={filter.setting} any="any column"
          options={suite.columns.map((one) => [one.name, one.name])} onPick={(setting) => change({ setting })} />}
        {suite.tags.length > 0 && <Choice label="Tag" value={filter.tag} any="all tags"
          options={suite.tags.map((one) => [one, one])} onPick={(tag) => change({ tag })} />}
        {suite.metrics.length > 0 && <Metric suite={suite} filter={filter} change={change} />}
        <Choice label="Order" value={filter.sort} any="worst first" onPick={(sort) => change({ sort })}
          options={orders(suite, filter)} />
        {several && <Columns suite={suite} filter={filter} change={change} />}
        {isFiltered(filter) && <button type="button" class="quiet" onClick={() => store.clear(suite)}>Clear</button>}
        {problem && <p class="problem" id={hint}>{problem}</p>}
      </div>
      <span class="end">
        <span class="count" role="status">{shown.toLocaleString("en")} of {suite.cases.length.toLocaleString("en")} shown</span>
        <button type="button" class="quiet" onClick={() => exportRows(suite, places)}>CSV</button>
      </span>
    </div>
  );
}

/** Tells the styles how high the filters are: below them the names of the columns stay in view. */
function heightTold(bar: HTMLElement) {
  const watch = new ResizeObserver(() =>
    bar.parentElement?.style.setProperty("--tools", `${bar.offsetHeight}px`));
  watch.observe(bar);
  return () => watch.disconnect();
}

function orders(suite: Suite, filter: Filter): [string, string][] {
  const { column } = sortParts(filter.sort);
  const at = column ? `@${column}` : "";
  const of = column ? `, ${column}` : "";
  return [
    ["name", "name"],
    ...(column || filter.sort === "outcome" ? [[`outcome${at}`, `outcome${of}`] as [string, string]] : []),
    [`latency${at}`, `slowest${of}`],
    [`tokens${at}`, `most tokens${of}`],
    ...suite.metrics.map((one): [string, string] => [`metric:${one}${at}`, `lowest ${one}${of}`]),
  ];
}

interface ChoiceProps {
  label: string; value: string; any: string; options: [string, string][]; onPick: (value: string) => void;
}

const Choice = ({ label, value, any, options, onPick }: ChoiceProps) => (
  <select aria-label={label} value={value} onChange={(e) => onPick(e.currentTarget.value)}>
    <option value="">{any}</option>
    {options.map(([key, name]) => <option key={key} value={key} selected={key === value}>{name}</option>)}
  </select>
);

interface PartProps { suite: Suite; filter: Filter; change: (patch: Partial<Filter>) => void }

function Metric({ suite, filter, change }: PartProps) {
  const condition = metricCondition(filter.metric);
  const [limit, setLimit] = useState(condition ? String(condition.limit) : "0.5");
  const set = (name: string, op: string, value: string) =>
    change({ metric: name && value.trim() && !Number.isNaN(Number(value)) ? `${name}${op}${value}` : "" });
  const op = condition && !condition.below ? ">=" : "<";
  return (
    <span class="metric">
      <Choice label="Metric" value={condition?.name ?? ""} any="any metric"
        options={suite.metrics.map((one) => [one, one])} onPick={(name) => set(name, op, limit)} />
      {condition && <>
        <select aria-label="Below or above" value={op}
          onChange={(e) => set(condition.name, e.currentTarget.value, limit)}>
          <option value="<">below</option><option value=">=">at least</option>
        </select>
        <input aria-label="Limit" inputMode="decimal" size={5} value={limit} onInput={(e) => {
          setLimit(e.currentTarget.value);
          if (e.currentTarget.value.trim() && !Number.isNaN(Number(e.currentTarget.value)))
            set(condition.name, op, e.currentTarget.value);
        }} />
      </>}
    </span>
  );
}

const Columns = ({ suite, filter, change }: PartProps) => (
  <details class="pick"><summary>Columns</summary>
    <div>{suite.columns.map((one) => (
      <label key={one.name}><input type="checkbox" checked={!filter.hidden.includes(one.name)}
        onChange={(e) => change({
          hidden: e.currentTarget.checked ? filter.hidden.filter((name) => name !== one.name)
            : [...filter.hidden, one.name],
        })} /> <Shape mark={one.mark} /> {one.name}</label>
    ))}</div>
  </details>
);

interface TableProps {
  store: Store; suite: Suite; places: number[]; columns: Shown[]; caption: string;
}

function Table({ store, suite, places, columns, caption }: TableProps) {
  const table = useRef<HTMLTableElement>(null);
  const paper = usePaper();
  const current = useCurrent(store, suite, places, table);
  const windowed = places.length > ALL_IN_DOM && !paper;
  const rows = useRows(windowed ? places.length : 0, table);
  const items = windowed ? rows.getVirtualItems()
    : places.slice(0, paper ? ON_PAPER : undefined).map((_, index) => ({ index, start: 0, end: 0 }));
  current.reveal.current = windowed
    ? (index) => rows.scrollToIndex(index, { align: "auto" }) : () => undefined;
  const margin = windowed ? rows.options.scrollMargin : 0;
  const before = windowed && items.length ? items[0]!.start - margin : 0;
  const after = windowed && items.length ? rows.getTotalSize() - (items.at(-1)!.end - margin) : 0;
  const span = 1 + (suite.has_expected ? 1 : 0) + columns.length;
  return (
    <>
      <table ref={table} class={`grid live${columns.length > 6 ? " many" : ""}`}
        aria-rowcount={windowed ? places.length + 1 : undefined}>
        <caption class="vh">{caption}</caption>
        <Head store={store} suite={suite} columns={columns} />
        <tbody>
          {before > 0 && <Gap height={before} span={span} />}
          {items.map(({ index }) => (
            <Row key={places[index]} store={store} suite={suite} place={places[index]!} index={index}
              columns={columns} measure={windowed ? rows.measureElement : undefined}
              isCurrent={current.index === index} />
          ))}
          {after > 0 && <Gap height={after} span={span} />}
        </tbody>
      </table>
      {paper && places.length > ON_PAPER && <p class="note">The first {ON_PAPER} of {places.length.toLocaleString("en")} cases.</p>}
    </>
  );
}

const Gap = ({ height, span }: { height: number; span: number }) => (
  <tr class="gap" aria-hidden="true"><td colSpan={span} ref={(e) => { if (e) e.style.height = `${height}px`; }} /></tr>
);

function useRows(count: number, table: { current: HTMLTableElement | null }) {
  const [margin, setMargin] = useState(0);
  useLayoutEffect(() => {
    const body = table.current?.tBodies[0];
    if (!count || !body) return;
    const top = Math.round(body.getBoundingClientRect().top + window.scrollY);
    if (Math.abs(top - margin) > 2) setMargin(top);
  });
  return useWindowRows(count, margin, window.innerWidth > 700 ? 50 : 160);
}

function usePaper() {
  const [paper, set] = useState(false);
  useEffect(() => {
    const media = matchMedia("print");
    const told = () => set(media.matches);
    const before = () => set(true);
    const after = () => set(false);
    media.addEventListener("change", told);
    addEventListener("beforeprint", before);
    addEventListener("afterprint", after);
    return () => {
      media.removeEventListener("change", told);
      removeEventListener("beforeprint", before);
      removeEventListener("afterprint", after);
    };
  }, []);
  return paper;
}

function useCurrent(
  store: Store, suite: Suite, places: number[], table: { current: HTMLTableElement | null },
) {
  const [index, setIndex] = useState(-1);
  const reveal = useRef<(index: number) => void>(() => undefined);
  const mark = useCallback((to: number) => {
    setIndex(to);
    if (to < 0) return;
    reveal.current(to);
    const focus = (tries: number) => {
      const row = table.current?.querySelector<HTMLElement>(`tr[data-index="${to}"]`);
      if (row) {
        row.scrollIntoView({ block: "nearest" });
        if (!store.open) row.querySelector("a")?.focus({ preventScroll: true });
      } else if (tries) requestAnimationFrame(() => focus(tries - 1));
    };
    requestAnimationFrame(() => focus(20));
  }, []);
  useLayoutEffect(() => {
    grids.set(suite.anchor, { suite, places, mark });
    return () => void grids.delete(suite.anchor);
  }, [suite, places]);
  useEffect(() => setIndex(-1), [places]);
  return { index, reveal };
}

function Head({ store, suite, columns }: { store: Store; suite: Suite; columns: Shown[] }) {
  const filter = store.filter(suite);
  const { key, column } = sortParts(filter.sort);
  const by = (name: string) => {
    const wanted = `${key && key !== "name" ? key : "outcome"}@${name}`;
    store.change(suite, { sort: filter.sort === wanted ? "" : wanted });
  };
  return (
    <thead><tr>
      <th scope="col" class="c1" aria-sort={key === "name" ? "ascending" : undefined}>
        <button type="button" class="sort" onClick={() => store.change(suite, { sort: key === "name" ? "" : "name" })}>
          Case{key === "name" ? ": by name" : !filter.sort ? ": worst first" : ""}</button></th>
      {suite.has_expected && <th scope="col" class="ex">Expected</th>}
      {columns.map((one) => (
        <th scope="col" key={one.name} aria-sort={column === one.name ? "descending" : undefined}>
          <button type="button" class="sort" title="Order by this column" onClick={() => by(one.name)}>
            <Shape mark={one.mark} /> {one.name}{column === one.name ? " ↓" : ""}</button></th>
      ))}
    </tr></thead>
  );
}

interface RowProps {
  store: Store; suite: Suite; place: number; index: number; columns: Shown[]; isCurrent: boolean;
  measure: ((row: Element | null) => void) | undefined;
}

function Row({ store, suite, place, index, columns, isCurrent, measure }: RowProps) {
  const one = suite.cases[place]!;
  const open = (column: number) => store.show({ suite, place, column });
  return (
    <tr ref={measure} data-index={index} class={isCurrent ? "cur" : undefined} aria-rowindex={index + 2}
      onClick={(event) => {
        if (getSelection()?.toString() || event.metaKey || event.ctrlKey) return;
        event.preventDefault();
        const cell = (event.target as Element).closest("[data-column]");
        open(cell ? Number(cell.getAttribute("data-column")) : store.find(one.anchor)!.column);
      }}>
      <th scope="row" class="c1"><a href={`#${one.anchor}`}>{one.id}</a>
        {one.changes.map((change) => <> <span class={`tag ${change}`}>{CHANGES[change]}</span></>)}
        {one.tags.map((tag) => <> <span class="tag">{tag}</span></>)}
        {one.snippet >= 0 && <bdi class="snip" dir="auto">{text(one.snippet)}</bdi>}</th>
      {suite.has_expected && <td class="ex"><bdi dir="auto">{short(text(one.expected))}</bdi></td>}
      {columns.map(({ at, name }) => <Cell key={at} one={one} at={at} name={suite.columns.length > 1 ? name : undefined} />)}
    </tr>
  );
}

const CHANGES: Record<string, string> = { broke: "newly failing", fixed: "fixed", aside: "changed" };
const short = (of: string) => (of.length > 60 ? `${of.slice(0, 60)}…` : of);

function Cell({ one, at, name }: { one: Case; at: number; name: string | undefined }) {
  const of = side(one, at);
  if (!of) return <td class="f">–</td>;
  return (
    <td data-l={name} data-column={at}><div class={`cell${[" p", "", " w"][of.wrong]}`}>
      <Mark icon={of.icon} /><bdi class="a" dir="auto">{of.answer}</bdi>
      <span class="b">{of.counts && <><i class={of.icon}>{of.counts}</i>{of.measures && ", "}</>}{of.measures}</span>
    </div></td>
  );
}

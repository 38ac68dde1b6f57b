// Which cases a filter leaves, and in which order.
import { side, type Case, type Suite } from "./data";
import type { Filter } from "./state";

const BADNESS: Record<string, number> = { fail: 0, flaky: 1, error: 2, skip: 3, none: 4, pass: 5 };

/** `score<0.5`, `score>=0.5`: a metric and what its mean over samples has to be. */
export function metricCondition(written: string) {
  const found = /^(.*?)(<|>=)([-+.\deE]+)$/.exec(written);
  const limit = Number(found?.[3]);
  return found && !Number.isNaN(limit) ? { name: found[1]!, below: found[2] === "<", limit } : null;
}

export function outcomeFits(one: Case, outcome: string, column: number): boolean {
  if (outcome === "broke" || outcome === "fixed" || outcome === "aside")
    return one.changes.includes(outcome);
  const asked = column < 0 ? one.sides : [one.sides[column]];
  if (outcome === "differ") return new Set(one.sides.map((of) => of?.[0])).size > 1;
  if (outcome === "bad") return asked.some((of) => of && ["fail", "flaky", "error"].includes(of[0]));
  if (outcome === "unchanged") return one.changes.length === 0;
  return asked.some((of) => of?.[0] === outcome);
}

/** The places of the cases that fit, in order; `found` are those that the text is in. */
export function apply(suite: Suite, filter: Filter, found: Set<number> | null): number[] {
  const column = suite.columns.findIndex((one) => one.name === filter.setting);
  const condition = filter.metric ? metricCondition(filter.metric) : null;
  const left: number[] = [];
  suite.cases.forEach((one, place) => {
    if (found && !found.has(place)) return;
    if (filter.tag && !one.tags.includes(filter.tag)) return;
    if (filter.outcome && !outcomeFits(one, filter.outcome, column)) return;
    if (!filter.outcome && column >= 0 && !one.sides[column]) return;
    if (condition && !metricFits(one, condition, suite, column)) return;
    left.push(place);
  });
  return sorted(left, suite, filter);
}

function metricFits(
  one: Case, { name, below, limit }: { name: string; below: boolean; limit: number },
  suite: Suite, column: number,
): boolean {
  return suite.columns.some((_, at) => {
    if (column >= 0 && at !== column) return false;
    const score = side(one, at)?.score(name) ?? NaN;
    return below ? score < limit : score >= limit;
  });
}

/** `name`, or `latency`, `tokens`, `outcome`, `metric:NAME`, each with `@COLUMN`. */
export function sortParts(written: string): { key: string; column: string } {
  const at = written.lastIndexOf("@");
  return at < 0 ? { key: written, column: "" } : { key: written.slice(0, at), column: written.slice(at + 1) };
}

function sorted(places: number[], suite: Suite, filter: Filter): number[] {
  if (!filter.sort) return places;
  const { key, column } = sortParts(filter.sort);
  if (key === "name") {
    const order = new Intl.Collator(undefined, { numeric: true });
    return places.sort((a, b) => order.compare(suite.cases[a]!.id, suite.cases[b]!.id));
  }
  const named = suite.columns.findIndex((one) => one.name === (column || filter.setting));
  const at = Math.max(0, named);
  const value = (place: number) => {
    const of = side(suite.cases[place]!, at);
    if (!of) return Infinity;
    if (key === "latency") return -of.latency;
    if (key === "tokens") return -of.tokens;
    if (key === "outcome") return BADNESS[of.icon] ?? 9;
    return of.score(key.replace(/^metric:/, ""));
  };
  const values = new Map(places.map((place) => [place, orLast(value(place))]));
  return places.sort((a, b) => values.get(a)! - values.get(b)! || a - b);
}

const orLast = (value: number) => (Number.isNaN(value) ? Infinity : value);

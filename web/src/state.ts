// What is shown, and how it stands in the address: #outcome=fail&setting=warm&q=/re/&case=…
import type { PageData, Suite } from "./data";

export interface Filter {
  outcome: string; setting: string; tag: string; metric: string; q: string; sort: string;
  hidden: string[];
}
export const NONE: Filter = {
  outcome: "", setting: "", tag: "", metric: "", q: "", sort: "", hidden: [],
};
const KEYS = ["outcome", "setting", "tag", "metric", "q", "sort"] as const;

export interface Open { suite: Suite; place: number; column: number }

export const isFiltered = (of: Filter) =>
  Boolean(of.outcome || of.setting || of.tag || of.metric || of.q);

export class Store {
  readonly filters = new Map<string, Filter>();
  open: Open | null = null;
  private readonly listeners = new Set<() => void>();

  constructor(readonly data: PageData) {}

  filter(suite: Suite): Filter { return this.filters.get(suite.anchor) ?? NONE; }

  /** Letters typed one after another are one step back. */
  change(suite: Suite, patch: Partial<Filter>) {
    const typing = patch.q !== undefined && this.filter(suite).q !== "";
    this.filters.set(suite.anchor, { ...this.filter(suite), ...patch });
    this.told(!typing);
  }

  clear(suite: Suite) {
    const { hidden, sort } = this.filter(suite);
    this.filters.set(suite.anchor, { ...NONE, hidden, sort });
    this.told(true);
  }

  /** From case to case is no step back of its own. */
  show(open: Open | null) {
    const moved = Boolean(this.open && open);
    this.open = open;
    this.told(!moved);
  }

  subscribe(listener: () => void) {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private told(step = false) {
    const said = this.fragment();
    const { pathname, search, hash } = location;
    const address = said ? `#${said}` : pathname + search;
    if (step && said !== hash.slice(1)) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
    for (const listener of this.listeners) listener();
  }

  fragment(): string {
    const parts = new URLSearchParams();
    for (const suite of this.data.suites) {
      const filter = this.filter(suite);
      const set = KEYS.filter((key) => filter[key]);
      if (!set.length && !filter.hidden.length) continue;
      if (this.data.suites.length > 1) parts.append("suite", suite.id);
      for (const key of set) parts.append(key, filter[key]);
      for (const name of filter.hidden) parts.append("hide", name);
    }
    if (this.open) {
      parts.append("case", this.open.suite.cases[this.open.place]!.anchor);
      if (this.open.column) parts.append("in", this.open.suite.columns[this.open.column]!.name);
    }
    return parts.toString();
  }

  /** Takes over what the address says; true where it says something about cases. */
  read(fragment: string): boolean {
    const link = this.find(fragment);
    if (link) {
      this.open = link;
      this.told();
      return true;
    }
    if (fragment && !/(^|&)[a-z]+=/.test(fragment)) return false;
    this.filters.clear();
    let open: Open | null = null;
    let suite = this.data.suites[0];
    for (const [key, value] of new URLSearchParams(fragment)) {
      if (key === "suite") suite = this.data.suites.find((one) => one.id === value) ?? suite;
      else if (key === "case") open = this.find(value);
      else if (key === "in" && open)
        open.column = Math.max(0, open.suite.columns.findIndex((one) => one.name === value));
      else if (suite) this.take(suite, key, value);
    }
    this.open = open;
    this.told();
    return fragment !== "";
  }

  private take(suite: Suite, key: string, value: string) {
    const filter = { ...this.filter(suite) };
    if (key === "hide") filter.hidden = [...filter.hidden, value];
    else if ((KEYS as readonly string[]).includes(key)) filter[key as (typeof KEYS)[number]] = value;
    this.filters.set(suite.anchor, filter);
  }

  /** The case with that anchor. */
  find(anchor: string): Open | null {
    for (const suite of this.data.suites) {
      const place = suite.cases.findIndex((one) => one.anchor === anchor);
      if (place >= 0) return { suite, place, column: firstBad(suite, place) };
    }
    return null;
  }
}

/** The first column that did not pass, else the first that was asked. */
export function firstBad(suite: Suite, place: number): number {
  const { sides } = suite.cases[place]!;
  const bad = sides.findIndex((one) => one && ["fail", "flaky", "error"].includes(one[0]));
  return Math.max(0, bad >= 0 ? bad : sides.findIndex((one) => one !== null));
}

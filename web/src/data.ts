// The page's data as evals/report/data.py writes it, and how it is read.

export type Icon = "pass" | "fail" | "flaky" | "error" | "skip" | "none" | "undecided";

/** icon, label, reason, depth, score, metric, weight, extracted; texts are places. */
type RawCheck = [Icon, number, number, number, number | null, string | null, number, number];
export type Token = [text: string, logprob: number | null, top: [string, number | null][]];
type RawTrial = [
  icon: Icon, sample: number, text: number, length: number, reasoning: number,
  calls: [number, number][], checks: RawCheck[], time: number, measures: number, finish: number,
  model: number, parameters: number, messages: number, recording: number, tokens: Token[] | null,
  latency: number | null, used: [number | null, number | null, number | null],
  score: number | null, cost: number | null, source: string | null, turns: [string, number][],
];
type RawSide = [
  icon: Icon, answer: number, wrong: 0 | 1 | 2, counts: number, measures: number, command: number,
  trials: RawTrial[],
];

export interface Check {
  icon: Icon; label: string; reason: string; depth: number; score: number | null;
  metric: string | null; weight: number; extracted: string;
}
export interface Trial {
  icon: Icon; sample: number; text: string; length: number; reasoning: string;
  calls: [string, string][]; checks: Check[]; time: string; measures: string; finish: string;
  model: string; parameters: string; messages: string; recording: string; tokens: Token[] | null;
  latency: number | null; used: [number | null, number | null, number | null];
  score: number | null; cost: number | null; source: string | null; turns: [string, string][];
}
export interface SideMark { shape: string; css: string; dash?: string; number?: string }
export interface Column {
  name: string; mark: SideMark; prompt: string; url: string; key: string; asks_tokens: boolean;
}
export interface Case {
  anchor: string; id: string; tags: string[]; label: number; snippet: number; expected: number;
  vars: [string, number][]; why: number; changes: string[]; failing: boolean;
  sides: (RawSide | null)[];
}
export interface Suite {
  anchor: string; id: string; path: string; columns: Column[]; tags: string[]; metrics: string[];
  has_expected: boolean; cases: Case[]; left_out: string;
  /** Places of the cases in the order of the overview; −1: not on the page. */
  strip: number[];
}
export interface PageData { kind: "columns" | "runs"; suites: Suite[]; texts: string[] }

const MOST = 512 * 1024 * 1024;
let texts: string[] = [];

/** The text at a place; empty where there is none. */
export const text = (place: number): string => (place < 0 ? "" : texts[place]!);

/** One column's answers to a case. */
export class Side {
  constructor(private readonly raw: RawSide) {}
  get icon() { return this.raw[0]; }
  get answer() { return text(this.raw[1]); }
  get wrong() { return this.raw[2]; }
  get counts() { return text(this.raw[3]); }
  get measures() { return text(this.raw[4]); }
  get command() { return text(this.raw[5]); }
  get latency(): number { return middle(this.raw[6].map((one) => one[15])); }
  get tokens(): number { return mean(this.raw[6].map((one) => one[16][1])); }
  get places(): number[] { return this.raw[6].flatMap((one) => [one[2], ...one[20].map(([, said]) => said)]); }
  /** The mean score of a named metric; NaN where no sample has it. */
  score(metric: string): number {
    const found = this.raw[6].flatMap((one) => one[6].filter((c) => c[5] === metric).map((c) => c[4]));
    return mean(found);
  }
  get trials(): Trial[] { return this.raw[6].map(trialOf); }
}

export const side = (one: Case, column: number): Side | null => {
  const raw = one.sides[column];
  return raw ? new Side(raw) : null;
};

function trialOf(raw: RawTrial): Trial {
  const [icon, sample, said, length, reasoning, calls, checks, time, measures, finish, model,
    parameters, messages, recording, tokens, latency, used, score, cost, source, turns] = raw;
  return {
    icon, sample, text: text(said), length, reasoning: text(reasoning),
    calls: calls.map(([name, given]) => [text(name), text(given)]),
    checks: checks.map(([mark, label, reason, depth, points, metric, weight, extracted]) => ({
      icon: mark, label: text(label), reason: text(reason), depth, score: points, metric, weight,
      extracted: text(extracted),
    })),
    time: text(time), measures: text(measures), finish: text(finish), model: text(model),
    parameters: text(parameters), messages: text(messages), recording: text(recording), tokens,
    latency, used, score, cost, source, turns: turns.map(([who, said]) => [who, text(said)]),
  };
}

const known = (values: (number | null)[]) => values.filter((one): one is number => one !== null);
function middle(values: (number | null)[]): number {
  const sorted = known(values).sort((a, b) => a - b);
  return sorted.length ? sorted[Math.floor(sorted.length / 2)]! : NaN;
}
function mean(values: (number | null)[]): number {
  const found = known(values);
  return found.length ? found.reduce((a, b) => a + b, 0) / found.length : NaN;
}

function bytes(binary: string) {
  const made = new Uint8Array(binary.length);
  for (let at = 0; at < made.length; at++) made[at] = binary.charCodeAt(at);
  return made;
}

/** Reads the data; stops at the size that it says it has. */
export async function load(): Promise<PageData> {
  const { size, gzip } = JSON.parse(document.getElementById("data")!.textContent!) as {
    size: number; gzip: string;
  };
  if (size > MOST) throw new Error(`the data are said to have ${size} bytes`);
  const packed = bytes(atob(gzip));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const whole = new Uint8Array(size);
  let at = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (at + value.length > size) {
      await reader.cancel();
      throw new Error(`the data are longer than the ${size} bytes that they are said to have`);
    }
    whole.set(value, at);
    at += value.length;
  }
  const data = JSON.parse(new TextDecoder().decode(whole.subarray(0, at))) as PageData;
  texts = data.texts;
  return data;
}

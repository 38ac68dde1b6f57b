// Two answers side by side: words that differ, and where they part.
import { diffWordsWithSpace } from "diff";
import type { Token, Trial } from "./data";

const LONGEST = 20_000;
const LEAST_COMMON = 0.25;
const TIE = Math.log(2);

export type Part = { kind: "same" | "gone" | "new"; text: string };

/** The parts, or why there are none. */
export function differences(from: string, to: string): Part[] | string {
  if (from === to) return "the same text";
  if (from.length > LONGEST || to.length > LONGEST) return "too long to compare word by word";
  const found = diffWordsWithSpace(from, to, { timeout: 150 });
  if (!found) return "too different to compare word by word";
  const common = found.filter((one) => !one.added && !one.removed)
    .reduce((n, one) => n + one.value.trim().length, 0);
  if (common < LEAST_COMMON * Math.min(from.trim().length, to.trim().length))
    return "hardly a word in common";
  return found.map((one) => ({
    kind: one.added ? "new" : one.removed ? "gone" : "same", text: one.value,
  }));
}

export const probability = (logprob: number | null) =>
  logprob === null ? "–" : Math.exp(logprob).toFixed(3);

/** Where an answer first parts from another, and whether that was nearly a tie. */
export function divergence(mine: Trial, other: Trial, name: string): string {
  if (mine.text === other.text) return `The same text as ${name}.`;
  if (mine.tokens && other.tokens) return byTokens(mine.tokens, other.tokens, name);
  const words = (of: string) => of.match(/\S+/g) ?? [];
  const [a, b] = [words(mine.text), words(other.text)];
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return `Parts from ${name} at word ${at + 1}: ${quoted(a[at])}, there ${quoted(b[at])}. `
    + "Without log-probabilities of both, a near tie cannot be told from a real change.";
}

function byTokens(mine: Token[], other: Token[], name: string): string {
  let at = 0;
  while (at < mine.length && at < other.length && mine[at]![0] === other[at]![0]) at++;
  const [a, b] = [mine[at], other[at]];
  const where = `Parts from ${name} at token ${at + 1}: ${quoted(a?.[0])}, there ${quoted(b?.[0])}. `;
  if (!a || !b) return `${where}One answer ends where the other goes on.`;
  const here = a[2].find(([text]) => text === b[0])?.[1];
  if (a[1] === null) return `${where}No probability is known.`;
  if (here === undefined || here === null)
    return `${where}A real change: here ${quoted(a[0])} had p ${probability(a[1])}, and ${quoted(b[0])} is not among the listed alternatives.`;
  const tie = Math.abs(a[1] - here) < TIE;
  return `${where}${tie ? "Nearly a tie" : "A real change"}: here ${quoted(a[0])} had p ${probability(a[1])}, `
    + `${quoted(b[0])} ${probability(here)}${tie ? ", less than a factor of 2 apart" : ""}.`;
}

export const quoted = (of: string | undefined) => (of === undefined ? "the end" : `“${visibleSpace(of)}”`);
export const visibleSpace = (of: string) => of.replaceAll("\n", "⏎").replaceAll("\t", "⇥").replace(/^ | $/g, "␣");

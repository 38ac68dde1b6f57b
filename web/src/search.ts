// Text and regular expressions over a suite's cases.
import { side, text, type Suite } from "./data";

const LONGEST = 2000;
const ALLOWED_MS = 200;
const WORKER = `let rows=[];onmessage=({data})=>{if(data.rows){rows=data.rows;return}
postMessage({began:1});const re=new RegExp(data.source,data.flags),hits=[];
for(let i=0;i<rows.length;i++)if(re.test(rows[i]))hits.push(i);postMessage({hits})}`;

const kept = new WeakMap<Suite, { plain: string[]; lower: string[] }>();

/** What a case is searched in: its names and values, and everything that was answered. */
function rows(suite: Suite) {
  let found = kept.get(suite);
  if (!found) {
    const plain = suite.cases.map((one) => {
      const parts = [one.id, ...one.tags, text(one.label), text(one.expected)];
      for (const [, place] of one.vars) parts.push(text(place).slice(0, LONGEST));
      const said = new Set(suite.columns.flatMap((_, column) => side(one, column)?.places ?? []));
      for (const place of said) parts.push(text(place).slice(0, LONGEST));
      return parts.join("\n");
    });
    found = { plain, lower: plain.map((one) => one.toLowerCase()) };
    kept.set(suite, found);
  }
  return found;
}

export const prepare = (suite: Suite) => void rows(suite);

/** `/…/` is a regular expression. */
export function pattern(q: string): { source: string; flags: string } | null {
  const found = /^\/(.+)\/$/.exec(q.trim());
  if (!found) return null;
  for (const flags of ["iu", "i"])
    try {
      new RegExp(found[1]!, flags);
      return { source: found[1]!, flags };
    } catch {
      // not with these flags
    }
  return null;
}

export const looksLikePattern = (q: string) => /^\/.+\/$/.test(q.trim());

export function containing(suite: Suite, q: string): Set<number> {
  const wanted = q.trim().toLowerCase();
  const hits = new Set<number>();
  rows(suite).lower.forEach((row, place) => {
    if (row.includes(wanted)) hits.add(place);
  });
  return hits;
}

const policy = window.trustedTypes?.createPolicy("evals", { createScriptURL: (url) => url });

/** The cases that match; null where that took longer than allowed. The worker is ended then. */
export function matching(
  suite: Suite, re: { source: string; flags: string },
): { done: Promise<Set<number> | null>; cancel: () => void } {
  const url = URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" }));
  const worker = new Worker((policy ? policy.createScriptURL(url) : url) as string);
  let timer = 0;
  const end = () => {
    clearTimeout(timer);
    worker.terminate();
    URL.revokeObjectURL(url);
  };
  const done = new Promise<Set<number> | null>((resolve) => {
    const stop = () => {
      end();
      resolve(null);
    };
    worker.onerror = stop;
    worker.onmessage = ({ data }: MessageEvent<{ began?: 1; hits?: number[] }>) => {
      if (data.began) timer = window.setTimeout(stop, ALLOWED_MS);
      else {
        end();
        resolve(new Set(data.hits));
      }
    };
  });
  worker.postMessage({ rows: rows(suite).plain });
  worker.postMessage(re);
  return { done, cancel: end };
}

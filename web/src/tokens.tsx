// An answer's tokens, tinted by how unlikely each was, with the alternatives.
import { useRef, useState } from "preact/hooks";
import type { Token } from "./data";
import { probability, visibleSpace } from "./difference";

const tint = (logprob: number | null) => {
  const p = logprob === null ? 1 : Math.exp(logprob);
  return p < 0.3 ? "tok t3" : p < 0.5 ? "tok t2" : p < 0.9 ? "tok t1" : "tok";
};

export function Tokens({ tokens }: { tokens: Token[] }) {
  const [at, set] = useState(() => unlikeliest(tokens));
  const box = useRef<HTMLDivElement>(null);
  const move = (to: number) => set(Math.max(0, Math.min(tokens.length - 1, to)));
  const [said, logprob, top] = tokens[at]!;
  return (
    <>
      <div ref={box} class="toks" tabIndex={0} role="group" aria-label="Tokens; arrow keys move"
        onKeyDown={(e) => {
          const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
          if (!step) return;
          e.preventDefault();
          move(at + step);
        }}>
        {tokens.map(([token, of], place) => (
          <span key={place} class={`${tint(of)}${place === at ? " on" : ""}`}
            onPointerOver={() => set(place)} onClick={() => set(place)}>{token}</span>
        ))}
      </div>
      <table class="readout" aria-live="polite"><caption>Token {at + 1} of {tokens.length}, and what else it might have been</caption>
        <thead><tr><th scope="col">Token</th><th scope="col">p</th><th scope="col"><span class="vh">Share</span></th></tr></thead>
        <tbody>
          <Line token={said} logprob={logprob} hit />
          {top.filter(([token]) => token !== said).map(([token, of]) => <Line key={token} token={token} logprob={of} />)}
        </tbody></table>
      <p class="cut">Tinted and underlined where the token had p below 0.9, 0.5 or 0.3. Point at a token, or use the arrow keys.</p>
    </>
  );
}

const Line = ({ token, logprob, hit = false }: { token: string; logprob: number | null; hit?: boolean }) => (
  <tr><td><code>{visibleSpace(token)}</code>{hit && <span class="s f"> chosen</span>}</td>
    <td class="r">{probability(logprob)}</td>
    <td><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class={hit ? "ink" : "dist"} width={Math.max(0.5, 100 * Math.exp(logprob ?? -99))} height="8" /></svg></td></tr>
);

function unlikeliest(tokens: Token[]): number {
  let worst = 0;
  tokens.forEach(([, of], place) => {
    if ((of ?? 0) < (tokens[worst]![1] ?? 0)) worst = place;
  });
  return worst;
}

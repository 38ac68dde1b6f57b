import type { Icon, SideMark } from "./data";

export const WORDS: Record<Icon, string> = {
  pass: "pass", fail: "fail", flaky: "samples disagree", error: "error", skip: "not run",
  none: "recorded, not judged", undecided: "undecided",
};

export const Mark = ({ icon, quiet = false }: { icon: Icon; quiet?: boolean }) => (
  <svg class={`g ${icon}`} role={quiet ? undefined : "img"} aria-hidden={quiet || undefined}
    aria-label={quiet ? undefined : WORDS[icon]}><use href={`#g-${icon}`} /></svg>
);

export function Shape({ mark }: { mark: SideMark }) {
  if (mark.number) return <span class="n">{mark.number}</span>;
  return (
    <svg class={`g ${mark.css}`} viewBox="0 0 14 14" aria-hidden="true">
      {mark.shape === "circle" ? <circle cx="7" cy="7" r="4.4" fill="currentColor" />
        : <use href={`#m-${mark.shape}`} x="7" y="7" />}
    </svg>
  );
}

import type { Icon, SideMark } from "./data";

export const WORDS: Record<Icon, string> = {
  pass: "pass", fail: "fail", flaky: "samples disagree", error: "error", skip: "not run",
  none: "recorded, not judged", undecided: "undecided",
};

export const Mark = ({ icon, quiet = false }: { icon: Icon; quiet?: boolean }) => (
  <svg class={`g ${icon}`} role={quiet ? undefined : "img"} aria-hidden={quiet || undefined}
    aria-label={quiet ? undefined : WORDS[icon]}><use href={`#g-${icon}`} /></svg>
);

/** In place: on paper a head that is drawn again loses what moves its parts. */
const OUTLINES: Record<string, string> = {
  circle: "M2.6 7a4.4 4.4 0 1 1 8.8 0a4.4 4.4 0 1 1 -8.8 0z", square: "M2.8 2.8h8.4v8.4h-8.4z",
  diamond: "M7 1.6L12.4 7L7 12.4L1.6 7z", triangle: "M7 1.8L12.2 11.2H1.8z",
};

export function Shape({ mark }: { mark: SideMark }) {
  if (mark.number) return <span class="n">{mark.number}</span>;
  return (
    <svg class={`g ${mark.css}`} viewBox="0 0 14 14" aria-hidden="true">
      <path d={OUTLINES[mark.shape]} fill="currentColor" />
    </svg>
  );
}

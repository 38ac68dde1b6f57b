// A case in full, beside the page.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { side, text, type Case, type Check, type Column, type Suite, type Trial } from "./data";
import { differences, divergence } from "./difference";
import { useStore } from "./hooks";
import { Mark, WORDS } from "./marks";
import { Tokens } from "./tokens";
import type { Open, Store } from "./state";

const SHOWN = 2000;
const GROUPS = 8;

export interface Moves { step: (by: number) => void; place: () => [number, number] }

export function Drawer({ store, moves }: { store: Store; moves: Moves }) {
  useStore(store);
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const open = store.open;
  const key = open ? open.suite.cases[open.place]!.anchor : "";
  const walked = useRef({ from: "", to: "" });
  useLayoutEffect(() => {
    const box = dialog.current!;
    if (!open) {
      if (box.open) box.close();
      const { from, to } = walked.current;
      if (from !== to) document.querySelector<HTMLElement>(`.live a[href="#${CSS.escape(to)}"]`)?.focus();
      return;
    }
    if (!box.open) {
      walked.current.from = key;
      box.showModal();
    }
    walked.current.to = key;
    box.scrollTop = 0;
    title.current?.focus({ preventScroll: true });
  }, [key]);
  const [at, of] = open ? moves.place() : [-1, 0];
  return (
    <dialog ref={dialog} class="drawer" aria-labelledby="case-title" onClose={() => !dialog.current!.open && store.open && store.show(null)}
      onClick={(e) => e.target === e.currentTarget && dialog.current!.close()}>
      {open && <div class="page">
        <header><span class="f s" role="status">{at >= 0 ? `${at + 1} of ${of.toLocaleString("en")}` : ""}</span>
          <button type="button" onClick={() => moves.step(-1)}>Previous <kbd>k</kbd></button>
          <button type="button" onClick={() => moves.step(1)}>Next <kbd>j</kbd></button>
          <button type="button" onClick={() => dialog.current!.close()}>Close <kbd>Esc</kbd></button></header>
        <Told key={key} store={store} open={open} title={title} />
      </div>}
    </dialog>
  );
}

interface ToldProps { store: Store; open: Open; title: { current: HTMLHeadingElement | null } }

function Told({ store, open, title }: ToldProps) {
  const { suite, place, column } = open;
  const one = suite.cases[place]!;
  const of = side(one, column);
  const first = of?.trials[0];
  const [against, setAgainst] = useState(one.expected >= 0 ? "expected" : "");
  return (
    <article>
      <h3 id="case-title" ref={title} tabIndex={-1}>{one.id}</h3>
      <p class="tags">{one.tags.map((tag) => <><span class="tag">{tag}</span> </>)}{store.data.suites.length > 1 && <span class="s f">{suite.id}</span>}</p>
      {one.label >= 0 && <p class="m">{text(one.label)}</p>}
      {one.why >= 0 && <p class="why"><bdi dir="auto">{text(one.why)}</bdi></p>}
      <div class="ask"><div><h4>Prompt {suite.columns.length > 1 && <code>{suite.columns[column]!.prompt}</code>}</h4>
        <Messages one={one} messages={first?.messages ?? ""} /></div>
        {one.expected >= 0 && <div><h4>Expected</h4><div class="msg"><Long of={text(one.expected)} /></div></div>}</div>
      {suite.columns.length > 1 && <Tabs store={store} open={open} one={one} />}
      {of && first
        ? <div role={suite.columns.length > 1 ? "tabpanel" : undefined} id="case-panel" aria-labelledby={suite.columns.length > 1 ? `case-tab-${column}` : undefined}>
          <Against one={one} suite={suite} column={column} value={against} onPick={setAgainst} />
          <Answers suite={suite} one={one} column={column} against={against} />
          <Copied label="Run just this case" value={of.command} />
          <Exact suite={suite} column={suite.columns[column]!} first={first} />
          <Raw suite={suite} one={one} column={suite.columns[column]!} trials={of.trials} /></div>
        : <p class="note">Not asked in this column.</p>}
    </article>
  );
}

function Messages({ one, messages }: { one: Case; messages: string }) {
  const sent = useMemo(() => {
    try {
      return JSON.parse(messages) as { role?: unknown; content?: unknown }[];
    } catch {
      return null;
    }
  }, [messages]);
  const told: [string, string][] = Array.isArray(sent)
    ? sent.map(({ role, content }) => [String(role ?? ""), typeof content === "string" ? content : JSON.stringify(content, null, 1)])
    : one.vars.map(([name, place]) => [name, text(place)]);
  const message = ([role, content]: [string, string], at: number) => (
    <div class="msg" key={at}><span class="role">{role}</span><Long of={content} /></div>
  );
  const folded = told.length > 2 ? told.slice(0, -1) : [];
  return <>
    {folded.length > 0 && <details><summary>{folded.length} messages before: {folded.map(([role]) => role).join(", ")}</summary>
      {folded.map(message)}</details>}
    {told.slice(folded.length).map(message)}
    {!Array.isArray(sent) && <p class="cut">The request is not on this page; these are the values it was made from.</p>}
  </>;
}

/** A text, its beginning first. */
function Long({ of }: { of: string }) {
  const [all, set] = useState(false);
  if (of.length <= SHOWN || all) return <bdi dir="auto">{shown(of)}</bdi>;
  return <><bdi dir="auto">{shown(of.slice(0, SHOWN))}</bdi>
    <button type="button" class="more" onClick={() => set(true)}>Show all {of.length.toLocaleString("en")} characters</button></>;
}

const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]/gu;
const NAMES: Record<number, string> = { 0: "NUL", 7: "BEL", 8: "BS", 13: "CR", 27: "ESC", 127: "DEL", 155: "CSI" };

/** Control and bidirectional characters as labels, as everywhere on the page. */
const shown = (of: string) => of.replaceAll("\r\n", "\n").replace(UNSAFE, (found) => {
  const code = found.charCodeAt(0);
  return `[${NAMES[code] ?? `U+${code.toString(16).toUpperCase().padStart(4, "0")}`}]`;
});

function Tabs({ store, open, one }: { store: Store; open: Open; one: Case }) {
  const { suite, column } = open;
  const pick = (to: number, focus = false) => {
    store.show({ ...open, column: to });
    if (focus) requestAnimationFrame(() => document.getElementById(`case-tab-${to}`)?.focus());
  };
  const asked = suite.columns.map((_, at) => at).filter((at) => one.sides[at]);
  return (
    <div class="tabs" role="tablist" aria-label="Columns" onKeyDown={(e) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
      if (!step) return;
      e.preventDefault();
      pick(asked[(asked.indexOf(column) + step + asked.length) % asked.length]!, true);
    }}>
      {asked.map((at) => {
        const of = side(one, at)!;
        return <button type="button" role="tab" key={at} id={`case-tab-${at}`} aria-controls="case-panel"
          aria-selected={at === column} tabIndex={at === column ? 0 : -1} onClick={() => pick(at)}>
          <Mark icon={of.icon} />{suite.columns[at]!.name}<span class="f s">{of.counts}</span></button>;
      })}
    </div>
  );
}

interface AgainstProps { one: Case; suite: Suite; column: number; value: string; onPick: (to: string) => void }

function Against({ one, suite, column, value, onPick }: AgainstProps) {
  const others = suite.columns.map((of, at) => [of.name, at] as const).filter(([, at]) => at !== column && one.sides[at]);
  if (one.expected < 0 && !others.length) return null;
  return <label class="dopt">Differences from <select value={value} onChange={(e) => onPick(e.currentTarget.value)}>
    {one.expected >= 0 && <option value="expected">what is expected</option>}
    {others.map(([name, at]) => <option key={at} value={String(at)}>{name}</option>)}
    <option value="">none: plain text</option></select></label>;
}

/** Equal answers together, the worst first. */
function clusters(trials: Trial[]): Trial[][] {
  const found = new Map<string, Trial[]>();
  for (const one of trials) {
    const key = JSON.stringify([one.icon, one.text, one.calls, one.turns, one.checks.map((check) => check.icon)]);
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  const rank = (icon: string) => ["fail", "error", "pass"].indexOf(icon) + 1 || 9;
  return [...found.values()].sort((a, b) => rank(a[0]!.icon) - rank(b[0]!.icon) || b.length - a.length);
}

interface AnswersProps { suite: Suite; one: Case; column: number; against: string }

function Answers({ suite, one, column, against }: AnswersProps) {
  const trials = side(one, column)!.trials;
  const groups = clusters(trials);
  const [all, setAll] = useState(false);
  const other = against && against !== "expected" && Number(against) !== column ? side(one, Number(against))?.trials[0] : undefined;
  const reference = against === "expected" ? text(one.expected) : other?.text;
  const name = other ? suite.columns[Number(against)]!.name : "";
  return <>
    {groups.slice(0, all ? undefined : GROUPS).map((group) => (
      <Answer key={group[0]!.sample} group={group} of={trials.length} reference={reference}
        expected={against === "expected"} parts={other ? divergence(group[0]!, other, name) : ""}
        asksTokens={suite.columns[column]!.asks_tokens} />
    ))}
    {groups.length > GROUPS && !all && <button type="button" class="more" onClick={() => setAll(true)}>Show all {groups.length} different answers</button>}
  </>;
}

interface AnswerProps {
  group: Trial[]; of: number; reference: string | undefined; expected: boolean; parts: string; asksTokens: boolean;
}

function Answer({ group, of, reference, expected, parts, asksTokens }: AnswerProps) {
  const first = group[0]!;
  const samples = of > 1 && (group.length > 1
    ? `${group.length} samples agree: ${group.slice(0, 12).map((one) => `#${one.sample}`).join(", ")}${group.length > 12 ? ", …" : ""}`
    : `Sample #${first.sample}`);
  return (
    <div class="ans">
      <p class="hd"><Mark icon={first.icon} quiet /><b class={first.icon}>{WORDS[first.icon]}</b>{samples && <span>{samples}</span>}
        <span class="s f">{group.slice(0, 5).map((one) => one.time).filter(Boolean).join(", ")}</span>
        <span class="s f">{first.measures}</span></p>
      {first.turns.map(([who, told], at) => <div class="msg" key={at}><span class="role">{who}</span><Long of={told} /></div>)}
      {first.turns.length > 0 && <p class="s f">assistant, last reply</p>}
      {(first.text || !first.calls.length) && <Words of={first} reference={reference} expected={expected} />}
      {parts && <p class="s parts">{parts}</p>}
      {first.calls.map(([name, given], at) => <div key={at} class="call"><p class="s">Called <code>{name}</code></p><pre><Long of={pretty(given)} /></pre></div>)}
      <Checks checks={first.checks} />
      {first.reasoning && <details class="rs"><summary>Reasoning, {first.reasoning.length.toLocaleString("en")} characters</summary><pre><Long of={first.reasoning} /></pre></details>}
      {first.tokens?.length ? <details><summary>Tokens by probability</summary><Tokens tokens={first.tokens} /></details>
        : asksTokens && first.icon !== "error" && <p class="cut">The tokens of this answer are not on this page.</p>}
      {first.recording && <p class="s f rec"><code>{first.recording}</code></p>}
    </div>
  );
}

function Words({ of, reference, expected }: { of: Trial; reference: string | undefined; expected: boolean }) {
  const compared = reference !== undefined && of.icon !== "error" && !(expected && of.icon === "pass");
  const found = useMemo(() => (compared ? differences(reference, of.text) : null), [compared, reference, of.text]);
  const parts = Array.isArray(found) && found;
  return <>
    <pre class="said">{parts
      ? <bdi dir="auto">{parts.map((part, at) => (
        part.kind === "same" ? part.text : part.kind === "gone" ? <del key={at}>{part.text}</del> : <ins key={at}>{part.text}</ins>))}</bdi>
      : of.text ? <Long of={of.text} /> : "(no text)"}</pre>
    {parts && <p class="cut"><del>Struck</del> is in {expected ? "what is expected" : "the other answer"} only, <ins>underlined</ins> in this answer only.</p>}
    {typeof found === "string" && <p class="cut">Against {expected ? "what is expected" : "the other answer"}: {found}.</p>}
    {of.length > 0 && <p class="cut">The first {of.text.length.toLocaleString("en")} of {of.length.toLocaleString("en")} characters.</p>}
  </>;
}

/** Those that decided before those that were only measured; members stay with their group. */
function decidingFirst(checks: Check[]): Check[] {
  const groups: Check[][] = [];
  for (const one of checks) {
    if (one.depth === 0 || !groups.length) groups.push([one]);
    else groups.at(-1)!.push(one);
  }
  const measured = (group: Check[]) => Number(group[0]!.icon === "none");
  return groups.sort((a, b) => measured(a) - measured(b)).flat();
}

function Checks({ checks }: { checks: Check[] }) {
  const bad = decidingFirst(checks.filter((one) => one.icon !== "pass"));
  const good = checks.filter((one) => one.icon === "pass");
  return <>
    {bad.length > 0 && <List of={bad} />}
    {good.length > 0 && <details class="good"><summary><Mark icon="pass" quiet /> {good.length === 1 ? "1 check passes" : `${good.length} checks pass`}: {[...new Set(good.map((one) => one.label))].join(", ")}</summary><List of={good} /></details>}
  </>;
}

const List = ({ of }: { of: Check[] }) => (
  <ul class="chk s">{of.map((one, at) => (
    <li key={at} class={`d${Math.min(3, one.depth)}`}><Mark icon={one.icon} /><span><code>{one.label}</code>
      {one.metric && <span class="f"> {one.metric}{one.score !== null && ` ${Number(one.score.toPrecision(3))}`}</span>} <bdi dir="auto"><Long of={one.reason} /></bdi></span></li>
  ))}</ul>
);

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 1);
  } catch {
    return json;
  }
}

function body(trial: Trial): Record<string, unknown> | null {
  if (!trial.parameters) return null;
  try {
    return { ...(JSON.parse(trial.parameters) as object), messages: JSON.parse(trial.messages) as unknown };
  } catch {
    return null;
  }
}

/** The same request with curl; the key stays in the environment. */
function curl(column: Column, sent: object): string {
  const url = column.url ? `'${column.url.replaceAll("'", "%27")}/chat/completions'` : '"$BASE_URL/chat/completions"';
  const key = column.key ? `  -H "Authorization: Bearer $${column.key.replaceAll(/\W/g, "")}" \\\n` : "";
  return `curl ${url} \\\n${key}  -H 'Content-Type: application/json' \\\n  --data-binary @- <<'BODY'\n${JSON.stringify(sent)}\nBODY`;
}

function Exact({ suite, column, first }: { suite: Suite; column: Column; first: Trial }) {
  void suite;
  const sent = body(first);
  if (!sent) return null;
  return <details class="exact"><summary>The exact request{first.turns.length > 0 ? ", first turn" : ""}</summary>
    <Copied label="With curl" value={curl(column, sent)} hidden />
    <Copied label="Body" value={JSON.stringify(sent, null, 1)} /></details>;
}

function Raw({ suite, one, column, trials }: { suite: Suite; one: Case; column: Column; trials: Trial[] }) {
  const [open, set] = useState(false);
  const value = open ? JSON.stringify({
    suite: suite.id, case: one.id, column: column.name, tags: one.tags,
    vars: Object.fromEntries(one.vars.map(([name, place]) => [name, text(place)])),
    expected: one.expected < 0 ? null : text(one.expected),
    trials: trials.map(({ icon, tokens, parameters, messages, measures, time, length, used, latency, cost, source, ...rest }) => ({
      outcome: WORDS[icon], ...rest, source, latency_s: latency, cost_usd: cost,
      usage: { prompt_tokens: used[0], completion_tokens: used[1], reasoning_tokens: used[2] },
      tokens: tokens?.map(([token, logprob, top]) => ({ token, logprob, top })) ?? null,
    })),
  }, null, 1) : "";
  return <details onToggle={(e) => set(e.currentTarget.open)}><summary>Raw JSON</summary>{open && <Copied label="All samples" value={value} />}</details>;
}

function Copied({ label, value, hidden = false }: { label: string; value: string; hidden?: boolean }) {
  const [done, set] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => set(false), 1500);
    return () => clearTimeout(timer);
  }, [done]);
  return <div class="copied"><div class="cap"><h4>{label}</h4>
    <button type="button" data-copy={label} onClick={() => void copy(value).then(() => set(true))}>{done ? "Copied" : "Copy"}</button></div>
    {!hidden && <pre class="cmd" tabIndex={0}>{value.length > 50_000 ? `${value.slice(0, 50_000)}…` : value}</pre>}</div>;
}

async function copy(value: string) {
  try {
    await navigator.clipboard.writeText(value);
  } catch {
    const box = document.createElement("textarea");
    box.value = value;
    (document.querySelector("dialog[open]") ?? document.body).append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
}

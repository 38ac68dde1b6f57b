"""A case in full: prompt, expected, each side's answers, equal ones counted, and its command."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from evals.comparison import words
from evals.model import Frozen, JsonObject, SuiteComparison, TrialResult, Verdict
from evals.report.broken import why
from evals.report.cases import Judged
from evals.report.marks import ERROR, FAIL, PASS, RECORDED, SKIP, Mark, SideMark
from evals.report.texts import Text, command, one_line, shown, written
from evals.report.turns import transcript
from evals.report.verdict import cause

Requests: TypeAlias = Callable[[TrialResult], JsonObject | None]

_REASON = 400
_GROUPS = 8


class Message(Frozen, frozen=True, kw_only=True):
    role: str
    text: Text


class Prompt(Frozen, frozen=True, kw_only=True):
    """A prompt as sent, and the sides it was sent by where these differ."""

    of: str
    messages: tuple[Message, ...]


class CheckLine(Frozen, frozen=True, kw_only=True):
    mark: Mark
    label: str
    reason: str
    depth: int


class Answer(Frozen, frozen=True, kw_only=True):
    """Equal answers of one side, shown once."""

    mark: Mark
    samples: str
    times: str
    measures: str
    text: Text
    same_as: str  # where the text already stands
    calls: tuple[str, ...]
    reasoning: Text | None
    checks: tuple[CheckLine, ...]
    passing: str
    recording: str


class Panel(Frozen, frozen=True, kw_only=True):
    name: str
    side: SideMark
    mark: Mark
    counts: str
    answers: tuple[Answer, ...]
    more: str
    command: str


class Article(Frozen, frozen=True, kw_only=True):
    anchor: str
    id: str
    suite: str  # where there are several
    place: str  # of the grid
    label: str
    open: bool
    tags: tuple[str, ...]
    finding: str
    prompts: tuple[Prompt, ...]
    expected: Text | None
    panels: tuple[Panel, ...]


class Source(Frozen, frozen=True, kw_only=True):
    """What the details of a suite's cases are made from."""

    suite: SuiteComparison
    names: Mapping[str, str]
    marks: Mapping[str, SideMark]
    place: str  # the grid's
    shown_suite: bool
    brief: bool  # a large run: the answers of sides that passed are left out
    recordings: str  # folder of the cassettes
    requests: Requests | None


def article(one: Judged, source: Source, *, open: bool) -> Article:
    """`open`: shown unfolded, where the case did not pass everywhere."""
    row = one.row
    expected = row.expected
    bad = not one.quiet
    seen: dict[str, str] = {}
    return Article(
        anchor=one.anchor,
        id=one_line(row.id, 120),
        suite=one_line(source.suite.suite.id, 60) if source.shown_suite else "",
        place=source.place,
        label=one_line(one.case.description or one.case.label or "", 160) if one.case else "",
        open=open and bad,
        tags=row.tags,
        finding=finding(one, source) if bad else "",
        prompts=_prompts(one, source),
        expected=None if expected is None else shown(written(expected)),
        panels=tuple(
            _panel(side.id, one, source, seen)
            for side in source.suite.sides
            if side.id in row.trials
        ),
    )


def finding(one: Judged, source: Source) -> str:
    """Where a case did not pass, and the first reason."""
    bad = [s for s in source.suite.sides if s.id in one.tallies and _is_bad(one, s.id)]
    if not bad:
        return "Not run."
    first = why(one.row.trials[bad[0].id])
    if len(source.suite.sides) == 1:
        return first
    if len(bad) == 1:
        return f"Only {source.names[bad[0].id]}: {first}"
    return f"{len(bad)} of {len(one.tallies)} columns. {source.names[bad[0].id]}: {first}"


def _is_bad(one: Judged, side: str) -> bool:
    return bool(one.tallies[side].fails or one.tallies[side].errors)


def _prompts(one: Judged, source: Source) -> tuple[Prompt, ...]:
    """Each different list of messages once; without requests, the case's vars."""
    sent: list[tuple[Any, list[str]]] = []
    if source.requests is not None:
        for side, trials in one.row.trials.items():
            body = source.requests(trials[0])
            if body is not None:
                _add(sent, body.get("messages", ()), source.names[side])
    if not sent:
        return _vars(one.row.vars)
    return tuple(
        Prompt(
            of=", ".join(names) if len(sent) > 1 else "",
            messages=tuple(_message(message) for message in messages),
        )
        for messages, names in sent
    )


def _add(sent: list[tuple[Any, list[str]]], messages: Any, name: str) -> None:
    for known, names in sent:
        if known == messages:
            names.append(name)
            return
    sent.append((messages, [name]))


def _vars(values: JsonObject) -> tuple[Prompt, ...]:
    messages = tuple(
        Message(role=one_line(name, 60), text=shown(written(value)))
        for name, value in values.items()
    )
    return (Prompt(of="", messages=messages),) if messages else ()


def _message(message: JsonObject) -> Message:
    content = message.get("content")
    text = content if isinstance(content, str) else written(content or message)
    return Message(role=one_line(str(message.get("role", "")), 30), text=shown(text))


def _panel(side: str, one: Judged, source: Source, seen: dict[str, str]) -> Panel:
    trials, tally = one.row.trials[side], one.tallies[side]
    if source.brief and not one.quiet and not (tally.fails or tally.errors):
        return _passed_panel(side, one, source)
    column = trials[0].column
    groups = _groups(trials)
    name = source.names[side]
    return Panel(
        name=name,
        side=source.marks[side],
        mark=tally.mark,
        counts=tally.counts,
        answers=tuple(
            _answer(group, name, len(trials), source, seen) for group in groups[:_GROUPS]
        ),
        more=_more(len(groups), len(trials)),
        command=command(source.suite.suite.path, one.row.id, column),
    )


def _groups(trials: Sequence[TrialResult]) -> Sequence[Sequence[TrialResult]]:
    """Trials that are shown as one, the worst first."""
    if len(trials) == 1:
        return (trials,)
    groups: dict[object, list[TrialResult]] = {}
    for trial in trials:
        groups.setdefault(_likeness(trial), []).append(trial)
    return sorted(groups.values(), key=lambda group: (_rank(group[0]), -len(group)))


def _passed_panel(side: str, one: Judged, source: Source) -> Panel:
    return Panel(
        name=source.names[side],
        side=source.marks[side],
        mark=one.tallies[side].mark,
        counts="",
        answers=(),
        more="Passed; left out of this page, as the run is large.",
        command="",
    )


def _more(groups: int, trials: int) -> str:
    if groups <= _GROUPS:
        return ""
    return (
        f"{_GROUPS} of {groups} different answers in {words.plural(trials, 'sample')}, worst first."
    )


def _likeness(trial: TrialResult) -> object:
    """Trials that are shown as one: the same words, the same verdicts."""
    said = trial.completion
    if said is None:
        return (trial.outcome, cause(trial) if trial.outcome == "error" else "")
    verdicts = tuple(check.passed for check in trial.checks)
    calls = tuple((call.name, call.arguments) for call in said.tool_calls)
    text = transcript(trial) if trial.turns else said.text
    return (trial.outcome, text, calls, verdicts)


_RANKS = {"fail": 0, "error": 1, "pass": 2}
_MARKS = {"pass": PASS, "fail": FAIL, "error": ERROR}


def _rank(trial: TrialResult) -> int:
    return _RANKS.get(trial.outcome, 3)


def _answer(
    group: Sequence[TrialResult], name: str, samples: int, source: Source, seen: dict[str, str]
) -> Answer:
    first = group[0]
    said = first.completion
    text = _text(first)
    # A short text is sooner read again than looked up.
    same_as = seen.get(text, "") if len(text) > 200 else ""
    seen.setdefault(text, f"{name} #{first.sample}")
    failing, passing = _checks(first.checks)
    reasoning = said.reasoning if said else None
    return Answer(
        mark=_mark(first),
        samples=_samples(group, samples),
        times=", ".join(words.seconds(t.timing.latency_s) for t in group[:5] if t.timing),
        measures=measures(first),
        text=shown("" if same_as else text),
        same_as=same_as,
        calls=tuple(one_line(f"{c.name}({c.arguments})", 600) for c in said.tool_calls)
        if said and not first.turns
        else (),
        reasoning=shown(reasoning) if reasoning else None,
        checks=failing,
        passing=passing,
        recording=recording(first, source.recordings),
    )


def _text(trial: TrialResult) -> str:
    """What was answered; of a conversation, all of it."""
    if trial.turns:
        return transcript(trial)
    if trial.completion is not None:
        return trial.completion.text
    return cause(trial) if trial.outcome == "error" else _unasked(trial)


def _unasked(trial: TrialResult) -> str:
    return "skipped" if trial.outcome == "skipped" else "not run"


def _mark(trial: TrialResult) -> Mark:
    if trial.outcome == "pass" and trial.passed is None:
        return RECORDED
    return _MARKS.get(trial.outcome, SKIP)


def _samples(group: Sequence[TrialResult], samples: int) -> str:
    """Which samples said so; nothing where there is one sample only."""
    if samples == 1:
        return ""
    numbers = ", ".join(f"#{trial.sample}" for trial in group[:12])
    more = ", …" if len(group) > 12 else ""
    if len(group) == 1:
        return f"Sample {numbers}"
    return f"{len(group)} samples agree: {numbers}{more}"


def measures(trial: TrialResult) -> str:
    """Tokens of an answer, and how it ended where it was not by itself."""
    if trial.completion is None:
        return ""
    said: list[str] = []
    told = trial.completion.usage
    if told.prompt_tokens is not None and told.completion_tokens is not None:
        said.append(f"{told.prompt_tokens:,} + {told.completion_tokens:,} tokens")
    if told.reasoning_tokens:
        said.append(f"{told.reasoning_tokens:,} of them reasoning")
    if trial.completion.finish_reason != "stop":
        said.append(f"finish: {one_line(trial.completion.finish_reason, 40)}")
    return ", ".join(said)


def _checks(checks: Sequence[Verdict]) -> tuple[tuple[CheckLine, ...], str]:
    """The checks that did not pass with their reasons, and the others in one line."""
    failing: list[CheckLine] = []
    passing: list[str] = []
    for check in checks:
        _collect(check, 0, failing, passing)
    if not passing:
        return tuple(failing), ""
    passed = words.plural(len(passing), "check")
    names = ", ".join(dict.fromkeys(passing))
    return tuple(failing), f"{passed} {'pass' if len(passing) > 1 else 'passes'}: {names}"


def _collect(check: Verdict, depth: int, failing: list[CheckLine], passing: list[str]) -> None:
    label = one_line(check.name or check.type, 60)
    if check.turn is not None:
        label = f"turn {check.turn + 1}: {label}"
    if check.passed:
        if depth == 0:
            passing.append(label)
        return
    mark = ERROR if check.passed is None else FAIL
    if check.weight == 0 and check.score is not None:
        mark = RECORDED
    failing.append(
        CheckLine(mark=mark, label=label, reason=one_line(check.reason, _REASON), depth=depth)
    )
    for member in check.checks or ():
        _collect(member, depth + 1, failing, passing)


def recording(trial: TrialResult, folder: str) -> str:
    """The path of a trial's recording; empty where there is none."""
    if not trial.asked or trial.completion is None:
        return ""
    key, take = trial.asked[0]
    return f"{folder}/{key}.{take}.json" if folder and trial.source == "recorded" else ""

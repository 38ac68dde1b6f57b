"""What the page's script reads: every case with its answers, each different text once.

Texts are made here as they are made for the rest of the page; the script places them. A number
stands beside its text only where the script sorts or filters by it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

from evals.comparison import words
from evals.model import (
    Column,
    Comparison,
    Frozen,
    JsonObject,
    Manifest,
    Side,
    SuiteComparison,
    Token,
    TrialResult,
    Verdict,
)
from evals.report import details
from evals.report.cases import Judged, cell_of, left_out, strip_order
from evals.report.marks import ERROR, FAIL, PASS, RECORDED, SideMark
from evals.report.texts import command, one_line, summary, written
from evals.report.turns import said
from evals.report.verdict import cause
from evals.write import visible

__all__ = ["Evidence", "PageData", "SuiteData", "Texts", "suite_data"]

LONGEST = 20_000
"""Characters of one text that the script can show; the whole text is in the recording."""

MOST_TOKENS = 60_000
"""Tokens with their alternatives that a page carries, the worst cases' first."""

MOST_REQUESTS = 8_000
"""Trials whose requests a page carries, the worst cases' first."""

_ALTERNATIVES = 5

Tokens: TypeAlias = Callable[[TrialResult], Sequence[Token] | None]


class Evidence(Frozen, frozen=True, kw_only=True):
    """What is still known of a trial beyond its line: the body it sent, its tokens."""

    request: Callable[[TrialResult], JsonObject | None] | None = None
    tokens: Tokens | None = None


class CheckData(Frozen, frozen=True, array_like=True):
    icon: str
    label: int
    reason: int
    depth: int
    score: float | None
    metric: str | None
    weight: float
    extracted: int


class TrialData(Frozen, frozen=True, array_like=True):
    """One sample; texts are places in the table of texts, −1 where there is none."""

    icon: str
    sample: int
    text: int
    length: int  # of the whole text, where it was cut; else 0
    reasoning: int
    calls: tuple[tuple[int, int], ...]
    checks: tuple[CheckData, ...]
    time: int
    measures: int
    finish: int
    model: int
    parameters: int  # of the request, as JSON
    messages: int  # of the request, as JSON
    recording: int
    tokens: tuple[tuple[str, float | None, tuple[tuple[str, float | None], ...]], ...] | None
    latency_s: float | None
    used: tuple[int | None, int | None, int | None]  # prompt, completion, reasoning tokens
    score: float | None
    cost_usd: float | None
    source: str | None
    turns: tuple[tuple[str, int], ...]  # of a conversation: who said what before the last reply


class SideData(Frozen, frozen=True, array_like=True):
    """One case in one column: the cell of the grid, then its samples."""

    icon: str
    answer: int
    wrong: int  # 0 no; 1 yes; 2 yes, and the answer is the wrong part
    counts: int
    measures: int
    command: int
    trials: tuple[TrialData, ...]


class CaseData(Frozen, frozen=True, kw_only=True):
    anchor: str
    id: str
    tags: tuple[str, ...]
    label: int
    snippet: int
    expected: int
    vars: tuple[tuple[str, int], ...]
    why: int
    changes: tuple[str, ...]  # broke, fixed, aside
    failing: bool
    sides: tuple[SideData | None, ...]


class ColumnData(Frozen, frozen=True, kw_only=True):
    name: str
    mark: SideMark
    prompt: str
    url: str
    key: str  # the variable with the key
    asks_tokens: bool


class SuiteData(Frozen, frozen=True, kw_only=True):
    anchor: str
    id: str
    path: str
    columns: tuple[ColumnData, ...]
    tags: tuple[str, ...]
    metrics: tuple[str, ...]
    has_expected: bool
    cases: tuple[CaseData, ...]
    left_out: str
    strip: tuple[int, ...]  # places of the cases in the overview's order; −1: not on the page


class PageData(Frozen, frozen=True, kw_only=True):
    kind: str
    suites: tuple[SuiteData, ...]
    texts: tuple[str, ...]


class Texts:
    """Texts by place, each once, harmless and cut; and how much more a page may carry."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._list: list[str] = []
        self.tokens = MOST_TOKENS
        self.requests = MOST_REQUESTS

    def __call__(self, text: str | None) -> int:
        """The place of a text; −1 where there is none."""
        if not text:
            return -1
        place = self._places.get(text)
        if place is None:
            place = self._places[text] = len(self._list)
            cut = text if len(text) <= LONGEST else text[:LONGEST]
            self._list.append(cut if cut.isprintable() else visible(cut))
        return place

    def exactly(self, value: object) -> int:
        """The place of a value as JSON that can be sent as it is; −1 where it is too long."""
        text = json.dumps(value, ensure_ascii=False)
        if not text.isprintable():
            text = json.dumps(value)
        return self(text) if len(text) <= LONGEST else -1

    def all(self) -> tuple[str, ...]:
        return tuple(self._list)


class _Packing(NamedTuple):
    """What the cases of one suite are packed with."""

    source: details.Source
    evidence: Evidence
    texts: Texts
    of_runs: bool


def suite_data(
    comparison: Comparison,
    cases: tuple[Sequence[Judged], Sequence[Judged]],
    source: details.Source,
    texts: Texts,
    evidence: Evidence,
) -> SuiteData:
    """A suite; `cases` are all of it and those that the page has, worst first."""
    judged, held = cases
    places = {one.anchor: place for place, one in enumerate(held)}
    suite, packing = source.suite, _Packing(source, evidence, texts, comparison.kind == "runs")
    return SuiteData(
        anchor=source.place.removesuffix("-cases"),
        id=one_line(suite.suite.id, 80),
        path=one_line(suite.suite.path, 200),
        columns=tuple(_column(comparison, side, source) for side in suite.sides),
        tags=tuple(dict.fromkeys(tag for one in held for tag in one.row.tags)),
        metrics=tuple(dict.fromkeys(name for side in suite.sides for name in side.metrics)),
        has_expected=any(one.row.expected is not None for one in held),
        cases=tuple(_case(one, packing) for one in held),
        left_out=left_out(judged, held),
        strip=tuple(places.get(one.anchor, -1) for one in strip_order(judged)),
    )


def _column(comparison: Comparison, side: Side, source: details.Source) -> ColumnData:
    run = next(run for run in comparison.runs if run.id == side.run)
    endpoint = _endpoint(run, source.suite, side.column)
    return ColumnData(
        name=source.names[side.id],
        mark=source.marks[side.id],
        prompt=one_line(side.column.prompt, 80),
        url=str(endpoint.get("base_url") or ""),
        key=str(endpoint.get("api_key_env") or ""),
        asks_tokens=bool(side.column.parameters.get("logprobs")),
    )


def _endpoint(run: Manifest, suite: SuiteComparison, column: Column) -> JsonObject:
    records = (record for record in run.suites if record.suite.id == suite.suite.id)
    return next((record.endpoints.get(column.endpoint, {}) for record in records), {})


def _case(one: Judged, packing: _Packing) -> CaseData:
    row, texts = one.row, packing.texts
    label = one.case and (one.case.description or one.case.label)
    return CaseData(
        anchor=one.anchor,
        id=one_line(row.id, 120),
        tags=row.tags,
        label=texts(one_line(label, 160) if label else None),
        snippet=texts(summary(row.vars, 120) if row.vars else None),
        expected=-1 if row.expected is None else texts(written(row.expected)),
        vars=tuple((one_line(name, 60), texts(written(v))) for name, v in row.vars.items()),
        why=-1 if one.quiet else texts(details.finding(one, packing.source)),
        changes=_changes(row.id, packing.source.suite) if packing.of_runs else (),
        failing=one.failing,
        sides=tuple(
            _side(one, side, packing) if side.id in row.trials else None
            for side in packing.source.suite.sides
        ),
    )


def _changes(case: str, suite: SuiteComparison) -> tuple[str, ...]:
    found = [
        word
        for side in suite.sides
        if side.difference is not None
        for word, cases in (("broke", side.difference.losses), ("fixed", side.difference.gains))
        if case in cases
    ]
    if case in suite.set_aside:
        found.append("aside")
    return tuple(dict.fromkeys(found))


def _side(one: Judged, side: Side, packing: _Packing) -> SideData:
    trials, texts = one.row.trials[side.id], packing.texts
    longest = 70 if len(packing.source.suite.sides) > 1 else 160
    cell = cell_of(trials, one.tallies[side.id], longest)
    return SideData(
        cell.mark.icon,
        texts(cell.answer),
        cell.wrong + cell.part,
        texts(cell.counts),
        texts(cell.measures),
        texts(command(packing.source.suite.suite.path, one.row.id, trials[0].column)),
        tuple(_trial(trial, side, packing) for trial in trials),
    )


_ICONS = {"pass": PASS.icon, "fail": FAIL.icon, "error": ERROR.icon}


def _trial(trial: TrialResult, side: Side, packing: _Packing) -> TrialData:
    texts, answer, timing = packing.texts, trial.completion, trial.timing
    text = answer.text if answer else cause(trial) if trial.outcome == "error" else ""
    recorded_only = trial.outcome == "pass" and trial.passed is None
    parameters, messages = _request(trial, packing)
    usage = answer.usage if answer else None
    return TrialData(
        RECORDED.icon if recorded_only else _ICONS.get(trial.outcome, "skip"),
        trial.sample,
        texts(text),
        len(text) if len(text) > LONGEST else 0,
        texts(answer.reasoning if answer else None),
        tuple((texts(c.name), texts(c.arguments)) for c in answer.tool_calls) if answer else (),
        tuple(line for check in trial.checks for line in _checks(check, 0, texts)),
        texts(words.seconds(timing.latency_s) if timing else None),
        texts(details.measures(trial)),
        texts(answer.finish_reason if answer else None),
        texts(answer.model if answer else None),
        parameters,
        messages,
        texts(details.recording(trial, packing.source.recordings)),
        _tokens(trial, side, packing),
        timing.latency_s if timing else None,
        (usage.prompt_tokens, usage.completion_tokens, usage.reasoning_tokens)
        if usage
        else (None, None, None),
        trial.score,
        trial.cost_usd,
        trial.source,
        _turns(trial, texts),
    )


def _turns(trial: TrialResult, texts: Texts) -> tuple[tuple[str, int], ...]:
    """What was said after the first request; the last reply is the answer itself."""
    told: list[tuple[str, str]] = []
    for number, turn in enumerate(trial.turns):
        if number:
            told += said(turn)
        reply = turn.completion
        if reply is None:
            told.append(("not run", turn.not_run or ""))
            continue
        told += [("assistant", reply.text)] if reply.text else []
        told += [("assistant, calls", f"{c.name}({c.arguments})") for c in reply.tool_calls]
    last = trial.completion.text if trial.completion else None
    if told and told[-1] == ("assistant", last):
        told.pop()
    return tuple((who, texts(text)) for who, text in told)


def _checks(check: Verdict, depth: int, texts: Texts) -> list[CheckData]:
    icon = PASS.icon if check.passed else ERROR.icon if check.passed is None else FAIL.icon
    if not check.passed and check.weight == 0 and check.score is not None:
        icon = RECORDED.icon
    lines = [
        CheckData(
            icon,
            texts(one_line(check.name or check.type, 60)),
            texts(check.reason),
            depth,
            check.score,
            check.metric,
            check.weight,
            texts(check.extracted),
        )
    ]
    for member in check.checks or ():
        lines += _checks(member, depth + 1, texts)
    return lines


def _request(trial: TrialResult, packing: _Packing) -> tuple[int, int]:
    """The body in two parts, as samples and columns share one or the other."""
    read = packing.evidence.request
    if read is None or packing.texts.requests <= 0 or (body := read(trial)) is None:
        return -1, -1
    packing.texts.requests -= 1
    rest: dict[str, Any] = {name: value for name, value in body.items() if name != "messages"}
    return packing.texts.exactly(rest), packing.texts.exactly(body.get("messages", []))


def _tokens(trial: TrialResult, side: Side, packing: _Packing) -> Any:
    read = packing.evidence.tokens
    asked = side.column.parameters.get("logprobs") and not trial.turns
    if read is None or not asked or trial.completion is None or packing.texts.tokens <= 0:
        return None
    tokens = read(trial)
    if not tokens:
        return None
    packing.texts.tokens -= len(tokens)
    return tuple(
        (
            visible(token.token),
            _rounded(token.logprob),
            tuple((visible(text), _rounded(p)) for text, p in token.top[:_ALTERNATIVES]),
        )
        for token in tokens
    )


def _rounded(logprob: float | None) -> float | None:
    return None if logprob is None else round(logprob, 4)

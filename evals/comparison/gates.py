"""Gates: conditions on a suite's figures, judged once its trials are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import msgspec

from evals.comparison import findings, words
from evals.comparison.baseline import (
    Baselines,
    baseline_answers,
    baseline_column,
    write_command,
)
from evals.comparison.cells import Cells, Gathered, gathered
from evals.comparison.circumstances import UNKNOWN, Circumstances, circumstances_of
from evals.comparison.contest import Contest, blank
from evals.comparison.derived import measure_any
from evals.comparison.figures import compare_any
from evals.comparison.firsts import Rule, alike, rule_of
from evals.comparison.measures import Measured, Part
from evals.comparison.metrics import Metrics, metrics_of
from evals.comparison.parts import has_times
from evals.comparison.readings import seed_of
from evals.comparison.sameness import Answers, answers_of, checks_hash, without_statistic
from evals.model import Against, Estimate, Finding, Gate, GateOutcome, Suite, TrialResult
from evals.model.metric import TIMES

__all__ = ["judge_gates"]


def judge_gates(
    suite: Suite,
    trials: Iterable[TrialResult] | Gathered,
    *,
    selected: bool,
    baselines: Baselines = MappingProxyType({}),
) -> tuple[Finding, ...]:
    """A finding for each gate of the suite, and for each column where a gate judges all.

    Not `selected`: only a part of the suite's trials was, so that no gate is evaluated.
    """
    run = _Run(suite, gathered(trials).columns(suite), metrics_of(suite), baselines)
    found: list[Finding] = []
    for gate in suite.gates:
        derived = run.metrics.derived.get(gate.metric)
        columns = _columns(gate, suite)
        blanks = [blank(suite.id, gate, name, derived=derived) for name in columns]
        if not selected:
            found.extend(_because(each, gate, _PARTIAL) for each in blanks)
        elif gate.against is not None:
            found.extend(_compared(gate, gate.against, blanks, run))
        else:
            found.extend(_judge(each, gate, run.part(gate, each.column)) for each in blanks)
    return tuple(found)


_PARTIAL = "not evaluated: only a part of the suite was selected"
_SKIPPED = "not evaluated: every trial was skipped"


_Of: TypeAlias = tuple[tuple[str, ...] | None, str | None]
"""The cases and the tag that a gate judges."""


@dataclass(frozen=True)
class _Run:
    """What the gates of a suite are judged over."""

    suite: Suite
    columns: Mapping[str, Cells]
    metrics: Metrics
    baselines: Baselines
    known: dict[tuple[str, str], dict[str, Answers]] = field(default_factory=dict)
    recorded: dict[tuple[_Of, str], Circumstances] = field(default_factory=dict)

    @cached_property
    def checks(self) -> dict[str, str]:
        return {case.id: checks_hash(case) for case in self.suite.cases}

    def answers(self, gate: Gate, column: str) -> dict[str, Answers]:
        """What a column answered to the part of the suite that the gate judges."""
        key = (without_statistic(gate.metric, self.metrics), column)
        cells = self.columns[column]
        if key not in self.known:
            self.known[key] = answers_of(gate.metric, cells, self.metrics, self.checks)
        part = _cases(gate, cells)
        if part is cells:
            return self.known[key]
        return {case: each for case, each in self.known[key].items() if case in part}

    def circumstances(self, gate: Gate, column: str) -> Circumstances:
        """Under which a column's times were recorded; nobody asks it of other metrics."""
        derived = self.metrics.derived.get(gate.metric)
        is_time = derived is not None and has_times(derived, self.metrics.derived)
        if not is_time and gate.metric.partition(".")[0] not in TIMES:
            return UNKNOWN
        key = ((gate.cases, gate.tag), column)
        if key not in self.recorded:
            cells = _cases(gate, self.columns[column])
            self.recorded[key] = circumstances_of(cells.answered.items)
        return self.recorded[key]

    def part(self, gate: Gate, column: str) -> Part:
        cells = _cases(gate, self.columns[column])
        return Part(cells, self.metrics, gate.confidence, seed_of(self.suite, gate.metric))


def _columns(gate: Gate, suite: Suite) -> tuple[str, ...]:
    if gate.column == "all":
        versus = None if gate.against is None else gate.against.column
        return tuple(column.id for column in suite.columns if column.id != versus)
    return (gate.column or suite.reference,)


def _compared(
    gate: Gate, against: Against, blanks: Sequence[Finding], run: _Run
) -> Iterable[Finding]:
    """The findings of a gate that compares its columns with another, or with a baseline."""
    contests: list[Contest] = []
    found: dict[str, Finding] = {}
    for each in blanks:
        cells = _cases(gate, run.columns[each.column])
        other = _reference(gate, against, each.column, run)
        if _all_skipped(cells):
            found[each.column] = _because(each, gate, _SKIPPED)
        elif isinstance(other, _Lacking):
            lacking = msgspec.structs.replace(each, outcome=other.outcome, found="no_data")
            found[each.column] = _because(lacking, gate, other.reason)
        else:
            judged = run.answers(gate, each.column)
            here = run.circumstances(gate, each.column)
            a, b, cut = alike(judged, other.answers, other.rules)
            contests.append(Contest(each, a, b, here, other.circumstances, cut))
    for finding in compare_any(gate, contests, run.suite, run.metrics.derived):
        reason = finding.reason
        if finding.outcome == "error" and against.baseline is not None:
            reason += f"; {write_command(run.suite, against.baseline)}"
        found[finding.column] = _because(finding, gate, reason)
    return [found[each.column] for each in blanks]


class _Lacking(NamedTuple):
    """Why there is nothing to compare with."""

    outcome: GateOutcome
    reason: str


class _Other(NamedTuple):
    """The other side: what it answered to the part that the gate judges, and when and where."""

    answers: Mapping[str, Answers]
    circumstances: Circumstances
    rules: Mapping[str, tuple[Rule | None, Rule | None]] = MappingProxyType({})


def _reference(gate: Gate, against: Against, column: str, run: _Run) -> _Other | _Lacking:
    if against.column is not None:
        here = run.circumstances(gate, against.column)
        return _Other(run.answers(gate, against.column), here)
    baseline = run.baselines.get(against.baseline or "", "there is no baseline")
    if isinstance(baseline, str):
        return _Lacking("error", baseline)
    known = next(each for each in run.suite.columns if each.id == column)
    found = baseline_column(baseline, known)
    if found is None:
        return _Lacking("not_evaluated", f"not evaluated: the baseline has no column {column}")
    answers = baseline_answers(baseline, found, gate.metric, run.metrics.derived)
    if gate.cases is not None or gate.tag is not None:
        part = {case.id for case in run.suite.cases if _is_part(gate, case.id, case.tags)}
        answers = {case: answers[case] for case in answers if case in part}
    now = {case.id: rule_of(case) for case in run.suite.cases}
    rules = {each.id: (now.get(each.id), each.adaptive) for each in baseline.cases}
    return _Other(answers, baseline.columns[found].recorded, rules)


def _cases(gate: Gate, cells: Cells) -> Cells:
    """The part of a column that the gate judges."""
    if gate.cases is None and gate.tag is None:
        return cells
    kept = ((case, each) for case, each in cells.items() if _is_part(gate, case, each[0].tags))
    return Cells(kept)


def _is_part(gate: Gate, case: str, tags: Sequence[str]) -> bool:
    in_cases = gate.cases is None or case in gate.cases
    return in_cases and (gate.tag is None or gate.tag in tags)


def _judge(unjudged: Finding, gate: Gate, part: Part) -> Finding:
    """What the gate found in the part of a column that it judges."""
    if _all_skipped(part.cells):
        return _because(unjudged, gate, _SKIPPED)
    measured = measure_any(gate.metric, part)
    outcome, by_errors = _outcome(gate, measured)
    found = measured.estimate
    finding = msgspec.structs.replace(
        unjudged,
        outcome=outcome,
        value=found.value,
        low=found.low,
        high=found.high,
        n_cases=found.n_cases,
        n_trials=found.n_trials,
        n_errors=found.n_errors,
    )
    return _because(finding, gate, _reason(finding, gate, measured, by_errors=by_errors))


def _because(finding: Finding, gate: Gate, reason: str) -> Finding:
    """With its reason, which names the column where the gate does."""
    reason = f"{finding.column}: {reason}" if gate.column else reason
    return msgspec.structs.replace(finding, reason=reason)


def _all_skipped(cells: Cells) -> bool:
    return any(cells.values()) and all(
        trial.outcome == "skipped" for trials in cells.values() for trial in trials
    )


def _outcome(gate: Gate, measured: Measured) -> tuple[GateOutcome, bool]:
    """The outcome, and whether it is a failure only because errors leave it open."""
    if measured.lacks and not measured.ends:
        return "error", False
    held = [_holds(gate, end) for end in measured.ends or (measured.estimate,)]
    return ("pass" if all(held) else "fail"), any(held) and not all(held)


def _holds(gate: Gate, estimate: Estimate) -> bool:
    """Whether the measured value, or with `confidence` its interval's bound, meets the limit."""
    if gate.confidence is None or findings.is_fact(gate.metric):
        judged: tuple[float | None, ...] = (estimate.value,)
    elif gate.op in (">=", ">"):
        judged = (estimate.low,)
    elif gate.op in ("<=", "<"):
        judged = (estimate.high,)
    else:
        judged = (estimate.low, estimate.high)
    return all(value is not None and _OPERATIONS[gate.op](value, gate.limit) for value in judged)


def _close(value: float, limit: float) -> bool:
    # A mean over cases may miss the very limit by what floating point adds or takes.
    return math.isclose(value, limit, rel_tol=1e-9, abs_tol=1e-12)


_OPERATIONS: Mapping[str, Callable[[float, float], bool]] = {
    ">=": lambda value, limit: value >= limit or _close(value, limit),
    "<=": lambda value, limit: value <= limit or _close(value, limit),
    ">": lambda value, limit: value > limit and not _close(value, limit),
    "<": lambda value, limit: value < limit and not _close(value, limit),
    "==": _close,
    "!=": lambda value, limit: not _close(value, limit),
}


def _reason(finding: Finding, gate: Gate, measured: Measured, *, by_errors: bool) -> str:
    """`82.4 % [77.1, 86.8], 240 cases; limit 80 %; could be chance`."""
    value = measured.lacks or findings.measured(finding)
    return "; ".join(
        part
        for part in (
            f"{value}, {findings.numbers(finding)}" if finding.n_trials else value,
            _limit(finding, gate),
            _errors(finding, measured, by_errors=by_errors),
            "" if by_errors else _certainty(finding, gate),
            measured.note,
        )
        if part
    )


def _limit(finding: Finding, gate: Gate) -> str:
    said = {"==": "must be", "!=": "must not be"}.get(gate.op, "limit")
    text = f"{said} {findings.limit(finding)}"
    if gate.confidence is None or findings.is_fact(gate.metric):
        return text
    return f"{text} for the {words.share_limit(gate.confidence)} interval"


def _errors(finding: Finding, measured: Measured, *, by_errors: bool) -> str:
    """The errors that the measured value leaves out, and what they leave open."""
    errors = words.plural(finding.n_errors, "error")
    if not measured.ends:
        counted = finding.metric in ("errors", "error_rate", "cost_usd")
        return f"{errors} left out" if finding.n_errors and not counted else ""
    told = f"{findings.open_range(finding, *measured.ends)} with {errors} either way"
    return f"undecided by errors: {told}" if by_errors else told


def _certainty(finding: Finding, gate: Gate) -> str:
    if finding.value is None:
        return ""
    held = _OPERATIONS[gate.op](finding.value, finding.limit)
    if not held and findings.reads_as_limit(finding):
        return "missed by less than is shown"
    if gate.confidence is None:
        return "could be chance" if findings.certainty(finding) == "Could be chance" else ""
    if finding.low is None and finding.high is None and not findings.is_fact(gate.metric):
        return f"no interval can be made of {words.plural(finding.n_cases, 'case')}"
    return "the interval reaches beyond the limit" if held and finding.outcome == "fail" else ""

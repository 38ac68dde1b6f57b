"""Gates: conditions on a suite's figures, judged once its trials are."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

import msgspec

from evals.comparison import findings, words
from evals.comparison.cells import Cells, columns_of
from evals.comparison.measures import Measured, Part, measure
from evals.comparison.metrics import metrics_of
from evals.comparison.readings import seed_of
from evals.model import Estimate, Finding, Gate, GateOutcome, Suite, TrialResult

__all__ = ["judge_gates"]


def judge_gates(
    suite: Suite, trials: Iterable[TrialResult], *, selected: bool
) -> tuple[Finding, ...]:
    """A finding for each gate of the suite, and for each column where a gate judges all.

    Not `selected`: only a part of the suite's trials was, so that no gate is evaluated.
    """
    columns = columns_of(suite, trials)
    metrics = metrics_of(suite)
    found = []
    for gate in suite.gates:
        for column in _columns(gate, suite):
            blank = _blank(suite.id, gate, column)
            if not selected:
                found.append(_because(blank, gate, _PARTIAL))
                continue
            cells = _cases(gate, columns[column])
            part = Part(cells, metrics, gate.confidence, seed_of(suite, gate.metric))
            found.append(_judge(blank, gate, part))
    return tuple(found)


_PARTIAL = "not evaluated: only a part of the suite was selected"


def _columns(gate: Gate, suite: Suite) -> tuple[str, ...]:
    if gate.column == "all":
        return tuple(column.id for column in suite.columns)
    return (gate.column or suite.reference,)


def _cases(gate: Gate, cells: Cells) -> Cells:
    """The part of a column that the gate judges."""
    return {
        case: trials
        for case, trials in cells.items()
        if (gate.cases is None or case in gate.cases)
        and (gate.tag is None or gate.tag in trials[0].tags)
    }


def _judge(blank: Finding, gate: Gate, part: Part) -> Finding:
    """What the gate found in the part of a column that it judges."""
    if _outcomes(part.cells) == {"skipped"}:
        return _because(blank, gate, "not evaluated: every trial was skipped")
    measured = measure(gate.metric, part)
    outcome, by_errors = _outcome(gate, measured)
    found = measured.estimate
    finding = msgspec.structs.replace(
        blank,
        outcome=outcome,
        value=found.value,
        low=found.low,
        high=found.high,
        n_cases=found.n_cases,
        n_trials=found.n_trials,
        n_errors=found.n_errors,
    )
    return _because(finding, gate, _reason(finding, gate, measured, by_errors=by_errors))


def _blank(suite: str, gate: Gate, column: str) -> Finding:
    """The finding of a gate that was not evaluated."""
    return Finding(
        suite=suite,
        gate=gate.text,
        column=column,
        outcome="not_evaluated",
        metric=gate.metric,
        op=gate.op,
        limit=gate.limit,
        value=None,
        low=None,
        high=None,
        n_cases=0,
        n_trials=0,
        n_errors=0,
        reason="",
    )


def _because(finding: Finding, gate: Gate, reason: str) -> Finding:
    """With its reason, which names the column where the gate does."""
    reason = f"{finding.column}: {reason}" if gate.column else reason
    return msgspec.structs.replace(finding, reason=reason)


def _outcomes(cells: Cells) -> set[str]:
    return {trial.outcome for trials in cells.values() for trial in trials}


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
            f"{value}, {_numbers(finding)}" if finding.n_trials else value,
            _limit(finding, gate),
            _errors(finding, measured, by_errors=by_errors),
            "" if by_errors else _certainty(finding, gate),
            measured.note,
        )
        if part
    )


def _numbers(finding: Finding) -> str:
    cases, trials = words.plural(finding.n_cases, "case"), words.plural(finding.n_trials, "trial")
    return cases if finding.n_cases == finding.n_trials else f"{cases}, {trials}"


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
        return "could be chance" if findings.certainty(finding) == "Undecided" else ""
    if finding.low is None and finding.high is None and not findings.is_fact(gate.metric):
        return f"no interval can be made of {words.plural(finding.n_cases, 'case')}"
    return "the interval reaches beyond the limit" if held and finding.outcome == "fail" else ""

"""What the samples of a cell amount to: the outcome of one item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from evals.model import Case, Finding, TrialResult, Verdict

ItemOutcome = Literal["pass", "fail", "error", "missed", "not_run"]


def item_outcome(case: Case, results: Sequence[TrialResult]) -> tuple[ItemOutcome, str]:
    """The outcome, and why in a few words.

    Any errored sample makes an error; else the share of passing samples decides. A share below
    `min_pass_rate` is missed where the suite allows misses.
    """
    errors = [result for result in results if result.outcome == "error"]
    if errors:
        return "error", _errored(errors, len(results))
    unrun = [result for result in results if result.outcome == "not_run"]
    if unrun:
        message = unrun[0].error.message if unrun[0].error else "not run"
        return "not_run", message
    judged = [result.passed for result in results if result.passed is not None]
    passing = sum(judged)
    if not judged or passing / len(judged) >= case.min_pass_rate:
        return "pass", ""
    why = _failed(case, results, passing, len(judged))
    return ("missed" if case.misses == "allowed" else "fail"), why


def _errored(errors: Sequence[TrialResult], n: int) -> str:
    first = errors[0].error.message if errors[0].error else "no answer"
    return first if n == 1 else f"{len(errors)} of {n} samples: {first}"


def _failed(case: Case, results: Sequence[TrialResult], passing: int, n: int) -> str:
    reasons = [
        f"{turn_of(verdict)}{verdict.type}: {verdict.reason}"
        for result in results
        if result.passed == 0
        for verdict in result.checks
        if verdict.passed is False and verdict.weight > 0
    ]
    first = reasons[0] if reasons else "the weighted score is below the threshold"
    if n == 1 and case.repeat.samples == 1:
        return first
    needed = case.min_pass_rate
    share = "" if needed == 1 else f", {needed:.0%} needed"
    most = "" if case.repeat.least is None else f" (of at most {case.repeat.samples})"
    return f"{passing} of {n} samples{most} passed{share}; {first}"


def gate_names(findings: Iterable[Finding]) -> Iterator[tuple[Finding, str]]:
    """What the test of each gate is called; one that judges several columns names the column."""
    findings = tuple(findings)
    times = Counter((finding.suite, finding.gate) for finding in findings)
    for finding in findings:
        several = times[finding.suite, finding.gate] > 1
        yield finding, f"gate: {finding.gate}" + (f" [{finding.column}]" if several else "")


def turn_of(verdict: Verdict) -> str:
    """Which turn of a conversation a check looked at: `turn 2: `."""
    return "" if verdict.turn is None else f"turn {verdict.turn + 1}: "


def properties_of(outcome: ItemOutcome, samples: Sequence[TrialResult]) -> list[tuple[str, str]]:
    """What a test case tells besides its outcome: samples, seconds, tokens, dollars."""
    usage = [trial.completion.usage for trial in samples if trial.completion is not None]
    costs = [trial.cost_usd for trial in samples if trial.cost_usd is not None]
    latency = [trial.timing.latency_s for trial in samples if trial.timing is not None]
    judged = [trial.passed for trial in samples if trial.passed is not None]
    told = {
        "evals_outcome": outcome,
        "evals_passed": f"{sum(judged)}/{len(judged)}" if judged else "",
        "evals_latency_s": f"{sum(latency) / len(latency):.3f}" if latency else "",
        "evals_tokens": str(sum(u.completion_tokens or 0 for u in usage)) if usage else "",
        "evals_cost_usd": f"{sum(costs):.6f}" if costs else "",
    }
    return [(name, value) for name, value in told.items() if value]

"""What the answers of a trial and their verdicts make of it."""

from __future__ import annotations

import hashlib

import msgspec

from evals.checks.judge import conclude
from evals.errors import EndpointError, EvalsError, told
from evals.model import (
    Answer,
    Case,
    Completion,
    TrialError,
    TrialResult,
    TrialTiming,
    Verdict,
)
from evals.suite.cell import Cell
from evals.suite.spending import Spent


def unanswered(
    cell: Cell, sample: int, problem: EvalsError, *, asked: tuple[tuple[str, int], ...] = ()
) -> TrialResult:
    """The result of a trial without an answer: an error, or not run where nothing was sent."""
    return _result(
        cell,
        sample,
        outcome="not_run" if _was_not_sent(problem) else "error",
        passed=None,
        score=None,
        asked=asked,
        error=_error(problem),
    )


def _error(problem: EvalsError) -> TrialError:
    if _was_not_sent(problem):
        return TrialError(kind="not_run", message=f"not run: {problem.message}")
    answered = problem if isinstance(problem, EndpointError) else None
    return TrialError(
        kind=_kind(problem),
        status=answered.status if answered else None,
        message=str(problem),
        retryable=answered is not None and answered.retryable,
        traceback=problem.traceback or msgspec.UNSET,
    )


def _was_not_sent(problem: EvalsError) -> bool:
    return isinstance(problem, EndpointError) and problem.kind in ("budget", "stopped")


def broken(cell: Cell, sample: int, problem: Exception) -> TrialResult:
    """The result of a trial that could not be judged, for a mistake in somebody's code."""
    error = TrialError(
        kind="broken_code",
        message=f"{type(problem).__name__}: {problem}",
        traceback=told(problem),
    )
    return _result(cell, sample, outcome="error", passed=None, score=None, error=error)


def skipped(cell: Cell, sample: int) -> TrialResult:
    """The result of a trial that was not wanted."""
    return _result(cell, sample, outcome="skipped", passed=None, score=None)


_KINDS = {
    "MissingRecording": "missing",
    "OutdatedRecording": "outdated",
    "DamagedFile": "damaged",
}


def _kind(problem: EvalsError) -> str:
    if isinstance(problem, EndpointError):
        return problem.kind
    return _KINDS.get(type(problem).__name__, "error")


def judged(
    cell: Cell,
    sample: int,
    completion: Completion,
    verdicts: tuple[Verdict, ...],
    *,
    asked: tuple[tuple[str, int], ...],
    spent: Spent,
) -> TrialResult:  # many parameters: the parts of a result
    conclusion = conclude(cell.case, verdicts)
    outcome, error = conclusion.outcome, None
    if outcome == "error":
        error = _undecided(verdicts, spent)
        outcome = "not_run" if error.kind == "not_run" else "error"
    return _result(
        cell,
        sample,
        outcome=outcome,
        passed=conclusion.passed,
        score=conclusion.score,
        missed=conclusion.outcome == "fail" and cell.case.misses == "allowed",
        checks=verdicts,
        asked=asked,
        judges_asked=spent.asked,
        source=completion.source,
        completion=answer_of(completion),
        timing=timing_of(completion),
        cost_usd=completion.cost_usd,
        judge_cost_usd=spent.cost_usd,
        error=error,
    )


def extended(
    cell: Cell, result: TrialResult, verdicts: tuple[Verdict, ...], spent: Spent
) -> TrialResult:
    """An answered trial with the verdicts over several trials, which it has to meet too."""
    checks = (*result.checks, *verdicts)
    costs = [cost for cost in (result.judge_cost_usd, spent.cost_usd) if cost is not None]
    result = msgspec.structs.replace(
        result,
        checks=checks,
        judges_asked=(*result.judges_asked, *spent.asked),
        judge_cost_usd=sum(costs) if costs else None,
    )
    if result.error is not None:
        return result
    conclusion = conclude(cell.case, checks)
    error = _undecided(checks, spent) if conclusion.outcome == "error" else None
    return msgspec.structs.replace(
        result,
        outcome="not_run" if error and error.kind == "not_run" else conclusion.outcome,
        passed=conclusion.passed,
        score=conclusion.score,
        missed=conclusion.outcome == "fail" and cell.case.misses == "allowed",
        error=error,
    )


def _undecided(verdicts: tuple[Verdict, ...], spent: Spent) -> TrialError:
    """Why there is no verdict: a check that could not be made, or whose request was not sent."""
    unsent = next((problem for problem in spent.problems if _was_not_sent(problem)), None)
    if unsent is not None:
        return _error(unsent)
    broken = next(v for v in verdicts if v.passed is None and v.weight > 0)
    return TrialError(kind="check", message=f"{broken.type}: {broken.reason}")


def answer_of(completion: Completion) -> Answer:
    """The part of an answer that a trial's line has."""
    return Answer(
        text=completion.text,
        reasoning=completion.reasoning,
        finish_reason=completion.finish_reason,
        tool_calls=completion.tool_calls,
        model=completion.model,
        usage=completion.usage,
    )


def timing_of(completion: Completion) -> TrialTiming:
    """The times of an answer, as a trial's line has them."""
    return TrialTiming(
        latency_s=completion.timing.latency_s,
        ttft_s=completion.timing.ttft_s,
        queued_s=completion.timing.queued_s,
        attempts=completion.attempts,
        in_flight=completion.timing.in_flight,
        host=completion.host,
        at=completion.at,
    )


def _result(cell: Cell, sample: int, **rest: object) -> TrialResult:
    case, column = cell.case, cell.column
    return TrialResult(
        suite=cell.suite,
        case=case.id,
        prompt=column.prompt,
        setting=column.setting,
        column=column.id,
        sample=sample,
        vars=case.vars,
        expected=case.expected,
        tags=case.tags,
        cluster=case.cluster,
        case_hash=case_hash(case),
        **rest,  # type: ignore[arg-type] # what else a trial has, by name
    )


def case_hash(case: Case) -> str:
    """What makes two runs' cases the same: vars and turns; never prompts, parameters or checks."""
    identity = [case.vars, case.turns] if case.turns else case.vars
    canonical = msgspec.json.encode(identity, order="sorted")
    return hashlib.sha256(canonical).hexdigest()[:16]

"""Trials as scripts: what is asked for a case in a column, and what the answers make of it.

A script yields requests and is sent their completions; it sees nothing else, so the same answers
give the same result. It is run twice: `asking` to gather, `judging` against what was gathered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import msgspec

from evals.answer import candidate
from evals.checks.asking import Bodies, Context, together
from evals.checks.judge import Prepared, conclude
from evals.checks.ordered import is_last, judge_all, judging_all
from evals.errors import EndpointError, EvalsError
from evals.model import (
    Answer,
    Asks,
    Case,
    Column,
    Completion,
    JsonObject,
    Request,
    TrialError,
    TrialResult,
    TrialTiming,
    Verdict,
)
from evals.suite.spending import Spent, metered


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A case in a column, ready to be asked: one item of pytest, one cell of a report's grid."""

    suite: str
    case: Case
    column: Column
    body: JsonObject  # of the first request
    checks: tuple[Prepared, ...]
    bodies: Bodies | None = None  # makes the requests of checks

    @property
    def asking_checks(self) -> tuple[Prepared, ...]:
        """The checks that need answers of their own, with those that such a one looks at."""
        asking = tuple(check for check in self.checks if check.asks)
        return self.checks if any(map(is_last, asking)) else asking

    @property
    def context(self) -> Context:
        """What checks may use beside the answer."""
        case = self.case
        return Context(
            vars=case.vars,
            expected=case.expected,
            has_expected=case.has_expected,
            asker=self.name,
            bodies=self.bodies,
        )

    @property
    def name(self) -> str:
        return f"{self.case.id}[{self.column.id}]"

    @property
    def candidates(self) -> int:
        """How many samples one request brings."""
        return int(self.body.get("n") or 1)

    @property
    def samples(self) -> int:
        return self.case.repeat.samples * self.candidates

    def requests(self) -> Iterator[Request]:
        """One request for every `candidates` samples."""
        return (self.request(number) for number in range(self.case.repeat.samples))

    def request(self, number: int) -> Request:
        """Request `number`; with a seed in force it differs by its seed, else by its take."""
        seed = self.body.get("seed")
        if seed is None or not self.case.repeat.vary_seed:
            body, take = self.body, number
        else:
            # By the number of candidates: a service may sample candidate j with seed + j.
            body, take = {**self.body, "seed": seed + number * self.candidates}, 0
        return Request(
            endpoint=self.column.endpoint,
            body=body,
            take=take,
            asker=self.name,
        )


def asking(cell: Cell, number: int) -> Asks[None]:
    """The asking part of a request's trials: the request, then what checks ask of its answers."""
    answers = yield (cell.request(number),)
    checks = cell.asking_checks
    if not checks:
        return
    try:
        answer = answers[0]
        given = [candidate(answer, choice.index) for choice in answer.choices]
    except EvalsError:
        return  # told by the trials
    context = cell.context
    yield from together(judging_all(checks, completion, context) for completion in given)


def judging(cell: Cell, sample: int, request: Request, *, key: str) -> Asks[TrialResult]:
    """A whole trial; `request` is the one that brings the sample, `key` names its recording."""
    place = sample % cell.candidates
    asked = ((key, request.take),)
    try:
        (answer,) = yield (request,)
        completion = candidate(answer, place)
    except EvalsError as problem:
        return unanswered(cell, sample, problem, asked=asked)
    verdicts, spent = yield from _verdicts(cell, completion)
    return _judged(cell, sample, completion, verdicts, asked=asked, spent=spent)


def _verdicts(cell: Cell, completion: Completion) -> Asks[tuple[tuple[Verdict, ...], Spent]]:
    context = cell.context
    if not any(check.asks for check in cell.checks):
        return judge_all(cell.checks, completion, context), Spent()
    return (yield from metered(judging_all(cell.checks, completion, context)))


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
    )


def _was_not_sent(problem: EvalsError) -> bool:
    return isinstance(problem, EndpointError) and problem.kind in ("budget", "stopped")


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


def _judged(
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
        completion=_answer(completion),
        timing=TrialTiming(
            latency_s=completion.timing.latency_s,
            ttft_s=completion.timing.ttft_s,
            queued_s=completion.timing.queued_s,
            attempts=completion.attempts,
            in_flight=completion.timing.in_flight,
            host=completion.host,
            at=completion.at,
        ),
        cost_usd=completion.cost_usd,
        judge_cost_usd=spent.cost_usd,
        error=error,
    )


def _undecided(verdicts: tuple[Verdict, ...], spent: Spent) -> TrialError:
    """Why there is no verdict: a check that could not be made, or whose request was not sent."""
    unsent = next((problem for problem in spent.problems if _was_not_sent(problem)), None)
    if unsent is not None:
        return _error(unsent)
    broken = next(v for v in verdicts if v.passed is None and v.weight > 0)
    return TrialError(kind="check", message=f"{broken.type}: {broken.reason}")


def _answer(completion: Completion) -> Answer:
    return Answer(
        text=completion.text,
        reasoning=completion.reasoning,
        finish_reason=completion.finish_reason,
        tool_calls=completion.tool_calls,
        model=completion.model,
        usage=completion.usage,
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
        **rest,  # type: ignore[arg-type]
    )


def case_hash(case: Case) -> str:
    """What makes two runs' cases the same: their vars; never prompts, parameters or checks."""
    canonical = msgspec.json.encode(case.vars, order="sorted")
    return hashlib.sha256(canonical).hexdigest()[:16]

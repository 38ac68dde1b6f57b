"""Trials as scripts: what is asked for a case in a column, and what the answers make of it.

A script yields requests and is sent their completions; it sees nothing else, so the same answers
give the same result. It is run twice: `asking` to gather, `judging` against what was gathered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec

from evals.answer import candidate
from evals.checks.asking import together
from evals.errors import CheckError, EvalsError
from evals.model import Asks, Completion, Request, TrialResult, Verdict
from evals.suite.cell import Cell
from evals.suite.conversation import asking_turns, judging_turns, talking
from evals.suite.results import judged, skipped, unanswered
from evals.suite.spending import Spent, metered
from evals.suite.verdicts import Exam, asked_by, asks, verdicts

__all__ = ["answering", "asking", "judging", "overall", "skipped"]


def asking(cell: Cell, number: int) -> Asks[None]:
    """The asking part of a request's trials: the request, then what checks ask of its answers."""
    if cell.turns:
        yield from asking_turns(cell, cell.request(number))
        return
    answers = yield (cell.request(number),)
    if not asks(cell.checks):
        return
    try:
        answer = answers[0]
        given = [candidate(answer, choice.index) for choice in answer.choices]
    except EvalsError:
        return  # told by the trials
    context = cell.context
    yield from asked_by(Exam(cell.checks, completion, context) for completion in given)


def judging(cell: Cell, sample: int, request: Request, *, key: str) -> Asks[TrialResult]:
    """A whole trial; `request` is the one that brings the sample, `key` names its recording."""
    if cell.turns:
        return (yield from judging_turns(cell, sample, request))
    asked = ((key, request.take),)
    try:
        (answer,) = yield (request,)
        completion = candidate(answer, sample % cell.candidates)
    except EvalsError as problem:
        return unanswered(cell, sample, problem, asked=asked)
    found, spent = yield from verdicts((Exam(cell.checks, completion, cell.context),))
    return judged(cell, sample, completion, found, asked=asked, spent=spent)


def answering(cell: Cell, sample: int) -> Asks[Completion]:
    """The answer of a trial, or the last reply of a conversation; raises `EvalsError`."""
    request = cell.request(sample // cell.candidates)
    if not cell.turns:
        (answer,) = yield (request,)
        return candidate(answer, sample % cell.candidates)
    talk = yield from talking(cell, request)
    if talk.problem is not None:
        raise talk.problem
    if talk.unmet is not None:
        raise CheckError(f"a conversation ended: {talk.unmet}")
    return talk.replies[-1]


def overall(
    cell: Cell,
    answers: Mapping[str, Sequence[Completion]],
    scores: Mapping[str, tuple[float | None, ...]] = MappingProxyType({}),
) -> Asks[tuple[tuple[Verdict, ...], Spent]]:
    """The checks of a cell over several trials, whose answers are there.

    `answers` are the samples by column, the cell's own first; `scores` those of the other checks,
    which are known where everything is judged.
    """
    context = msgspec.structs.replace(cell.context, scores=dict(scores))
    script = together(check.over(answers, context) for check in cell.overall)
    verdicts, spent = yield from metered(script)
    return tuple(verdicts), spent

"""Trials as scripts: what is asked for a case in a column, and what the answers make of it.

A script yields requests and is sent their completions; it sees nothing else, so the same answers
give the same result. It is run twice: `asking` to gather, `judging` against what was gathered.
"""

from __future__ import annotations

from evals.answer import candidate
from evals.errors import EvalsError
from evals.model import Asks, Request, TrialResult
from evals.suite.cell import Cell
from evals.suite.conversation import asking_turns, judging_turns
from evals.suite.results import judged, skipped, unanswered
from evals.suite.verdicts import Exam, asked_by, asks, verdicts

__all__ = ["asking", "judging", "skipped"]


def asking(cell: Cell, number: int) -> Asks[None]:
    """The asking part of a request's trials: the request, then what checks ask of its answers."""
    if cell.turns:
        yield from asking_turns(cell, number)
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
        return (yield from judging_turns(cell, sample))
    asked = ((key, request.take),)
    try:
        (answer,) = yield (request,)
        completion = candidate(answer, sample % cell.candidates)
    except EvalsError as problem:
        return unanswered(cell, sample, problem, asked=asked)
    found, spent = yield from verdicts((Exam(cell.checks, completion, cell.context),))
    return judged(cell, sample, completion, found, asked=asked, spent=spent)

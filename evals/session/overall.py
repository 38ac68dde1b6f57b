"""Checks over several trials: of all samples of a cell, or of all columns of its case.

They begin where the trials are answered, and read what is there: trials that were not selected are
read from their recordings, and asked by nobody. Their verdicts belong to every trial of the cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from evals.errors import EvalsError
from evals.model import Completion, TrialResult, Verdict
from evals.runner import Lookup, Waiting, advance, replay
from evals.session.desk import Desk
from evals.session.sources import Source
from evals.suite.cell import Cell
from evals.suite.results import extended
from evals.suite.script import answering, judging, overall
from evals.suite.spending import Spent

Lookups: TypeAlias = Callable[[Cell, int], Lookup]
"""What answers the requests of a trial, by its cell and sample."""


def waiting(source: Source, cell: Cell, desk: Desk) -> Waiting | None:
    """What the checks of a cell have to ask once its trials are answered; None: nothing."""
    if not any(check.asks for check in cell.overall):
        return None
    try:
        answers = answers_of(cell, source.opened.cells_of(cell.case), lambda *_: source.lookup)
    except EvalsError:
        return None  # told when it is judged
    return advance(overall(cell, answers), desk)


def with_overall(
    cell: Cell,
    results: Sequence[TrialResult],
    *,
    case: Iterable[Cell],
    trials: Lookups,
    lookup: Lookup,
) -> tuple[TrialResult, ...]:
    """The results of a cell with the verdicts over several trials; `case` are its case's cells.

    `trials` answers the trials' requests, `lookup` those of the checks.
    """
    if not cell.overall:
        return tuple(results)
    verdicts, spent = _broken(cell, results), Spent()
    if not verdicts:
        case = tuple(case)
        try:
            answers, scores = answers_of(cell, case, trials), _scores(cell, case, trials)
        except EvalsError as problem:
            verdicts = tuple(check.unmade(str(problem)) for check in cell.overall)
        else:
            verdicts, spent = replay(overall(cell, answers, scores), lookup)
    made = []
    for result in results:
        if result.completion is None:
            made.append(result)
            continue
        made.append(extended(cell, result, verdicts, spent))
        spent = Spent()  # counted once, with the first
    return tuple(made)


def _broken(cell: Cell, results: Sequence[TrialResult]) -> tuple[Verdict, ...]:
    """The errors of checks that lack some of the answers."""
    lost = sum(result.completion is None for result in results)
    reason = f"{lost} of {len(results)} samples have no answer"
    return tuple(check.unmade(reason) for check in cell.overall) if lost else ()


def answers_of(
    cell: Cell, case: Iterable[Cell], trials: Lookups
) -> Mapping[str, Sequence[Completion]]:
    """What the checks of a cell look at: samples by column, its own first.

    Raises `EvalsError` where an answer is not there.
    """
    others = (
        other
        for other in case
        if other.column.id != cell.column.id
        and any(check.looks_at(other.column.id) for check in cell.overall)
    )
    return {
        each.column.id: tuple(
            replay(answering(each, sample), trials(each, sample)) for sample in range(each.samples)
        )
        for each in (cell, *others)
    }


def _scores(
    cell: Cell, case: Iterable[Cell], trials: Lookups
) -> dict[str, tuple[float | None, ...]]:
    """What the checks of one answer give every sample of a case, by column; {}: nobody reads it."""
    if not any(check.type.scores for check in cell.overall):
        return {}
    return {
        each.column.id: tuple(_score(each, sample, trials) for sample in range(each.samples))
        for each in case
    }


def _score(cell: Cell, sample: int, trials: Lookups) -> float | None:
    request = cell.request(sample // cell.candidates)
    return replay(judging(cell, sample, request, key=""), trials(cell, sample)).score

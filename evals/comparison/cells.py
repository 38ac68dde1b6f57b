"""Trials by suite, column and case: a cell is what one column answered to one case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from evals.model import Suite, TrialResult, Verdict

__all__ = ["Cells", "answered", "columns_of", "errored", "judged", "verdicts"]

Cells: TypeAlias = Mapping[str, Sequence[TrialResult]]
"""A column's trials by case, cases in the suite's order, trials in the order of samples."""


def columns_of(suite: Suite, trials: Iterable[TrialResult]) -> dict[str, Cells]:
    """What each column of the suite answered, in one pass; trials may come in any order.

    A trial of a case or column that the suite does not have is left out: a run that was resumed
    may hold lines of a suite that has changed since.
    """
    gathered: dict[str, dict[str, list[TrialResult]]] = {c.id: {} for c in suite.columns}
    places = {case.id: place for place, case in enumerate(suite.cases)}
    for trial in trials:
        cells = gathered.get(trial.column)
        if cells is not None and trial.suite == suite.id and trial.case in places:
            cells.setdefault(trial.case, []).append(trial)
    return {column: _ordered(cells, places) for column, cells in gathered.items()}


def _ordered(cells: dict[str, list[TrialResult]], places: Mapping[str, int]) -> Cells:
    for trials in cells.values():
        if len(trials) > 1:
            trials.sort(key=lambda trial: trial.sample)
    return {case: cells[case] for case in sorted(cells, key=places.__getitem__)}


def answered(trial: TrialResult) -> bool:
    """Whether there is an answer that its checks could be made on."""
    return trial.outcome == "pass" or trial.outcome == "fail"


def judged(trial: TrialResult) -> bool:
    """Whether a verdict came of it; answers that are only recorded have none."""
    return trial.passed is not None and answered(trial)


def errored(trial: TrialResult) -> bool:
    return trial.outcome == "error"


def verdicts(trial: TrialResult) -> Iterator[Verdict]:
    """Every verdict of the trial, those inside groups after their group."""
    return _flattened(trial.checks)


def _flattened(checks: Iterable[Verdict]) -> Iterator[Verdict]:
    for verdict in checks:
        yield verdict
        if verdict.checks:
            yield from _flattened(verdict.checks)

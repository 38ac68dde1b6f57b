"""Trials by suite, column and case: a cell is what one column answered to one case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from operator import attrgetter

from evals.comparison.flat import Flat
from evals.model import Suite, TrialResult, Verdict

__all__ = ["Cells", "answered", "columns_of", "errored", "judged", "verdicts"]

_outcome, _sample = attrgetter("outcome"), attrgetter("sample")


class Cells(dict[str, Sequence[TrialResult]]):
    """A column's trials by case, cases in the suite's order, trials in the order of samples.

    Made once and never changed, so that what all figures read of it is found once, too.
    """

    @cached_property
    def trials(self) -> Flat[TrialResult]:
        return Flat(self, map(len, self.values()), list(chain.from_iterable(self.values())))

    @cached_property
    def outcomes(self) -> Mapping[str, int]:
        """How many trials have which outcome."""
        return Counter(map(_outcome, self.trials.items))

    @cached_property
    def answered(self) -> Flat[TrialResult]:
        if self.outcomes.keys() <= {"pass", "fail"}:
            return self.trials
        return self.trials.read(lambda trial: trial if answered(trial) else None)

    @cached_property
    def errors(self) -> Mapping[str, int]:
        """How many trials of a case are errors, where any is."""
        if "error" not in self.outcomes:
            return {}
        return Counter(trial.case for trial in self.trials.items if errored(trial))


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
            trials.sort(key=_sample)
    return Cells((case, cells[case]) for case in sorted(cells, key=places.__getitem__))


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

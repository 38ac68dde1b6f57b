"""Trials by suite, column and case: a cell is what one column answered to one case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from operator import attrgetter
from typing import NamedTuple, TypeAlias

from evals.comparison.flat import Flat
from evals.model import Suite, TrialResult, Verdict

__all__ = [
    "Cells",
    "Gathered",
    "Read",
    "Reading",
    "answered",
    "columns_of",
    "errored",
    "gathered",
    "judged",
    "verdicts",
]

_outcome, _sample, _passed = map(attrgetter, ("outcome", "sample", "passed"))


Read: TypeAlias = Callable[[TrialResult], float | None]


class Reading(NamedTuple):
    """One case: its values in 0 … 1, how many trials gave none for an error, its cluster."""

    values: Sequence[float]
    errors: int
    cluster: str | None


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

    @cached_property
    def passes(self) -> Mapping[str, Reading]:
        """Passes and failures of each case with a judged or errored trial."""
        # Answers that are only recorded have none.
        found, errors = self.found(_passed), self.errors
        return {
            case: Reading(found.get(case, ()), errors.get(case, 0), trials[0].cluster)
            for case, trials in self.items()
            if case in found or case in errors
        }

    def found(self, read: Read) -> Mapping[str, list[float]]:
        """What `read` finds in answered trials, by case; cases without a value are left out."""
        if read not in self._found:
            self._found[read] = self.answered.read(read).by_case()
        return self._found[read]

    @cached_property
    def _found(self) -> dict[Read, Mapping[str, list[float]]]:
        return {}


class Gathered:
    """The trials of a run, by column and case of each suite; sorted once for all that read them."""

    def __init__(self, trials: Iterable[TrialResult]) -> None:
        self._trials: dict[str, list[TrialResult]] = {}
        for trial in trials:
            self._trials.setdefault(trial.suite, []).append(trial)
        self._known: dict[str, tuple[Suite, dict[str, Cells]]] = {}

    def columns(self, suite: Suite) -> Mapping[str, Cells]:
        of, columns = self._known.get(suite.id, (None, {}))
        if of is None or of.columns != suite.columns or len(of.cases) != len(suite.cases):
            columns = columns_of(suite, self._trials.get(suite.id, ()))
            self._known[suite.id] = suite, columns
        return columns


def gathered(trials: Iterable[TrialResult] | Gathered) -> Gathered:
    return trials if isinstance(trials, Gathered) else Gathered(trials)


def columns_of(suite: Suite, trials: Iterable[TrialResult]) -> dict[str, Cells]:
    """What each column of the suite answered, in one pass; trials may come in any order.

    A trial of a case or column that the suite does not have is left out: a run that was resumed
    may hold lines of a suite that has changed since.
    """
    found: dict[str, dict[str, list[TrialResult]]] = {c.id: {} for c in suite.columns}
    places = {case.id: place for place, case in enumerate(suite.cases)}
    for trial in trials:
        cells = found.get(trial.column)
        if cells is not None and trial.suite == suite.id and trial.case in places:
            cells.setdefault(trial.case, []).append(trial)
    return {column: _ordered(cells, places) for column, cells in found.items()}


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

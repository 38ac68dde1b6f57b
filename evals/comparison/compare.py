"""Columns of a run, or two runs, side by side."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

import msgspec

from evals.comparison.cells import Cells, Gathered, gathered
from evals.comparison.cheapest import cheapest_of
from evals.comparison.metrics import metrics_of
from evals.comparison.pairs import Compared, accuracy_difference, adjusted
from evals.comparison.ratios import ratios_of
from evals.comparison.readings import seed_of
from evals.comparison.sides import Measured, measured, side_of
from evals.errors import RunError
from evals.model import (
    Case,
    CaseRow,
    Column,
    Comparison,
    Difference,
    Manifest,
    Side,
    Suite,
    SuiteComparison,
    TrialResult,
)

__all__ = ["Pair", "RecordedRun", "compare_columns", "compare_runs", "matching", "narrowed"]

RecordedRun: TypeAlias = tuple[Manifest, Iterable[TrialResult]]

Pair: TypeAlias = tuple[str, str]
"""Ids of columns: of the older run, or the reference; and of the newer one."""


def compare_columns(manifest: Manifest, trials: Iterable[TrialResult] | Gathered) -> Comparison:
    """Each suite's columns against its reference column, which comes first."""
    known = gathered(trials)
    suites = (record.suite for record in manifest.suites)
    return Comparison(
        kind="columns",
        runs=(manifest,),
        suites=tuple(_columns(suite, known.columns(suite), manifest.id) for suite in suites),
        findings=manifest.findings,
    )


def compare_runs(
    candidate: RecordedRun, baseline: RecordedRun, *, columns: Pair | None = None
) -> Comparison:
    """The columns that two runs share, each of the candidate's against the baseline's.

    Columns are the same by prompt and setting, cases by id and hash of vars and turns. A suite
    with no shared column is left out. With `columns` one of the candidate is compared with one of
    the baseline, in every suite that has both. Gates are those of what is compared. Raises
    `RunError` where both are one run, and no columns are named.
    """
    new, old = candidate[0], baseline[0]
    if new.id == old.id and columns is not None:
        return compare_columns(narrowed(new, columns), candidate[1])
    if new.id == old.id:
        raise RunError(
            f"nothing to compare: both runs are {new.id}",
            remedy="name two runs, or one run alone to compare its columns",
        )
    trials_new, trials_old = gathered(candidate[1]), gathered(baseline[1])
    suites_old = {record.suite.id: record.suite for record in old.suites}
    suites: list[SuiteComparison] = []
    for suite in (record.suite for record in new.suites):
        if suite.id in suites_old:
            then = _Half(suites_old[suite.id], old.id, trials_old)
            now = _Half(suite, new.id, trials_new)
            suites.extend(_runs(now, then, columns))
    compared = {suite.suite.id for suite in suites}
    found = tuple(
        finding
        for finding in new.findings
        if finding.suite in compared and (columns is None or finding.column == columns[1])
    )
    return Comparison(kind="runs", runs=(old, new), suites=tuple(suites), findings=found)


def narrowed(manifest: Manifest, columns: Pair) -> Manifest:
    """The run with two of its columns, the reference first; suites without them are left out."""
    old, new = columns
    records = []
    for record in manifest.suites:
        known = {column.id: column for column in record.suite.columns}
        if old in known and new in known:
            kept = (known[old], known[new])
            suite = msgspec.structs.replace(record.suite, columns=kept, reference=old)
            records.append(msgspec.structs.replace(record, suite=suite))
    found = tuple(finding for finding in manifest.findings if finding.column in columns)
    return msgspec.structs.replace(manifest, suites=tuple(records), findings=found)


def matching(
    now: Suite, then: Suite, columns: Pair | None = None
) -> Iterable[tuple[Column, Column]]:
    """The columns to compare: of the older suite, and of the newer one."""
    if columns is not None:
        old = next((column for column in then.columns if column.id == columns[0]), None)
        new = next((column for column in now.columns if column.id == columns[1]), None)
        if old is not None and new is not None:
            yield old, new
        return
    matches = {(column.prompt, column.setting): column for column in then.columns}
    for column in now.columns:
        match = matches.get((column.prompt, column.setting))
        if match is not None:
            yield match, column


class _Half:
    """One run's half of a comparison of runs: a suite, what its columns answered, their sides."""

    def __init__(self, suite: Suite, run: str, trials: Gathered) -> None:
        self.suite = suite
        self.cells = trials.columns(suite)
        self.run = run
        self._metrics = metrics_of(suite)

    def side(self, column: Column) -> tuple[Side, Measured]:
        id = f"{column.id} @ {self.run}"
        of = measured(self.cells[column.id])
        return side_of(column, of, run=self.run, id=id, metrics=self._metrics), of


def _columns(suite: Suite, cells: Mapping[str, Cells], run: str) -> SuiteComparison:
    metrics = metrics_of(suite)
    # The sort is stable: the reference first, the others as the suite has them.
    columns = sorted(suite.columns, key=lambda column: column.id != suite.reference)
    known = {id: measured(found) for id, found in cells.items()}
    sides = [
        side_of(column, known[column.id], run=run, id=column.id, metrics=metrics)
        for column in columns
    ]
    given = [_compared(side, known[side.id]) for side in sides]
    seed, of = seed_of(suite, "accuracy"), len(given) - 1
    differences = [accuracy_difference(one, given[0], seed=seed, of=of) for one in given[1:]]
    first, *others = sides
    told = [_with_ratios(side, known[side.id], known[first.id]) for side in others]
    compared = _with_differences([first, *told], differences)
    return SuiteComparison(
        suite=suite,
        reference=sides[0].id,
        sides=compared,
        cheapest=cheapest_of(suite, compared),
        cases=_rows(suite.cases, {side.id: cells[side.id] for side in sides}),
    )


def _runs(now: _Half, then: _Half, columns: Pair | None) -> Iterable[SuiteComparison]:
    sides: list[Side] = []
    differences: list[Difference] = []
    cells: dict[str, Cells] = {}
    set_aside = _changed(now, then)
    for match, column in matching(now.suite, then.suite, columns):
        (old, known_then), (new, known_now) = then.side(match), now.side(column)
        cells[old.id], cells[new.id] = then.cells[match.id], now.cells[column.id]
        difference = accuracy_difference(
            _compared(new, known_now),
            _compared(old, known_then),
            seed=seed_of(now.suite, "accuracy"),
            set_aside=set_aside,
        )
        sides += [old, _with_ratios(new, known_now, known_then, set_aside)]
        differences.append(difference)
    if not sides:
        return
    ids = {case.id for case in now.suite.cases}
    gone = [case for case in then.suite.cases if case.id not in ids]
    yield SuiteComparison(
        suite=now.suite,
        reference=sides[0].id,
        sides=_with_differences(sides, differences),
        cases=_rows([*now.suite.cases, *gone], cells),
        set_aside=tuple(case.id for case in now.suite.cases if case.id in set_aside),
    )


def _changed(now: _Half, then: _Half) -> frozenset[str]:
    """Cases of one id whose vars or turns differ between the runs."""
    old = _hashes(then.cells)
    return frozenset(
        case for case, hash in _hashes(now.cells).items() if old.get(case, hash) != hash
    )


def _hashes(columns: Mapping[str, Cells]) -> dict[str, str]:
    return {
        case: trials[0].case_hash for cells in columns.values() for case, trials in cells.items()
    }


def _compared(side: Side, of: Measured) -> Compared:
    return Compared(side.id, of.cells, of.passes, side.accuracy)


def _with_ratios(
    side: Side, of: Measured, reference: Measured, set_aside: Collection[str] = ()
) -> Side:
    return msgspec.structs.replace(side, ratios=ratios_of(of, reference, set_aside))


def _with_differences(sides: Sequence[Side], differences: Sequence[Difference]) -> tuple[Side, ...]:
    found = {difference.side: difference for difference in adjusted(differences)}
    return tuple(msgspec.structs.replace(side, difference=found.get(side.id)) for side in sides)


def _rows(cases: Iterable[Case], columns: Mapping[str, Cells]) -> tuple[CaseRow, ...]:
    """A row for each case that any side has a trial of."""
    rows = []
    for case in cases:
        here = ((side, cells.get(case.id)) for side, cells in columns.items())
        trials = {side: tuple(found) for side, found in here if found}
        if trials:
            rows.append(_row(case, trials))
    return tuple(rows)


def _row(case: Case, trials: dict[str, tuple[TrialResult, ...]]) -> CaseRow:
    return CaseRow(
        id=case.id, vars=case.vars, expected=case.expected, tags=case.tags, trials=trials
    )

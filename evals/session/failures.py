"""Which cells of a run did not pass, and why: a line each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from evals.model import Case, Frozen, Manifest, TrialResult
from evals.session.outcome import item_outcome


class Failure(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """A case in a column that failed, was missed, or has no verdict."""

    nodeid: str  # as pytest takes it
    outcome: Literal["fail", "error", "missed"]
    why: str


def failures(manifest: Manifest, trials: Iterable[TrialResult]) -> tuple[Failure, ...]:
    """Every cell that did not pass: failures first, then errors, then allowed misses.

    Within each, in the order of the suites.
    """
    cells: dict[tuple[str, str, str], list[TrialResult]] = {}
    for trial in trials:
        cells.setdefault((trial.suite, trial.case, trial.column), []).append(trial)
    order = ("fail", "error", "missed")
    return tuple(sorted(_failed(manifest, cells), key=lambda found: order.index(found.outcome)))


def _failed(
    manifest: Manifest, cells: dict[tuple[str, str, str], list[TrialResult]]
) -> Iterable[Failure]:
    for suite in (record.suite for record in manifest.suites):
        for case in suite.cases:
            for column in suite.columns:
                results = cells.get((suite.id, case.id, column.id))
                nodeid = f"{suite.path}::{case.id}[{column.id}]"
                if results and (found := _failure(nodeid, case, results)):
                    yield found


def _failure(nodeid: str, case: Case, results: list[TrialResult]) -> Failure | None:
    results.sort(key=lambda result: result.sample)
    outcome, why = item_outcome(case, results)
    if outcome == "pass" or outcome == "not_run":
        return None
    return Failure(nodeid=nodeid, outcome=outcome, why=why)

"""Whether a run is worse than another: every shared column as a gate would judge it."""

from __future__ import annotations

from collections.abc import Iterable

from evals.comparison.cells import columns_of
from evals.comparison.compare import Pair, matching
from evals.comparison.contest import Contest, blank
from evals.comparison.firsts import alike, rule_of
from evals.comparison.metrics import metrics_of
from evals.comparison.readings import seed_of
from evals.comparison.sameness import Answers, answers_of, checks_hash
from evals.comparison.versus import compare
from evals.model import Against, Finding, Gate, Manifest, Suite, TrialResult

__all__ = ["regressions"]


def regressions(
    candidate: tuple[Manifest, Iterable[TrialResult]],
    baseline: tuple[Manifest, Iterable[TrialResult]],
    *,
    columns: Pair | None = None,
) -> tuple[Finding, ...]:
    """A finding for each column that the runs share, p adjusted for the columns of its suite.

    Columns are the same by prompt and setting, or are those two of `columns`; cases by id and hash
    of vars and turns.
    """
    (new, trials_new), (old, trials_old) = candidate, baseline
    suites_old = {record.suite.id: record.suite for record in old.suites}
    now, then = list(trials_new), list(trials_old)
    found: list[Finding] = []
    name = old.id if columns is None else f"{old.id}:{columns[0]}"
    gate = Gate(
        text=f"accuracy versus {name}",
        metric="accuracy",
        op=">=",
        limit=0.0,
        column="all",
        against=Against(column=name),
    )
    for record in new.suites:
        if record.suite.id in suites_old:
            judged, reference = (record.suite, now), (suites_old[record.suite.id], then)
            contests = list(_contests(gate, judged, reference, columns))
            found.extend(compare(gate, contests, seed=seed_of(record.suite, "accuracy")))
    return tuple(found)


def _contests(
    gate: Gate,
    judged: tuple[Suite, list[TrialResult]],
    reference: tuple[Suite, list[TrialResult]],
    columns: Pair | None,
) -> Iterable[Contest]:
    now, then = _answers(*judged), _answers(*reference)
    before = {case.id: rule_of(case) for case in reference[0].cases}
    rules = {case.id: (rule_of(case), before.get(case.id)) for case in judged[0].cases}
    for match, column in matching(judged[0], reference[0], columns):
        new, old, cut = alike(now[column.id], then[match.id], rules)
        yield Contest(blank(judged[0].id, gate, column.id), new, old, cut=cut)


def _answers(suite: Suite, trials: list[TrialResult]) -> dict[str, dict[str, Answers]]:
    checks = {case.id: checks_hash(case) for case in suite.cases}
    columns = columns_of(suite, trials)
    metrics = metrics_of(suite)
    return {
        column: answers_of("accuracy", cells, metrics, checks) for column, cells in columns.items()
    }

"""One row of a comparison: everything that is measured of one column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from evals.comparison.cells import Cells
from evals.comparison.derived import derived_estimates
from evals.comparison.flaky import flaky_cases, noise_of
from evals.comparison.labels import confusions
from evals.comparison.metrics import Metrics, metric_estimates
from evals.comparison.quantities import Quantities, cost_of, spread, tokens_of
from evals.comparison.readings import Reading, estimate
from evals.model import Column, Estimate, Frozen, Side

__all__ = ["Measured", "measured", "side_of"]


class _Counts(Frozen, frozen=True, kw_only=True):
    passed: int
    failed: int
    errors: int
    unjudged: int
    not_run: int
    skipped: int
    flaky: int
    cases_all: int
    cases_some: int
    cases_none: int

    @property
    def trials(self) -> int:
        return self.passed + self.failed + self.errors + self.unjudged + self.not_run


class Measured(NamedTuple):
    """What a column answered, and what that took."""

    cells: Cells
    quantities: Quantities
    passes: Mapping[str, Reading]  # and failures, by case


def measured(cells: Cells) -> Measured:
    return Measured(cells, Quantities(cells), cells.passes)


def side_of(column: Column, of: Measured, *, run: str, id: str, metrics: Metrics) -> Side:
    """Measure a column; `metrics` are those of its suite."""
    cells = of.cells
    counts = _count(of)
    first_tokens = spread(of.quantities, "ttft")
    readings = of.passes
    return Side(
        id=id,
        run=run,
        column=column,
        accuracy=estimate(readings.values()),
        difference=None,
        latency=spread(of.quantities, "latency"),
        ttft=first_tokens if first_tokens.n else None,
        tokens=tokens_of(of.quantities),
        cost_usd=cost_of(cells),
        n_trials=counts.trials,
        n_passed=counts.passed,
        n_failed=counts.failed,
        n_errors=counts.errors,
        n_unjudged=counts.unjudged,
        n_not_run=counts.not_run,
        n_skipped=counts.skipped,
        n_flaky=counts.flaky,
        cases_all=counts.cases_all,
        cases_some=counts.cases_some,
        cases_none=counts.cases_none,
        metrics={**metric_estimates(cells, metrics), **derived_estimates(cells, metrics)},
        confusions=confusions(cells, metrics.labels),
        tags=_by_tag(cells, readings),
        flaky=flaky_cases(readings),
        noise=noise_of(readings),
    )


def _by_tag(cells: Cells, readings: Mapping[str, Reading]) -> dict[str, Estimate]:
    tagged: dict[str, list[Reading]] = {}
    for case, reading in readings.items():
        for tag in cells[case][0].tags:
            tagged.setdefault(tag, []).append(reading)
    return {tag: estimate(tagged[tag]) for tag in sorted(tagged)}


def _count(of: Measured) -> _Counts:
    judged = [(len(one.values), sum(one.values)) for one in of.passes.values() if one.values]
    n_judged, passed = sum(n for n, _ in judged), round(sum(passes for _, passes in judged))
    every = sum(passes == n for n, passes in judged)
    none = sum(not passes for _, passes in judged)
    of_outcome = of.cells.outcomes
    answered = of_outcome.get("pass", 0) + of_outcome.get("fail", 0)
    return _Counts(
        passed=passed,
        failed=n_judged - passed,
        errors=of_outcome.get("error", 0),
        unjudged=answered - n_judged,
        not_run=of_outcome.get("not_run", 0),
        skipped=of_outcome.get("skipped", 0),
        flaky=len(judged) - every - none,
        cases_all=every,
        cases_some=len(judged) - every - none,
        cases_none=none,
    )

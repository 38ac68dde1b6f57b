"""One row of a comparison: everything that is measured of one column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from evals.comparison.cells import Cells, errored, judged
from evals.comparison.derived import derived_estimates
from evals.comparison.flaky import flaky_cases, noise_of
from evals.comparison.labels import confusions
from evals.comparison.metrics import Metrics, metric_estimates
from evals.comparison.quantities import Quantities, cost_of, spread, tokens_of
from evals.comparison.readings import Reading, accuracy_of, estimate
from evals.model import Column, Estimate, Frozen, Side

__all__ = ["Measured", "side_of"]


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


def side_of(column: Column, of: Measured, *, run: str, id: str, metrics: Metrics) -> Side:
    """Measure a column; `metrics` are those of its suite."""
    cells = of.cells
    counts = _count(cells)
    first_tokens = spread(of.quantities.of("ttft"))
    readings = accuracy_of(cells)
    return Side(
        id=id,
        run=run,
        column=column,
        accuracy=estimate(readings.values()),
        difference=None,
        latency=spread(of.quantities.of("latency")),
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


def _count(cells: Cells) -> _Counts:
    passed = failed = errors = unjudged = not_run = skipped = flaky = every = none = 0
    for trials in cells.values():
        passes = fails = 0
        for trial in trials:
            if judged(trial):
                passes += trial.passed == 1
                fails += trial.passed != 1
            elif errored(trial):
                errors += 1
            elif trial.outcome == "pass":
                unjudged += 1
            elif trial.outcome == "skipped":
                skipped += 1
            else:
                not_run += 1
        passed, failed = passed + passes, failed + fails
        flaky += bool(passes and fails)
        every += bool(passes and not fails)
        none += bool(fails and not passes)
    return _Counts(
        passed=passed,
        failed=failed,
        errors=errors,
        unjudged=unjudged,
        not_run=not_run,
        skipped=skipped,
        flaky=flaky,
        cases_all=every,
        cases_some=flaky,
        cases_none=none,
    )

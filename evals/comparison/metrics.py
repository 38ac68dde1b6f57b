"""Named metrics: the scores of checks that name one, and what some types give beside."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from types import MappingProxyType
from typing import NamedTuple

from evals.comparison.cells import Cells, errored, verdicts
from evals.comparison.confidences import confidence_estimates, confidences_of
from evals.comparison.labels import Labels, label_estimates, labels_of
from evals.comparison.readings import Reading, estimate
from evals.model import Assertion, Derived, Estimate, Group, Suite, TrialResult, Verdict

__all__ = ["Metrics", "metric_estimates", "metric_readings", "metrics_of", "pass_of", "score_of"]

_checks = attrgetter("checks")


class Metrics(NamedTuple):
    """What a suite's checks measure by name."""

    cases: Mapping[str, frozenset[str]]  # which cases have a check with which metric
    labels: Labels
    confidences: frozenset[str] = frozenset()
    derived: Mapping[str, Derived] = MappingProxyType({})  # of the suite itself


def metrics_of(suite: Suite) -> Metrics:
    """The named metrics of a suite, each with the cases that have a check for it."""
    cases: dict[str, set[str]] = {}
    for case in suite.cases:
        for metric in _metrics(case.checks):
            cases.setdefault(metric, set()).add(case.id)
    frozen = {metric: frozenset(ids) for metric, ids in cases.items()}
    derived = {metric.name: metric for metric in suite.metrics}
    return Metrics(frozen, labels_of(suite), confidences_of(suite), derived)


def metric_estimates(cells: Cells, metrics: Metrics) -> dict[str, Estimate]:
    """The mean score over cases of every metric, and the figures of labels, by name."""
    readings = metric_readings(cells, metrics.cases)
    found = {metric: estimate(readings[metric]) for metric in readings}
    found.update(label_estimates(cells, metrics.labels))
    found.update(confidence_estimates(cells, metrics.confidences))
    return {metric: found[metric] for metric in sorted(found)}


def _metrics(checks: Iterable[Assertion]) -> Iterable[str]:
    for check in checks:
        if check.metric is not None:
            yield check.metric
        if isinstance(check, Group):
            yield from _metrics(check.of)


def score_of(verdict: Verdict) -> float | None:
    return verdict.score


def pass_of(verdict: Verdict) -> float | None:
    return None if verdict.passed is None else float(verdict.passed)


def metric_readings(
    cells: Cells,
    expected: Mapping[str, frozenset[str]],
    read: Callable[[Verdict], float | None] = score_of,
) -> dict[str, list[Reading]]:
    """The named metrics, each with a reading of every case that has a check for it.

    Several verdicts of one metric in a trial count as their mean. `expected` tells which cases
    have the metric: a trial of these that errored before its checks is an error of the metric.
    """
    readings: dict[str, list[Reading]] = {metric: [] for metric in expected}
    if not readings and not any(map(_checks, cells.trials.items)):
        return readings
    for case, trials in cells.items():
        values: dict[str, list[float]] = {}
        errors = {metric: 0 for metric, cases in expected.items() if case in cases}
        for trial in trials:
            found = _scores(trial, read)
            for metric, scores in found.items():
                if scores:
                    values.setdefault(metric, []).append(math.fsum(scores) / len(scores))
                else:
                    errors[metric] = errors.get(metric, 0) + 1
            if errored(trial):
                for metric in errors.keys() - found.keys():
                    errors[metric] += 1
        for metric in values.keys() | errors.keys():
            if metric in values or errors[metric]:
                reading = Reading(values.get(metric, ()), errors.get(metric, 0), trials[0].cluster)
                readings.setdefault(metric, []).append(reading)
    return readings


def _scores(trial: TrialResult, read: Callable[[Verdict], float | None]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for verdict in verdicts(trial):
        if verdict.metric is not None:
            scores = found.setdefault(verdict.metric, [])
            value = read(verdict)
            if value is not None:
                scores.append(value)
    return found

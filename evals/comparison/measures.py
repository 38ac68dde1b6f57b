"""What a gate measures: the metric that it names, in one column, over some cases."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple, TypeAlias

import msgspec

from evals.comparison.cells import Cells, answered, errored
from evals.comparison.confidences import FIGURES, confidence_estimate
from evals.comparison.labels import label_estimate
from evals.comparison.metrics import Metrics, metric_readings, pass_of, score_of
from evals.comparison.quantities import (
    Read,
    case_means,
    case_medians,
    cost_of,
    latency,
    tokens_per_second,
    tpot,
    ttft,
    turn_latency,
    usage,
    values_by_case,
)
from evals.comparison.readings import (
    CONFIDENCE,
    Clusters,
    Reading,
    clusters_of,
    error_rate_of,
    estimate,
)
from evals.model import Estimate, Frozen, Verdict

__all__ = ["Measured", "Part", "measure", "quantity"]

Values: TypeAlias = Mapping[str, list[float]]
Ends: TypeAlias = tuple[float | None, float | None, float | None]


_NO_ENDS: Ends = (None, None, None)


class Measured(Frozen, frozen=True, kw_only=True):
    """One metric of one column."""

    estimate: Estimate
    ends: tuple[Estimate, Estimate] | None = None  # errors counted as 0, and as 1
    lacks: str = ""  # why there is no value
    note: str = ""  # what makes the value less than it seems


class Part(NamedTuple):
    """What is measured, and how."""

    cells: Cells
    metrics: Metrics
    confidence: float | None  # None: nobody asked for the interval, which is for information
    seed: int

    @property
    def level(self) -> float:
        return CONFIDENCE if self.confidence is None else self.confidence


def measure(metric: str, part: Part) -> Measured:
    """Measure `accuracy`, `errors`, `error_rate`, `cost_usd`, `latency.p95`, `tokens.total.sum` …

    Any other name is a named metric: the mean of its scores over cases, `.rate` the share of its
    passes.
    """
    head, _, rest = metric.partition(".")
    if head in _WHOLE:
        return _WHOLE[head](part)
    if head in _TIMES:
        return quantity(part, _TIMES[head], rest)
    if head == "turn":
        return quantity(part, turn_latency, rest.partition(".")[2])
    if head == "tokens":
        kind, _, statistic = rest.partition(".")
        return quantity(part, usage(kind), statistic)
    if rest in ("macro_f1", "kappa") or rest.startswith(("f1.", "precision.", "recall.")):
        return _labelled(part, head, rest)
    if rest in FIGURES:
        return _calibrated(part, head, rest)
    return _named(part, head, pass_of if rest == "rate" else score_of)


def _labelled(part: Part, metric: str, figure: str) -> Measured:
    if metric not in part.metrics.labels:
        return Measured(
            estimate=_plain(part.cells, _NO_ENDS, 0, 0), lacks=f"no choice gave {metric}"
        )
    found = label_estimate(part.cells, part.metrics.labels, metric, figure)
    ends = None
    if found.n_errors:
        ends = (
            label_estimate(part.cells, part.metrics.labels, metric, figure, errors="as 0"),
            label_estimate(part.cells, part.metrics.labels, metric, figure, errors="as 1"),
        )
    lacks = "" if found.value is not None else f"{figure} is not defined for these answers"
    return Measured(estimate=found, ends=ends, lacks=lacks)


def _calibrated(part: Part, metric: str, figure: str) -> Measured:
    if metric not in part.metrics.confidences:
        lacks = f"no check of confidence gave {metric}"
        return Measured(estimate=_plain(part.cells, _NO_ENDS, 0, 0), lacks=lacks)
    found = confidence_estimate(part.cells, metric, figure)
    lacks = "" if found.value is not None else f"{figure} is not defined for these answers"
    return Measured(estimate=found, lacks=lacks)


def _named(part: Part, metric: str, read: Callable[[Verdict], float | None]) -> Measured:
    readings = metric_readings(part.cells, part.metrics.cases, read).get(metric, [])
    return _mean_over_cases(readings, part.level, lacks=f"no check gave {metric}")


def _accuracy(part: Part) -> Measured:
    readings = part.cells.passes.values()
    return _mean_over_cases(readings, part.level, lacks="no trial was judged")


def _error_rate(part: Part) -> Measured:
    readings = error_rate_of(part.cells).values()
    rate = estimate(readings, confidence=part.level)
    n_errors = round(sum(sum(reading.values) for reading in readings))
    return Measured(
        estimate=msgspec.structs.replace(rate, n_errors=n_errors),
        lacks="" if readings else "no trial was run",
    )


def _mean_over_cases(readings: Collection[Reading], confidence: float, *, lacks: str) -> Measured:
    headline = estimate(readings, confidence=confidence)
    ends = None
    if headline.n_errors:
        ends = (
            estimate(readings, confidence=confidence, errors="as 0"),
            estimate(readings, confidence=confidence, errors="as 1"),
        )
    return Measured(estimate=headline, ends=ends, lacks=lacks if headline.value is None else "")


def _errors(part: Part) -> Measured:
    n_cases, n_trials = _asked(part.cells)
    count = sum(errored(trial) for trials in part.cells.values() for trial in trials)
    return Measured(
        estimate=_plain(part.cells, (count if n_trials else None, None, None), n_cases, n_trials),
        lacks="" if n_trials else "no trial was run",
    )


def _cost(part: Part) -> Measured:
    n_cases, n_trials = _asked(part.cells)
    cost = cost_of(part.cells)
    lacks = "a model that answered has no price" if n_trials else "no trial was run"
    return Measured(
        estimate=_plain(part.cells, (cost, None, None), n_cases, n_trials),
        lacks=lacks if cost is None else "",
    )


def _asked(cells: Cells) -> tuple[int, int]:
    """Cases and trials that were answered or errored."""
    asked = [sum(answered(t) or errored(t) for t in trials) for trials in cells.values()]
    return sum(1 for n in asked if n), sum(asked)


_WHOLE: Mapping[str, Callable[[Part], Measured]] = {
    "accuracy": _accuracy,
    "errors": _errors,
    "error_rate": _error_rate,
    "cost_usd": _cost,
}
_TIMES: Mapping[str, Read] = {
    "latency": latency,
    "ttft": ttft,
    "tpot": tpot,
    "tokens_per_s": tokens_per_second,
}


def quantity(part: Part, read: Read, statistic: str) -> Measured:
    """A statistic of what `read` finds in answered trials."""
    values = values_by_case(part.cells, read)
    n_trials = sum(map(len, values.values()))
    found = _statistic(part, read, statistic, values) if values else _NO_ENDS
    # A quantile that rests on fewer than five trials beyond it jumps from run to run.
    unsteady = round(n_trials * (1 - _QUANTILES.get(statistic, 0.5)), 9) < 5
    return Measured(
        estimate=_plain(part.cells, found, len(values), n_trials),
        lacks="" if found[0] is not None else "too few answered trials tell it",
        note=f"few trials for {statistic}" if statistic in _TAILS and unsteady else "",
    )


def _statistic(part: Part, read: Read, statistic: str, values: Values) -> Ends:
    if statistic in _QUANTILES:
        return _quantile(part, values, _QUANTILES[statistic])
    if statistic == "mean":
        return _speed(part, values) if read is tokens_per_second else _mean(part, values)
    return _FACTS[statistic](_pooled(values)), None, None


def _pooled(values: Values) -> list[float]:
    return [value for found in values.values() for value in found]


def _clusters(part: Part, values: Values) -> Clusters:
    return clusters_of(part.cells[case][0].cluster for case in values)


def _plain(cells: Cells, found: Ends, n_cases: int, n_trials: int) -> Estimate:
    value, low, high = found
    n_errors = sum(errored(trial) for trials in cells.values() for trial in trials)
    return Estimate(
        value=value, low=low, high=high, n_cases=n_cases, n_trials=n_trials, n_errors=n_errors
    )


def _mean(part: Part, values: Values) -> Ends:
    from evals.stats import clustered_mean

    clusters = _clusters(part, values)
    mean = clustered_mean(case_means(values), clusters=clusters, confidence=part.level)
    return _not_negative(mean.mean, mean.low, mean.high)


def _speed(part: Part, values: Values) -> Ends:
    """Tokens by seconds, both summed: not the mean of ratios, in which short answers rule."""
    from evals.stats import ratio_of_totals

    seconds, tokens = [], []
    for case in values:
        told = [t for t in part.cells[case] if answered(t) and tokens_per_second(t) is not None]
        seconds.append(math.fsum(latency(t) or 0.0 for t in told))
        tokens.append(math.fsum(usage("completion")(t) or 0.0 for t in told))
    clusters = _clusters(part, values)
    ratio = ratio_of_totals(tokens, seconds, clusters=clusters, confidence=part.level)
    return _not_negative(ratio.ratio, ratio.low, ratio.high)


def _not_negative(value: float | None, low: float | None, high: float | None) -> Ends:
    """A t interval does not know that times and tokens cannot be negative."""
    return value, None if low is None else max(0.0, low), high


def _quantile(part: Part, values: Values, q: float) -> Ends:
    """Of all trials, with an interval that needs no distribution.

    Samples of one case are not independent: the median's interval is then that of the case
    medians, that of other quantiles comes from resampling cases.
    """
    from evals.stats import pooled_quantile_interval, quantile, quantile_interval

    pooled, clusters = _pooled(values), _clusters(part, values)
    value = quantile(pooled, q)
    if q == 0.5:
        median = quantile_interval(case_medians(values), q, confidence=part.level)
        return value, median.low, median.high
    if clusters is None and len(pooled) == len(values):
        interval = quantile_interval(pooled, q, confidence=part.level)
        return value, interval.low, interval.high
    if part.confidence is None and len(pooled) > _RESAMPLED:
        return value, None, None
    # In the order of their ids, which the draws follow.
    ordered = {case: values[case] for case in sorted(values)}
    resampled = pooled_quantile_interval(
        _pooled(ordered),
        q,
        clusters=[_cluster(part, case) for case, found in ordered.items() for _ in found],
        seed=part.seed,
        confidence=part.level,
    )
    return value, resampled.low, resampled.high


_RESAMPLED = 1_000
"""Values beyond which resampling takes seconds: only for a gate that needs the interval."""


def _cluster(part: Part, case: str) -> tuple[str, str]:
    key = part.cells[case][0].cluster
    return ("case", case) if key is None else ("cluster", key)


def _deviation(values: list[float]) -> float | None:
    return statistics.stdev(values) if len(values) > 1 else None


_QUANTILES = {"median": 0.5, "p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
_TAILS = {"p90", "p95", "p99"}
_FACTS: Mapping[str, Callable[[list[float]], float | None]] = {
    "min": min,
    "max": max,
    "sum": math.fsum,
    "std": _deviation,
}

"""Means over cases, and the accuracy of one side."""

from __future__ import annotations

import math
from collections.abc import Sequence

from evals.model import Frozen
from evals.stats.clusters import Clusters, cluster_spread
from evals.stats.proportions import critical_value, wilson_bounds
from evals.stats.special import t_ppf

ROUNDING = 1e-15
"""Relative to the largest value, a standard error below this is nothing but rounding."""


class ClusteredMean(Frozen, frozen=True, kw_only=True):
    """A mean in the unit of its values; no interval with fewer than two clusters."""

    mean: float | None
    se: float | None  # cluster-robust standard error
    df: int | None  # clusters − 1
    low: float | None
    high: float | None
    n: int
    n_clusters: int


class Accuracy(Frozen, frozen=True, kw_only=True):
    """The mean over cases of the share of passing trials, with the interval that is shown."""

    accuracy: float | None
    n_cases: int
    n_trials: int
    n_clusters: int
    se: float | None  # cluster-robust, of the mean of case rates
    n_eff: float | None  # independent trials that would be as precise
    critical: float | None  # z, or t with clusters − 1 degrees of freedom
    low: float | None
    high: float | None


def clustered_mean(
    values: Sequence[float], *, clusters: Clusters = None, confidence: float = 0.95
) -> ClusteredMean:
    """Mean, CR1 standard error and t interval with G − 1 degrees of freedom.

    Without clusters this is the ordinary mean with its ordinary standard error. Cameron & Miller
    2015; Miller 2024, appendix A, with the G/(G−1) correction. Below 10 clusters the standard error
    is optimistic.
    """
    if not values:
        return ClusteredMean(mean=None, se=None, df=None, low=None, high=None, n=0, n_clusters=0)
    mean, se, count = mean_and_error(values, clusters)
    if se is None:
        return ClusteredMean(
            mean=mean, se=None, df=0, low=None, high=None, n=len(values), n_clusters=count
        )
    half = t_ppf(0.5 + confidence / 2, count - 1) * se
    return ClusteredMean(
        mean=mean,
        se=se,
        df=count - 1,
        low=mean - half,
        high=mean + half,
        n=len(values),
        n_clusters=count,
    )


def mean_and_error(values: Sequence[float], clusters: Clusters) -> tuple[float, float | None, int]:
    """Mean, CR1 standard error (None with one cluster) and number of clusters."""
    n = len(values)
    mean = math.fsum(values) / n
    spread, count = cluster_spread([value - mean for value in values], clusters)
    if spread is None:
        return mean, None, count
    se = spread / n
    return mean, se if se > ROUNDING * max(map(abs, values)) else 0.0, count


def accuracy_interval(
    outcomes: Sequence[Sequence[float]], *, clusters: Clusters = None, confidence: float = 0.95
) -> Accuracy:
    """Case-weighted accuracy: `outcomes` holds, for each case, 1, 0 or a score for each trial.

    Every case weighs the same, whatever trials it has. The interval is Wilson's at the effective
    number of trials min(trials, 1 + p(1−p)/SE²), with z where each case is one trial and no
    clusters are shared, else with t and G − 1; at p = 0 or 1 that number is G, since perfect
    repeats say nothing about other cases (after Korn & Graubard 1998).

    No interval with one cluster: of a single trial, `wilson_interval` has one. A case without
    trials is refused, as it has to be counted elsewhere.
    """
    if not all(outcomes):
        raise ValueError("a case without trials has no rate: leave it out and count it")
    n_trials = sum(map(len, outcomes))
    rates = [math.fsum(trials) / len(trials) for trials in outcomes]
    if not rates:
        return _accuracy(None, 0, 0, 0)
    p, se, count = mean_and_error(rates, clusters)
    if se is None:
        return _accuracy(p, len(rates), n_trials, count)
    single = n_trials == len(rates) == count
    n_eff = _effective(p, se, n_trials, count)
    critical = critical_value(confidence) if single else t_ppf(0.5 + confidence / 2, count - 1)
    low, high = wilson_bounds(p, n_eff, critical)
    return Accuracy(
        accuracy=p,
        n_cases=len(rates),
        n_trials=n_trials,
        n_clusters=count,
        se=se,
        n_eff=n_eff,
        critical=critical,
        low=low,
        high=high,
    )


def _effective(p: float, se: float, n_trials: int, n_clusters: int) -> float:
    if p <= 0.0 or p >= 1.0:
        return float(n_clusters)
    if se == 0.0:
        return float(n_trials)
    return min(float(n_trials), 1 + p * (1 - p) / se**2)


def _accuracy(accuracy: float | None, n_cases: int, n_trials: int, n_clusters: int) -> Accuracy:
    return Accuracy(
        accuracy=accuracy,
        n_cases=n_cases,
        n_trials=n_trials,
        n_clusters=n_clusters,
        se=None,
        n_eff=None,
        critical=None,
        low=None,
        high=None,
    )

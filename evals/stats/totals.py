"""Tokens, costs and other amounts: means, totals and ratios of totals."""

from __future__ import annotations

import math
from collections.abc import Sequence

from evals.model import Frozen
from evals.stats.clusters import Clusters, cluster_spread
from evals.stats.means import clustered_mean
from evals.stats.special import t_ppf


class MeanTotal(Frozen, frozen=True, kw_only=True):
    """Mean and total in the unit of the values; intervals need two values."""

    n: int
    mean: float | None
    total: float
    se: float | None
    mean_interval: tuple[float, float] | None
    expected_total_interval: tuple[float, float] | None  # n × the mean's
    next_total_interval: tuple[float, float] | None  # predicts the total of one more run


class RatioOfTotals(Frozen, frozen=True, kw_only=True):
    """Σy/Σx with its interval; the ratio is None where Σx is 0."""

    ratio: float | None
    se: float | None
    low: float | None
    high: float | None
    df: int | None


def mean_total(values: Sequence[float], *, confidence: float = 0.95) -> MeanTotal:
    """Mean ± t·s/√n, and two intervals around the total, which itself is a fact.

    `next_total_interval` is total ± t·s·√(2n): where the total of another run of as many cases is
    to be expected. Values are one a case; cases in clusters go through `clustered_mean`.
    """
    n, total = len(values), math.fsum(values)
    mean = clustered_mean(values, confidence=confidence)
    if mean.mean is None or mean.se is None:
        return MeanTotal(
            n=n,
            mean=mean.mean,
            total=total,
            se=None,
            mean_interval=None,
            expected_total_interval=None,
            next_total_interval=None,
        )
    critical = t_ppf(0.5 + confidence / 2, n - 1)
    half = critical * mean.se
    half_next = half * n * math.sqrt(2)  # s = se·√n
    return MeanTotal(
        n=n,
        mean=mean.mean,
        total=total,
        se=mean.se,
        mean_interval=(mean.mean - half, mean.mean + half),
        expected_total_interval=(n * (mean.mean - half), n * (mean.mean + half)),
        next_total_interval=(total - half_next, total + half_next),
    )


def ratio_of_totals(
    y: Sequence[float],
    x: Sequence[float],
    *,
    clusters: Clusters = None,
    confidence: float = 0.95,
) -> RatioOfTotals:
    """R = Σy/Σx: tokens b over a on the same cases, cost a pass, tokens a second.

    Not the mean of ratios. The standard error is the linearised √(G/(G−1) Σ_g(Σ(y − R·x))²)/Σx
    with G − 1 degrees of freedom (Cochran 1977, ch. 6); it is not to be trusted where the
    coefficient of variation of x's mean exceeds 0.3. Σx = 0: all None, never 0.
    """
    total = math.fsum(x)
    if not x or total == 0:
        return RatioOfTotals(ratio=None, se=None, low=None, high=None, df=None)
    ratio = math.fsum(y) / total
    residuals = [above - ratio * below for above, below in zip(y, x, strict=True)]
    spread, count = cluster_spread(residuals, clusters)
    if spread is None:
        return RatioOfTotals(ratio=ratio, se=None, low=None, high=None, df=0)
    se = spread / abs(total)
    half = t_ppf(0.5 + confidence / 2, count - 1) * se
    return RatioOfTotals(ratio=ratio, se=se, low=ratio - half, high=ratio + half, df=count - 1)

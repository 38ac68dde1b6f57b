"""Comparing times: ratios and shifts of paired values."""

from __future__ import annotations

import math
from collections.abc import Sequence

from evals.model import Frozen
from evals.stats.clusters import Clusters
from evals.stats.means import ROUNDING, mean_and_error
from evals.stats.randomization import subset_sums
from evals.stats.special import norm_cdf, norm_ppf, t_ppf, t_tail

EXACT_RANKS = 200
"""Up to as many differences the signed-rank law is exact; beyond, its normal approximation."""

MOST_DIFFERENCES = 2000
"""Two million Walsh averages; the ratio of geometric means has no such limit."""


class GeometricMeanRatio(Frozen, frozen=True, kw_only=True):
    """b over a; the interval and p are None for one pair, or where all ratios are equal."""

    ratio: float | None
    low: float | None
    high: float | None
    p_two_sided: float | None  # of no difference


class HodgesLehmann(Frozen, frozen=True, kw_only=True):
    """The median shift in the unit of the values; no interval from too few of them."""

    estimate: float | None
    low: float | None
    high: float | None
    rank: int | None  # the interval's ends are the rank-th Walsh averages from either end
    achieved: float | None  # confidence that the interval really has


class Shift(Frozen, frozen=True, kw_only=True):
    """The median of all differences y − x, in the unit of the values."""

    estimate: float | None


def geometric_mean_ratio(
    a: Sequence[float],
    b: Sequence[float],
    *,
    clusters: Clusters = None,
    confidence: float = 0.95,
) -> GeometricMeanRatio:
    """exp(mean ln(b/a) ± t·SE): how many times as long b takes, on the same cases.

    One positive value a case and side, such as the median latency of its samples; anything else is
    refused. A t interval on the logarithms, with the CR1 standard error where clusters are keyed.
    """
    if any(value <= 0 for value in (*a, *b)):
        raise ValueError("a ratio of geometric means needs values above 0 on both sides")
    logs = [math.log(y / x) for x, y in zip(a, b, strict=True)]
    if not logs:
        return GeometricMeanRatio(ratio=None, low=None, high=None, p_two_sided=None)
    mean, se, count = mean_and_error(logs, clusters)
    ratio = math.exp(mean)
    if not se or max(logs) - min(logs) < ROUNDING:
        return GeometricMeanRatio(ratio=ratio, low=None, high=None, p_two_sided=None)
    half = t_ppf(0.5 + confidence / 2, count - 1) * se
    return GeometricMeanRatio(
        ratio=ratio,
        low=math.exp(mean - half),
        high=math.exp(mean + half),
        p_two_sided=2 * t_tail(abs(mean) / se, count - 1),
    )


def hodges_lehmann_paired(diffs: Sequence[float], *, confidence: float = 0.95) -> HodgesLehmann:
    """The median of the Walsh averages (d_i + d_j)/2, i ≤ j, of paired differences.

    The interval [W_(k), W_(M+1−k)] inverts Wilcoxon's signed-rank test: k is the smallest with
    P(W⁺ ≤ k) ≥ α/2, exact up to 200 differences (as R's wilcox.test). Fewer than 6 give none at
    95 %. Zeros and ties stay in. On logarithms, exp of it is a robust ratio. More than 2000
    differences are refused: use `geometric_mean_ratio`.
    """
    n = len(diffs)
    if n > MOST_DIFFERENCES:
        raise ValueError(f"{n} differences, at most {MOST_DIFFERENCES}: use geometric_mean_ratio")
    if n == 0:
        return HodgesLehmann(estimate=None, low=None, high=None, rank=None, achieved=None)
    walsh = sorted((diffs[i] + diffs[j]) / 2 for i in range(n) for j in range(i, n))
    rank, achieved = _signed_rank(n, (1 - confidence) / 2)
    found = rank > 0
    return HodgesLehmann(
        estimate=_middle(walsh),
        low=walsh[rank - 1] if found else None,
        high=walsh[-rank] if found else None,
        rank=rank if found else None,
        achieved=achieved if found else None,
    )


def hodges_lehmann_shift(x: Sequence[float], y: Sequence[float]) -> Shift:
    """How far y lies above x, for two samples that are not paired: median of all y_j − x_i."""
    if not x or not y:
        return Shift(estimate=None)
    return Shift(estimate=_middle(sorted(above - below for below in x for above in y)))


def _signed_rank(n: int, half: float) -> tuple[int, float]:
    """The smallest k with P(W⁺ ≤ k) ≥ `half`, and 1 − 2·P(W⁺ ≤ k − 1)."""
    half *= 1 - 1e-12  # a tail that is α/2 but for rounding counts as α/2
    if n > EXACT_RANKS:
        return _approximate_rank(n, half)
    fields, width = subset_sums(range(1, n + 1))
    everything, below = 1 << n, 0
    rank = 0
    while True:
        count = int.from_bytes(fields[rank * width : (rank + 1) * width], "little")
        if (below + count) / everything >= half:
            return rank, 1 - 2 * below / everything
        below += count
        rank += 1


def _approximate_rank(n: int, half: float) -> tuple[int, float]:
    mean = n * (n + 1) / 4
    deviation = math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
    rank = math.ceil(mean + norm_ppf(half) * deviation - 0.5)  # corrected for continuity
    return rank, 1 - 2 * norm_cdf((rank - 0.5 - mean) / deviation)


def _middle(ordered: Sequence[float]) -> float:
    n = len(ordered)
    return (ordered[(n - 1) // 2] + ordered[n // 2]) / 2

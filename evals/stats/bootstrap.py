"""Intervals by resampling, where no formula serves; the generator is Python's, the seed given."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate, combinations_with_replacement
from random import Random
from typing import TypeAlias

from evals.model import Frozen
from evals.stats.clusters import Clusters, grouped
from evals.stats.proportions import Interval
from evals.stats.quantiles import sorted_quantile
from evals.stats.special import norm_cdf, norm_ppf

Pool: TypeAlias = tuple[list[float], list[int]]
"""Values in order, and the unit (case or cluster) that each belongs to."""

RESAMPLES = 2000
ENOUGH_FOR_BCA = 20  # cases or clusters
MOST_DRAWN = 2000
"""Cases or clusters; of more, a ratio of quantiles has the interval of `quantile_ratio_bounds`."""

_BRACKET = 0.006  # in probability: what 20,000 resamples stay within


class BootstrapInterval(Frozen, frozen=True, kw_only=True):
    """Percentile and BCa interval; BCa is None where its correction is undefined."""

    percentile: tuple[float, float]
    bca: tuple[float, float] | None
    z0: float | None  # bias correction
    acceleration: float | None


class RatioOfMedians(Frozen, frozen=True, kw_only=True):
    """median(b)/median(a) with its interval; None where there is no pair."""

    estimate: float | None
    low: float | None
    high: float | None


class RatioOfQuantiles(Frozen, frozen=True, kw_only=True):
    """A quantile of b over that of a; None where there is no pair, no interval of one."""

    estimate: float | None
    low: float | None
    high: float | None


class ExactBootstrap(Frozen, frozen=True, kw_only=True):
    """Where the ends of a percentile bootstrap come to lie, within ±0.006 in probability."""

    estimate: float
    low_bracket: tuple[float, float]
    high_bracket: tuple[float, float]


def bootstrap_interval(
    *,
    observed: float,
    replicates: Sequence[float],
    jackknife: Sequence[float],
    confidence: float = 0.95,
) -> BootstrapInterval:
    """Intervals from the estimates on resamples, and on the data less one case each (jackknife).

    BCa (Efron 1987): z₀ = Φ⁻¹((#less + #less or equal)/2B), acceleration Σu³/(6(Σu²)^{3/2}) with
    u = mean(jackknife) − jackknife; type-7 quantiles. A pure function: nothing is drawn here.
    """
    ordered = sorted(replicates)
    half = (1 - confidence) / 2
    percentile = sorted_quantile(ordered, half), sorted_quantile(ordered, 1 - half)
    if ordered[0] == ordered[-1]:
        point = float(ordered[0])
        return BootstrapInterval(
            percentile=percentile, bca=(point, point), z0=None, acceleration=None
        )
    z0, acceleration = _bias(observed, ordered), _acceleration(jackknife)
    ends = z0 is not None and _corrected(z0, acceleration, half)
    return BootstrapInterval(
        percentile=percentile,
        bca=(sorted_quantile(ordered, ends[0]), sorted_quantile(ordered, ends[1]))
        if ends
        else None,
        z0=z0,
        acceleration=acceleration,
    )


def ratio_of_medians(
    a: Sequence[float],
    b: Sequence[float],
    *,
    seed: int,
    clusters: Clusters = None,
    confidence: float = 0.95,
) -> RatioOfMedians:
    """median(b)/median(a) over paired positive values, resampling cases, or clusters if keyed.

    2000 resamples of `random.Random(seed)`; BCa from 20 cases or clusters on, else percentile; of
    more than 2000 cases by the median's influence function. Give cases in an order of their own (by
    id), since the draws follow it. Medians jump, so the ends are lumpy: `geometric_mean_ratio` is
    smoother.
    """
    _require_pairs(a, b)
    if not a:
        return RatioOfMedians(estimate=None, low=None, high=None)
    above, below = pool_of(grouped(b, clusters)), pool_of(grouped(a, clusters))
    n = 1 + max(below[1])

    def ratio(counts: Sequence[int]) -> float:
        return pooled_quantile(above, counts, 0.5) / pooled_quantile(below, counts, 0.5)

    estimate = sorted_quantile(above[0], 0.5) / sorted_quantile(below[0], 0.5)
    if n < 2:
        return RatioOfMedians(estimate=estimate, low=None, high=None)
    if n > MOST_DRAWN:
        low, high = quantile_ratio_bounds(below, above, 0.5, n=n, confidence=confidence)
        return RatioOfMedians(estimate=estimate, low=low, high=high)
    without = zip(_jackknife(above, n, 0.5), _jackknife(below, n, 0.5), strict=True)
    interval = bootstrap_interval(
        observed=estimate,
        replicates=[ratio(counts) for counts in resamples(n, seed)],
        jackknife=[y / x for y, x in without],
        confidence=confidence,
    )
    corrected = interval.bca if n >= ENOUGH_FOR_BCA else None
    low, high = corrected or interval.percentile
    return RatioOfMedians(estimate=estimate, low=low, high=high)


def ratio_of_quantiles(
    a: Sequence[Sequence[float]],
    b: Sequence[Sequence[float]],
    q: float,
    *,
    seed: int,
    clusters: Clusters = None,
    confidence: float = 0.95,
) -> RatioOfQuantiles:
    """The q-quantile of all trials of b over that of a; `a` and `b` hold each case's trials.

    Cases, or clusters if keyed, are drawn with all their trials on both sides, 2000 times from
    `random.Random(seed)`; percentile interval, of more than 2000 cases by the quantile's influence
    function. Give cases in an order of their own (by id).
    """
    _require_pairs([min(case) for case in a], [min(case) for case in b])
    if not a:
        return RatioOfQuantiles(estimate=None, low=None, high=None)
    above, below = (
        pool_of([[value for case in unit for value in case] for unit in grouped(side, clusters)])
        for side in (b, a)
    )
    n = len(grouped(a, clusters))

    def ratio(counts: Sequence[int]) -> float:
        return pooled_quantile(above, counts, q) / pooled_quantile(below, counts, q)

    estimate, low, high = ratio([1] * n), None, None
    if n > MOST_DRAWN:
        low, high = quantile_ratio_bounds(below, above, q, n=n, confidence=confidence)
    elif n > 1:
        replicates = sorted(ratio(counts) for counts in resamples(n, seed))
        half = (1 - confidence) / 2
        low, high = sorted_quantile(replicates, half), sorted_quantile(replicates, 1 - half)
    return RatioOfQuantiles(estimate=estimate, low=low, high=high)


def quantile_ratio_bounds(
    below: Pool, above: Pool, q: float, *, n: int, confidence: float
) -> tuple[float, float]:
    """exp(ln R ± z·SE) for quantiles of many units, SE from the quantiles' influence functions.

    A value x moves its side's quantile ξ by (q − 1{x ≤ ξ})·s/N, with s the slope of the quantile
    function at q by two order statistics (Siddiqui 1960; Bofinger 1975 for their distance). Sums
    over a unit's values on both sides: pairing and clusters are inside.
    """
    moved = [0.0] * n
    estimates = []
    for sign, (values, units) in ((1.0, above), (-1.0, below)):
        quantile = sorted_quantile(values, q)
        scale = sign * _slope(values, q) / (len(values) * quantile)
        not_above = bisect_right(values, quantile)
        down, up = scale * (q - 1), scale * q
        for unit in units[:not_above]:
            moved[unit] += down
        for unit in units[not_above:]:
            moved[unit] += up
        estimates.append(quantile)
    middle = math.fsum(moved) / n
    se = math.sqrt(n / (n - 1) * math.fsum((each - middle) ** 2 for each in moved))
    half = norm_ppf(0.5 + confidence / 2) * se
    centre = math.log(estimates[0] / estimates[1])
    return math.exp(centre - half), math.exp(centre + half)


def _slope(values: Sequence[float], q: float) -> float:
    z = norm_ppf(q)
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    width: float = (4.5 * density**4 / (2 * z * z + 1) ** 2 / len(values)) ** 0.2
    width = min(width, q / 2, (1 - q) / 2)
    return (sorted_quantile(values, q + width) - sorted_quantile(values, q - width)) / (2 * width)


def pooled_quantile_interval(
    values: Sequence[float],
    q: float,
    *,
    clusters: Clusters,
    seed: int,
    confidence: float = 0.95,
) -> Interval:
    """The percentile interval of a quantile of values that repeat within cases or clusters.

    Whole clusters are resampled, 2000 times from `random.Random(seed)`. For independent values
    `quantile_interval` needs no drawing. Fewer than two clusters: no interval.
    """
    units = grouped(values, clusters)
    if len(units) < 2:
        return Interval(low=None, high=None)
    pool = pool_of(units)
    replicates = sorted(pooled_quantile(pool, counts, q) for counts in resamples(len(units), seed))
    half = (1 - confidence) / 2
    return Interval(
        low=sorted_quantile(replicates, half), high=sorted_quantile(replicates, 1 - half)
    )


def ratio_of_medians_exact_bootstrap(
    a: Sequence[float], b: Sequence[float], *, confidence: float = 0.95
) -> ExactBootstrap:
    """All nⁿ resamples of up to 6 pairs: where the percentile interval must come to lie.

    A percentile bootstrap of 20,000 resamples with any generator has its low end inside
    `low_bracket` and its high end inside `high_bracket`. More pairs are refused.
    """
    _require_pairs(a, b)
    n = len(a)
    if not 1 <= n <= 6:
        raise ValueError(f"every resample of {n} pairs: only those of 1 to 6 pairs can be listed")
    above, below = pool_of([[value] for value in b]), pool_of([[value] for value in a])

    def ratio(counts: Sequence[int]) -> float:
        return pooled_quantile(above, counts, 0.5) / pooled_quantile(below, counts, 0.5)

    draws = [
        [draw.count(i) for i in range(n)] for draw in combinations_with_replacement(range(n), n)
    ]
    weighed = sorted((ratio(counts), _orders(counts)) for counts in draws)
    half = (1 - confidence) / 2
    return ExactBootstrap(
        estimate=ratio([1] * n),
        low_bracket=_bracket(weighed, half),
        high_bracket=_bracket(weighed, 1 - half),
    )


def resamples(n: int, seed: int) -> Iterator[list[int]]:
    """How often each of n units is drawn, in each of the resamples."""
    choices, units = Random(seed).choices, range(n)
    for _ in range(RESAMPLES):
        counts = [0] * n
        for unit, times in Counter(choices(units, k=n)).items():  # draws int(random() * n)
            counts[unit] = times
        yield counts


def pool_of(units: Sequence[Sequence[float]]) -> Pool:
    values = [value for unit in units for value in unit]
    owners = [number for number, unit in enumerate(units) for _ in unit]
    order = sorted(range(len(values)), key=values.__getitem__)  # stable: ties in order of units
    return [values[place] for place in order], [owners[place] for place in order]


def pooled_quantile(pool: Pool, counts: Sequence[int], q: float) -> float:
    """The type-7 quantile where each unit's values occur `counts[unit]` times: no new sorting."""
    values, units = pool
    reached = list(accumulate(map(counts.__getitem__, units)))
    position = (reached[-1] - 1) * q
    below = int(position)
    left = values[bisect_right(reached, below)]
    right = values[bisect_right(reached, min(below + 1, reached[-1] - 1))]
    return min(right, left + (position - below) * (right - left))


def _jackknife(pool: Pool, n: int, q: float) -> list[float]:
    """The type-7 quantile of the pool without each unit in turn: two ranks looked up for each."""
    values, units = pool
    places: list[list[int]] = [[] for _ in range(n)]
    for place, unit in enumerate(units):
        places[unit].append(place)
    return [_without(values, removed, q) for removed in places]


def _without(values: Sequence[float], removed: Sequence[int], q: float) -> float:
    """`removed`: places in `values`, ascending."""
    last = len(values) - len(removed) - 1
    position = last * q
    below = int(position)
    left = values[_place(below, removed)]
    right = values[_place(min(below + 1, last), removed)]
    return min(right, left + (position - below) * (right - left))


def _place(rank: int, removed: Sequence[int]) -> int:
    """Where the value of a rank among those that are left stands among all."""
    for gone in removed:
        if gone > rank:
            break
        rank += 1
    return rank


def _bias(observed: float, ordered: Sequence[float]) -> float | None:
    less = sum(value < observed for value in ordered)
    equal = sum(value == observed for value in ordered)
    share = (2 * less + equal) / (2 * len(ordered))
    return norm_ppf(share) if 0.0 < share < 1.0 else None


def _acceleration(jackknife: Sequence[float]) -> float:
    mean = math.fsum(jackknife) / len(jackknife)
    away = [mean - value for value in jackknife]
    squares = math.fsum(u * u for u in away)
    return math.fsum(u**3 for u in away) / (6 * squares**1.5) if squares else 0.0


def _corrected(z0: float, acceleration: float, half: float) -> tuple[float, float] | None:
    """The shares of the replicates at which BCa cuts; None where the correction breaks down."""
    shares = []
    for z in (norm_ppf(half), norm_ppf(1 - half)):
        room = 1 - acceleration * (z0 + z)
        if room <= 0:
            return None
        shares.append(norm_cdf(z0 + (z0 + z) / room))
    return shares[0], shares[1]


def _orders(counts: Sequence[int]) -> int:
    """In how many orders a resample with these counts can be drawn."""
    return math.factorial(sum(counts)) // math.prod(map(math.factorial, counts))


def _bracket(weighed: Sequence[tuple[float, int]], middle: float) -> tuple[float, float]:
    low, high = max(middle - _BRACKET, 0.0), min(middle + _BRACKET, 1.0)
    return _inverted(weighed, low), _inverted(weighed, high)


def _inverted(weighed: Sequence[tuple[float, int]], share: float) -> float:
    """The smallest value that at least `share` of all resamples do not exceed."""
    wanted = share * sum(weight for _, weight in weighed)
    reached = 0
    for value, weight in weighed:
        reached += weight
        if reached >= wanted - 1e-9:
            return value
    return weighed[-1][0]


def _require_pairs(a: Sequence[float], b: Sequence[float]) -> None:
    if len(a) != len(b):
        raise ValueError(f"{len(a)} values before and {len(b)} after: give one of each a case")
    if any(value <= 0 for value in (*a, *b)):
        raise ValueError("a ratio of medians needs values above 0 on both sides")

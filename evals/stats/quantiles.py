"""Quantiles of a sample, with intervals that assume nothing about its distribution."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from evals.model import Frozen
from evals.stats.binomial import binom_cdf, binom_tail


class QuantileInterval(Frozen, frozen=True, kw_only=True):
    """Two order statistics; None where the sample is too small to bound that side."""

    lower_rank: int | None  # from 1
    upper_rank: int | None
    low: float | None
    high: float | None
    coverage: float  # chance that the interval holds the true quantile, at least


def quantile(values: Sequence[float], q: float) -> float | None:
    """The sample quantile by linear interpolation (Hyndman & Fan 1996, type 7); None if empty.

    The same as numpy's default and `statistics.quantiles(method="inclusive")`.
    """
    if not 0.0 <= q <= 1.0:
        raise ValueError(f"a quantile's share is between 0 and 1, not {q}")
    if not values:
        return None
    return sorted_quantile(sorted(values), q)


def enough_values(n: int, q: float) -> bool:
    """Whether n values can settle the q-quantile: at least 5 are expected beyond it.

    The 95th percentile takes 100 of them, the 99th 500.
    """
    return n * (1 - q) >= 5 - 1e-9


def sorted_quantile(ordered: Sequence[float], q: float) -> float:
    """`quantile` of values that are sorted and not empty."""
    position = (len(ordered) - 1) * q
    below = int(position)
    if below + 1 >= len(ordered):
        return float(ordered[-1])
    left, right = ordered[below], ordered[below + 1]
    return float(min(right, left + (position - below) * (right - left)))


def quantile_interval(
    values: Sequence[float], q: float, *, confidence: float = 0.95
) -> QuantileInterval:
    """A distribution-free interval of the q-quantile: two of the values themselves.

    Ranks l, largest with P(Bin(n, q) ≤ l − 1) ≤ α/2, and u, smallest with P(Bin(n, q) ≥ u) ≤ α/2.
    The values must be independent: of repeated trials, use case medians. Where a side is unbounded
    the estimate itself may lie outside. At 95 % the median needs 6
    values, the upper bound of the 95th percentile 72, of the 99th 368.
    """
    ordered, n = sorted(values), len(values)
    # a tail that is α/2 but for rounding counts as α/2
    half = (1 - confidence) / 2 * (1 + 1e-12)
    lower = last_rank(lambda rank: rank == 0 or binom_cdf(rank - 1, n, q) <= half, n)
    upper = 1 + last_rank(lambda rank: rank == 0 or binom_tail(rank, n, q) > half, n)
    missed = binom_cdf(lower - 1, n, q) if lower else 0.0
    return QuantileInterval(
        lower_rank=lower or None,
        upper_rank=upper if upper <= n else None,
        low=float(ordered[lower - 1]) if lower else None,
        high=float(ordered[upper - 1]) if upper <= n else None,
        coverage=binom_cdf(upper - 1, n, q) - missed,
    )


def last_rank(holds: Callable[[int], bool], n: int) -> int:
    """The largest rank 0 … n for which a condition holds that, once false, stays false."""
    low, high = 0, n
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low

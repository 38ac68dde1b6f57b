"""Shares of passes among independent trials: intervals and tests."""

from __future__ import annotations

import math
from collections.abc import Callable

from evals.model import Frozen
from evals.stats.binomial import binom_cdf, binom_tail
from evals.stats.special import norm_ppf


class RateInterval(Frozen, frozen=True, kw_only=True):
    """A share in 0 … 1 with its interval; all None where there is no trial."""

    rate: float | None
    low: float | None
    high: float | None


class Interval(Frozen, frozen=True, kw_only=True):
    """Both ends, or None where there is nothing to say."""

    low: float | None
    high: float | None


class ThresholdTest(Frozen, frozen=True, kw_only=True):
    """Exact one-sided p-values against a fixed rate."""

    p_less: float  # small: the true rate is shown to be below the threshold
    p_greater: float  # small: the true rate is shown to be above it


class DifferenceInterval(Frozen, frozen=True, kw_only=True):
    """A difference of shares, candidate − baseline, in −1 … 1, with its interval."""

    diff: float | None
    low: float | None
    high: float | None


def wilson_interval(passes: float, n: float, *, confidence: float = 0.95) -> RateInterval:
    """The Wilson score interval of `passes` among `n` independent trials (Wilson 1927).

    Defined for a single trial too: 1 of 1 gives [0.207, 1].
    """
    _require_count(passes, n)
    if n == 0:
        return RateInterval(rate=None, low=None, high=None)
    low, high = wilson_bounds(passes / n, n, critical_value(confidence))
    return RateInterval(rate=passes / n, low=low, high=high)


def wilson_bounds(rate: float, n: float, critical: float) -> tuple[float, float]:
    """Wilson's bounds for a rate over `n` (perhaps effective) trials; exact 0 and 1 at the ends."""
    z2 = critical * critical
    middle = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = critical / (1 + z2 / n) * math.sqrt(rate * (1 - rate) / n + z2 / (4 * n * n))
    low = 0.0 if rate <= 0.0 else max(0.0, middle - half)
    high = 1.0 if rate >= 1.0 else min(1.0, middle + half)
    return low, high


def critical_value(confidence: float) -> float:
    """z_{1−α/2}: how many standard errors a two-sided normal interval reaches."""
    return norm_ppf(0.5 + confidence / 2)


def clopper_pearson_interval(passes: int, n: int, *, confidence: float = 0.95) -> Interval:
    """The exact binomial interval, which never covers less than asked (Clopper & Pearson 1934).

    Wider than Wilson's: for those who need the guarantee. No trial: both ends None.
    """
    _require_count(passes, n)
    if n == 0:
        return Interval(low=None, high=None)
    half = (1 - confidence) / 2
    low, high = 0.0, 1.0
    if passes > 0:
        low = _rising_root(lambda p: binom_tail(passes, n, p), half)
    if passes < n:
        high = 1.0 - _rising_root(lambda p: binom_cdf(passes, n, 1.0 - p), half)
    return Interval(low=low, high=high)


def binomial_threshold_test(passes: int, n: int, p0: float) -> ThresholdTest:
    """Exact binomial test of a share against the fixed rate `p0`, one p-value a side."""
    _require_count(passes, n)
    return ThresholdTest(p_less=binom_cdf(passes, n, p0), p_greater=binom_tail(passes, n, p0))


def newcombe_independent_diff(
    *, passes_a: float, n_a: float, passes_b: float, n_b: float, confidence: float = 0.95
) -> DifferenceInterval:
    """The difference b − a of two shares over *different* cases (Newcombe 1998, method 10).

    For sides that share no case; on shared cases `paired_interval` is narrower and right.
    """
    _require_count(passes_a, n_a)
    _require_count(passes_b, n_b)
    if n_a == 0 or n_b == 0:
        return DifferenceInterval(diff=None, low=None, high=None)
    critical = critical_value(confidence)
    rate_a, rate_b = passes_a / n_a, passes_b / n_b
    low_a, high_a = wilson_bounds(rate_a, n_a, critical)
    low_b, high_b = wilson_bounds(rate_b, n_b, critical)
    diff = rate_b - rate_a
    return DifferenceInterval(
        diff=diff,
        low=diff - math.hypot(rate_b - low_b, high_a - rate_a),
        high=diff + math.hypot(high_b - rate_b, rate_a - low_a),
    )


def _require_count(passes: float, n: float) -> None:
    if not 0 <= passes <= n:
        raise ValueError(f"{passes} passes among {n} trials: give 0 <= passes <= n")


def _rising_root(function: Callable[[float], float], target: float) -> float:
    """Where a function that rises over 0 … 1 reaches `target`, by bisection."""
    low, high = 0.0, 1.0
    while True:
        middle = (low + high) / 2
        if middle in (low, high) or high - low < 1e-15 * high:
            return middle
        low, high = (middle, high) if function(middle) < target else (low, middle)

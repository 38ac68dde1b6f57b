"""Binomial probabilities, precise in both tails."""

from __future__ import annotations

import math

_EXACT = 2000  # up to here integers are quick enough; beyond, sums of floats are exact to 1e-10


def binom_pmf(k: int, n: int, p: float) -> float:
    """P(X = k) of X ~ Binomial(n, p)."""
    if not 0 <= k <= n:
        return 0.0
    if p <= 0.0 or p >= 1.0:
        return float(k == (0 if p <= 0.0 else n))
    return math.exp(_log_choose(n, k) + k * math.log(p) + (n - k) * math.log1p(-p))


def binom_cdf(k: int, n: int, p: float) -> float:
    """P(X ≤ k) of X ~ Binomial(n, p)."""
    if k + 0.5 < n * p:
        return _below(k, n, p)
    return max(0.0, 1.0 - _below(n - k - 1, n, 1.0 - p))


def binom_tail(k: int, n: int, p: float) -> float:
    """P(X ≥ k) of X ~ Binomial(n, p), precise where 1 − `binom_cdf` is not."""
    if k - 0.5 > n * p:
        return _below(n - k, n, 1.0 - p)
    return max(0.0, 1.0 - _below(k - 1, n, p))


def fair_tail(k: int, n: int) -> float:
    """P(X ≥ k) of X ~ Binomial(n, ½): correctly rounded up to n = 2000."""
    if n > _EXACT:
        return binom_tail(k, n, 0.5)
    if k <= 0:
        return 1.0
    total = term = math.comb(n, k)
    for j in range(k, n):
        term = term * (n - j) // (j + 1)
        total += term
    return total / (1 << n)


def _below(k: int, n: int, p: float) -> float:
    """Σ P(X = j), j = k, k − 1, …: quick and precise where k is below the mean."""
    total = term = binom_pmf(k, n, p)
    if p <= 0.0 or p >= 1.0:
        return float(k >= (0 if p <= 0.0 else n))
    odds = (1.0 - p) / p
    for j in range(k, 0, -1):
        term *= odds * j / (n - j + 1)
        total += term
        if term < 1e-18 * total:
            break
    return min(1.0, total)


def _log_choose(n: int, k: int) -> float:
    if n <= _EXACT:
        return math.log(math.comb(n, k))
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)

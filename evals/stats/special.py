"""Normal, Student's t and beta distributions: what intervals and tests are made of."""

from __future__ import annotations

import math

_ITERATIONS = 100_000  # the continued fraction needs about √max(a, b) of them
_TINY = 1e-300


def norm_cdf(x: float) -> float:
    """P(Z ≤ x) of the standard normal distribution."""
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def norm_ppf(p: float) -> float:
    """The standard normal quantile z_p, for 0 < p < 1 (Wichura's AS 241)."""
    from statistics import NormalDist  # takes 10 ms to import: only where a quantile is wanted

    return NormalDist().inv_cdf(p)


def beta_inc(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I_x(a, b), for a, b > 0 and 0 ≤ x ≤ 1.

    Also P(B ≤ x) of a Beta(a, b) variable. Lentz's continued fraction, relative error about 1e-12.
    """
    return math.exp(log_beta_inc(a, b, x))


def log_beta_inc(a: float, b: float, x: float) -> float:
    """ln I_x(a, b), where I_x itself would be too small for a double; −inf at x = 0."""
    if a <= 0 or b <= 0 or not 0.0 <= x <= 1.0:
        raise ValueError(f"I_x(a, b) needs a, b > 0 and 0 <= x <= 1; got a={a}, b={b}, x={x}")
    return _log_beta_inc(a, b, x, 1.0 - x)


def t_cdf(t: float, df: float) -> float:
    """P(T ≤ t) of Student's t with `df` > 0 degrees of freedom."""
    tail = t_tail(abs(t), df)
    return 1.0 - tail if t > 0 else tail


def t_tail(t: float, df: float) -> float:
    """P(T > t) for t ≥ 0, precise far out, where 1 − `t_cdf` is not."""
    x, y = df / (df + t * t), t * t / (df + t * t)
    return 0.5 * math.exp(_log_beta_inc(df / 2.0, 0.5, x, y))


def t_ppf(p: float, df: float) -> float:
    """The quantile t_{p,df} of Student's t, for 0 < p < 1 and df > 0."""
    if not 0.0 < p < 1.0 or df <= 0:
        raise ValueError(f"a t quantile needs 0 < p < 1 and df > 0; got p={p}, df={df}")
    tail = min(p, 1.0 - p)
    # The tail is convex in t ≥ 0 and the normal quantile lies to the left of the root, so that
    # Newton's steps all go right and never beyond it: no bracket is needed.
    t = -norm_ppf(tail)
    for _ in range(200):
        step = (t_tail(t, df) - tail) / _t_density(t, df)
        t += step
        if step <= 1e-14 * t:
            break
    return t if p > 0.5 else -t


def _t_density(t: float, df: float) -> float:
    scale = math.lgamma((df + 1) / 2) - math.lgamma(df / 2) - 0.5 * math.log(df * math.pi)
    return math.exp(scale - (df + 1) / 2 * math.log1p(t * t / df))


def _log_beta_inc(a: float, b: float, x: float, y: float) -> float:
    """With y = 1 − x given, which keeps its precision where x is near 1."""
    if x == 0.0:
        return -math.inf
    if y == 0.0:
        return 0.0
    log_beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    front = a * math.log(x) + b * math.log(y) - log_beta
    if x < (a + 1.0) / (a + b + 2.0):
        return front + math.log(_lentz(a, b, x) / a)
    rest = math.exp(front + math.log(_lentz(b, a, y) / b))
    return math.log1p(-rest) if rest < 1.0 else -math.inf


def _lentz(a: float, b: float, x: float) -> float:
    """The continued fraction of I_x(a, b) by Lentz's method (Numerical Recipes §6.4)."""
    c, d = 1.0, 1.0 / _away(1.0 - (a + b) * x / (a + 1.0))
    value = d
    for m in range(1, _ITERATIONS):
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        d, c = 1.0 / _away(1.0 + even * d), _away(1.0 + even / c)
        value *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        d, c = 1.0 / _away(1.0 + odd * d), _away(1.0 + odd / c)
        value *= d * c
        if abs(d * c - 1.0) < 1e-15:
            break
    return value


def _away(value: float) -> float:
    """`value`, or something tiny in place of a zero that would be divided by."""
    return value if abs(value) > _TINY else _TINY

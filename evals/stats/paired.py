"""Two sides on the same cases: the difference, candidate b − baseline a, with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from evals.model import Frozen
from evals.stats.clusters import Clusters
from evals.stats.means import ROUNDING, clustered_mean, mean_and_error
from evals.stats.proportions import critical_value
from evals.stats.randomization import net_differences
from evals.stats.special import t_cdf, t_ppf, t_tail

FEW_CHANGED = 6
"""Clusters that must have changed for a t interval to be trusted alone; also the least number with
which the exact test can reach a two-sided 0.05."""


class TangoInterval(Frozen, frozen=True, kw_only=True):
    """A difference of paired shares in −1 … 1; all None where there is no pair."""

    diff: float | None
    low: float | None
    high: float | None
    z_at_margin: float | None  # score statistic at −margin; None where it is unbounded


class PairedT(Frozen, frozen=True, kw_only=True):
    """The paired t test in the unit of the values."""

    diff: float | None
    se: float | None  # cluster-robust; 0.0 where all differences are equal
    df: int | None  # clusters − 1
    t: float | None
    p_two_sided: float | None
    low: float | None
    high: float | None
    p_worse_margin: float | None  # P(T ≤ (diff + margin)/se): small where a drop > margin is shown


class PairedInterval(Frozen, frozen=True, kw_only=True):
    """The interval of a difference that reports show and gates read."""

    method: Literal["tango", "t", "t+tango", "none"]
    diff: float | None
    low: float | None
    high: float | None
    n_pairs: int
    n_clusters: int
    n_changed: int  # clusters whose net difference is not 0


def tango_interval(
    *, gains: int, losses: int, n: int, confidence: float = 0.95, margin: float = 0.0
) -> TangoInterval:
    """The score interval of (gains − losses)/n over `n` pairs of single trials (Tango 1998).

    Not of width 0 where nothing changed: ±z²/(n + z²). `z_at_margin` tests a drop of `margin`; at
    margin 0 it is (gains − losses)/√(gains + losses), McNemar's statistic without correction.
    """
    if n == 0:
        return TangoInterval(diff=None, low=None, high=None, z_at_margin=None)
    low, high = tango_bounds(gains, losses, n, critical_value(confidence))
    z = _tango_z(gains, losses, n, -margin)
    return TangoInterval(
        diff=(gains - losses) / n,
        low=low,
        high=high,
        z_at_margin=None if math.isinf(z) else z,
    )


def tango_bounds(gains: int, losses: int, n: int, critical: float) -> tuple[float, float]:
    """All differences δ with |z(δ)| ≤ `critical`, found by bisection on either side."""
    diff = (gains - losses) / n

    def cross(target: float, left: float, right: float) -> float:
        for _ in range(80):  # z falls in δ
            middle = (left + right) / 2
            if _tango_z(gains, losses, n, middle) > target:
                left = middle
            else:
                right = middle
        return (left + right) / 2

    low = -1.0 if losses == n else cross(critical, -1.0, diff)
    high = 1.0 if gains == n else cross(-critical, diff, 1.0)
    return low, high


def paired_t(
    a: Sequence[float],
    b: Sequence[float],
    *,
    clusters: Clusters = None,
    confidence: float = 0.95,
    margin: float = 0.0,
) -> PairedT:
    """t = d̄/SE of the differences b − a, one value a case and side, with G − 1 degrees of freedom.

    The standard error is CR1, as in `clustered_mean`. Where it is 0 nothing else is defined.
    """
    diffs = [y - x for x, y in zip(a, b, strict=True)]
    mean = clustered_mean(diffs, clusters=clusters, confidence=confidence)
    scale = max(map(abs, (*a, *b)), default=0.0)
    if mean.mean is None or mean.se is None or mean.se <= ROUNDING * scale:
        return _no_t(mean.mean, None if mean.se is None else 0.0, mean.df)
    df = mean.n_clusters - 1
    t = mean.mean / mean.se
    return PairedT(
        diff=mean.mean,
        se=mean.se,
        df=df,
        t=t,
        p_two_sided=2 * t_tail(abs(t), df),
        low=mean.low,
        high=mean.high,
        p_worse_margin=t_cdf((mean.mean + margin) / mean.se, df),
    )


def paired_interval(
    a: Sequence[Sequence[float]],
    b: Sequence[Sequence[float]],
    *,
    clusters: Clusters = None,
    confidence: float = 0.95,
) -> PairedInterval:
    """The difference of accuracy over shared cases; `a` and `b` hold each case's trials.

    Tango's interval for one pass-or-fail trial a side and no shared cluster; else the t interval of
    the differences of case rates with the CR1 standard error; and while fewer than 6 clusters
    changed, the hull of that with Tango's over the clusters, since two or three changed cases make
    a t interval falsely narrow. Within −1 … 1. One cluster of repeats, or no pair: no interval.
    """
    net = net_differences(a, b, clusters=clusters)
    up, down = sum(diff > 1e-12 for diff in net), sum(diff < -1e-12 for diff in net)
    rates = [math.fsum(y) / len(y) - math.fsum(x) / len(x) for x, y in zip(a, b, strict=True)]
    n, count = len(rates), len(net)
    diff = math.fsum(rates) / n if n else None
    method, low, high = _bounds(rates, clusters, (up, down, count), confidence)
    if n and count == n and _single_and_binary(a) and _single_and_binary(b):
        method = "tango"
        low, high = tango_bounds(up, down, n, critical_value(confidence))
    return PairedInterval(
        method=method,
        diff=diff,
        low=low,
        high=high,
        n_pairs=n,
        n_clusters=count,
        n_changed=up + down,
    )


def _bounds(
    rates: Sequence[float], clusters: Clusters, changed: tuple[int, int, int], confidence: float
) -> tuple[Literal["tango", "t", "t+tango", "none"], float | None, float | None]:
    up, down, count = changed
    if count < 2:
        return "none", None, None
    mean, se, _ = mean_and_error(rates, clusters)
    half = t_ppf(0.5 + confidence / 2, count - 1) * (se or 0.0)
    low, high = max(-1.0, mean - half), min(1.0, mean + half)
    if up + down >= FEW_CHANGED:
        return "t", low, high
    least, most = tango_bounds(up, down, count, critical_value(confidence))
    return "t+tango", min(low, least), max(high, most)


def _single_and_binary(side: Sequence[Sequence[float]]) -> bool:
    return all(len(trials) == 1 and trials[0] in (0, 1) for trials in side)


def _tango_z(gains: int, losses: int, n: int, delta: float) -> float:
    """The score statistic at δ, with the constrained estimate of the share of losses q."""
    distance = gains - losses - n * delta
    if abs(distance) < 1e-13:
        return 0.0
    a = 2 * n
    b = -gains - losses + (2 * n - gains + losses) * delta
    c = -losses * delta * (1 - delta)
    root = math.sqrt(max(b * b - 4 * a * c, 0.0))
    q = max((root - b) / (2 * a), -delta, 0.0)
    variance = n * (2 * q + delta * (1 - delta))
    if variance <= 0:
        return math.copysign(math.inf, distance)
    return distance / math.sqrt(variance)


def _no_t(diff: float | None, se: float | None, df: int | None) -> PairedT:
    return PairedT(
        diff=diff,
        se=se,
        df=df,
        t=None,
        p_two_sided=None,
        low=None,
        high=None,
        p_worse_margin=None,
    )

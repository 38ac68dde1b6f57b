"""How far two raters agree, beyond what chance would give."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence

from evals.model import Frozen
from evals.stats.clusters import Clusters
from evals.stats.means import clustered_mean


class Agreement(Frozen, frozen=True, kw_only=True):
    """Cohen's κ; None where one of the raters would agree with anybody, or there is no pair."""

    kappa: float | None
    se: float | None
    low: float | None  # None with se, and where all pairs agree: that interval has no width
    high: float | None
    observed: float | None  # share of pairs that agree
    expected: float | None  # share that would agree by chance
    n: int


def cohen_kappa(
    pairs: Sequence[tuple[Hashable, Hashable]],
    *,
    clusters: Clusters = None,
    confidence: float = 0.95,
) -> Agreement:
    """Cohen's κ = (observed − expected) / (1 − expected) of two raters, unweighted (Cohen 1960).

    The standard error is that of Fleiss, Cohen & Everitt 1969, by the influence of each pair, so
    that clusters and the G/(G−1) correction apply as in `clustered_mean`; t with G − 1, clipped to
    [−1, 1].
    """
    n = len(pairs)
    if n == 0:
        return _agreement(n)
    one, other = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    agreed = sum(a == b for a, b in pairs)
    by_chance = sum(count * other[rating] for rating, count in one.items())
    observed, expected = agreed / n, by_chance / (n * n)
    if by_chance == n * n:
        return _agreement(n, observed=observed, expected=expected)
    kappa = (n * agreed - by_chance) / (n * n - by_chance)
    rest = (1 - observed) / (1 - expected) ** 2
    influence = [
        ((a == b) - observed) / (1 - expected) - rest * ((other[a] + one[b]) / n - 2 * expected)
        for a, b in pairs
    ]
    mean = clustered_mean(influence, clusters=clusters, confidence=confidence)
    se = mean.se
    if se is None or mean.high is None or mean.mean is None or math.isclose(se, 0, abs_tol=1e-12):
        return _agreement(n, kappa=kappa, observed=observed, expected=expected)
    half = mean.high - mean.mean
    return Agreement(
        kappa=kappa,
        se=se,
        low=max(-1.0, kappa - half),
        high=min(1.0, kappa + half),
        observed=observed,
        expected=expected,
        n=n,
    )


def _agreement(
    n: int,
    *,
    kappa: float | None = None,
    observed: float | None = None,
    expected: float | None = None,
) -> Agreement:
    return Agreement(
        kappa=kappa, se=None, low=None, high=None, observed=observed, expected=expected, n=n
    )

"""Do stated probabilities come true? Scores of confidence against outcome."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Literal

from evals.model import Frozen


class Bin(Frozen, frozen=True, kw_only=True):
    """One row of a reliability diagram."""

    low: float
    high: float
    n: int
    confidence: float  # mean stated probability
    accuracy: float  # share that came true


class Calibration(Frozen, frozen=True, kw_only=True):
    """Calibration errors in 0 … 1, None without data; empty bins are left out."""

    ece: float | None
    mce: float | None
    bins: tuple[Bin, ...]


class Auroc(Frozen, frozen=True, kw_only=True):
    """Area under the ROC curve; None where only one class occurs."""

    value: float | None
    se_delong: float | None  # None where a class has fewer than two members


def brier(p: Sequence[float], y: Sequence[int]) -> float | None:
    """The Brier score, mean (p − y)²: 0 is perfect, 0.25 is always saying ½; None if empty."""
    if not p:
        return None
    return math.fsum((said - came) ** 2 for said, came in zip(p, y, strict=True)) / len(p)


def calibration(
    p: Sequence[float],
    y: Sequence[int],
    *,
    bins: int = 10,
    scheme: Literal["width", "mass"] = "width",
) -> Calibration:
    """Expected and largest calibration error over bins (Guo et al. 2017).

    ECE = Σ (n_b/n)·|accuracy − confidence|, MCE the largest such gap. *width*: B bins
    ((j−1)/B, j/B], the first closed at 0; *mass*: edges are type-7 quantiles, and a value on an
    edge goes to the lower bin, so that ties never split. ECE is biased upwards for small bins and
    moves with their number: gate on `brier`.
    """
    if not p:
        return Calibration(ece=None, mce=None, bins=())
    edges = _equal_widths(bins) if scheme == "width" else _equal_masses(sorted(p), bins)
    members: dict[int, list[tuple[float, int]]] = {}
    for said, came in zip(p, y, strict=True):
        members.setdefault(bisect_left(edges, said, 1, bins) - 1, []).append((said, came))
    rows = tuple(
        _row(edges[position], edges[position + 1], members[position])
        for position in sorted(members)
    )
    gaps = [abs(row.accuracy - row.confidence) for row in rows]
    ece = math.fsum(row.n * gap for row, gap in zip(rows, gaps, strict=True)) / len(p)
    return Calibration(ece=ece, mce=max(gaps), bins=rows)


def auroc(score: Sequence[float], y: Sequence[int]) -> Auroc:
    """P(score of a positive > score of a negative) + ½·P(equal), with DeLong's standard error.

    DeLong, DeLong & Clarke-Pearson 1988, by counting in sorted order.
    """
    positive = sorted(value for value, came in zip(score, y, strict=True) if came)
    negative = sorted(value for value, came in zip(score, y, strict=True) if not came)
    if not positive or not negative:
        return Auroc(value=None, se_delong=None)
    above = [_share_below(negative, value) for value in positive]
    below = [1 - _share_below(positive, value) for value in negative]
    se = None
    if min(len(positive), len(negative)) > 1:
        se = math.sqrt(_variance(above) / len(positive) + _variance(below) / len(negative))
    return Auroc(value=math.fsum(above) / len(above), se_delong=se)


def _equal_widths(bins: int) -> list[float]:
    return [j / bins for j in range(bins + 1)]


def _equal_masses(ordered: Sequence[float], bins: int) -> list[float]:
    """Type-7 quantiles at j/B, their positions in integers: an edge that is a value is exact."""
    edges = []
    for j in range(bins + 1):
        below, part = divmod((len(ordered) - 1) * j, bins)
        left = ordered[below]
        right = ordered[min(below + 1, len(ordered) - 1)]
        edges.append(left + part / bins * (right - left))
    return edges


def _row(low: float, high: float, members: Sequence[tuple[float, int]]) -> Bin:
    n = len(members)
    return Bin(
        low=float(low),
        high=float(high),
        n=n,
        confidence=math.fsum(said for said, _ in members) / n,
        accuracy=math.fsum(came for _, came in members) / n,
    )


def _share_below(ordered: Sequence[float], value: float) -> float:
    """The share of `ordered` that lies below `value`, those equal to it counting half."""
    return (bisect_left(ordered, value) + bisect_right(ordered, value)) / (2 * len(ordered))


def _variance(values: Sequence[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)

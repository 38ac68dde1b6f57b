"""P-values of several comparisons, adjusted for how many they are."""

from __future__ import annotations

from collections.abc import Sequence

from evals.model import Frozen


class Adjusted(Frozen, frozen=True, kw_only=True):
    """Adjusted p-values in the order given; None where there was none."""

    adjusted: tuple[float | None, ...]


def holm(p: Sequence[float | None]) -> Adjusted:
    """Family-wise error rate: the chance of any false finding (Holm 1979).

    p_(j) becomes the running maximum of (M − j + 1)·p_(j), at most 1. A p-value that is None stays
    None and does not count in M.
    """
    order = _ranked(p)
    adjusted: list[float | None] = [None] * len(p)
    reached = 0.0
    for j, (value, position) in enumerate(order):
        reached = max(reached, min(1.0, (len(order) - j) * value))
        adjusted[position] = reached
    return Adjusted(adjusted=tuple(adjusted))


def benjamini_hochberg(p: Sequence[float | None]) -> Adjusted:
    """False discovery rate: the share of false ones among the findings (Benjamini & Hochberg 1995).

    p_(j) becomes the running minimum from the top of p_(j)·M/j. None stays None, as in `holm`.
    """
    order = _ranked(p)
    adjusted: list[float | None] = [None] * len(p)
    reached = 1.0
    for j, (value, position) in reversed(list(enumerate(order, start=1))):
        reached = min(reached, value * (len(order) / j))
        adjusted[position] = reached
    return Adjusted(adjusted=tuple(adjusted))


def _ranked(p: Sequence[float | None]) -> list[tuple[float, int]]:
    return sorted((value, position) for position, value in enumerate(p) if value is not None)

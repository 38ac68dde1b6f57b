"""The cheapest column that is not worse than the reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from evals.comparison.words import FEW_CASES, SAME_ANSWERS
from evals.model import Cheapest, Side, Suite

__all__ = ["MARGIN", "cheapest_of"]

MARGIN = 0.05  # where no gate on accuracy names one


def cheapest_of(suite: Suite, sides: Sequence[Side]) -> Cheapest | None:
    """The side that costs least among those shown to be cheaper and shown to be not worse.

    Not worse: a drop of accuracy of the margin or more is ruled out, for all columns at once
    (Bonferroni), since the one is picked from all. Cheaper: the interval of the ratio of cost lies
    below 1. Where an answer has no price, the ratio of latency stands in. The reference stays where
    no other is both; None where there is no other, or too few cases to say anything.
    """
    reference, *others = sides
    if not others or max(_cases(side) for side in others) < FEW_CASES:
        return None
    by: Literal["cost_usd", "latency"] = "latency"
    if all("cost_usd" in side.ratios for side in others):
        by = "cost_usd"
    elif not any("latency" in side.ratios for side in others):
        return None
    margin = _margin(suite)
    kept = [side for side in others if _is_not_worse(side, margin)]
    cheaper = [side for side in kept if _is_cheaper(side, by)]
    best = min(cheaper, key=lambda side: side.ratios[by].value or 0.0, default=reference)
    return Cheapest(
        side=best.id,
        reference=reference.id,
        by=by,
        margin=margin,
        not_worse=tuple(side.id for side in kept),
        considered=len(others),
    )


def _margin(suite: Suite) -> float:
    """The first that a gate on accuracy names."""
    comparing = (gate.against for gate in suite.gates if gate.metric == "accuracy")
    named = (against.margin for against in comparing if against is not None)
    return next((margin for margin in named if margin), MARGIN)


def _cases(side: Side) -> int:
    return 0 if side.difference is None else side.difference.n_cases


def _is_not_worse(side: Side, margin: float) -> bool:
    of = side.difference
    if of is None or of.n_cases < FEW_CASES:
        return False
    return of.test == SAME_ANSWERS or (of.low_of_all is not None and of.low_of_all > -margin)


def _is_cheaper(side: Side, by: str) -> bool:
    ratio = side.ratios.get(by)
    return ratio is not None and ratio.high is not None and ratio.high < 1

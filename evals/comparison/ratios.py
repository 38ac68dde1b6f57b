"""Times, tokens and cost of two sides as a ratio over the same cases, with its interval."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from evals.comparison.quantities import (
    Quantities,
    Read,
    cost,
    latency,
    mean,
    median,
    tokens_per_second,
    tpot,
    ttft,
    usage,
)
from evals.comparison.readings import CONFIDENCE, Clusters, clusters_of
from evals.comparison.sides import Measured
from evals.model import Ratio

__all__ = ["Measures", "Quotient", "quotient", "ratios_of", "reader"]

_QUANTILES = {"median": 0.5, "p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True)
class Measures:
    """Values of the shared cases: of the reference (a) and of the side (b).

    Where a quantile is asked for, in the order of the cases' ids, as what is drawn follows it.
    """

    a: Sequence[Sequence[float]]
    b: Sequence[Sequence[float]]
    clusters: Clusters

    @cached_property
    def medians(self) -> tuple[list[float], list[float]]:
        return list(map(median, self.a)), list(map(median, self.b))

    @cached_property
    def means(self) -> tuple[list[float], list[float]]:
        return list(map(mean, self.a)), list(map(mean, self.b))

    @cached_property
    def has_zero(self) -> bool:
        """Whether a value is 0, or less."""
        return any(min(map(min, side)) <= 0 for side in (self.a, self.b))


class Quotient(NamedTuple):
    """b over a; no interval of one case, or where all ratios are equal; `why` there is none."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    why: str = ""


def reader(metric: str) -> Read:
    """What a trial has of the metric."""
    head, _, rest = metric.partition(".")
    if head == "tokens":
        return usage(rest.partition(".")[0])
    known: Mapping[str, Read] = {
        "latency": latency,
        "ttft": ttft,
        "tpot": tpot,
        "tokens_per_s": tokens_per_second,
        "cost_usd": cost,
    }
    return known[head]


def quotient(metric: str, of: Measures, *, seed: int, confidence: float = CONFIDENCE) -> Quotient:
    """The ratio that the metric names."""
    from evals.stats import ratio_of_medians, ratio_of_quantiles

    if not of.a:
        return Quotient()
    form = _form(metric)
    if form == "totals":
        return _of_totals(*of.means, of.clusters, confidence)
    if of.has_zero:
        return Quotient(why="a value is 0")
    if form == "typical":
        return _of_medians(*of.medians, of.clusters, confidence)
    q = _QUANTILES[form]
    if q == 0.5:
        middle = ratio_of_medians(
            *of.medians, seed=seed, clusters=of.clusters, confidence=confidence
        )
        return Quotient(middle.estimate, middle.low, middle.high)
    tail = ratio_of_quantiles(of.a, of.b, q, seed=seed, clusters=of.clusters, confidence=confidence)
    return Quotient(tail.estimate, tail.low, tail.high)


def _form(metric: str) -> str:
    """typical, totals, or the name of a quantile."""
    head, _, rest = metric.partition(".")
    if head == "tokens":
        rest = rest.partition(".")[2] or "mean"
    if metric == "cost_usd" or rest == "mean":
        return "totals"
    return rest or "typical"


def _of_medians(
    a: Sequence[float], b: Sequence[float], clusters: Clusters, confidence: float
) -> Quotient:
    """One value a case, above 0."""
    from evals.stats import geometric_mean_ratio

    found = geometric_mean_ratio(a, b, clusters=clusters, confidence=confidence)
    return Quotient(found.ratio, found.low, found.high)


def _of_totals(
    a: Sequence[float], b: Sequence[float], clusters: Clusters, confidence: float
) -> Quotient:
    """One value a case."""
    from evals.stats import ratio_of_totals

    total = ratio_of_totals(b, a, clusters=clusters, confidence=confidence)
    if total.ratio is None:
        return Quotient(why="the other side is 0")
    low = None if total.low is None else max(0.0, total.low)
    return Quotient(total.ratio, low, total.high)


_SHOWN = {"latency": "latency", "ttft": "ttft", "tokens.total": "total", "cost_usd": "cost_usd"}
_TIMES = ("latency", "ttft")


def ratios_of(
    side: Measured, reference: Measured, set_aside: Collection[str] = ()
) -> dict[str, Ratio]:
    """What tables show of a side: each ratio that both sides have values for.

    No quantile is among them, so that nothing is drawn. Cost has none where an answer is unpriced.
    """
    found = {}
    unpriced = side.quantities.unpriced | reference.quantities.unpriced
    for metric, name in _SHOWN.items():
        b, a = side.quantities.of(name), reference.quantities.of(name)
        cases = [case for case in b if case in a and case not in set_aside]
        if not cases or (metric == "cost_usd" and not unpriced.isdisjoint(cases)):
            continue
        clusters = clusters_of(side.cells[case][0].cluster for case in cases)
        ratio = _shown(name, (reference.quantities, side.quantities), cases, clusters)
        if ratio.value is not None and math.isfinite(ratio.value):
            found[metric] = Ratio(
                metric=metric,
                value=ratio.value,
                low=ratio.low,
                high=ratio.high,
                n_cases=len(cases),
            )
    return found


def _shown(
    name: str, of: tuple[Quantities, Quantities], cases: Sequence[str], clusters: Clusters
) -> Quotient:
    """As `quotient` has it of times and of totals, from what is known of each side by case."""
    if name in _TIMES:
        if any(min(_picked(one.lows(name), cases)) <= 0 for one in of):
            return Quotient(why="a value is 0")
        a, b = (_picked(one.medians(name), cases) for one in of)
        return _of_medians(a, b, clusters, CONFIDENCE)
    a, b = (_picked(one.means(name), cases) for one in of)
    return _of_totals(a, b, clusters, CONFIDENCE)


def _picked(values: Mapping[str, float], cases: Sequence[str]) -> Sequence[float]:
    return [values[case] for case in cases]

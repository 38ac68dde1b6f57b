"""Metrics of the suite itself: by an expression over others, or aggregated over trials.

An expression has an interval where all that it is made from are means, shares or sums over cases:
that of the jackknife, which leaves out one case (or cluster) after the other. Of quantiles,
extremes and figures of labels the jackknife knows nothing: then there is none.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Final, NamedTuple

from msgspec.structs import replace

from evals.comparison.cells import Cells, errored, verdicts
from evals.comparison.fields import FIELD_READS
from evals.comparison.measures import Measured, Part, measure, quantity
from evals.comparison.metrics import Metrics, metric_readings, pass_of, score_of
from evals.comparison.parts import evaluated, leaves
from evals.comparison.quantities import Read, case_means, values_by_case
from evals.comparison.readings import error_rate_of
from evals.model import Derived, Estimate, TrialResult, Verdict

__all__ = ["derived_estimates", "measure_any"]

_GROUPS: Final = 1_000  # left out one after the other: beyond, several clusters at once
_CORNERS: Final = 8  # names with errors, of which every combination is tried


def measure_any(metric: str, part: Part) -> Measured:
    """Measure a metric of the suite itself, or any other."""
    derived = part.metrics.derived.get(metric)
    if derived is None:
        return measure(metric, part)
    if derived.expression is not None:
        return _reckoned(derived, part)
    of, by = derived.of or "", derived.by or ""
    if of in part.metrics.cases and by in ("mean", "rate"):
        return measure(of if by == "mean" else f"{of}.rate", part)
    return quantity(part, _read(of), by)


def derived_estimates(cells: Cells, metrics: Metrics) -> dict[str, Estimate]:
    """Every metric of the suite itself, by name; those that have no value here, too."""
    part = Part(cells, metrics, None, 0)
    return {name: measure_any(name, part).estimate for name in metrics.derived}


def _read(of: str) -> Read:
    """What a trial has of a field, or of a metric: the mean of its scores."""
    if of in FIELD_READS:
        return FIELD_READS[of]

    def scores(trial: TrialResult) -> float | None:
        found = [v.score for v in verdicts(trial) if v.metric == of and v.score is not None]
        return math.fsum(found) / len(found) if found else None

    return scores


def _reckoned(derived: Derived, part: Part) -> Measured:
    """By its expression, from what the metrics at its ends are."""
    names = leaves(derived, part.metrics.derived)
    found = {name: measure_any(name, part) for name in names}
    values = {name: each.estimate.value for name, each in found.items()}
    value, lacks = evaluated(derived, values, part.metrics.derived)
    terms = {name: _terms(name, part) for name in names}
    low, high = None, None
    if value is not None:
        low, high = _interval(derived, value, terms, part)
    cases = {case for each in terms.values() if each for case in each.values}
    estimate = Estimate(
        value=value,
        low=low,
        high=high,
        n_cases=max(len(cases), *(each.estimate.n_cases for each in found.values())),
        n_trials=max(each.estimate.n_trials for each in found.values()),
        n_errors=max(each.estimate.n_errors for each in found.values()),
    )
    return Measured(
        estimate=estimate,
        ends=_ends(derived, estimate, found, part),
        lacks=lacks,
        note="; ".join(dict.fromkeys(each.note for each in found.values() if each.note)),
    )


class _Terms(NamedTuple):
    """What each case adds to a mean over cases, or to a sum."""

    values: Mapping[str, float]
    is_mean: bool
    total: float

    def without(self, group: Sequence[str], share: float) -> float | None:
        """The figure without some cases; a sum as if as many others stood for them."""
        left = self.total - math.fsum(self.values.get(case, 0.0) for case in group)
        if not self.is_mean:
            return left / share
        count = len(self.values) - sum(case in self.values for case in group)
        return left / count if count else None


def _summed(values: Mapping[str, float], *, is_mean: bool) -> _Terms:
    return _Terms(values, is_mean, math.fsum(values.values()))


def _terms(metric: str, part: Part) -> _Terms | None:
    """None where the metric is no mean or sum over cases."""
    cells, derived = part.cells, part.metrics.derived.get(metric)
    head, _, rest = metric.partition(".")
    if derived is not None:
        head, rest = derived.of or "", derived.by or ""
        rest = "" if rest == "mean" and head in part.metrics.cases else rest
    elif head in ("tokens", "turn"):
        kind, _, rest = rest.partition(".")
        head = f"{head}.{kind}"
    if head in ("accuracy", "error_rate"):
        of = cells.passes if head == "accuracy" else error_rate_of(cells)
        return _summed({c: _mean(r.values) for c, r in of.items() if r.values}, is_mean=True)
    if head in part.metrics.cases and rest in ("", "rate"):
        return _summed(_means(cells, part, head, pass_of if rest else score_of), is_mean=True)
    if metric == "errors":
        return _summed({c: sum(map(errored, trials)) for c, trials in cells.items()}, is_mean=False)
    if metric == "cost_usd":
        spent = {c: math.fsum(t.cost_usd or 0.0 for t in trials) for c, trials in cells.items()}
        return _summed(spent, is_mean=False)
    if rest == "sum" or (rest == "mean" and head != "tokens_per_s"):
        values = values_by_case(cells, _read(head))
        each = case_means(values) if rest == "mean" else map(math.fsum, values.values())
        return _summed(dict(zip(values, each, strict=True)), is_mean=rest == "mean")
    return None


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _means(
    cells: Cells, part: Part, metric: str, read: Callable[[Verdict], float | None]
) -> dict[str, float]:
    found = {}
    for case, trials in cells.items():
        for reading in metric_readings(Cells({case: trials}), part.metrics.cases, read)[metric]:
            if reading.values:
                found[case] = _mean(reading.values)
    return found


def _interval(
    derived: Derived, value: float, terms: Mapping[str, _Terms | None], part: Part
) -> tuple[float | None, float | None]:
    from evals.stats import jackknife_interval

    known = {name: each for name, each in terms.items() if each is not None}
    if len(known) < len(terms):
        return None, None
    groups = _groups(part.cells, {case for each in known.values() for case in each.values})
    count = sum(map(len, groups))
    if len(groups) < 2:
        return None, None
    without: list[float] = []
    for group in groups:
        share = 1 - len(group) / count
        left = {name: each.without(group, share) for name, each in known.items()}
        figure, _ = evaluated(derived, left, part.metrics.derived)
        if figure is None:
            return None, None
        without.append(figure)
    return jackknife_interval(value, without, confidence=part.level) or (None, None)


def _groups(cells: Cells, cases: set[str]) -> list[list[str]]:
    """Cases by cluster, in the suite's order; beyond a number, clusters are put together."""
    clusters: dict[tuple[str, str], list[str]] = {}
    for case, trials in cells.items():
        if case in cases:
            cluster = trials[0].cluster
            key = ("case", case) if cluster is None else ("cluster", cluster)
            clusters.setdefault(key, []).append(case)
    whole = list(clusters.values())
    if len(whole) <= _GROUPS:
        return whole
    random.Random(0).shuffle(whole)  # neighbours in a file are alike, and so is every second one
    return [[case for members in whole[n::_GROUPS] for case in members] for n in range(_GROUPS)]


def _ends(
    derived: Derived, of: Estimate, found: Mapping[str, Measured], part: Part
) -> tuple[Estimate, Estimate] | None:
    """The least and the most that errors leave open, with the interval around each."""
    middle = {name: each.estimate.value for name, each in found.items()}
    ends = {name: [end.value for end in each.ends] for name, each in found.items() if each.ends}
    if not ends or of.value is None:
        return None
    corners = product(*ends.values()) if len(ends) <= _CORNERS else zip(*ends.values(), strict=True)
    reached = [
        value
        for corner in corners
        for value, _ in [
            evaluated(
                derived, {**middle, **dict(zip(ends, corner, strict=True))}, part.metrics.derived
            )
        ]
        if value is not None
    ]
    low, high = min(reached, default=of.value), max(reached, default=of.value)
    return _moved(of, low), _moved(of, high)


def _moved(of: Estimate, value: float) -> Estimate:
    step = value - (of.value or 0.0)
    low = None if of.low is None else of.low + step
    high = None if of.high is None else of.high + step
    return replace(of, value=value, low=low, high=high)

"""Findings of gates in words: what was measured, the limit, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

import msgspec

from evals.comparison import words
from evals.model import Estimate, Finding
from evals.model.metric import has_ratio

__all__ = [
    "Certainty",
    "Unit",
    "cases_to_settle",
    "certainty",
    "counted",
    "distance",
    "in_unit",
    "is_fact",
    "limit",
    "measured",
    "numbers",
    "open_range",
    "reads_as_limit",
    "unit_of",
]

Unit: TypeAlias = Literal["share", "score", "seconds", "tokens", "tokens/s", "money", "count"]
Certainty: TypeAlias = Literal["Clear", "Could be chance", "Exact", ""]

_FACTS = ("min", "max", "sum", "std")
_UNITS: Mapping[str, Unit] = {
    "accuracy": "share",
    "error_rate": "share",
    "errors": "count",
    "cost_usd": "money",
    "latency": "seconds",
    "ttft": "seconds",
    "tpot": "seconds",
    "tokens": "tokens",
    "tokens_per_s": "tokens/s",
    "turn": "seconds",
    "queued": "seconds",
    "judge_cost_usd": "money",
}
_VALUES: Mapping[Unit, Callable[[Estimate], str]] = {
    "share": lambda of: words.accuracy(of),
    "score": lambda of: words.score(of.value, of.low, of.high),
    "seconds": lambda of: words.seconds(of.value, of.low, of.high),
    "tokens": lambda of: words.tokens(of.value, of.low, of.high),
    "tokens/s": lambda of: words.speed(of.value, of.low, of.high),
    "money": lambda of: words.money(of.value),
    "count": lambda of: words.count(of.value),
}
_LIMITS: Mapping[Unit, Callable[[float], str]] = {
    "share": words.share_limit,
    "score": words.plain,
    "seconds": words.seconds_limit,
    "tokens": words.plain,
    "tokens/s": words.plain,
    "money": words.money,
    "count": words.plain,
}


def unit_of(metric: str) -> Unit:
    """In which unit a gate's metric is measured; a named metric is a score, its `.rate` a share."""
    head, _, rest = metric.partition(".")
    if head in _UNITS:
        return _UNITS[head]
    return "share" if rest == "rate" else "score"


def _unit(of: Finding) -> Unit:
    return unit_of(of.of or of.metric)


def is_fact(metric: str) -> bool:
    """Whether the metric is a fact of the run and no estimate from a sample of cases."""
    head, _, rest = metric.partition(".")
    return unit_of(metric) in ("money", "count") or (
        head in _UNITS and rest.rpartition(".")[2] in _FACTS
    )


def in_unit(metric: str, of: Estimate) -> str:
    """A figure with its interval, in the unit of a metric as gates write it: `latency.p95`."""
    return _VALUES[unit_of(metric)](of)


def measured(of: Finding) -> str:
    """The measured value with its interval: `82.4 % [77.1, 86.8]`, `−4.2 points [−9.1, +0.7]`."""
    if of.against is not None:
        return _difference(of)(of.value, of.low, of.high)
    return in_unit(of.of or of.metric, _estimate(of))


def _difference(of: Finding) -> Callable[[float | None, float | None, float | None], str]:
    """How what is compared is written: a ratio, points, or the metric's own unit."""
    if of.derived:
        return words.change_of_seconds if _unit(of) == "seconds" else words.change
    return words.times if has_ratio(of.metric) else words.points


def limit(of: Finding) -> str:
    """The limit as somebody wrote it: `80 %`, `5 s`, `$0.50`, `−5.0 points`, `1.20×`."""
    if of.against is not None:
        return _difference(of)(of.limit, None, None)
    return _LIMITS[_unit(of)](of.limit)


def numbers(of: Finding) -> str:
    """What was measured: `240 cases`, `240 cases, 720 trials`."""
    return words.numbers(of.n_cases, of.n_trials)


def counted(of: Finding) -> str:
    """With the errors beside, where they are not what was measured: `240 cases, 3 errors`."""
    measures_errors = of.metric in ("errors", "error_rate")
    return words.numbers(of.n_cases, of.n_trials, 0 if measures_errors else of.n_errors)


def open_range(of: Finding, low: Estimate, high: Estimate) -> str:
    """What errors leave open, in the unit of the finding: `81.1 … 82.7 %`."""
    if _unit(of) == "share":
        return words.share_range(low.value, high.value)
    return f"{words.score(low.value)} … {words.score(high.value)}"


def reads_as_limit(of: Finding) -> bool:
    """Whether the measured value, rounded as it is shown, cannot be told from the limit."""
    shown = msgspec.structs.replace(of, low=None, high=None)
    return measured(shown) == measured(msgspec.structs.replace(shown, value=of.limit))


def distance(of: Finding, size: float) -> str:
    """A distance in the unit of the finding: `9.1 points`, `0.25 s`, `12`."""
    unit = _unit(of)
    if unit == "share":
        return words.points(size).lstrip("+")
    return _LIMITS[unit](float(words.significant(size).replace(",", "")))


def certainty(of: Finding) -> Certainty:
    """`Could be chance` where the limit lies inside the interval; empty where there is none."""
    if of.value is None:
        return ""
    if is_fact(of.metric) and of.against is None:
        return "Exact"
    if of.low is None and of.high is None:
        return ""
    low = -math.inf if of.low is None else of.low
    high = math.inf if of.high is None else of.high
    return "Could be chance" if low < of.limit < high else "Clear"


def cases_to_settle(of: Finding) -> float | None:
    """About how many cases would bring the limit out of the interval, were the value to stay."""
    if certainty(of) != "Could be chance" or of.value is None or of.value == of.limit:
        return None
    bound = of.low if of.limit < of.value else of.high
    if bound is None:
        return None
    return of.n_cases * ((bound - of.value) / (of.limit - of.value)) ** 2


def _estimate(of: Finding) -> Estimate:
    return Estimate(
        value=of.value, low=of.low, high=of.high, n_cases=of.n_cases, n_trials=of.n_trials
    )

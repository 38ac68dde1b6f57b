"""What a part of a metric of the suite itself is, so that two sides can be compared in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from evals.model.metric import IN_SECONDS
from evals.model.suite import Derived

_QUANTILES: Final = {"median": 0.5, "p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
_TIMES: Final = (*IN_SECONDS, "tokens_per_s")


class PartOf(NamedTuple):
    """Where the values of a part come from, and what is made of them."""

    read: str  # accuracy, error_rate, a named metric or its `.rate`, or a field of trials
    by: str | float  # mean, sum, or a quantile

    @property
    def is_time(self) -> bool:
        return self.read in _TIMES


def part_of(leaf: str, known: Mapping[str, Derived]) -> PartOf | None:
    """None for what two sides cannot be compared in: extremes, and figures of labels."""
    derived = known.get(leaf)
    if derived is not None:
        of, by = derived.of or "", derived.by or ""
        return PartOf(f"{of}.rate", "mean") if by == "rate" else _by(of, by)
    head, _, rest = leaf.partition(".")
    if leaf in ("accuracy", "error_rate"):
        return PartOf(leaf, "mean")
    if leaf == "errors":
        return PartOf("error_rate", "sum")
    if leaf == "cost_usd":
        return PartOf("cost_usd", "sum")
    if head in ("tokens", "turn"):
        kind, _, statistic = rest.partition(".")
        return _by(f"{head}.{kind}", statistic)
    if head in ("latency", "ttft", "tpot", "tokens_per_s"):
        return _by(head, rest)
    return PartOf(leaf, "mean") if rest in ("", "rate") else None


def _by(read: str, statistic: str) -> PartOf | None:
    if statistic in _QUANTILES:
        return PartOf(read, _QUANTILES[statistic])
    if statistic == "sum" or (statistic == "mean" and read != "tokens_per_s"):
        return PartOf(read, statistic)
    return None

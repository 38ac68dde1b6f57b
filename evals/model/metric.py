"""How metrics are compared: as differences or as ratios, and which way is worse."""

from __future__ import annotations

from typing import Final

TIMES: Final = ("latency", "ttft", "tpot", "tokens_per_s")
IN_SECONDS: Final = ("latency", "ttft", "tpot", "turn.latency", "queued")
"""Fields of a trial that are times, and not speeds."""

TOKENS: Final = ("prompt", "completion", "visible", "reasoning", "total")
_LESS: Final = (
    *("latency", "ttft", "tpot", "tokens", "cost_usd", "error_rate"),
    *("errors", "turn", "judge_cost_usd", "attempts", "queued"),
)
COMPARED: Final = ("mean", "median", "p50", "p90", "p95", "p99")
"""The statistics that are compared as ratios; none: the typical case."""

FIELDS: Final = (
    *TIMES,
    "turn.latency",
    *(f"tokens.{kind}" for kind in TOKENS),
    "cost_usd",
    "judge_cost_usd",
    "score",
    "attempts",
    "queued",
)
"""What a run keeps of each trial as a number: what a suite's own metrics can aggregate."""


def has_ratio(metric: str) -> bool:
    """Whether a metric is compared as a ratio.

    Times and `tokens_per_s`: of geometric means; `.median`, `.p95` …: of quantiles;
    `latency.mean`, `tokens.KIND` and `cost_usd`: of totals.
    """
    head, _, rest = metric.partition(".")
    if head == "tokens":
        kind, _, statistic = rest.partition(".")
        return kind in TOKENS and statistic in ("", *COMPARED)
    if head == "tokens_per_s":
        return rest in ("", "median", "p50")
    return metric == "cost_usd" or (head in TIMES and rest in ("", *COMPARED))


def lower_is_better(metric: str) -> bool:
    """Whether less of a metric is better: of times, tokens, cost and errors."""
    return metric.partition(".")[0] in _LESS

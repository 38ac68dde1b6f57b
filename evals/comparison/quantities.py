"""Latency, tokens and cost of answered trials; errored trials have none but their cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from operator import attrgetter
from typing import TypeAlias

from evals.comparison.cells import Cells, answered
from evals.comparison.flat import Flat
from evals.comparison.readings import CONFIDENCE
from evals.model import Spread, Tokens, TrialResult, Usage

__all__ = [
    "Quantities",
    "Read",
    "case_means",
    "case_medians",
    "cost",
    "cost_of",
    "latency",
    "median",
    "spread",
    "tokens_of",
    "time_per_token",
    "tokens_per_second",
    "tpot",
    "ttft",
    "turn_latency",
    "usage",
    "values_by_case",
]

Read: TypeAlias = Callable[[TrialResult], float | None]

_TAIL_TRIALS = 100  # below, a 95th percentile rests on fewer than five trials


def latency(trial: TrialResult) -> float | None:
    """Seconds from the request to the whole answer, as recorded."""
    return None if trial.timing is None else trial.timing.latency_s


def turn_latency(trial: TrialResult) -> float | None:
    """Seconds of the longest turn; of what is no conversation, of the answer."""
    times = [turn.timing.latency_s for turn in trial.turns if turn.timing is not None]
    return max(times) if times else latency(trial)


def ttft(trial: TrialResult) -> float | None:
    """Seconds to the first token; only streamed answers have it."""
    return None if trial.timing is None else trial.timing.ttft_s


def tpot(trial: TrialResult) -> float | None:
    """Seconds for each token after the first; only streamed answers of several tokens have it.

    Of a conversation none: its times are sums.
    """
    if trial.timing is None or trial.completion is None or trial.turns:
        return None
    timing, tokens = trial.timing, trial.completion.usage.completion_tokens
    return time_per_token(timing.latency_s, timing.ttft_s, tokens)


def time_per_token(
    latency_s: float | None, ttft_s: float | None, tokens: int | None
) -> float | None:
    """(latency − time to the first token) / (completion tokens − 1), where all are known."""
    if latency_s is None or ttft_s is None or tokens is None or tokens < 2:
        return None
    return (latency_s - ttft_s) / (tokens - 1)


def cost(trial: TrialResult) -> float | None:
    """US dollars; None where the model that answered has no price."""
    return trial.cost_usd


def tokens_per_second(trial: TrialResult) -> float | None:
    """Completion tokens by latency."""
    seconds = latency(trial)
    completion = None if trial.completion is None else trial.completion.usage.completion_tokens
    return None if completion is None or not seconds else completion / seconds


def _total(told: Usage) -> int | None:
    if told.prompt_tokens is None or told.completion_tokens is None:
        return None
    return told.prompt_tokens + told.completion_tokens


def _visible(told: Usage) -> int | None:
    # Where the service tells no reasoning tokens, how many were visible is not known either.
    return None if told.reasoning_tokens is None else told.visible_tokens


_USAGE: dict[str, Callable[[Usage], int | None]] = {
    "prompt": attrgetter("prompt_tokens"),
    "completion": attrgetter("completion_tokens"),
    "visible": _visible,
    "reasoning": attrgetter("reasoning_tokens"),
    "total": _total,
}


def usage(kind: str) -> Read:
    """Tokens of a kind: prompt, completion, visible, reasoning or total."""
    count = _USAGE[kind]

    def read(trial: TrialResult) -> float | None:
        return None if trial.completion is None else count(trial.completion.usage)

    return read


def values_by_case(cells: Cells, read: Read) -> dict[str, list[float]]:
    """What `read` finds in answered trials, by case; cases without a value are left out."""
    return cells.answered.read(read).by_case()


class Quantities:
    """Times, tokens and cost of a column by case, each read once."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._told = cells.answered.read(_told)
        self._known: dict[str, dict[str, list[float]]] = {}

    def of(self, name: str) -> dict[str, list[float]]:
        """`latency`, `ttft`, `cost_usd`, or a kind of tokens; cases without a value left out."""
        if name not in self._known:
            found: Flat[float] = (
                self._cells.answered.read(_READS[name])
                if name in _READS
                else self._told.read(_USAGE[name])
            )
            self._known[name] = found.by_case()
        return self._known[name]

    @cached_property
    def unpriced(self) -> frozenset[str]:
        """Cases with an answer that has no price."""
        answers = self._cells.answered.items
        return frozenset(trial.case for trial in answers if trial.cost_usd is None)


def _told(trial: TrialResult) -> Usage | None:
    return None if trial.completion is None else trial.completion.usage


_READS: Mapping[str, Read] = {"latency": latency, "ttft": ttft, "cost_usd": cost}


def case_medians(values: Mapping[str, list[float]]) -> list[float]:
    return list(map(median, values.values()))


def median(values: Sequence[float]) -> float:
    """As `statistics.median`, in half the time: large runs have a hundred thousand cases of few."""
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def case_means(values: Mapping[str, list[float]]) -> list[float]:
    return [math.fsum(found) / len(found) for found in values.values()]


def spread(values: Mapping[str, list[float]]) -> Spread:
    """Quantiles of all trials, the mean over cases, the median's interval from case medians."""
    from evals.stats import quantile, quantile_interval

    pooled = sorted(chain.from_iterable(values.values()))
    means = case_means(values)
    around = quantile_interval(case_medians(values), 0.5, confidence=CONFIDENCE)
    return Spread(
        n=len(pooled),
        mean=math.fsum(means) / len(means) if means else None,
        median=quantile(pooled, 0.5),
        median_low=around.low,
        median_high=around.high,
        p95=quantile(pooled, 0.95) if len(pooled) >= _TAIL_TRIALS else None,
        values=tuple(pooled),
    )


def tokens_of(quantities: Quantities) -> Tokens:
    """Means over cases of the tokens of a trial; `n` counts the trials whose usage was told."""
    told = {kind: quantities.of(kind) for kind in ("prompt", "completion", "reasoning")}
    # Where no answer tells its reasoning, none tells what was visible.
    told["visible"] = quantities.of("visible") if told["reasoning"] else {}
    means = {kind: _mean(case_means(values)) for kind, values in told.items()}
    n = max(sum(len(found) for found in values.values()) for values in told.values())
    return Tokens(n=n, **means)


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def cost_of(cells: Cells) -> float | None:
    """US dollars of all trials, errored ones included; None where an answer has no price.

    None too where nothing was asked: then there is no cost to tell.
    """
    trials = cells.trials.items
    spent = [trial.cost_usd for trial in trials if trial.cost_usd is not None]
    if len(spent) < len(trials) and any(t.cost_usd is None and answered(t) for t in trials):
        return None
    return math.fsum(spent) if spent else None

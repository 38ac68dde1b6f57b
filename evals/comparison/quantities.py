"""Latency, tokens and cost of answered trials; errored trials have none but their cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from operator import attrgetter
from typing import TypeAlias

from evals.comparison.cells import Cells, Read, answered
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
    "mean",
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
    prompt, completion = told.prompt_tokens, told.completion_tokens
    return None if prompt is None or completion is None else prompt + completion


def _visible(told: Usage) -> int | None:
    # Where the service tells no reasoning tokens, how many were visible is not known either.
    return None if told.reasoning_tokens is None else told.visible_tokens


def _of_usage(count: Callable[[Usage], int | None]) -> Read:
    def read(trial: TrialResult) -> float | None:
        completion = trial.completion
        return None if completion is None else count(completion.usage)

    return read


_USAGE: Mapping[str, Read] = {
    "prompt": _of_usage(attrgetter("prompt_tokens")),
    "completion": _of_usage(attrgetter("completion_tokens")),
    "visible": _of_usage(_visible),
    "reasoning": _of_usage(attrgetter("reasoning_tokens")),
    "total": _of_usage(_total),
}


def usage(kind: str) -> Read:
    """Tokens of a kind: prompt, completion, visible, reasoning or total."""
    return _USAGE[kind]


def values_by_case(cells: Cells, read: Read) -> Mapping[str, list[float]]:
    """What `read` finds in answered trials, by case; cases without a value are left out."""
    return cells.found(read)


_Reduce: TypeAlias = Callable[[Sequence[float]], float]


class Quantities:
    """Times, tokens and cost of a column by case."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._known: dict[tuple[str, _Reduce], Mapping[str, float]] = {}

    def of(self, name: str) -> Mapping[str, list[float]]:
        """`latency`, `ttft`, `cost_usd`, or a kind of tokens; cases without a value left out."""
        return self._cells.found(_READS[name] if name in _READS else usage(name))

    def medians(self, name: str) -> Mapping[str, float]:
        """The median of each case's trials."""
        return self._each(name, median)

    def means(self, name: str) -> Mapping[str, float]:
        return self._each(name, mean)

    def lows(self, name: str) -> Mapping[str, float]:
        return self._each(name, min)

    def _each(self, name: str, of: _Reduce) -> Mapping[str, float]:
        key = (name, of)
        if key not in self._known:
            found = self.of(name)
            self._known[key] = dict(zip(found, map(of, found.values()), strict=True))
        return self._known[key]

    @cached_property
    def unpriced(self) -> frozenset[str]:
        """Cases with an answer that has no price."""
        answers = self._cells.answered.items
        if sum(map(len, self.of("cost_usd").values())) == len(answers):
            return frozenset()
        return frozenset(trial.case for trial in answers if trial.cost_usd is None)


_READS: Mapping[str, Read] = {"latency": latency, "ttft": ttft, "cost_usd": cost}


def case_medians(values: Mapping[str, list[float]]) -> list[float]:
    return list(map(median, values.values()))


def median(values: Sequence[float]) -> float:
    """As `statistics.median`, in half the time: large runs have a hundred thousand cases of few."""
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def case_means(values: Mapping[str, list[float]]) -> list[float]:
    return list(map(mean, values.values()))


def mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def spread(quantities: Quantities, name: str) -> Spread:
    """Quantiles of all trials, the mean over cases, the median's interval from case medians."""
    from evals.stats import quantile, quantile_interval

    pooled = sorted(chain.from_iterable(quantities.of(name).values()))
    medians = list(quantities.medians(name).values())
    around = quantile_interval(medians, 0.5, confidence=CONFIDENCE)
    return Spread(
        n=len(pooled),
        mean=_mean(quantities.means(name)),
        median=quantile(pooled, 0.5),
        median_low=around.low,
        median_high=around.high,
        p95=quantile(pooled, 0.95) if len(pooled) >= _TAIL_TRIALS else None,
        values=tuple(pooled),
    )


def tokens_of(quantities: Quantities) -> Tokens:
    """Means over cases of the tokens of a trial; `n` counts the trials whose usage was told."""
    kinds = ["prompt", "completion", "reasoning"]
    # Where no answer tells its reasoning, none tells what was visible.
    kinds += ["visible"] if quantities.of("reasoning") else []
    n = max(sum(map(len, quantities.of(kind).values())) for kind in kinds)
    means: dict[str, float | None] = {"visible": None}
    means.update({kind: _mean(quantities.means(kind)) for kind in kinds})
    return Tokens(n=n, **means)


def _mean(values: Mapping[str, float]) -> float | None:
    return mean(tuple(values.values())) if values else None


def cost_of(cells: Cells) -> float | None:
    """US dollars of all trials, errored ones included; None where an answer has no price.

    None too where nothing was asked: then there is no cost to tell.
    """
    found = cells.found(cost)
    trials = cells.trials.items
    if sum(map(len, found.values())) == len(trials) > 0:
        return math.fsum(chain.from_iterable(found.values()))
    spent = [trial.cost_usd for trial in trials if trial.cost_usd is not None]
    if len(spent) < len(trials) and any(t.cost_usd is None and answered(t) for t in trials):
        return None
    return math.fsum(spent) if spent else None

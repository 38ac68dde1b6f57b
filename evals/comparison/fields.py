"""What a run keeps of each trial as a number, by the name under which a suite's metrics have it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from evals.comparison.quantities import (
    Read,
    cost,
    latency,
    tokens_per_second,
    tpot,
    ttft,
    turn_latency,
    usage,
)
from evals.model import TrialResult
from evals.model.metric import TOKENS

__all__ = ["FIELD_READS"]


def _queued(trial: TrialResult) -> float | None:
    return None if trial.timing is None else trial.timing.queued_s


def _attempts(trial: TrialResult) -> float | None:
    return None if trial.timing is None else trial.timing.attempts


def _score(trial: TrialResult) -> float | None:
    return trial.score


def _judge_cost(trial: TrialResult) -> float | None:
    return trial.judge_cost_usd


FIELD_READS: Final[Mapping[str, Read]] = {
    "latency": latency,
    "ttft": ttft,
    "tpot": tpot,
    "tokens_per_s": tokens_per_second,
    "turn.latency": turn_latency,
    "cost_usd": cost,
    "judge_cost_usd": _judge_cost,
    "score": _score,
    "attempts": _attempts,
    "queued": _queued,
    **{f"tokens.{kind}": usage(kind) for kind in TOKENS},
}

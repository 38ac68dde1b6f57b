"""What the checks of a trial asked for, and what it cost."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

from evals.answer import Outcomes
from evals.cassettes import key
from evals.errors import EvalsError
from evals.model import Asks, Frozen, Request

T = TypeVar("T")


class Spent(Frozen, frozen=True, kw_only=True):
    """The requests of checks by key and take, their cost, and why some have no answer."""

    asked: tuple[tuple[str, int], ...] = ()
    cost_usd: float | None = None  # None: nothing was asked, or something is unpriced
    problems: tuple[EvalsError, ...] = ()


def metered(script: Asks[T]) -> Asks[tuple[T, Spent]]:
    """A script with what it spent; a request that it makes twice counts once."""
    costs: dict[tuple[str, int], float | None] = {}
    problems: dict[tuple[str, int], EvalsError] = {}
    try:
        requests = next(script)
        while True:
            answers = yield requests
            outcomes = Outcomes(answers.__getitem__, range(len(requests)))
            for request, answer in zip(requests, outcomes.known, strict=True):
                name = _name(request)
                if isinstance(answer, EvalsError):
                    costs[name], problems[name] = 0.0, answer
                else:
                    costs[name] = answer.cost_usd
            requests = script.send(outcomes)
    except StopIteration as end:
        result: T = end.value
    spent = Spent(
        asked=tuple(costs), cost_usd=_sum(costs.values()), problems=tuple(problems.values())
    )
    return result, spent


def _name(request: Request) -> tuple[str, int]:
    return key(request), request.take


def _sum(costs: Collection[float | None]) -> float | None:
    known = [cost for cost in costs if cost is not None]
    return sum(known) if known and len(known) == len(costs) else None

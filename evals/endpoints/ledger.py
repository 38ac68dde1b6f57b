"""What a session has spent: kept while its connections come and go."""

from __future__ import annotations

from collections import defaultdict

from evals.model import Frozen


class Spending(Frozen, frozen=True, kw_only=True):
    """An amount of what limits count; cost is None where the model has no price."""

    requests: int = 0
    tokens: int = 0
    cost_usd: float | None = 0.0

    def __add__(self, other: Spending) -> Spending:
        unknown = self.cost_usd is None or other.cost_usd is None
        return Spending(
            requests=self.requests + other.requests,
            tokens=self.tokens + other.tokens,
            cost_usd=None if unknown else (self.cost_usd or 0.0) + (other.cost_usd or 0.0),
        )


class Tally:
    """What was spent so far under one set of limits."""

    def __init__(self) -> None:
        self.spent = Spending()


class Ledger:
    """The tallies of one session: whoever asks in it, and however often it connects."""

    def __init__(self) -> None:
        self.environment = Tally()  # under its ceilings
        self.option = Tally()  # under --evals-max-cost
        self.suites: defaultdict[str, Tally] = defaultdict(Tally)  # by id

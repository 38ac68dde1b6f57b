"""A case in a column, and the requests that begin its trials."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from evals.checks.asking import Bodies, Context
from evals.checks.judge import Prepared
from evals.model import Case, Column, JsonObject, Request, Turn


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A case in a column, ready to be asked: one item of pytest, one cell of a report's grid."""

    suite: str
    case: Case
    column: Column
    body: JsonObject  # of the first request
    checks: tuple[Prepared, ...]
    turns: tuple[Turn, ...] = ()  # rendered; of a conversation
    bodies: Bodies | None = None  # makes the requests of checks

    @property
    def context(self) -> Context:
        """What checks may use beside the answer."""
        case = self.case
        return Context(
            vars=case.vars,
            expected=case.expected,
            has_expected=case.has_expected,
            asker=self.name,
            bodies=self.bodies,
        )

    @property
    def name(self) -> str:
        return f"{self.case.id}[{self.column.id}]"

    @property
    def candidates(self) -> int:
        """How many samples one request brings."""
        return int(self.body.get("n") or 1)

    @property
    def samples(self) -> int:
        return self.case.repeat.samples * self.candidates

    def requests(self) -> Iterator[Request]:
        """One request for every `candidates` samples."""
        return (self.request(number) for number in range(self.case.repeat.samples))

    def request(self, number: int) -> Request:
        """Request `number`; with a seed in force it differs by its seed, else by its take."""
        seed = self.body.get("seed")
        if seed is None or not self.case.repeat.vary_seed:
            body, take = self.body, number
        else:
            # By the number of candidates: a service may sample candidate j with seed + j.
            body, take = {**self.body, "seed": seed + number * self.candidates}, 0
        return Request(
            endpoint=self.column.endpoint,
            body=body,
            take=take,
            asker=self.name,
        )

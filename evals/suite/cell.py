"""A case in a column, and the requests that begin its trials."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from evals.checks.asking import Bodies, Context
from evals.checks.judge import Prepared, PreparedCheck
from evals.model import Case, Column, JsonObject, Request, Turn


def cell_name(case: Case, column: Column) -> str:
    """What people call a cell: `small-sum[greedy]`."""
    return f"{case.id}[{column.id}]"


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A case in a column, ready to be asked: one item of pytest, one cell of a report's grid."""

    suite: str
    case: Case
    column: Column
    body: JsonObject  # of the first request
    checks: tuple[Prepared, ...]
    overall: tuple[PreparedCheck, ...] = ()  # checks over several trials
    turns: tuple[Turn, ...] = ()  # rendered; of a conversation
    bodies: Bodies | None = None  # makes the requests of checks
    variants: tuple[JsonObject, ...] = ()  # bodies, where axes are collapsed into samples

    @property
    def context(self) -> Context:
        """What checks may use beside the answer."""
        case = self.case
        return Context(
            vars=case.vars,
            expected=case.expected,
            has_expected=case.has_expected,
            asker=self.name,
            column=self.column.id,
            bodies=self.bodies,
        )

    @property
    def name(self) -> str:
        return cell_name(self.case, self.column)

    @property
    def candidates(self) -> int:
        """How many samples one request brings."""
        return int(self.body.get("n") or 1)

    @property
    def samples(self) -> int:
        return self.n_requests * self.candidates

    @property
    def least(self) -> int:
        """How many samples there are at least, where they are adaptive; else all of them."""
        return self.case.repeat.least or self.samples

    @property
    def n_requests(self) -> int:
        """One for every `candidates` samples; at most, where samples are adaptive."""
        return self.case.repeat.samples * max(1, len(self.variants))

    def requests(self) -> Iterator[Request]:
        return (self.request(number) for number in range(self.n_requests))

    def request(self, number: int) -> Request:
        """Request `number`; with a seed in force it differs by its seed, else by its take."""
        body, take, fixed = self.body, number, not self.case.repeat.vary_seed
        if self.variants:
            turn, place = divmod(number, len(self.variants))
            body = self.variants[place]
            fixed = fixed or any(body != other for other in self.variants)
            take = turn if self.variants.count(body) == 1 else number
        if body.get("seed") is not None and not fixed:
            # By the number of candidates: a service may sample candidate j with seed + j.
            body, take = {**body, "seed": body["seed"] + number * self.candidates}, 0
        return Request(
            endpoint=self.column.endpoint,
            body=body,
            take=take,
            asker=self.name,
        )

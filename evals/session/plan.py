"""What asking would take: how much is recorded, and tokens and dollars by earlier usage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, Literal

from evals import answer
from evals.answer import Price
from evals.cassettes import Cassettes, Misses
from evals.endpoints.config import Config
from evals.endpoints.estimate import completion_tokens, prompt_tokens
from evals.model import Completion, Frozen, Request
from evals.session.inventory import Asked, read_unused, take_stock
from evals.suite.open import OpenSuite

Basis = Literal["own", "case", "column", "suite", "bound"]
"""Where a request's figures are from: its own recording, those of its case, its column or its suite
(their mean), or a bound made from the length of the prompt and `max_tokens`."""


class Spend(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """Requests with their tokens, and dollars of those that have a price."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    unpriced: int = 0  # requests
    basis: dict[Basis, int] = {}  # how many requests are estimated by what

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


_OF_NEW: Final = ("nothing recorded", "new case", "one take more is needed", "another seed")


class ColumnPlan(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """What one column of a suite asks, each request once, where it is asked first.

    `changed` are requests without a recording whose case was recorded otherwise in this column,
    and `new` those that nothing was recorded for.
    """

    column: str
    requests: int
    recorded: int
    changed: int
    new: int
    outdated: int
    damaged: int
    record: Spend  # what the mode `record` would ask
    live: Spend  # what `live` and `refresh` would ask


class SuitePlan(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """What one suite asks; `changes` counts the missing recordings by what explains them."""

    suite: str
    path: str
    live_only: bool  # then `record` asks nothing
    columns: tuple[ColumnPlan, ...]
    changes: dict[str, int]
    unused: int
    open_ended: int  # cases and columns that ask more once an answer is there
    more: int  # requests that adaptive samples may take beyond those counted


class Plan(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """What suites ask, how much of it is recorded, and what asking it would take."""

    format: Literal[1] = 1
    suites: tuple[SuitePlan, ...]

    @property
    def columns(self) -> tuple[ColumnPlan, ...]:
        return tuple(column for suite in self.suites for column in suite.columns)

    @property
    def requests(self) -> int:
        return sum(column.requests for column in self.columns)

    @property
    def more(self) -> int:
        """Requests that adaptive samples may take beyond those counted."""
        return sum(suite.more for suite in self.suites)

    @property
    def recorded(self) -> int:
        return sum(column.recorded for column in self.columns)

    @property
    def changed(self) -> int:
        return sum(column.changed for column in self.columns)

    @property
    def new(self) -> int:
        return sum(column.new for column in self.columns)

    @property
    def record(self) -> Spend:
        """What the mode `record` would ask."""
        return total(column.record for column in self.columns)

    @property
    def live(self) -> Spend:
        """What the modes `live` and `refresh` would ask."""
        return total(column.live for column in self.columns)


def total(spends: Iterable[Spend]) -> Spend:
    """Several together."""
    listed = tuple(spends)
    basis: Counter[Basis] = Counter()
    for spend in listed:
        basis.update(spend.basis)
    return Spend(
        requests=sum(spend.requests for spend in listed),
        prompt_tokens=sum(spend.prompt_tokens for spend in listed),
        completion_tokens=sum(spend.completion_tokens for spend in listed),
        cost_usd=sum(spend.cost_usd for spend in listed),
        unpriced=sum(spend.unpriced for spend in listed),
        basis=dict(basis),
    )


def plan_suite(opened: OpenSuite, config: Config, *, now: datetime) -> SuitePlan:
    """The plan of an open suite; asks nothing."""
    stock = take_stock(opened, config, now=now)
    unused = list(read_unused(stock))
    asked = tuple(each for each in stock.asked if not each.skipped)
    changed = _changed(asked, [exchange.recorded.for_ for exchange in unused])
    usages = _Usages(config.prices)
    for each in stock.asked:
        if each.completion is not None:
            usages.add(each.request.asker, each.column, each.completion)
    for exchange in unused:
        usages.add_unused(exchange.recorded.for_, answer.read(exchange))
    misses = Misses(Cassettes(stock.folder))
    missing = [each for each in asked if each.state == "missing"]
    return SuitePlan(
        suite=stock.suite,
        path=stock.path,
        live_only=opened.suite.live_only,
        columns=tuple(
            _column(column.id, asked, changed, usages, records=not opened.suite.live_only)
            for column in opened.suite.columns
        ),
        changes=dict(Counter(_change(each, changed, misses) for each in missing).most_common()),
        unused=len(stock.unused),
        open_ended=len(stock.open_ended),
        more=stock.more,
    )


def _changed(asked: Iterable[Asked], unused_askers: Iterable[str]) -> frozenset[str]:
    """The files of missing requests that stand where a recording of the same cell is unused."""
    left = Counter(unused_askers)
    changed = set()
    for each in asked:
        if each.state == "missing" and left[each.request.asker]:
            left[each.request.asker] -= 1
            changed.add(each.file)
    return frozenset(changed)


def _change(each: Asked, changed: frozenset[str], misses: Misses) -> str:
    """What changed; of a new request its nearest recording is in use, and is what it was."""
    told = misses.change(each.request)
    return told if each.file in changed or told in _OF_NEW else "new"


def _column(
    column: str,
    asked: Iterable[Asked],
    changed: frozenset[str],
    usages: _Usages,
    *,
    records: bool,
) -> ColumnPlan:
    mine = [each for each in asked if each.column == column]
    states = Counter(each.state for each in mine)
    n_changed = sum(each.file in changed for each in mine)
    spends = [(each, usages.spend(each)) for each in mine]
    return ColumnPlan(
        column=column,
        requests=len(mine),
        recorded=states["recorded"],
        changed=n_changed,
        new=states["missing"] - n_changed,
        outdated=states["outdated"],
        damaged=states["damaged"],
        record=total(
            spend for each, spend in spends if records and each.state in ("missing", "outdated")
        ),
        live=total(spend for _, spend in spends),
    )


class _Usage(Frozen, frozen=True, kw_only=True):
    model: str
    prompt: int
    completion: int


class _Usages:
    """What earlier answers took, by cell, column and suite."""

    def __init__(self, prices: Mapping[str, Price]) -> None:
        self._prices = prices
        self._by: dict[str, list[_Usage]] = {}

    def add(self, asker: str, column: str, completion: Completion) -> None:
        usage = _usage(completion)
        if usage is not None:
            for name in (f"case {asker}", f"column {column}", "suite"):
                self._by.setdefault(name, []).append(usage)

    def add_unused(self, asker: str, completion: Completion) -> None:
        """What nothing asks for any more tells most about what stands in its place."""
        self.add(asker, asker.rpartition("[")[2].removesuffix("]"), completion)

    def spend(self, asked: Asked) -> Spend:
        own = _usage(asked.completion) if asked.completion is not None else None
        if own is not None:
            return self._of("own", [own])
        request = asked.request
        basis: Basis
        for basis, name in (
            ("case", f"case {request.asker}"),
            ("column", f"column {asked.column}"),
            ("suite", "suite"),
        ):
            if name in self._by:
                return self._of(basis, self._by[name])
        return self._of("bound", [_bound(request)])

    def _of(self, basis: Basis, usages: list[_Usage]) -> Spend:
        prompt = round(sum(usage.prompt for usage in usages) / len(usages))
        completion = round(sum(usage.completion for usage in usages) / len(usages))
        price = self._prices.get(usages[-1].model)
        return Spend(
            requests=1,
            prompt_tokens=prompt,
            completion_tokens=completion,
            cost_usd=0.0 if price is None else price.cost(prompt, completion),
            unpriced=int(price is None),
            basis={basis: 1},
        )


def _usage(completion: Completion) -> _Usage | None:
    usage = completion.usage
    if usage.prompt_tokens is None or usage.completion_tokens is None:
        return None
    return _Usage(
        model=completion.model, prompt=usage.prompt_tokens, completion=usage.completion_tokens
    )


def _bound(request: Request) -> _Usage:
    return _Usage(
        model=str(request.body.get("model")),
        prompt=prompt_tokens(request.body),
        completion=completion_tokens(request.body),
    )

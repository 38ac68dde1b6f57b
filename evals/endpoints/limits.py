"""What may be in flight and what may be spent: reserved before sending, settled by usage."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from evals.answer import price, read
from evals.endpoints.config import Config
from evals.endpoints.estimate import completion_tokens, prompt_tokens
from evals.endpoints.ledger import Spending, Tally
from evals.errors import ConfigError, EndpointError
from evals.model import Completion, Exchange, Limits, Request


class Live(Protocol):
    """An endpoint that takes a limit on the time of one attempt."""

    async def complete(self, request: Request, /, *, timeout: float | None = None) -> Exchange: ...


@runtime_checkable
class Ramped(Protocol):
    """An endpoint that begins with few requests in flight, unless it is told to begin with more."""

    def start_at(self, concurrency: int) -> None: ...


class Limited:
    """An endpoint under the limits of one suite.

    Raises `EndpointError` of kind `budget` for a request that a budget has no room for. While
    others are in flight it waits for what they really take.
    """

    def __init__(
        self,
        endpoint: Live,
        limits: Limits,
        *,
        config: Config,
        names: Mapping[str, str] | None = None,
        tally: Tally | None = None,
    ) -> None:
        """`names`: how messages call a limit, where it is not the suite's key; `tally`: what was
        spent under these limits before, and is from now on."""
        self._endpoint = endpoint
        self._config = config
        self._timeout = limits.timeout
        self._slots = (
            asyncio.Semaphore(limits.concurrency)
            if limits.concurrency
            else contextlib.nullcontext()
        )
        self._account = _Account(limits, names or {}, tally or Tally())
        if limits.concurrency:
            self.start_at(limits.concurrency)

    def start_at(self, concurrency: int) -> None:
        """Begin with as many requests in flight: somebody has said how many."""
        if isinstance(self._endpoint, Ramped):
            self._endpoint.start_at(concurrency)

    async def complete(self, request: Request, /, *, timeout: float | None = None) -> Exchange:
        """The inner endpoint's answer."""
        timeout = self._timeout if timeout is None else timeout
        if not self._account.limited:
            async with self._slots:
                return await self._endpoint.complete(request, timeout=timeout)
        estimate = self._estimate(request)
        async with self._slots:
            await self._account.reserve(estimate)
            spent = estimate
            try:
                exchange = await self._endpoint.complete(request, timeout=timeout)
                spent = self._spent(exchange, estimate)
            except EndpointError as error:
                spent = _spent_in_vain(error, estimate)
                raise
            finally:
                self._account.settle(estimate, spent)
        return exchange

    def _estimate(self, request: Request) -> Spending:
        body = request.body
        prompt, completion = prompt_tokens(body), completion_tokens(body)
        known = self._config.prices.get(str(body.get("model")))
        endpoint = self._config.endpoints.get(request.endpoint)
        cost = known.cost(prompt, completion) if known else None
        if cost is None and endpoint is not None and endpoint.loopback:
            cost = 0.0  # nobody sends a bill for this machine
        return Spending(requests=1, tokens=prompt + completion, cost_usd=cost)

    def _spent(self, exchange: Exchange, estimate: Spending) -> Spending:
        completion: Completion = price(read(exchange), self._config.prices)
        tokens, cost = completion.usage.total_tokens, completion.cost_usd
        return Spending(
            requests=exchange.recorded.attempts,
            tokens=estimate.tokens if tokens is None else tokens,
            cost_usd=estimate.cost_usd if cost is None else cost,
        )


def _spent_in_vain(error: EndpointError, estimate: Spending) -> Spending:
    """A request without an answer: billed, for all we know, once its body had been sent."""
    if error.kind in ("timeout", "broken", "incomplete", "malformed"):
        return Spending(requests=error.attempts, tokens=estimate.tokens, cost_usd=estimate.cost_usd)
    return Spending(requests=error.attempts)


class _Account:
    """One set of budgets: what is spent, and what is reserved for requests in flight."""

    def __init__(self, limits: Limits, names: Mapping[str, str], tally: Tally) -> None:
        budgets = {
            "max_requests": limits.max_requests,
            "max_tokens_total": limits.max_tokens_total,
            "max_cost_usd": limits.max_cost_usd,
        }
        self._budgets = {key: limit for key, limit in budgets.items() if limit is not None}
        self._names = names
        self._tally = tally
        self._reserved: list[Spending] = []
        self._settled = asyncio.Event()
        self._turn = asyncio.Lock()  # first come, first served; only the first looks for room

    @property
    def limited(self) -> bool:
        return bool(self._budgets)

    async def reserve(self, amount: Spending) -> None:
        """Set `amount` aside; waits for requests in flight, whose estimates are high."""
        async with self._turn:
            while key := self._lacking(amount):
                if not self._reserved:
                    raise self._refusal(key, amount)
                self._settled.clear()
                await self._settled.wait()
            self._reserved.append(amount)

    def settle(self, reserved: Spending, spent: Spending) -> None:
        self._reserved.remove(reserved)
        self._tally.spent += spent
        self._settled.set()

    def _lacking(self, amount: Spending) -> str | None:
        """The budget that has no room for `amount`."""
        total = sum(self._reserved, self._tally.spent + amount)
        taken: dict[str, float | None] = {
            "max_requests": total.requests,
            "max_tokens_total": total.tokens,
            "max_cost_usd": total.cost_usd,
        }
        for key, limit in self._budgets.items():
            value = taken[key]
            if value is None or value > limit:
                return key
        return None

    def _refusal(self, key: str, amount: Spending) -> EndpointError:
        name = self._names.get(key, key)
        limit = f"{name} = {self._budgets[key]:g}"
        if key == "max_cost_usd" and amount.cost_usd is None:
            message = f"not sent: {limit} cannot be kept, since the model has no price"
            remedy = f"Set its price in [tool.evals.prices], or take {name} away."
        else:
            before = self._tally.spent
            spent, needed = {
                "max_requests": (f"{before.requests} sent", "1 more"),
                "max_tokens_total": (f"{before.tokens} used", f"about {amount.tokens} more"),
                "max_cost_usd": (
                    f"{before.cost_usd or 0:.4f} spent",
                    f"about {amount.cost_usd or 0:.4f} more",
                ),
            }[key]
            message = f"not sent: budget: {limit} would be exceeded ({spent}, {needed})"
            remedy = f"Raise {name} and run again: mode record asks only what is missing."
        return EndpointError(message, kind="budget", remedy=remedy, attempts=0)


def under_option(
    endpoint: Live, max_cost_usd: float | None, *, config: Config, tally: Tally
) -> Live:
    """The endpoint under `--evals-max-cost`, where that is given."""
    if max_cost_usd is None:
        return endpoint
    limits = Limits(max_cost_usd=_amount("--evals-max-cost", str(max_cost_usd)))
    names = {"max_cost_usd": "--evals-max-cost"}
    return Limited(endpoint, limits, config=config, names=names, tally=tally)


_CEILINGS = {"max_requests": "EVALS_MAX_REQUESTS", "max_cost_usd": "EVALS_MAX_COST"}


def under_ceilings(
    endpoint: Live, *, config: Config, env: Mapping[str, str], tally: Tally | None = None
) -> Live:
    """The endpoint under `EVALS_MAX_REQUESTS` and `EVALS_MAX_COST`, which nothing raises."""
    requests, cost = env.get("EVALS_MAX_REQUESTS"), env.get("EVALS_MAX_COST")
    if not requests and not cost:
        return endpoint
    limits = Limits(
        max_requests=_count("EVALS_MAX_REQUESTS", requests) if requests else None,
        max_cost_usd=_amount("EVALS_MAX_COST", cost) if cost else None,
    )
    return Limited(endpoint, limits, config=config, names=_CEILINGS, tally=tally)


def _count(variable: str, text: str) -> int:
    amount = _amount(variable, text)
    if amount % 1:
        raise ConfigError(f"{variable}: {text!r} is not a whole number", remedy="Write 500.")
    return int(amount)


def _amount(variable: str, text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = -1.0
    if not 0 <= amount < float("inf"):
        raise ConfigError(f"{variable}: {text!r} is not an amount", remedy="Write 5 or 0.50.")
    return amount

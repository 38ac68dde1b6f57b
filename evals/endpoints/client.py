"""Endpoints that answer over HTTP: from a request to an exchange, in as many attempts as needed."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from typing import Literal, Protocol

import msgspec

from evals.answer import price, read
from evals.endpoints import collector
from evals.endpoints.attempt import Answered, attempt
from evals.endpoints.config import Config, EndpointConfig
from evals.endpoints.connection import recorded_now
from evals.endpoints.estimate import completion_tokens, prompt_tokens
from evals.endpoints.failure import Place, unread
from evals.endpoints.gate import Closed, Elsewhere, Ending, Turn
from evals.endpoints.host import Host
from evals.endpoints.ledger import Tally
from evals.endpoints.limits import Live, under_ceilings
from evals.endpoints.retry import Unanswered, next_delay
from evals.endpoints.shared import Event, Run, not_sent
from evals.endpoints.wire import encode
from evals.errors import EndpointError
from evals.model import Completion, Exchange, Request, Timing, Usage
from evals.write import Secrets

__all__ = ["Event", "Router", "connect"]

_UNAVAILABLE = (502, 503, 504)


class Client(Live, Protocol):
    """What answers for one endpoint of a run."""

    def start_at(self, concurrency: int) -> None: ...

    async def aclose(self) -> None: ...


class Router:
    """Requests to the endpoints that they name."""

    def __init__(self, run: Run, clients: Mapping[str, Client], *, tally: Tally | None) -> None:
        self._run = run
        self._clients = clients
        self._bounded: Live = under_ceilings(
            _Routes(clients), config=run.config, env=run.env, tally=tally
        )

    async def complete(self, request: Request, /, *, timeout: float | None = None) -> Exchange:
        """A complete answer; raises `EndpointError`. `timeout`: seconds, of one attempt."""
        return await self._bounded.complete(request, timeout=timeout)

    def start_at(self, concurrency: int) -> None:
        """Begin with as many requests in flight where the configuration names no number."""
        for client in self._clients.values():
            client.start_at(concurrency)

    def stop(self, reason: str) -> None:
        """Send nothing more: requests that wait raise `stopped`, those in flight go on."""
        self._run.stop(reason)


class _Routes:
    def __init__(self, clients: Mapping[str, Client]) -> None:
        self._clients = clients

    async def complete(self, request: Request, /, *, timeout: float | None = None) -> Exchange:
        client = self._clients.get(request.endpoint)
        if client is None:
            raise EndpointError(
                f"endpoint {request.endpoint} is not one of this run's: "
                f"{', '.join(self._clients) or 'none'}",
                kind="refused",
                attempts=0,
            )
        return await client.complete(request, timeout=timeout)


class _Client:
    """One endpoint: its host, the one it falls back to, and the attempts of each request."""

    def __init__(self, endpoint: EndpointConfig, run: Run) -> None:
        self._endpoint = endpoint
        self._run = run
        fallback = endpoint.fallback_url
        self._first = Host(endpoint, run, movable=fallback is not None)
        self._second: Host | None = None
        if fallback is not None:
            other = msgspec.structs.replace(endpoint, base_url=fallback, fallback_url=None)
            self._second = Host(other, run, movable=False)

    async def complete(self, request: Request, /, *, timeout: float | None = None) -> Exchange:
        self._run.check()
        await self._first.open(request.path)  # where no key is, nothing waits for its turn
        ask = _Ask(request, timeout=timeout or self._endpoint.timeout)
        if self._endpoint.tokens_per_minute is not None:
            ask.tokens = prompt_tokens(request.body) + completion_tokens(request.body)
        self._run.allowance.announce()
        try:
            while True:
                host = self._choose(ask)
                try:
                    return await self._attempt(ask, host)
                except Unanswered as problem:
                    await self._after(problem, ask, host)
                except Elsewhere:
                    continue
        finally:
            if not ask.attempts:
                self._run.allowance.withdraw()

    def _choose(self, ask: _Ask) -> Host:
        """The host for the next attempt: the first, unless it has just failed, or is down."""
        second = self._second
        if second is None or second.gate.closed:
            return self._first
        if ask.turned or (not self._first.usable and second.usable):
            return second
        return second if self._first.gate.closed else self._first

    async def _attempt(self, ask: _Ask, host: Host) -> Exchange:
        address, place = await host.open(ask.request.path)
        turn = await self._turn(ask, host)
        ending: Ending = "dropped"
        used: int | None = None
        try:
            self._tell("sent", ask)
            answered = await attempt(
                self._run.transport,
                address,
                ask.content,
                place=place,
                model=ask.model,
                timeout=ask.timeout,
                fresh=ask.error is not None and ask.error.kind == "broken",
            )
            exchange, completion = self._accept(ask, answered, turn, host=host, place=place)
            ending, used = "answered", completion.usage.total_tokens
        except Unanswered as problem:
            if problem.error.fatal:
                self._run.stop(f"the run was stopped by {problem.error.message}")
            ending = "dropped" if problem.stale else _ending(problem.error)
            used = 0 if problem.error.kind in ("status", "connect") else None
            raise
        finally:
            host.gate.leave(turn, ending, tokens=used)
        cost = completion.cost_usd
        self._tell("answered", ask, usage=completion.usage, cost_usd=cost)
        return exchange

    async def _turn(self, ask: _Ask, host: Host) -> Turn:
        """Wait until the request may go."""
        try:
            turn = await host.gate.enter(ask.tokens)
        except Closed:
            self._run.check()
            raise self._given_up(ask, host) from None
        ask.probe = turn.probe
        ask.attempts += 1
        if ask.attempts == 1:
            ask.queued_s = turn.at - ask.ready
            self._run.allowance.sent()
        return turn

    def _accept(
        self, ask: _Ask, answered: Answered, turn: Turn, *, host: Host, place: Place
    ) -> tuple[Exchange, Completion]:
        """The exchange, if it reads as a complete answer."""
        exchange = Exchange(
            request=ask.request,
            response=answered.response,
            timing=Timing(
                latency_s=answered.latency_s,
                ttft_s=answered.ttft_s,
                queued_s=round(ask.queued_s, 6),
                connect_s=answered.connect_s,
                in_flight=turn.in_flight,
            ),
            recorded=recorded_now(ask.request, base_url=host.base_url, attempts=ask.attempts),
        )
        try:
            return exchange, price(read(exchange), self._run.config.prices)
        except EndpointError as error:
            raise unread(place, error) from error

    async def _after(self, problem: Unanswered, ask: _Ask, host: Host) -> None:
        """Wait for the next attempt, or raise the error of this one."""
        ask.error = problem.error
        ask.probes += ask.probe and problem.chance == "again"
        if problem.retry_after:
            host.gate.pause(problem.retry_after)
        ask.turned = host is self._first and _is_unavailable(problem.error)
        if ask.turned and self._second is not None:
            problem.retry_after = None  # the other host has said nothing
        delay = next_delay(
            problem,
            attempt=ask.attempts - ask.probes,
            billed=ask.billed,
            fraction=self._run.jitter(),
        )
        ask.billed += problem.chance == "once"
        if delay is None:
            raise self._failed(ask) from problem
        if self._is_rationed(problem, ask) and not await self._run.allowance.take():
            raise self._failed(ask, "the run has no retries left") from problem
        self._tell("retried", ask, wait_s=delay, error=problem.error.message)
        await self._run.sleep(delay)

    def _is_rationed(self, problem: Unanswered, ask: _Ask) -> bool:
        """Whether a retry counts: not where the whole host waits for it already, nor where it
        was asked nothing, since its connection was closed.
        """
        waits = problem.retry_after is not None or problem.error.status == 429
        return not (waits or problem.stale or ask.probe)

    def _failed(self, ask: _Ask, why: str = "") -> EndpointError:
        """The end of a request without an answer."""
        assert ask.error is not None
        final = _numbered(ask.error, ask.attempts, why=why)
        self._tell("failed", ask, error=final.message)
        return final

    def _given_up(self, ask: _Ask, host: Host) -> EndpointError:
        """The host did not answer for too long."""
        limit = f"{self._endpoint.give_up_after:g} s"
        if ask.error is not None:
            return _numbered(ask.error, ask.attempts, why=f"given up after {limit} of failures")
        return not_sent(
            f"endpoint {self._endpoint.name} ({host.endpoint.host}) answered nothing for "
            f"give_up_after = {limit}"
        )

    def _tell(
        self,
        kind: Literal["sent", "answered", "retried", "failed"],
        ask: _Ask,
        *,
        usage: Usage | None = None,
        cost_usd: float | None = None,
        wait_s: float = 0.0,
        error: str | None = None,
    ) -> None:
        self._run.tell(
            Event(
                kind=kind,
                endpoint=self._endpoint.name,
                asker=ask.request.asker,
                attempt=ask.attempts,
                usage=usage,
                cost_usd=cost_usd,
                wait_s=wait_s,
                error=error,
            )
        )

    def start_at(self, concurrency: int) -> None:
        for host in self._hosts:
            host.start_at(concurrency)

    @property
    def _hosts(self) -> tuple[Host, ...]:
        return (self._first,) if self._second is None else (self._first, self._second)

    async def aclose(self) -> None:
        for host in self._hosts:
            await host.aclose()


class _Ask:
    """One request while it is being asked."""

    def __init__(self, request: Request, *, timeout: float) -> None:
        self.request = request
        self.timeout = timeout
        self.model = str(request.body.get("model", ""))
        self.content = encode(request.body)
        self.tokens = 0  # an estimate, where they are limited
        self.ready = time.perf_counter()
        self.queued_s = 0.0
        self.attempts = 0
        self.probes = 0  # attempts that only found out whether the host answers again
        self.billed = 0  # attempts whose answer may have been billed
        self.probe = False  # the newest attempt is one
        self.turned = False  # the next attempt is for the fallback host
        self.error: EndpointError | None = None  # of the newest attempt


def _ending(error: EndpointError) -> Ending:
    """What a failed attempt tells of its host."""
    if error.status == 503:
        return "unavailable"
    if error.status == 429 and not error.fatal:
        return "pushed_back"
    return "failed" if error.retryable else "answered"


def _is_unavailable(error: EndpointError) -> bool:
    """Whether another host may be asked instead."""
    return error.kind == "connect" or error.status in _UNAVAILABLE


def _numbered(error: EndpointError, attempts: int, *, why: str = "") -> EndpointError:
    told = [f"{attempts} attempts"] if attempts > 1 else []
    told += [why] if why else []
    return EndpointError(
        f"{error.message} ({'; '.join(told)})" if told else error.message,
        kind=error.kind,
        status=error.status,
        retryable=error.retryable,
        fatal=error.fatal,
        attempts=attempts,
        remedy=error.remedy,
    )


def _client(endpoint: EndpointConfig, run: Run) -> Client:
    if endpoint.function is None:
        return _Client(endpoint, run)
    from evals.endpoints.function import FunctionClient

    return FunctionClient(endpoint, run)


@contextlib.asynccontextmanager
async def connect(
    config: Config,
    names: Collection[str],
    *,
    env: Mapping[str, str],
    secrets: Secrets | None = None,
    on_event: Callable[[Event], None] | None = None,
    jitter: Callable[[], float] = random.random,
    tally: Tally | None = None,
) -> AsyncIterator[Router]:
    """The endpoints `names` of the configuration, for as long as the context lasts.

    Keys are looked up, and the local server is started, when an endpoint is first asked.
    `secrets` never appear in messages. `on_event` is called in the event loop's thread. `jitter`
    gives the share, in 0 … 1, of each delay before a retry. `tally` is what was spent under the
    environment's ceilings before.
    """
    run = Run(config, env=env, secrets=secrets, on_event=on_event, jitter=jitter)
    clients = {name: _client(config.endpoints[name], run) for name in names}
    try:
        with collector.seldom():
            yield Router(run, clients, tally=tally)
    finally:
        await run.transport.aclose()
        for client in clients.values():
            await client.aclose()

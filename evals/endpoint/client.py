"""Endpoints that answer over HTTP: queue, attempts, retries, and the end of it all."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Literal

from evals.answer import price, read
from evals.endpoint.attempt import Answered, attempt
from evals.endpoint.config import Config, EndpointConfig
from evals.endpoint.connection import Connection, version
from evals.endpoint.failure import Place, unread
from evals.endpoint.limits import Live, under_ceilings
from evals.endpoint.retry import Unanswered, next_delay
from evals.endpoint.transport import Address, Transport
from evals.endpoint.wire import encode
from evals.errors import EndpointError
from evals.model import Exchange, Frozen, Recorded, Request, Timing, Usage
from evals.write import Secrets

__all__ = ["Event", "Router", "connect"]


class Event(Frozen, frozen=True, kw_only=True):
    """What a progress bar is told."""

    kind: Literal["sent", "answered", "retried", "failed"]
    endpoint: str
    asker: str = ""
    attempt: int = 1
    usage: Usage | None = None  # of an answer
    cost_usd: float | None = None  # of an answer; None: unpriced
    wait_s: float = 0.0  # before a retry
    error: str | None = None  # one line: why it was retried, or failed


class _Run:
    """What all endpoints of one run share: connections, and the reason to stop."""

    def __init__(
        self,
        config: Config,
        *,
        env: Mapping[str, str],
        secrets: Secrets | None,
        on_event: Callable[[Event], None] | None,
        jitter: Callable[[], float],
    ) -> None:
        self.config = config
        self.jitter = jitter
        self.env = env
        self.secrets = secrets
        self.tell: Callable[[Event], None] = on_event or (lambda event: None)
        self.transport = Transport()
        self._reason: str | None = None
        self._stopped = asyncio.Event()

    def stop(self, reason: str) -> None:
        if self._reason is None:
            self._reason = reason
            self._stopped.set()

    def check(self) -> None:
        """Raises `EndpointError` (stopped) once the run is to send nothing more."""
        if self._reason is not None:
            raise EndpointError(
                f"not sent: {self._reason}",
                kind="stopped",
                remedy="What was answered is kept: resume once the cause is gone.",
                attempts=0,
            )

    async def sleep(self, seconds: float) -> None:
        """Wait, but not beyond a stop."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), seconds)


class Router:
    """Requests to the endpoints that they name."""

    def __init__(self, run: _Run, clients: Mapping[str, _Client]) -> None:
        self._run = run
        self._clients = clients
        self._bounded: Live = under_ceilings(_Routes(clients), config=run.config, env=run.env)

    async def complete(self, request: Request, /, *, timeout: float | None = None) -> Exchange:
        """A complete answer; raises `EndpointError`. `timeout`: seconds, of one attempt."""
        return await self._bounded.complete(request, timeout=timeout)

    def stop(self, reason: str) -> None:
        """Send nothing more: requests that wait raise `stopped`, those in flight go on."""
        self._run.stop(reason)


class _Routes:
    def __init__(self, clients: Mapping[str, _Client]) -> None:
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
    """One endpoint: its address and key, its queue, its attempts."""

    def __init__(self, endpoint: EndpointConfig, run: _Run) -> None:
        self._endpoint = endpoint
        self._run = run
        self._slots = asyncio.Semaphore(endpoint.concurrency)
        self._in_flight = 0
        self._not_before = 0.0  # by time.perf_counter: when the service wants to be asked again
        self._connection = Connection(
            endpoint, root=run.config.root, env=run.env, secrets=run.secrets
        )

    async def complete(self, request: Request, /, *, timeout: float | None = None) -> Exchange:
        self._run.check()
        address, place = await self._connection.open(request.path)
        ask = _Ask(request, address, place, timeout or self._endpoint.timeout)
        while True:
            try:
                return await self._attempt(ask)
            except Unanswered as problem:
                await self._after(problem, ask)

    async def _attempt(self, ask: _Ask) -> Exchange:
        async with self._slots:
            while (pause := self._not_before - time.perf_counter()) > 0:
                await self._run.sleep(pause)
                self._run.check()
            self._run.check()
            ask.attempts += 1
            if ask.attempts == 1:
                ask.queued_s = time.perf_counter() - ask.ready
            self._in_flight += 1
            in_flight = self._in_flight
            try:
                self._tell("sent", ask)
                answered = await attempt(
                    self._run.transport,
                    ask.address,
                    ask.content,
                    place=ask.place,
                    model=ask.model,
                    timeout=ask.timeout,
                )
            finally:
                self._in_flight -= 1
        return self._accept(ask, answered, in_flight)

    def _accept(self, ask: _Ask, answered: Answered, in_flight: int) -> Exchange:
        """The exchange, if it reads as a complete answer."""
        exchange = Exchange(
            request=ask.request,
            response=answered.response,
            timing=Timing(
                latency_s=answered.latency_s,
                ttft_s=answered.ttft_s,
                queued_s=round(ask.queued_s, 6),
                in_flight=in_flight,
            ),
            recorded=Recorded(
                at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                by=f"pytest-model-evals {version()}",
                base_url=self._endpoint.base_url or "http://127.0.0.1/v1",  # no port: it is random
                attempts=ask.attempts,
                for_=ask.request.asker,
            ),
        )
        try:
            completion = price(read(exchange), self._run.config.prices)
        except EndpointError as error:
            raise unread(ask.place, error) from error
        self._tell("answered", ask, usage=completion.usage, cost_usd=completion.cost_usd)
        return exchange

    async def _after(self, problem: Unanswered, ask: _Ask) -> None:
        """Wait for the next attempt, or raise the error of this one."""
        error = problem.error
        delay = next_delay(
            problem, attempt=ask.attempts, billed=ask.billed, fraction=self._run.jitter()
        )
        ask.billed += problem.chance == "once"
        if delay is None:
            final = _numbered(error, ask.attempts)
            self._tell("failed", ask, error=final.message)
            if final.fatal:
                self._run.stop(f"the run was stopped by {final.message}")
            raise final from problem
        if problem.retry_after:
            self._not_before = max(self._not_before, time.perf_counter() + problem.retry_after)
        self._tell("retried", ask, wait_s=delay, error=error.message)
        await self._run.sleep(delay)

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

    async def aclose(self) -> None:
        await self._connection.aclose()


class _Ask:
    """One request while it is being asked."""

    def __init__(self, request: Request, address: Address, place: Place, timeout: float) -> None:
        self.request = request
        self.address = address
        self.place = place
        self.timeout = timeout
        self.model = str(request.body.get("model", ""))
        self.content = encode(request.body)
        self.ready = time.perf_counter()
        self.queued_s = 0.0
        self.attempts = 0
        self.billed = 0  # attempts whose answer may have been billed


def _numbered(error: EndpointError, attempts: int) -> EndpointError:
    return EndpointError(
        f"{error.message} ({attempts} attempts)" if attempts > 1 else error.message,
        kind=error.kind,
        status=error.status,
        retryable=error.retryable,
        fatal=error.fatal,
        attempts=attempts,
        remedy=error.remedy,
    )


@contextlib.asynccontextmanager
async def connect(
    config: Config,
    names: Collection[str],
    *,
    env: Mapping[str, str],
    secrets: Secrets | None = None,
    on_event: Callable[[Event], None] | None = None,
    jitter: Callable[[], float] = random.random,
) -> AsyncIterator[Router]:
    """The endpoints `names` of the configuration, for as long as the context lasts.

    Keys are looked up, and the local server is started, when an endpoint is first asked.
    `secrets` never appear in messages. `on_event` is called in the event loop's thread. `jitter`
    gives the share, in 0 … 1, of each delay before a retry.
    """
    run = _Run(config, env=env, secrets=secrets, on_event=on_event, jitter=jitter)
    clients = {name: _Client(config.endpoints[name], run) for name in names}
    try:
        yield Router(run, clients)
    finally:
        await run.transport.aclose()
        for client in clients.values():
            await client.aclose()

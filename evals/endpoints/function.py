"""Endpoints that are functions of the project: called in place of a request over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import threading
import time
from collections.abc import Callable
from typing import Any

from evals import own
from evals.answer import price, read
from evals.endpoints.config import EndpointConfig
from evals.endpoints.connection import recorded_now
from evals.endpoints.gate import Closed, Ending, Turn
from evals.endpoints.host import Host
from evals.endpoints.shared import Event, Run
from evals.endpoints.told import body_of
from evals.errors import EndpointError, EndpointErrorKind, told
from evals.model import Completion, Exchange, Request, Response, Timing


class FunctionClient:
    """One such endpoint: each request is one call, under the endpoint's concurrency and timeout.

    Nothing is called twice for one answer: whether that is safe is for the function to know.
    """

    def __init__(self, endpoint: EndpointConfig, run: Run) -> None:
        self._endpoint = endpoint
        self._run = run
        self._host = Host(endpoint, run, movable=False)

    async def complete(self, request: Request, /, *, timeout: float | None = None) -> Exchange:
        """The function's answer; raises `EndpointError`."""
        self._run.check()
        ready = time.perf_counter()
        try:
            turn = await self._host.gate.enter(0)
        except Closed:
            self._run.check()
            raise
        ending: Ending = "dropped"
        try:
            self._tell(Event(kind="sent", endpoint=self._endpoint.name, asker=request.asker))
            exchange = await self._call(
                request, turn, queued_s=turn.at - ready, timeout=timeout or self._endpoint.timeout
            )
            completion = price(read(exchange), self._run.config.prices)
            ending = "answered"
        except EndpointError as error:
            self._failed(request, error)
            raise
        finally:
            self._host.gate.leave(turn, ending)
        self._tell(
            Event(
                kind="answered",
                endpoint=self._endpoint.name,
                asker=request.asker,
                usage=completion.usage,
                cost_usd=completion.cost_usd,
            )
        )
        return exchange

    async def _call(
        self, request: Request, turn: Turn, *, queued_s: float, timeout: float
    ) -> Exchange:
        found = own.endpoints.find(self._endpoint.name)
        assert found is not None  # the configuration has it from there
        try:
            async with asyncio.timeout(timeout) as limit:
                said, latency = await _timed(found.function, request)
        except EndpointError:
            raise
        except (Exception, SystemExit) as problem:  # the project's own function may raise anything
            if limit.expired():  # else a TimeoutError is the function's own
                late = f"no answer within timeout = {timeout:g} s"
                raise self._error(late, "timeout") from problem
            failed = self._error(f"{type(problem).__name__}: {problem}", "broken")
            failed.traceback = told(problem)
            raise failed from problem
        if not isinstance(said, str | Completion):
            raise self._error(
                f"{found.label} returned {type(said).__name__}, "
                "expected a str or an evals.Completion",
                "malformed",
            )
        body = body_of(said, request)
        if self._run.secrets is not None:
            body = self._run.secrets.redact_value(body)
        ttft = said.timing.ttft_s if isinstance(said, Completion) else None
        return Exchange(
            request=request,
            response=Response(status=200, headers={"content-type": "application/json"}, body=body),
            timing=Timing(
                latency_s=round(latency, 6),
                ttft_s=ttft,
                queued_s=round(queued_s, 6),
                in_flight=turn.in_flight,
            ),
            recorded=recorded_now(request, base_url=f"function:{found.label}", attempts=1),
        )

    def _error(self, what: str, kind: EndpointErrorKind) -> EndpointError:
        return EndpointError(f"endpoint {self._endpoint.name}: {what}", kind=kind)

    def _failed(self, request: Request, error: EndpointError) -> None:
        if error.fatal:
            self._run.stop(f"the run was stopped by {error.message}")
        self._tell(
            Event(
                kind="failed",
                endpoint=self._endpoint.name,
                asker=request.asker,
                error=error.message,
            )
        )

    def _tell(self, event: Event) -> None:
        self._run.tell(event)

    def start_at(self, concurrency: int) -> None:
        self._host.start_at(concurrency)

    async def aclose(self) -> None:
        await self._host.aclose()


async def _timed(function: Callable[..., Any], request: Request) -> tuple[Any, float]:
    """What a function says, and the seconds that it took."""
    if not inspect.iscoroutinefunction(inspect.unwrap(function)):
        return await _in_thread(function, request)
    begun = time.perf_counter()
    return await function(request), time.perf_counter() - begun


async def _in_thread(function: Callable[..., Any], request: Request) -> tuple[Any, float]:
    """A plain function's, in a thread that does not hold up the end of the process.

    It cannot be stopped: after a timeout it goes on, and nobody hears what it says.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[tuple[Any, float]] = loop.create_future()

    def hand_over(said: Any, latency: float, problem: BaseException | None) -> None:
        if answer.done():
            return
        if problem is None:
            answer.set_result((said, latency))
        else:
            answer.set_exception(problem)

    def work() -> None:
        said, problem = None, None
        begun = time.perf_counter()
        try:
            said = function(request)
        except BaseException as raised:  # noqa: BLE001 # raised again where it is awaited
            problem = _raisable(raised)
        latency = time.perf_counter() - begun
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            loop.call_soon_threadsafe(hand_over, said, latency, problem)

    threading.Thread(target=work, name=f"evals {request.endpoint}", daemon=True).start()
    said, latency = await answer
    return (await said if inspect.isawaitable(said) else said), latency


def _raisable(raised: BaseException) -> BaseException:
    """What ends a thread must neither end the loop nor be refused by a future."""
    if isinstance(raised, Exception) and not isinstance(raised, StopIteration):
        return raised
    problem = RuntimeError(f"{type(raised).__name__}: {raised}")
    problem.__cause__ = raised
    return problem

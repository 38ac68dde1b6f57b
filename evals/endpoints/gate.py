"""The one place where requests to a host wait until they may go, first come, first served."""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from typing import Literal, TypeAlias

from evals.endpoints.bucket import Bucket
from evals.endpoints.circuit import Circuit
from evals.endpoints.pace import Pace

Ending: TypeAlias = Literal[
    "answered",  # the host works
    "pushed_back",  # it works, and has too much to do
    "unavailable",  # it fails, and says that it has too much to do
    "failed",
    "dropped",  # nobody knows: cancelled
]


class Closed(Exception):
    """Nothing goes to this host any more: stopped, or given up."""


class Elsewhere(Exception):
    """The host has just turned out to be down: another one may be asked."""


class Turn:
    """One request that may go, until it has ended."""

    def __init__(self, *, at: float, in_flight: int, tokens: int, probe: bool) -> None:
        self.at = at  # by time.perf_counter
        self.in_flight = in_flight
        self.tokens = tokens
        self.probe = probe


class Gate:
    """Lets requests go as pace, rates, stated waits and the circuit allow."""

    def __init__(
        self,
        *,
        pace: Pace,
        circuit: Circuit,
        requests: Bucket | None,
        tokens: Bucket | None,
        movable: bool,
        note: Callable[[str], None],
    ) -> None:
        """`movable`: who waits when the circuit opens may go elsewhere."""
        self.pace = pace
        self.circuit = circuit
        self._buckets = (requests, tokens)
        self._movable = movable
        self._note = note
        self._waiting: deque[tuple[asyncio.Future[Turn], int]] = deque()
        self._in_flight = 0
        self._not_before = -math.inf
        self._timer: asyncio.TimerHandle | None = None
        self.closed = False

    async def enter(self, tokens: int) -> Turn:
        """Wait for a turn; raises `Closed` or `Elsewhere`.

        Who was refused comes after all who wait: the same few would be refused again and again.
        """
        if self.closed:
            raise Closed
        now = time.perf_counter()
        if not self._waiting and self._wait(tokens, now) == 0:
            return self._take(tokens, now)
        future: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
        self._waiting.append((future, tokens))
        self._let_go()
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                self.leave(future.result(), "dropped")  # its turn had just come
            raise

    def leave(self, turn: Turn, ending: Ending, *, tokens: int | None = None) -> None:
        """A request has ended; `tokens` is what it used, where that is known."""
        now = time.perf_counter()
        counts = self._tell_pace(turn, ending, now)
        self._in_flight -= 1
        bucket = self._buckets[1]
        if bucket is not None and tokens is not None:
            bucket.settle(turn.tokens, tokens)
        if counts or ending != "pushed_back":
            self._tell_circuit(turn, ending, now)
        self._let_go()

    def pause(self, seconds: float) -> None:
        """The host wants to be left alone for as long."""
        self._not_before = max(self._not_before, time.perf_counter() + seconds)

    def close(self) -> None:
        """Let nothing go any more."""
        self.closed = True
        self._send_away(Closed)

    def _tell_pace(self, turn: Turn, ending: Ending, now: float) -> bool:
        """Whether a refusal counts as a failure: one for all that were on their way together."""
        if turn.probe:
            return True  # one alone tells nothing of many
        if ending == "answered":
            self.pace.answered(in_flight=self._in_flight)
        elif ending in ("pushed_back", "unavailable"):
            return self.pace.pushed_back(
                now,
                sent_at=turn.at,
                in_flight=self._in_flight,
                works=ending == "pushed_back",
            )
        return True

    def _tell_circuit(self, turn: Turn, ending: Ending, now: float) -> None:
        if ending == "dropped":
            self.circuit.dropped(now, probe=turn.probe)
        elif ending == "answered":
            if self.circuit.answered():
                self._note("answers again")
        elif self.circuit.failed(now, probe=turn.probe):
            self._note("fails again and again; it is asked now and then until it answers")
            if self._movable:
                self._send_away(Elsewhere)

    def _take(self, tokens: int, now: float) -> Turn:
        self._in_flight += 1
        self.pace.sent(now)
        for bucket, amount in zip(self._buckets, (1, tokens), strict=True):
            if bucket is not None:
                bucket.take(amount)
        probe = self.circuit.sent()
        return Turn(at=now, in_flight=self._in_flight, tokens=tokens, probe=probe)

    def _wait(self, tokens: int, now: float) -> float:
        """Seconds until the next may go; infinite until something else happens."""
        wait = self.pace.wait(now, in_flight=self._in_flight)
        if wait == math.inf:
            return wait
        wait = max(0.0, wait, self.circuit.wait(now), self._not_before - now)
        for bucket, amount in zip(self._buckets, (1, tokens), strict=True):
            if bucket is not None:
                wait = max(wait, bucket.wait(amount, now))
        return wait

    def _let_go(self) -> None:
        """Give their turn to all that may go now; look again when the next may."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            future, tokens = self._waiting[0]
            if future.done():  # cancelled
                self._waiting.popleft()
                continue
            now = time.perf_counter()
            if now >= self.circuit.ends_at:
                self.close()
                return
            wait = min(self._wait(tokens, now), self.circuit.ends_at - now)
            if wait > 0:
                if wait < math.inf:
                    loop = asyncio.get_running_loop()
                    self._timer = loop.call_later(wait, self._let_go)
                return
            self._waiting.popleft()
            future.set_result(self._take(tokens, now))

    def _send_away(self, reason: type[Exception]) -> None:
        while self._waiting:
            future, _ = self._waiting.popleft()
            if not future.done():
                future.set_exception(reason())

"""Syncing in groups: it costs an answer a delay, and the run no rate. Loaded only to ask."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

_EVERY_S = 0.1
_AT_MOST = 256

T = TypeVar("T")


class Grouped(Generic[T]):
    """Calls `work`, in a thread, with what has come in within 100 ms, or at once with 256."""

    def __init__(self, work: Callable[[Sequence[T]], None]) -> None:
        self._work = work
        self._waiting: list[tuple[T, asyncio.Future[None]]] = []
        self._full = asyncio.Event()
        self._round: asyncio.Task[None] | None = None

    async def done(self, item: T) -> None:
        """Return once `work` was called with `item`; raises what it raised."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._round is None:
            self._full = asyncio.Event()
            self._round = asyncio.create_task(self._go(self._full))
        if len(self._waiting) >= _AT_MOST:
            self._full.set()
        await done

    async def _go(self, full: asyncio.Event) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(full.wait(), _EVERY_S)
        waiting, self._waiting, self._round = self._waiting, [], None
        problem: Exception | None = None
        try:
            await asyncio.to_thread(self._work, [item for item, _ in waiting])
        except Exception as raised:  # noqa: BLE001 # it is for those who wait
            problem = raised
        for _, done in waiting:
            if done.done():  # who asked was cancelled
                continue
            if problem is None:
                done.set_result(None)
            else:
                done.set_exception(problem)

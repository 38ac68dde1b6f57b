"""Ctrl-C while answers are gathered: the first one stops politely, the second at once."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager

_GRACE_S = 2.0  # for what is in flight when the run is stopped


class Interrupts:
    """Whether somebody asked to stop."""

    def __init__(self) -> None:
        self.happened = False
        self.told = asyncio.Event()


@contextmanager
def polite(stop: Callable[[], None]) -> Iterator[Interrupts]:
    """Let the first SIGINT or SIGTERM call `stop`; a second one raises `KeyboardInterrupt`.

    Only the main thread hears signals; elsewhere nothing changes.
    """
    interrupts = Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return
    loop = asyncio.get_running_loop()

    def hear(number: int, frame: object) -> None:
        if interrupts.happened:
            raise KeyboardInterrupt
        interrupts.happened = True
        loop.call_soon_threadsafe(stop)
        loop.call_soon_threadsafe(interrupts.told.set)

    before = {each: signal.signal(each, hear) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interrupts
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


async def finish_or_stop(work: Coroutine[object, object, None], interrupts: Interrupts) -> None:
    """Wait for `work`; once interrupted, for what is in flight, and no longer than that."""
    working = asyncio.ensure_future(work)
    told = asyncio.ensure_future(interrupts.told.wait())
    await asyncio.wait({working, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if not working.done():
        await asyncio.wait({working}, timeout=_GRACE_S)
        working.cancel()
    if working.done() and not working.cancelled():
        working.result()

"""An endpoint whose answers are recorded before anyone sees them."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from evals.cassettes.store import Cassettes
from evals.errors import OutdatedRecording
from evals.model import Endpoint, Exchange, Request

_SYNC_EVERY_S = 0.1


class Recording:
    """Answers from the recordings, else from `endpoint`, recording what it says.

    With `refresh` it always asks, and replaces a recording by the new complete answer; without, it
    does so where a recording is too old. An answer
    is published at once, so that a killed process keeps it, and given out once it is on the disk
    itself; syncing is grouped, so that it costs a delay and not a rate.
    """

    def __init__(self, endpoint: Endpoint, cassettes: Cassettes, *, refresh: bool) -> None:
        self._endpoint = endpoint
        self._cassettes = cassettes
        self._refresh = refresh
        self._unsynced: list[Path] = []
        self._sync: asyncio.Task[None] | None = None

    async def complete(self, request: Request, /) -> Exchange:
        replace = self._refresh
        if not replace:
            try:
                recorded = self._cassettes.read(request)
            except OutdatedRecording:
                recorded, replace = None, True
            if recorded is not None:
                return recorded
        exchange = await self._endpoint.complete(request)
        self._unsynced.append(self._cassettes.write(exchange, replace=replace))
        if self._sync is None:
            self._sync = asyncio.create_task(self._sync_soon())
        await asyncio.shield(self._sync)
        return exchange

    async def _sync_soon(self) -> None:
        await asyncio.sleep(_SYNC_EVERY_S)
        self._sync = None
        paths, self._unsynced = self._unsynced, []
        await asyncio.to_thread(_sync_all, paths)


def _sync_all(paths: list[Path]) -> None:
    for path in paths:
        file = os.open(path, os.O_RDWR)
        try:
            os.fsync(file)
        finally:
            os.close(file)

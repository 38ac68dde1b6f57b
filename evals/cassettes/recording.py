"""An endpoint whose answers are recorded before anyone sees them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from evals.cassettes.store import Cassettes
from evals.errors import OutdatedRecording
from evals.model import Endpoint, Exchange, Request
from evals.record.grouped import Grouped
from evals.write import sync


class Recording:
    """Answers from the recordings, else from `endpoint`, recording what it says.

    With `refresh` it always asks, and replaces a recording by the new complete answer; without, it
    does so where a recording is too old. An answer is published at once, so that a killed process
    keeps it, and given out once it is on the disk itself; syncing is grouped, so that it costs a
    delay and not a rate.
    """

    def __init__(self, endpoint: Endpoint, cassettes: Cassettes, *, refresh: bool) -> None:
        self._endpoint = endpoint
        self._cassettes = cassettes
        self._refresh = refresh
        self._synced: Grouped[Path] = Grouped(sync)

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
        if replace and self._cassettes.path(request).exists():
            # On the disk itself before the old one goes; that must not hold up the others.
            await asyncio.to_thread(self._cassettes.write, exchange, replace=True, durable=True)
        else:
            await self._synced.done(self._cassettes.write(exchange, replace=replace))
        return exchange

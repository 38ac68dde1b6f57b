"""A line to the endpoints that stays open while tests ask one thing after another.

Imported only when something is asked: replay loads no event loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from contextlib import AsyncExitStack

from evals.endpoints.client import connect
from evals.endpoints.config import Config
from evals.endpoints.ledger import Ledger
from evals.endpoints.limits import Live, under_option
from evals.model import Exchange, Request
from evals.write import Secrets


class Line:
    """An event loop in a thread of its own: the tests' thread may run one already."""

    def __init__(
        self,
        config: Config,
        *,
        env: Mapping[str, str],
        secrets: Secrets,
        max_cost_usd: float | None,
        ledger: Ledger,
    ) -> None:
        self._config = config
        self._env = env
        self._secrets = secrets
        self._max_cost_usd = max_cost_usd
        self._ledger = ledger
        self._open = AsyncExitStack()
        self._live: Live | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="evals", daemon=True)
        self._thread.start()

    def complete(self, request: Request) -> Exchange:
        """The answer; blocks. Raises `EndpointError`."""
        waiting = asyncio.run_coroutine_threadsafe(self._complete(request), self._loop)
        try:
            return waiting.result()
        except BaseException:
            waiting.cancel()
            raise

    async def _complete(self, request: Request) -> Exchange:
        if self._live is None:
            self._live = await self._connect()
        return await self._live.complete(request)

    async def _connect(self) -> Live:
        router = await self._open.enter_async_context(
            connect(
                self._config,
                self._config.endpoints,
                env=self._env,
                secrets=self._secrets,
                tally=self._ledger.environment,
            )
        )
        return under_option(
            router, self._max_cost_usd, config=self._config, tally=self._ledger.option
        )

    def close(self) -> None:
        """End servers and connections of ours."""
        asyncio.run_coroutine_threadsafe(self._open.aclose(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

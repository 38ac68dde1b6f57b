"""What all endpoints of one run share: connections, retries left, and the reason to stop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Literal

from evals.endpoints.allowance import Allowance
from evals.endpoints.config import Config
from evals.endpoints.gate import Gate
from evals.endpoints.transport import Transport
from evals.errors import EndpointError
from evals.model import Frozen, Usage
from evals.write import Secrets


class Event(Frozen, frozen=True, kw_only=True):
    """What a progress bar is told."""

    kind: Literal["sent", "answered", "retried", "failed", "noted"]
    endpoint: str
    asker: str = ""
    attempt: int = 1
    usage: Usage | None = None  # of an answer
    cost_usd: float | None = None  # of an answer; None: unpriced
    wait_s: float = 0.0  # before a retry
    error: str | None = None  # one line: why it was retried, or failed
    note: str = ""  # of `noted`: one line about the endpoint


class Run:
    """One for all endpoints that are connected together."""

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
        self.env = env
        self.secrets = secrets
        self.tell: Callable[[Event], None] = on_event or (lambda event: None)
        self.jitter = jitter
        self.transport = Transport()
        self.allowance = Allowance()
        self.gates: list[Gate] = []
        self._reason: str | None = None
        self._stopped = asyncio.Event()

    def stop(self, reason: str) -> None:
        """Send nothing more, to any endpoint."""
        if self._reason is None:
            self._reason = reason
            self._stopped.set()
            for gate in self.gates:
                gate.close()

    def check(self) -> None:
        """Raises `EndpointError` (stopped) once the run is to send nothing more."""
        if self._reason is not None:
            raise not_sent(self._reason)

    async def sleep(self, seconds: float) -> None:
        """Wait, but not beyond a stop."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), seconds)


def not_sent(reason: str) -> EndpointError:
    """What a request is told that was never sent."""
    return EndpointError(
        f"not sent: {reason}",
        kind="stopped",
        remedy="Once the cause is gone, run again: mode record asks only what is missing.",
        attempts=0,
    )

"""Stand-ins that take so many requests a second only, or nothing for a while."""

from __future__ import annotations

import time
from collections import deque

from tests.support.evolink_server import EvolinkServer, Step
from tests.support.misbehaving import failed


class RationedServer(EvolinkServer):
    """At most `limit` requests in any second."""

    def __init__(self, limit: int, *, latency: float = 0.0) -> None:
        super().__init__(latency=latency, keep=False)
        self.limit = limit
        self.requests_seen = 0
        self.refused = 0
        self._taken: deque[float] = deque()

    def reply(self, method: str, path: str, headers: dict[str, str], content: bytes) -> list[Step]:
        now = time.monotonic()
        self.requests_seen += 1
        while self._taken and self._taken[0] <= now - 1:
            self._taken.popleft()
        if len(self._taken) >= self.limit:
            self.refused += 1
            return [failed(429)]
        self._taken.append(now)
        return super().reply(method, path, headers, content)


class InterruptedServer(EvolinkServer):
    """Answers 503 for some seconds, from the 500th request on."""

    def __init__(self, seconds: float, *, latency: float = 0.0) -> None:
        super().__init__(latency=latency, keep=False)
        self.requests_seen = 0
        self._seconds = seconds
        self._until: float | None = None

    def reply(self, method: str, path: str, headers: dict[str, str], content: bytes) -> list[Step]:
        now = time.monotonic()
        self.requests_seen += 1
        if self.requests_seen == 500:
            self._until = now + self._seconds
        if self._until is not None and now < self._until:
            return [failed(503)]
        return super().reply(method, path, headers, content)

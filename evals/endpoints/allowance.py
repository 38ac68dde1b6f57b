"""How many retries a run may make: a share of its requests, so that an outage does not multiply."""

from __future__ import annotations

import asyncio
from collections import deque

FREE = 10
"""Retries that every run has."""

SHARE = 10
"""One further retry for as many requests."""


class Allowance:
    """Retries of a run: 10, and one for every ten requests that were sent so far.

    Who finds none left waits while there are requests still to be sent for the first time: each
    ten of them allow one more.
    """

    def __init__(self) -> None:
        self._unsent = 0
        self._sent = 0
        self._taken = 0
        self._waiting: deque[asyncio.Future[bool]] = deque()

    def announce(self) -> None:
        """A request is to be sent."""
        self._unsent += 1

    def sent(self) -> None:
        """An announced request was sent for the first time."""
        self._unsent -= 1
        self._sent += 1
        self._share()

    def withdraw(self) -> None:
        """An announced request will not be sent."""
        self._unsent -= 1
        self._share()

    async def take(self) -> bool:
        """Whether one more retry is allowed, as soon as that is known."""
        if self._left > 0:
            self._taken += 1
            return True
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._share()
        return await future

    @property
    def _left(self) -> int:
        return FREE + self._sent // SHARE - self._taken

    def _share(self) -> None:
        while self._waiting and (self._left > 0 or self._unsent == 0):
            future = self._waiting.popleft()
            if not future.done():
                allowed = self._left > 0
                self._taken += allowed
                future.set_result(allowed)

"""How much a service is asked at once, as its answers show. Pure: times are given.

Two things can be too much: requests in flight, and requests a second. What is allowed in flight
starts low, doubles each round trip while nothing pushes back, then grows by one a round trip; a
push back cuts it to 0.7. That alone cannot keep to a rate where answers come fast, so that the
rate at which the service accepted is kept as well: it returns to the point of the last push back,
stays there for some seconds, and rises ever faster after that, until it is forgotten.
"""

from __future__ import annotations

import math
from collections import deque

START = 8
"""Requests in flight at the beginning, where no number is configured."""

CEILING = 256
"""Requests in flight at most, where no number is configured."""

_CUT = 0.7
_WINDOW = 1.0  # seconds over which the accepted rate is measured
_RATE_CUT = 0.9
_PLATEAU = 5.0  # seconds after a push back at which the rate is what it was then
_FIRST_PLATEAU = 1.0  # as long as less than a second had been measured
_FORGOTTEN = 30.0  # seconds without a push back after which no rate is kept
_HOLD, _LONGEST_HOLD = 0.1, 5.0  # seconds without sending after a push back
_BEHIND = 0.02  # seconds of the rate that may be made up for: timers are not exact


class Pace:
    """What may be in flight, and how soon after each other requests go."""

    def __init__(self, *, start: int, ceiling: int) -> None:
        self.allowed = float(min(start, ceiling))
        self._ceiling = ceiling
        self._doubling = True
        self._cut_at = -math.inf
        self._rate_cut_at = -math.inf
        self._rate = math.inf  # a second, at the last push back
        self._plateau = _PLATEAU
        self._begun: float | None = None
        self._next = -math.inf  # when the next may go
        self._held_until = -math.inf
        self._hold = 0.0
        self._accepted: deque[float] = deque()  # when requests were sent that were not refused

    def start_at(self, number: int) -> None:
        """Allow `number` from now on, where fewer were allowed and nothing has pushed back."""
        if self._doubling:
            self.allowed = max(self.allowed, float(min(number, self._ceiling)))

    def wait(self, now: float, *, in_flight: int) -> float:
        """Seconds until another may go; infinite until one in flight ends."""
        if in_flight >= int(self.allowed):
            return math.inf
        return max(0.0, self._held_until - now, self._next - now)

    def sent(self, now: float) -> None:
        if self._begun is None:
            self._begun = now
        self._accepted.append(now)
        self._forget(now)
        rate = self.rate(now)
        if rate < math.inf:
            self._next = max(self._next, now - _BEHIND) + 1 / rate

    def rate(self, now: float) -> float:
        """Requests a second that are let go; infinite where the service has not pushed back."""
        since = now - self._rate_cut_at
        if since > _FORGOTTEN:
            return math.inf
        return self._rate * (1 + (1 - _RATE_CUT) * (since / self._plateau - 1) ** 3)

    def answered(self, *, in_flight: int) -> None:
        """A request was taken; `in_flight` counts it."""
        self._hold = 0.0
        if in_flight + 1 < int(self.allowed):
            return  # something else keeps them fewer: nothing is known of more
        grown = self.allowed + (1 if self._doubling else 1 / self.allowed)
        self.allowed = min(float(self._ceiling), grown)

    def pushed_back(
        self, now: float, *, sent_at: float, in_flight: int, works: bool = True
    ) -> bool:
        """A request was refused because there were too many; `in_flight` counts it.

        Returns whether that is news: not if it was sent before the last such refusal could show.
        `works`: the service itself refused it; else the circuit looks after it.
        """
        self._forget(now)
        if sent_at in self._accepted:
            self._accepted.remove(sent_at)
        if sent_at <= self._cut_at:  # before the last cut could show
            if self._rate_cut_at == self._cut_at:  # it had been counted as accepted
                self._rate = max(1.0, self._rate - 1 / _WINDOW)
            return False
        self._cut_at = now
        once = max(_HOLD, min(1.0, now - sent_at))  # others on their way are refused as well
        self._hold = min(_LONGEST_HOLD, 2 * self._hold) if works and self._hold else once
        self._held_until = now + self._hold
        paced = self.rate(now) < math.inf and in_flight < _CUT * self.allowed
        if not paced:
            self.allowed = max(1.0, _CUT * min(self.allowed, in_flight))
        self._doubling = False
        if self._accepted and now - self._rate_cut_at >= _WINDOW:
            self._rate = min(self.rate(now), len(self._accepted) / _WINDOW)
            self._rate_cut_at = now
            measured = now - (now if self._begun is None else self._begun)
            self._plateau = _PLATEAU if measured >= _WINDOW else _FIRST_PLATEAU
        return True

    def _forget(self, now: float) -> None:
        while self._accepted and self._accepted[0] < now - _WINDOW:
            self._accepted.popleft()

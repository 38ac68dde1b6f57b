"""A configured rate, kept by a token bucket. Pure: times are given."""

from __future__ import annotations

_BURST = 1 / 600  # of a minute's amount may go at once: that of a tenth of a second


class Bucket:
    """Lets `per_minute` of something go in a minute, evenly.

    What is more than the bucket holds goes when it is full, and is paid back after that.
    """

    def __init__(self, per_minute: float) -> None:
        self._rate = per_minute / 60
        self._size = max(1.0, per_minute * _BURST)
        self._level = self._size
        self._at: float | None = None

    def wait(self, amount: float, now: float) -> float:
        """Seconds until `amount` may go."""
        self._fill(now)
        lacking = min(amount, self._size) - self._level
        return max(0.0, lacking / self._rate)

    def take(self, amount: float) -> None:
        self._level -= amount

    def settle(self, reserved: float, used: float) -> None:
        """What was really used instead of `reserved`."""
        self._level = min(self._size, self._level + reserved - used)

    def _fill(self, now: float) -> None:
        if self._at is not None:
            self._level = min(self._size, self._level + (now - self._at) * self._rate)
        self._at = now

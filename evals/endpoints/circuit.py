"""Whether a host is worth asking: after many failures in a row, only now and then. Pure."""

from __future__ import annotations

import math

OPENS_AFTER = 20
"""Failures in a row, without a success between them."""


class Circuit:
    """Closed while a host answers; open, it lets one request through every `probe_interval`.

    Times are in seconds, by whatever clock gives `now`. After `give_up_after` seconds of being
    open it is over.
    """

    def __init__(self, *, probe_interval: float, give_up_after: float) -> None:
        self._interval = probe_interval
        self._patience = give_up_after
        self._failures = 0
        self._opened_at: float | None = None
        self._next_probe = 0.0
        self._probing = False

    @property
    def is_open(self) -> bool:
        return self._opened_at is not None

    @property
    def ends_at(self) -> float:
        """When it gives up."""
        return math.inf if self._opened_at is None else self._opened_at + self._patience

    def wait(self, now: float) -> float:
        """Seconds until a request may go; infinite while a probe is on its way."""
        if self._opened_at is None:
            return 0.0
        return math.inf if self._probing else max(0.0, self._next_probe - now)

    def sent(self) -> bool:
        """A request goes; whether it is a probe."""
        if self._opened_at is None:
            return False
        self._probing = True
        return True

    def answered(self) -> bool:
        """The host works; whether that closed the circuit."""
        was_open = self.is_open
        self._failures, self._opened_at, self._probing = 0, None, False
        return was_open

    def failed(self, now: float, *, probe: bool) -> bool:
        """The host failed; whether that opened the circuit."""
        self._failures += 1
        if self._opened_at is None:
            if self._failures < OPENS_AFTER:
                return False
            self._opened_at, self._next_probe = now, now + self._interval
            return True
        if probe:
            self._probing, self._next_probe = False, now + self._interval
        return False

    def dropped(self, now: float, *, probe: bool) -> None:
        """A request ended without telling anything, such as a cancelled one."""
        if probe and self._opened_at is not None:
            self._probing, self._next_probe = False, now

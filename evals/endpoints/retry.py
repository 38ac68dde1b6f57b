"""Whether a request that was not answered is sent again, and when. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal, TypeAlias

from evals.errors import EndpointError

ATTEMPTS = 5
"""Of one request, whatever happened to the earlier ones."""

LONGEST_WAIT = 120.0
"""Seconds; a service that asks for more is not waited for."""

RETRIED_STATUSES = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_BASE, _CAP = 0.5, 30.0

Chance: TypeAlias = Literal[
    "never",
    "once",  # the answer may have been billed
    "again",  # nothing was answered
]


class Unanswered(Exception):
    """One attempt without an answer: the error, and what may be done about it."""

    def __init__(
        self,
        error: EndpointError,
        *,
        chance: Chance,
        retry_after: float | None = None,
        stale: bool = False,
    ) -> None:
        super().__init__(error)
        self.error = error
        self.chance: Chance = chance
        self.stale = stale  # the service had closed a connection that it said it keeps
        self.retry_after = retry_after  # seconds, as the service asks


def next_delay(problem: Unanswered, *, attempt: int, billed: int, fraction: float) -> float | None:
    """Seconds to wait after the `attempt`-th attempt, or None to give up.

    `billed` counts the earlier attempts that may have been billed; `fraction`, in 0 … 1, is the
    jitter's.
    """
    if problem.chance == "never" or attempt >= ATTEMPTS:
        return None
    if problem.chance == "once" and billed:
        return None
    if problem.retry_after is not None and problem.retry_after > LONGEST_WAIT:
        return None
    backoff: float = fraction * min(_CAP, _BASE * 2 ** (attempt - 1))
    return max(problem.retry_after or 0.0, backoff)


def read_retry_after(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds that a service asks to wait; None where it says nothing usable."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    found = _number(text)
    return found if found is not None or text is None else _until(text, now)


def _number(text: str | None) -> float | None:
    if text is None or not re.fullmatch(r"\d{1,12}(\.\d{0,12})?", text.strip(), re.ASCII):
        return None
    return float(text)


def _until(text: str, now: datetime) -> float | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    wait = (date - now).total_seconds()
    return wait if wait > 0 else None

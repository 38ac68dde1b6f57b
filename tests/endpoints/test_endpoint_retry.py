"""What is sent again, and when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.endpoints.retry import Chance, Unanswered, next_delay, read_retry_after
from evals.errors import EndpointError

NOW = datetime(2026, 11, 23, 10, 0, 0, tzinfo=UTC)


def problem(chance: Chance, *, retry_after: float | None = None) -> Unanswered:
    error = EndpointError("x", kind="status")
    return Unanswered(error, chance=chance, retry_after=retry_after)


def delays(chance: Chance) -> list[float | None]:
    return [
        next_delay(problem(chance), attempt=attempt, billed=attempt - 1, fraction=1.0)
        for attempt in range(1, 7)
    ]


def test_what_was_not_answered_is_tried_five_times_with_growing_delays() -> None:
    assert delays("again") == [0.5, 1.0, 2.0, 4.0, None, None]


def test_what_may_have_been_billed_is_tried_once_more() -> None:
    assert delays("once") == [0.5, None, None, None, None, None]


def test_what_cannot_succeed_is_not_tried_again() -> None:
    assert delays("never") == [None] * 6


def test_a_stated_wait_is_never_undercut() -> None:
    stated = problem("again", retry_after=7.0)
    assert next_delay(stated, attempt=1, billed=0, fraction=0.0) == 7.0


def test_a_stated_wait_beyond_two_minutes_is_not_waited_for() -> None:
    for wait, expected in ((120.0, 120.0), (120.5, None)):
        stated = problem("again", retry_after=wait)
        assert next_delay(stated, attempt=1, billed=0, fraction=0.0) == expected


@given(attempt=st.integers(1, 4), fraction=st.floats(0, 1))
def test_jitter_is_full(attempt: int, fraction: float) -> None:
    delay = next_delay(problem("again"), attempt=attempt, billed=0, fraction=fraction)
    assert delay == pytest.approx(fraction * 0.5 * 2 ** (attempt - 1))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "1e3"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": "999999"}, 999999.0),
        ({"retry-after": "Mon, 23 Nov 2026 10:00:30 GMT"}, 30.0),
        ({"retry-after": "Mon, 23 Nov 2026 09:00:00 GMT"}, None),
        ({"retry-after": "Mon, 99 Nov 2026 09:00:00 GMT"}, None),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "3"}, 0.25),
        ({"retry-after-ms": "x", "retry-after": "3"}, 3.0),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert read_retry_after(headers, now=NOW) == seconds


@given(st.text())
def test_any_text_is_a_wait_or_nothing(text: str) -> None:
    wait = read_retry_after({"retry-after": text}, now=NOW)
    assert wait is None or wait >= 0

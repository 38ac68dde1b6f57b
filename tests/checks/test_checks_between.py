"""Numbers between bounds, and how often a pattern matches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "options", "passed"),
    [
        ("It is 5.", {"min": 5, "max": 5}, True),
        ("It is 5.", {"min": 5.1}, False),
        ("It is -5.", {"min": -6, "max": 0}, True),
        ("0.1", {"max": 0.1}, True),
        ("0.10000000000000000001", {"max": "0.1"}, False),
        ("first 1, last 9", {"max": 5, "which": "first"}, True),
        ("first 1, last 9", {"max": 5}, False),
        ("1 and 2", {"min": 0, "max": 5, "which": "only"}, False),
        ("1 and 1.0", {"min": 0, "max": 5, "which": "only"}, True),
        ("1.234,5", {"min": 1234, "locale": "de"}, True),
        ("45 %", {"max": 0.5, "percent": "fraction"}, True),
        ("none", {"min": 0, "max": 5}, False),
        ("9" * 5000, {"min": 5}, False),
        ("\x00\ud800", {"min": 5}, False),
    ],
)
def test_the_number_lies_between(judged, text, options, passed):
    verdict = judged(text, {"type": "between", **options})
    assert verdict.passed is passed, verdict.reason
    assert judged(text, {"type": "not-between", **options}).passed is not passed


@pytest.mark.parametrize(
    ("text", "options", "reason"),
    [
        ("is 7", {"min": 1, "max": 5}, 'found 7, expected 1 to 5 in "is 7"'),
        ("3, 7", {"max": 5}, 'found 7 (the last of 2 numbers), expected at most 5 in "3, 7"'),
        ("x", {"min": 1.5}, 'found no number in "x", expected at least 1.5'),
    ],
)
def test_the_reason_shows_number_and_bounds(judged, text, options, reason):
    assert judged(text, {"type": "between", **options}).reason == reason


@given(st.integers(), st.integers(), st.integers())
def test_bounds_are_inclusive(judged, number, low, high):
    if low <= high:
        verdict = judged(f"= {number}", {"type": "between", "min": low, "max": high})
        assert verdict.passed is (low <= number <= high)


@pytest.mark.parametrize(
    ("text", "options", "passed"),
    [
        ("a-b-c", {"pattern": "-", "value": 2}, True),
        ("aaa", {"pattern": "aa", "value": 1}, True),
        ("a\nA", {"pattern": "^a$", "flags": "im", "min": 2}, True),
        ("abc", {"pattern": "x", "max": 0}, True),
        ("abc", {"pattern": "b", "max": 0}, False),
        ("", {"pattern": "x", "min": 1}, False),
        ("\ud800x\x00", {"pattern": "x", "value": 1}, True),
        ("ab" * 100_000, {"pattern": "(a|b)+c", "value": 0}, True),
    ],
)
def test_matches_are_counted(judged, text, options, passed):
    verdict = judged(text, {"type": "number-of", **options})
    assert verdict.passed is passed, verdict.reason
    assert judged(text, {"type": "not-number-of", **options}).passed is not passed


def test_the_reason_shows_the_matches(judged):
    written = {"type": "number-of", "pattern": "[0-9]", "max": 2}
    assert judged("1 2 3", written).reason == (
        'found 3 matches of "[0-9]" ("1", "2", "3"), expected at most 2'
    )
    assert len(judged("1" * 50_000, written).reason) < 200
    assert judged("x", written).reason.startswith('found 0 matches of "[0-9]" in "x"')


@pytest.mark.parametrize("kind", ["between", "not-between", "number-of", "not-number-of"])
def test_reasoning_that_did_not_come_is_an_error(judged, kind):
    options = {"min": 1} | ({"pattern": "x"} if kind.endswith("of") else {})
    assert judged("1", {"type": kind, "on": "reasoning", **options}).passed is None


@pytest.mark.parametrize(
    ("written", "path", "message"),
    [
        ({"type": "between"}, "", "give `min` or `max`"),
        ({"type": "between", "min": 5, "max": 3}, "min", "nothing is at least 5 and at most 3"),
        ({"type": "between", "min": "five"}, "min", '"five" is not a number'),
        ({"type": "between", "max": float("inf")}, "max", "not a finite number"),
        ({"type": "between", "min": "1e99999", "max": 1}, "min", "beyond 4,000 digits"),
        ({"type": "between", "value": 5}, "value", "unknown option"),
        ({"type": "number-of", "min": 1}, "pattern", "`pattern` is missing"),
        ({"type": "number-of", "pattern": "x"}, "", "give `value`, `min` or `max`"),
        ({"type": "number-of", "pattern": "(", "min": 1}, "pattern", "invalid pattern"),
        ({"type": "number-of", "pattern": "x*", "min": 1}, "pattern", "matches an empty text"),
        ({"type": "number-of", "pattern": "x", "flags": "g", "min": 1}, "flags", "made of"),
    ],
)
def test_what_cannot_work_is_refused(refused, written, path, message):
    assert message in refused(written)[path]

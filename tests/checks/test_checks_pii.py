"""`no-pii`: what is personal, and what only looks like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.checks.pii import _luhn

PERSONAL = [
    ("Write to ada.lovelace@example.co.uk.", "email", "ad…uk"),
    ("müller@example.de", "email", "mü…de"),
    ("+49 30 1234567", "phone", "+4…67"),
    ("+1 (555) 010-9999", "phone", "+1…99"),
    ("+4915112345678", "phone", "+4…78"),
    ("01 23 45 67 89", "phone", "01…89"),
    ("030/1234567", "phone", "03…67"),
    ("(020) 7946 0958", "phone", "(0…58"),
    ("Call 555-123-4567 now", "phone", "55…67"),
    ("4111 1111 1111 1111", "card", "41…11"),
    ("5500-0000-0000-0004", "card", "55…04"),
    ("378282246310005", "card", "37…05"),
    ("DE89 3704 0044 0532 0130 00 IS MINE", "iban", "DE…00"),
    ("GB82WEST12345698765432", "iban", "GB…32"),
    ("sk-" + "a1B2" * 8, "key", "sk…B2"),
    ("AKIA" + "ABCDEFGH12345678", "key", "AK…78"),
    ("ghp_" + "a" * 36, "key", "gh…aa"),
    ("-----BEGIN RSA PRIVATE KEY-----", "key", "--…--"),
]
HARMLESS = [
    "",
    "The year 2024-01-15, or 15.01.2024, or 01/02/2024.",
    "From 1990-2000 there were 1 234 567 people, 12,345,678 in all.",
    "0.12345678 and 3.14159265, or 0.123-0.456",
    "192.168.100.200",
    "ISBN 978-3-16-148410-0",
    "10 20 30 40 50",
    "0 1 2 3 4 5 6 7",
    "4111 1111 1111 1112",
    "0000 0000 0000 0000",
    "DE89 3704 0044 0532 0130 02",
    "@home and me@localhost",
    "sk-learn is a library",
    "12345678",
    "a" * 40,
]


@pytest.mark.parametrize(("text", "kind", "masked"), PERSONAL)
def test_personal_data_is_found_and_told_masked(judged, text, kind, masked):
    verdict = judged(text, {"type": "no-pii"})
    assert verdict.passed is False
    assert f"found {kind} at character " in verdict.reason
    assert verdict.reason.endswith(masked)
    assert judged(text, {"type": "no-pii", "kinds": [kind]}).passed is False


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_looks_like_it_is_left_alone(judged, text):
    verdict = judged(text, {"type": "no-pii"})
    assert verdict.passed, verdict.reason


def test_only_the_kinds_asked_for_count(judged):
    text = "a@b.com, 4111 1111 1111 1111"
    assert judged(text, {"type": "no-pii", "kinds": ["phone"]}).passed
    reason = judged(text, {"type": "no-pii", "kinds": ["email", "phone"]}).reason
    assert reason == "found email at character 1: a@…om"


def test_not_asks_for_personal_data(judged):
    verdict = judged("a@b.com", {"type": "not-no-pii"})
    assert (verdict.passed, verdict.score) == (True, 1.0)


@pytest.mark.parametrize("kind", ["no-pii", "not-no-pii"])
def test_reasoning_that_did_not_come_is_an_error(judged, kind):
    assert judged("a@b.com", {"type": kind, "on": "reasoning"}).passed is None


@given(st.integers(10**12, 10**18))
def test_one_check_digit_makes_a_number_right(payload):
    assert sum(_luhn(f"{payload}{digit}") for digit in range(10)) == 1


@given(st.text())
def test_any_text_is_judged(judged, text):
    assert judged(text, {"type": "no-pii"}).passed is not None


@pytest.mark.parametrize(
    "text",
    ["a@" * 50_000, "a." * 50_000, "1 " * 50_000, "4" * 100_000, "DE89 " * 20_000, "a@b." * 20_000,
     "a@b.com " * 20_000, "sk-" * 30_000, "eyJ" * 30_000, "+1(2" * 30_000],
)  # fmt: skip
def test_hostile_texts_are_judged_in_no_time(judged, text):
    assert len(judged(text, {"type": "no-pii"}).reason) < 2000


@pytest.mark.parametrize(
    ("options", "path", "message"),
    [
        ({"kinds": []}, "kinds", "cannot fail"),
        ({"kinds": ["mail"]}, "kinds.0", 'did you mean "email"'),
    ],
)
def test_kinds_that_cannot_work_are_refused(refused, options, path, message):
    assert message in refused({"type": "no-pii", **options})[path]

"""`number`: which digits of an answer are a number, what it is worth, and when it agrees."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.checks.numerals import numerals


def read(text, locale="en"):
    return [numeral.value for numeral in numerals(text, locale=locale)]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("The answer is 25.", [25]),
        ("-5, −5, \uff0d5 and +5", [-5, -5, -5, 5]),
        (".5 and 5.", ["1/2", 5]),
        ("007", [7]),
        ("1,234 and 1,234,567.50", [1234, "2469135/2"]),
        ("1 234 567", [1234567]),
        ("1\u2009234 or 1\u202f234 or 1\u00a0234", [1234, 1234, 1234]),
        ("\\boxed{1{,}234} and 1\\,234", [1234, 1234]),
        ("1,2,3", [1, 2, 3]),
        ("1,234,56", [1, 234, 56]),
        ("12,34,567", [12, 34, 567]),
        ("in 2024 100 200", [2024, 100, 200]),
        ("$1,234.50, -$5, $-5, US$ 7, 7 €", ["2469/2", -5, -5, 7, 7]),
        ("45%, 45 %, 45\\% and 45 percent", [45, 45, 45, 45]),
        ("1½, 1 1/2, ½, ⅓, 3/4, 1⁄3", ["3/2", "3/2", "1/2", "1/3", "3/4", "1/3"]),
        ("-½ and -1/2", ["-1/2", "-1/2"]),
        ("\\frac{1}{3} or -\\dfrac{2}{4}", ["1/3", "-1/2"]),
        ("5/0", [5, 0]),
        ("2 3/2", [2, "3/2"]),
        ("1.5e-3 and 2E3", ["3/2000", 2000]),
        ("6.02 × 10^23", [602 * 10**21]),
        ("6.02 \\times 10^{23}", [602 * 10**21]),
        ("6.02*10**3, 6.02·10⁻²", [6020, "301/5000"]),
        ("10^5", [100000]),
        ("3-4", [3, 4]),
        ("3–4", [3, 4]),
        ("10-3=7", [10, 3, 7]),
        ("10 - 3 = 7", [10, 3, 7]),
        ("**25**, _7_, `8`, \\boxed{9}, \\(3\\), $4$", [25, 7, 8, 9, 3, 4]),
        ("25kg at 20°C", [25, 20]),
        ("共25个", [25]),
        ("٢٥ and ２５", [25, 25]),
        ("¼", ["1/4"]),
        ("no number: twenty-five", []),
        ("A4, x2, GPT-4, COVID-19, a_1, x^2, 0x1F", []),
        ("v1.2, V2, version 3.11, 1.2.3, 10.0.0.1", []),
        ("2024-01-15, 15/01/2024, 15.01.2024, 15-01-2024", []),
        ("2024-01-15T10:30:00Z is 7", [7]),
        ("May 5, 2024; 5 May 2024; the 5th of May; June 2024; Dec. 24", []),
        ("maybe 5", [5]),
        ("1. first\n2. second\n3) third", []),
        ("3. third\n4. fourth", []),
        ("- **1.** first is 7", [7]),
        ("25. That is it", [25]),
        ("1. 42", [42]),
        ("5.", [5]),
        ("", []),
        ("1e", [1]),
        ("--5", [5]),
        ("1_000 and 12_345_678.5", [1000, "24691357/2"]),
        ("1_0000, x_1_000", [1]),
        ("so...42, ...7", [42, 7]),
    ],
)
def test_numbers_are_read_as_they_are_written(text, values):
    assert read(text) == [Fraction(value) for value in values]


@pytest.mark.parametrize(
    ("locale", "text", "values"),
    [
        ("de", "1.234.567,89", ["123456789/100"]),
        ("de", "am 15.01.2024 waren es 1,5", ["3/2"]),
        ("fr", "1 234,5", ["2469/2"]),
        ("ch", "1'234.5 und 1’234", ["2469/2", 1234]),
        ("in", "12,34,567.5 and 1,234", ["2469135/2", 1234]),
        ("en", "1.234,50", ["617/500", 50]),
    ],
)
def test_separators_follow_the_locale(locale, text, values):
    assert read(text, locale) == [Fraction(value) for value in values]


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**15)))
def test_a_decimal_is_read_back_exactly(number):
    assert read(f"It is {number:f}.") == [Fraction(number)]


@given(st.integers(-(10**30), 10**30))
def test_an_integer_is_read_back_with_and_without_groups(number):
    assert read(f"= {number}") == [number]
    assert read(f"= {number:,} kg") == [number]
    assert read(f"= {number:,}".replace(",", "\u202f")) == [number]


@given(st.integers(-999, 999), st.integers(1, 999))
def test_a_fraction_is_read_back(top, bottom):
    assert read(f"({top}/{bottom})") == [Fraction(top, bottom)]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_scientific_notation_is_read_back(number):
    assert read(f"x = {number!r}") == [Fraction(repr(number))]


@given(st.text())
def test_any_text_can_be_read(text):
    for numeral in numerals(text):
        assert text[numeral.start : numeral.end] == numeral.text


@pytest.mark.parametrize("text", ["9" * 100_000, "1e999999999", "1" + "0" * 5000 + "/3"])
def test_a_number_too_long_is_found_and_equals_nothing(judged, text):
    verdict = judged(text, {"type": "number", "value": 5})
    assert verdict.passed is False
    assert "found" in verdict.reason
    assert len(verdict.reason) < 700


@pytest.mark.parametrize(
    ("text", "options", "passed"),
    [
        ("5", {"value": 5}, True),
        ("25", {"value": 5}, False),
        ("5.0", {"value": 5}, True),
        ("2 + 3 = 5", {"value": 5}, True),
        ("2 + 3 = 5", {"value": 2, "which": "first"}, True),
        ("5 = 5.0", {"value": 5, "which": "only"}, True),
        ("5 or 6", {"value": 6, "which": "only"}, False),
        ("5", {"value": "5"}, True),
        ("5", {"value": " 5.0 "}, True),
        ("31", {"value": "0x1F"}, True),
        ("0.1", {"value": 0.1}, True),
        ("0.30000000000000004", {"value": 0.3}, False),
        ("12345678901234567891", {"value": 12345678901234567891}, True),
        ("12345678901234567890", {"value": 12345678901234567891}, False),
        ("12345678901234567890.5", {"value": "12345678901234567890.5"}, True),
        ("3.15", {"value": 3.14, "abs_tol": 0.01}, True),
        ("3.1500001", {"value": 3.14, "abs_tol": 0.01}, False),
        ("110", {"value": 100, "rel_tol": 0.1}, True),
        ("-110", {"value": -100, "rel_tol": 0.1}, True),
        ("110.001", {"value": 100, "rel_tol": 0.1}, False),
        ("105", {"value": 100, "rel_tol": 0.001, "abs_tol": 5}, True),
        ("0.001", {"value": 0, "rel_tol": 0.5}, False),
        ("3.14159", {"value": 3.1416, "digits": 3}, True),
        ("2.5", {"value": 2, "digits": 0}, True),
        ("3.5", {"value": 3, "digits": 0}, False),
        ("1/3", {"value": 0.333, "digits": 3}, True),
        ("45 %", {"value": 45}, True),
        ("45 %", {"value": 0.45}, False),
        ("45 %", {"value": 0.45, "percent": "fraction"}, True),
        ("0.45", {"value": 0.45, "percent": "fraction"}, True),
        ("1.234,5", {"value": 1234.5, "locale": "de"}, True),
        ("no idea", {"value": 5}, False),
        ("", {"value": 0}, False),
    ],
)
def test_a_number_agrees_exactly_or_within_its_tolerance(judged, text, options, passed):
    verdict = judged(text, {"type": "number", **options})
    assert verdict.passed is passed, verdict.reason
    assert verdict.score == float(passed)
    negated = judged(text, {"type": "not-number", **options})
    assert negated.passed is not passed


@pytest.mark.parametrize(
    ("text", "options", "evidence"),
    [
        ("I get 25", {"value": 5}, 'found 25, expected 5 in "I get 25"'),
        ("2, 3, 25", {"value": 5}, "found 25 (the last of 3 numbers), expected 5"),
        ("2, 3", {"value": 5, "which": "only"}, "found 2 different numbers (2, 3), expected 5"),
        ("hello", {"value": 5}, 'found no number in "hello", expected 5'),
        ("45 %", {"value": 5}, "found 45 % (in percent), expected 5"),
        ("3", {"value": 5, "abs_tol": 0.5, "rel_tol": 0.01}, "expected 5 ± 0.5 or ± 1 %"),
        ("3", {"value": 5, "digits": 2}, "expected 5 to 2 decimals"),
    ],
)
def test_the_reason_shows_both_numbers(judged, text, options, evidence):
    assert evidence in judged(text, {"type": "number", **options}).reason


def test_the_number_that_was_judged_is_extracted(judged):
    verdict = judged("costs $1,234.50 today", {"type": "number", "value": 1234.5})
    assert verdict.extracted == "$1,234.50"


@pytest.mark.parametrize(
    ("options", "path", "message"),
    [
        ({"value": "five"}, "value", '"five" is not a number'),
        ({"value": "1/2"}, "value", '"1/2" is not a number'),
        ({"value": "1,234"}, "value", "is not a number"),
        ({"value": True}, "value", "expected number, found true"),
        ({"value": [5]}, "value", "expected number, found [5]"),
        ({"value": float("inf")}, "value", "not a finite number"),
        ({"value": "1e99999"}, "value", "beyond 4,000 digits"),
        ({"value": 5, "which": "lats"}, "which", 'did you mean "last"'),
        ({"value": 5, "abs_tol": -1}, "abs_tol", "found -1"),
        ({"value": 5, "abs_tol": float("inf")}, "abs_tol", "cannot fail"),
        ({"value": 5, "digits": 2, "abs_tol": 1}, "abs_tol", "either"),
        ({"value": 5, "digits": 1.5}, "digits", "expected whole number"),
        ({"value": 5, "locale": "xx"}, "locale", "unknown value"),
        ({"value": 5, "tolerance": 1}, "tolerance", "unknown option"),
        ({"value": 5, "threshold": 0.5}, "threshold", "no graded score"),
    ],
)
def test_options_that_cannot_work_are_refused(refused, options, path, message):
    assert message in refused({"type": "number", **options})[path]


@pytest.mark.parametrize(
    "text",
    ["1," * 20_000, "1 " * 20_000, "1/" * 20_000, "1.1" * 20_000, "10^" * 20_000, "$-" * 20_000,
     "1. \n" * 20_000, "¼" * 20_000, "1,111" * 20_000, "May 5" * 20_000, "v1." * 20_000],
)  # fmt: skip
def test_reading_takes_time_linear_in_the_text(text):
    """A quadratic reader would take minutes here."""
    assert numerals(text) is not None

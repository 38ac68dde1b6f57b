"""Numbers as people read them."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.comparison import words
from evals.model import Difference, Estimate


def plain(text: str) -> str:
    """With ordinary spaces, which are easier to read in a test."""
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def a_difference(**fields: object) -> Difference:
    bare = Difference(
        side="warm",
        reference="greedy",
        metric="accuracy",
        value=0.079,
        low=0.042,
        high=0.116,
        p=0.0004,
        p_adjusted=0.0012,
        comparisons=3,
        n_cases=240,
    )
    return msgspec.structs.replace(bare, **fields)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.824, "82.4 %"),
        (0.0042, "0.42 %"),
        (0.00994, "0.99 %"),
        (0.00996, "1.0 %"),
        (0.0, "0.0 %"),
        (1.0, "100.0 %"),
        (1 - 2e-16, "100.0 %"),
        (0.9996, "99.96 %"),
        (0.99999, ">99.99 %"),
        (0.00001, "<0.01 %"),
        (None, "–"),
    ],
)
def test_a_share_has_one_decimal_and_reads_as_0_or_100_only_where_it_is(
    value: float | None, text: str
) -> None:
    assert plain(words.share(value)) == text


def test_a_share_has_its_unit_once_and_its_interval_in_square_brackets() -> None:
    assert words.share(0.824, 0.771, 0.868) == "82.4\u202f% [77.1, 86.8]"


def test_a_missing_end_of_an_interval_is_a_dash() -> None:
    assert plain(words.seconds(1.0, None, 1.2)) == "1.00 s [–, 1.20]"


def test_a_difference_is_always_signed_and_in_points() -> None:
    assert plain(words.points(0.079, 0.042, 0.116)) == "+7.9 points [+4.2, +11.6]"
    assert plain(words.points(-0.067, -0.094, -0.039)) == "−6.7 points [−9.4, −3.9]"
    assert plain(words.points(0.0, -0.01, 0.01)) == "±0.0 points [−1.0, +1.0]"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.412, "412 ms"),
        (0.0412, "41.2 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.00 s"),
        (1.67, "1.67 s"),
        (11.0, "11.0 s"),
        (9.996, "10.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 0 s"),
        (134, "2 min 14 s"),
        (3700, "1 h 1 min"),
        (0.0, "0 ms"),
        (None, "–"),
    ],
)
def test_times_have_three_digits(value: float | None, text: str) -> None:
    assert plain(words.seconds(value)) == text


def test_the_bounds_of_a_time_are_in_the_unit_of_its_value() -> None:
    assert plain(words.seconds(0.98, 0.91, 1.05)) == "980 ms [910, 1,050]"
    assert plain(words.seconds(1.02, 0.91, 1.1)) == "1.02 s [0.910, 1.10]"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (16.19, "$16.19"),
        (1234.5, "$1,234.50"),
        (0.0023, "$0.0023"),
        (0.00991, "$0.0099"),
        (0.00999, "$0.01"),
        (0.0000012, "$0.0000012"),
        (0.0, "$0.00"),
        (None, "–"),
    ],
)
def test_money_below_a_cent_has_two_significant_digits(value: float | None, text: str) -> None:
    assert words.money(value) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.0004, "p < 0.001"),
        (0.001, "p = 0.001"),
        (0.0411, "p = 0.041"),
        (0.0996, "p = 0.10"),
        (0.22, "p = 0.22"),
        (1.0, "p = 1.00"),
        (None, "p = –"),
    ],
)
def test_p_has_three_decimals_below_a_tenth_and_two_above(p: float | None, text: str) -> None:
    assert plain(words.p_value(p)) == text


def test_p_is_called_adjusted_wherever_more_than_one_comparison_was_made() -> None:
    assert plain(words.adjusted_p(a_difference(comparisons=3))) == "adjusted p = 0.001"
    assert plain(words.adjusted_p(a_difference(comparisons=1))) == "p = 0.001"


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (641, "About 650 cases"),
        (650.0000000001, "About 650 cases"),
        (1201, "About 1,300 cases"),
        (37, "About 37 cases"),
        (3.2, "About 4 cases"),
        (0.4, "About 1 case"),
    ],
)
def test_sizes_of_sample_have_two_significant_digits_rounded_up(n: float, text: str) -> None:
    assert words.cases_needed(n) == text


def test_tokens_are_whole_with_thousands_ratios_have_a_sign() -> None:
    assert words.tokens(1493.2, 1400.4, 1600) == "1,493 [1,400, 1,600]"
    assert words.ratio(5.43) == "5.4×"
    assert words.tokens(None) == words.ratio(None) == "–"


def an_accuracy(value: float, n_cases: int, n_trials: int) -> Estimate:
    return Estimate(value=value, low=0.158, high=0.75, n_cases=n_cases, n_trials=n_trials)


def test_below_ten_cases_a_share_of_one_column_reads_as_counts() -> None:
    assert plain(words.accuracy(an_accuracy(3 / 7, 7, 7))) == "3 of 7 [15.8, 75.0 %]"
    assert plain(words.accuracy(an_accuracy(0.4, 10, 10))) == "40.0 % [15.8, 75.0]"


def test_with_samples_a_mean_over_cases_is_not_shown_as_counts_of_trials() -> None:
    # 1 of 1 and 0 of 3: the mean over cases is 50 %, but 1 trial of 4 passed.
    assert plain(words.accuracy(an_accuracy(0.5, 2, 4))) == "50.0 % [15.8, 75.0]"


@pytest.mark.parametrize(
    ("fields", "chance", "direction"),
    [
        ({"p_adjusted": 0.009}, "Very unlikely to be chance", "Better"),
        ({"p_adjusted": 0.049}, "Unlikely to be chance", "Better"),
        ({"p_adjusted": 0.009, "value": -0.08}, "Very unlikely to be chance", "Worse"),
        ({"p_adjusted": 0.05}, "Could be chance, after adjusting for 3 comparisons", ""),
        ({"p_adjusted": 0.05, "low": -0.01}, "Could be chance", ""),
        ({"p_adjusted": 0.05, "comparisons": 1}, "Could be chance", ""),
        ({"p_adjusted": None, "low": None, "high": None}, "Could be chance", ""),
        ({"n_cases": 9}, "Too few cases to tell", ""),
        ({"test": words.SAME_ANSWERS, "p_adjusted": None}, "Same answers", ""),
        ({"test": words.UNPAIRED, "p_adjusted": None, "n_cases": 0}, "No shared cases", ""),
    ],
)
def test_the_words_of_a_difference_follow_its_adjusted_p(
    fields: dict[str, object], chance: str, direction: str
) -> None:
    difference = a_difference(**fields)
    assert words.chance(difference) == chance
    assert words.direction(difference) == direction


@given(st.floats(min_value=1e-6, max_value=1e9))
def test_significant_digits_lose_less_than_a_half_percent(value: float) -> None:
    shown = float(words.significant(value).replace(",", ""))
    assert abs(shown - value) <= 0.005 * value * (1 + 1e-9)
    assert "e" not in words.significant(value)


@given(st.floats(min_value=0, max_value=1))
def test_a_share_between_0_and_1_never_reads_as_all_or_nothing(value: float) -> None:
    text = plain(words.share(value))
    assert (text == "100.0 %") == (value * 100 >= 100 - words.EXACT)
    assert (text == "0.0 %") == (value * 100 <= words.EXACT)


@pytest.mark.parametrize("value", [0, -0.0004, 0.0004])
def test_a_difference_that_is_read_as_nothing_has_no_direction(value: float) -> None:
    assert words.points(value).startswith("±0.0")

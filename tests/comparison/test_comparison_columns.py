"""The columns of a run side by side."""

from __future__ import annotations

import random

import pytest
from comparison_builders import (
    Written,
    answer,
    manifest,
    measured_case,
    names,
    singles,
    suite,
    trial,
    trials,
    verdict,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.comparison.compare import compare_columns
from evals.comparison.words import SAME_ANSWERS, UNPAIRED
from evals.model import Case, Side, SuiteComparison, TrialResult, Usage
from evals.stats import newcombe_independent_diff, wilson_interval


def compared(
    rows: list[TrialResult], *, n: int = 40, columns: tuple[str, ...] = ("plain",)
) -> SuiteComparison:
    return compare_columns(manifest(suite(names(n), columns)), rows).suites[0]


def only(rows: list[TrialResult], *, n: int = 40) -> Side:
    (side,) = compared(rows, n=n).sides
    return side


def test_accuracy_is_the_mean_over_cases_of_the_share_of_passing_samples() -> None:
    side = only(trials({"case-0": [1, 1, 0, 0], "case-1": [1]}), n=2)
    assert side.accuracy.value == 0.75
    assert (side.accuracy.n_cases, side.accuracy.n_trials) == (2, 5)
    assert (side.n_passed, side.n_failed, side.n_flaky) == (3, 2, 1)


def test_one_sample_a_case_has_wilsons_interval() -> None:
    side = only(singles(8, 2), n=10)
    wilson = wilson_interval(8, 10)
    assert (side.accuracy.low, side.accuracy.high) == pytest.approx((wilson.low, wilson.high))


def test_a_single_trial_has_an_interval_and_one_case_of_repeats_has_none() -> None:
    alone = only(trials({"case-0": [1]}), n=1)
    assert alone.accuracy.low == pytest.approx(0.2065, abs=1e-4)
    assert alone.accuracy.high == 1.0
    repeated = only(trials({"case-0": [1, 0, 1]}), n=1)
    assert repeated.accuracy.value == pytest.approx(2 / 3)
    assert (repeated.accuracy.low, repeated.accuracy.high) == (None, None)


def test_all_passes_and_all_failures_have_exact_ends() -> None:
    assert (lambda a: (a.value, a.high))(only(singles(12, 0)).accuracy) == (1.0, 1.0)
    assert (lambda a: (a.value, a.low))(only(singles(0, 12)).accuracy) == (0.0, 0.0)


def test_without_trials_there_is_no_figure_and_no_row() -> None:
    found = compared([], columns=("plain", "warm"))
    plain, warm = found.sides
    assert plain.accuracy.value is None
    assert (plain.accuracy.low, plain.accuracy.n_cases, plain.n_trials) == (None, 0, 0)
    assert (plain.latency.n, plain.latency.median, plain.latency.values) == (0, None, ())
    assert (plain.tokens.n, plain.tokens.prompt, plain.cost_usd, plain.ttft) == (
        0,
        None,
        None,
        None,
    )
    assert warm.difference is not None
    assert (warm.difference.value, warm.difference.p) == (None, None)
    assert found.cases == ()


def test_what_has_no_verdict_is_left_out_of_accuracy_and_counted() -> None:
    cells: dict[str, list[Written]] = {
        "case-0": [1],
        "case-1": [0],
        "case-2": ["error"],
        "case-3": ["unjudged"],
        "case-4": ["skipped"],
        "case-5": [None],
    }
    side = only(trials(cells))
    assert side.accuracy.value == 0.5
    assert (side.accuracy.n_cases, side.accuracy.n_trials, side.accuracy.n_errors) == (2, 2, 1)
    assert (side.n_errors, side.n_unjudged, side.n_not_run) == (1, 1, 1)
    assert (side.n_skipped, side.n_trials) == (1, 5)


def test_errors_leave_open_the_range_of_counting_them_as_failures_or_passes() -> None:
    side = only(trials({"case-0": [1, "error"], "case-1": [1, 1], "case-2": ["error", "error"]}))
    assert side.accuracy.value == 1.0
    assert side.accuracy.if_errors_fail == pytest.approx((0.5 + 1 + 0) / 3)
    assert side.accuracy.if_errors_pass == 1.0
    assert only(singles(3, 1)).accuracy.if_errors_fail is None


def test_nothing_but_errors_leaves_everything_open() -> None:
    side = only(trials({"case-0": ["error"], "case-1": ["error"]}))
    assert side.accuracy.value is None
    assert (side.accuracy.if_errors_fail, side.accuracy.if_errors_pass) == (0.0, 1.0)
    assert (side.cases_all, side.cases_some, side.cases_none) == (0, 0, 0)


def test_cases_are_counted_by_whether_every_some_or_no_sample_passed() -> None:
    cells: dict[str, list[Written]] = {
        "case-0": [1, 1],
        "case-1": [1, "error"],
        "case-2": [0, 1],
        "case-3": [0, 0],
        "case-4": ["error", "error"],
    }
    side = only(trials(cells))
    assert (side.cases_all, side.cases_some, side.cases_none) == (2, 1, 1)


def test_clusters_widen_the_interval() -> None:
    rows = singles(20, 20)
    clustered = [
        trial(row.case, row.passed, cluster=f"document-{n // 4}") for n, row in enumerate(rows)
    ]
    free, tied = only(rows).accuracy, only(clustered).accuracy
    assert free.value == tied.value == 0.5
    assert (tied.high or 0) - (tied.low or 0) > 1.5 * ((free.high or 0) - (free.low or 0))


def test_the_reference_comes_first_and_the_others_in_the_suites_order() -> None:
    the_suite = suite(names(2), ("a", "b", "c"), reference="b")
    found = compare_columns(manifest(the_suite), []).suites[0]
    assert [side.id for side in found.sides] == ["b", "a", "c"]
    assert found.reference == "b"
    assert found.sides[0].difference is None


def test_a_difference_is_over_shared_cases_and_says_which_flipped() -> None:
    plain = trials({"case-0": [1], "case-1": [1], "case-2": [0], "case-3": [1], "case-4": [0]})
    warm = trials({"case-0": [1], "case-1": [0], "case-2": [1], "case-5": [1]}, column="warm")
    side = compared(plain + warm, columns=("plain", "warm")).sides[1]
    difference = side.difference
    assert difference is not None
    assert (difference.side, difference.reference) == ("warm", "plain")
    assert (difference.n_cases, difference.value) == (3, 0.0)
    assert (difference.gains, difference.losses) == (("case-2",), ("case-1",))
    assert (difference.p, difference.test) == (1.0, "exact McNemar test")


def test_mcnemar_by_hand() -> None:
    # 6 losses, no gain: 2 · (1/2)^6.
    plain = singles(30, 0)
    warm = trials({f"case-{n}": [int(n >= 6)] for n in range(30)}, column="warm")
    difference = compared(plain + warm, columns=("plain", "warm")).sides[1].difference
    assert difference is not None
    assert difference.p == pytest.approx(2 / 2**6)
    assert difference.value == pytest.approx(-0.2)
    assert difference.losses == tuple(names(6))


def test_with_samples_the_test_is_the_sign_flip_and_only_majorities_flip() -> None:
    before: dict[str, list[Written]] = {
        "case-0": [1, 1, 1],
        "case-1": [1, 1, 0],
        "case-2": [1, 1, 1],
        "case-3": [0, 1, 0],
        "case-4": [1, 1],
    }
    after: dict[str, list[Written]] = {
        "case-0": [1, 1, 0],
        "case-1": [1, 0, 0],
        "case-2": [0, 0, 0],
        "case-3": [1, 1, 0],
        "case-4": [1, 0],
    }
    rows = trials(before) + trials(after, column="warm")
    difference = compared(rows, columns=("plain", "warm")).sides[1].difference
    assert difference is not None
    assert difference.test == "exact sign-flip test"
    # In sixths −2 −2 −6 +2 −3 = −11. Of 32 choices of sign, 4 reach 11 and 4 reach −11.
    assert difference.p == pytest.approx(8 / 32)
    assert difference.value == pytest.approx(-11 / 6 / 5)
    assert difference.gains == ("case-3",)
    assert difference.losses == ("case-1", "case-2"), "a tie is no majority: case-4 only shifted"


def test_p_is_adjusted_for_the_comparisons_of_the_table() -> None:
    columns = ("plain", "b", "c", "unasked")
    rows = singles(30, 0)
    rows += trials({f"case-{n}": [int(n >= 9)] for n in range(30)}, column="b")
    rows += trials({f"case-{n}": [int(n >= 6)] for n in range(30)}, column="c")
    _, b, c, unasked = (side.difference for side in compared(rows, columns=columns).sides)
    assert b is not None
    assert c is not None
    assert unasked is not None
    assert (b.p_adjusted, c.p_adjusted) == pytest.approx((2 * 2 / 2**9, 2 / 2**6))
    assert (b.comparisons, c.comparisons) == (2, 2)
    assert (unasked.p, unasked.p_adjusted) == (None, None), "no p, so not counted"


def test_without_a_shared_case_the_interval_is_that_of_independent_shares() -> None:
    plain = trials({f"case-{n}": [int(n < 8)] for n in range(10)})
    warm = trials({f"case-{n}": [int(n < 16)] for n in range(10, 20)}, column="warm")
    difference = compared(plain + warm, columns=("plain", "warm")).sides[1].difference
    newcombe = newcombe_independent_diff(passes_a=8, n_a=10, passes_b=6, n_b=10)
    assert difference is not None
    assert difference.test == UNPAIRED
    assert (difference.n_cases, difference.p, difference.p_adjusted) == (0, None, None)
    assert (difference.value, difference.low, difference.high) == pytest.approx(
        (newcombe.diff, newcombe.low, newcombe.high)
    )


def test_one_case_of_repeats_on_both_sides_has_a_difference_but_no_interval_and_no_p() -> None:
    rows = trials({"case-0": [1, 0]}) + trials({"case-0": [1, 1]}, column="warm")
    difference = compared(rows, columns=("plain", "warm")).sides[1].difference
    assert difference is not None
    assert difference.value == 0.5
    assert (difference.low, difference.high, difference.p) == (None, None, None)


def test_two_columns_that_are_the_same_recorded_answers_are_not_tested() -> None:
    plain = [trial(f"case-{n}", 1, take=f"key-{n}") for n in range(20)]
    warm = [trial(f"case-{n}", 1, column="warm", take=f"key-{n}") for n in range(20)]
    difference = compared(plain + warm, columns=("plain", "warm")).sides[1].difference
    assert difference is not None
    assert (difference.value, difference.test) == (0.0, SAME_ANSWERS)
    assert (difference.low, difference.p, difference.p_adjusted) == (None, None, None)


def test_latency_has_quantiles_of_trials_and_its_interval_from_case_medians() -> None:
    rows = [
        trial(f"case-{case}", 1, sample=sample, latency=1 + case + sample / 10)
        for case in range(7)
        for sample in range(3)
    ]
    latency = only(rows, n=7).latency
    assert (latency.n, latency.median, latency.p95) == (21, 4.1, None)
    assert latency.mean == pytest.approx(4.1)
    # Of 7 independent values the least and the greatest bound the median: case medians 1.1, 7.1.
    assert (latency.median_low, latency.median_high) == (1.1, 7.1)
    assert latency.values == tuple(sorted(latency.values))


def test_errored_trials_have_no_latency_and_no_tokens() -> None:
    rows = [trial("case-0", 1, latency=2.0), trial("case-1", "error")]
    side = only(rows)
    assert side.latency.values == (2.0,)
    assert side.ttft is None


def test_time_to_first_token_is_shown_where_answers_were_streamed() -> None:
    rows = [trial("case-0", 1, ttft=0.5), trial("case-1", 1)]
    ttft = only(rows).ttft
    assert ttft is not None
    assert (ttft.n, ttft.median) == (1, 0.5)


def test_tokens_are_means_over_cases_of_what_the_service_told() -> None:
    rows = [
        trial("case-0", 1, sample=0, usage=Usage(prompt_tokens=10, completion_tokens=4)),
        trial("case-0", 1, sample=1, usage=Usage(prompt_tokens=10, completion_tokens=8)),
        trial(
            "case-1",
            0,
            usage=Usage(prompt_tokens=20, completion_tokens=30, reasoning_tokens=20),
        ),
        trial("case-2", 1),
    ]
    tokens = only(rows).tokens
    assert (tokens.n, tokens.prompt, tokens.completion) == (3, 15.0, 18.0)
    assert (tokens.visible, tokens.reasoning) == (10.0, 20.0), "unknown is not 0"


def test_cost_is_a_total_and_unknown_where_an_answer_has_no_price() -> None:
    priced = [trial("case-0", 1, cost_usd=0.25), trial("case-1", "error", cost_usd=0.5)]
    assert only(priced).cost_usd == 0.75
    assert only([*priced, trial("case-2", 0)]).cost_usd is None
    assert only([*priced, trial("case-2", "error")]).cost_usd == 0.75


def test_a_named_metric_is_the_mean_of_its_scores_over_cases() -> None:
    cases = [measured_case(name, "format") for name in names(3)]
    rows = [
        trial("case-0", 1, sample=0, checks=(verdict("format", 1.0), verdict("other", 0.0))),
        trial("case-0", 0, sample=1, checks=(verdict("format", 0.5), verdict(None, 1.0))),
        trial("case-1", 1, checks=(verdict(None, 1.0, checks=(verdict("format", 0.25),)),)),
        trial("case-2", "error"),
    ]
    (side,) = compare_columns(manifest(suite(cases)), rows).suites[0].sides
    found = side.metrics["format"]
    assert found.value == pytest.approx((0.75 + 0.25) / 2)
    assert (found.n_cases, found.n_trials, found.n_errors) == (2, 3, 1)
    assert found.if_errors_fail == pytest.approx(1.0 / 3)
    assert side.metrics["other"].value == 0.0
    assert list(side.metrics) == ["format", "other"]


def test_a_check_that_could_not_be_made_is_an_error_of_its_metric_only() -> None:
    cases = [measured_case("case-0", "format"), Case(id="case-1")]
    rows = [trial("case-0", 1, checks=(verdict("format", None),)), trial("case-1", "error")]
    (side,) = compare_columns(manifest(suite(cases)), rows).suites[0].sides
    assert side.metrics["format"].value is None
    assert side.metrics["format"].n_errors == 1, "case-1 has no such check"
    assert side.accuracy.value == 1.0


def test_accuracy_by_tag_counts_a_case_under_each_of_its_tags() -> None:
    rows = [
        trial("case-0", 1, tags=("easy", "sums")),
        trial("case-1", 0, tags=("sums",)),
        trial("case-2", "error", tags=("hard",)),
    ]
    tags = only(rows).tags
    assert {tag: estimate.value for tag, estimate in tags.items()} == {
        "easy": 1.0,
        "hard": None,
        "sums": 0.5,
    }


def test_rows_follow_the_suite_and_samples_their_number() -> None:
    rows = trials({"case-1": [1, 0, 1]}, column="warm") + trials({"case-0": [0]})
    random.Random(1).shuffle(rows)
    found = compared(rows, columns=("plain", "warm")).cases
    assert [row.id for row in found] == ["case-0", "case-1"]
    assert list(found[1].trials) == ["warm"]
    assert [one.passed for one in found[1].trials["warm"]] == [1, 0, 1]


def test_trials_of_a_case_or_column_that_the_suite_no_longer_has_are_left_out() -> None:
    rows = [*singles(2, 0), trial("gone", 0), trial("case-3", 0, column="gone")]
    assert only(rows).n_trials == 2


def test_suites_are_kept_apart() -> None:
    one, two = suite(["x"], id="one"), suite(["x"], id="two")
    rows = [trial("x", 1, suite="one"), trial("x", 0, suite="two")]
    found = compare_columns(manifest(one, two), rows).suites
    assert [part.sides[0].accuracy.value for part in found] == [1.0, 0.0]


@st.composite
def some_trials(draw: st.DrawFn) -> list[TrialResult]:
    outcomes: st.SearchStrategy[Written] = st.sampled_from(
        [1, 0, "error", "unjudged", "skipped", None]
    )
    rows = []
    for column in ("plain", "warm"):
        for case in draw(st.lists(st.sampled_from(names(6)), unique=True)):
            for sample, written in enumerate(draw(st.lists(outcomes, max_size=4))):
                rows.append(
                    trial(
                        case,
                        written,
                        column=column,
                        sample=sample,
                        latency=draw(st.floats(0.001, 10)),
                        cost_usd=draw(st.floats(0, 1)),
                        completion=answer(Usage(prompt_tokens=draw(st.integers(0, 9)))),
                        cluster=draw(st.sampled_from([None, "x"])) if case == "case-0" else None,
                        tags=("even",) if case in ("case-0", "case-2") else (),
                    )
                )
    return rows


@settings(max_examples=80, deadline=None)
@given(rows=some_trials(), seed=st.integers(0, 1000))
def test_the_order_in_which_trials_come_never_matters(rows: list[TrialResult], seed: int) -> None:
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    columns = ("plain", "warm")
    assert compared(shuffled, n=6, columns=columns) == compared(rows, n=6, columns=columns)


@settings(max_examples=80, deadline=None)
@given(rows=some_trials())
def test_every_figure_lies_within_its_interval_and_counts_add_up(rows: list[TrialResult]) -> None:
    for side in compared(rows, n=6, columns=("plain", "warm")).sides:
        counts = (side.n_passed, side.n_failed, side.n_errors, side.n_unjudged, side.n_not_run)
        assert sum(counts) == side.n_trials
        assert side.n_passed + side.n_failed == side.accuracy.n_trials
        accuracy = side.accuracy
        if accuracy.value is not None and accuracy.low is not None and accuracy.high is not None:
            assert 0 <= accuracy.low <= accuracy.value <= accuracy.high <= 1
        if accuracy.if_errors_fail is not None and accuracy.if_errors_pass is not None:
            assert accuracy.if_errors_fail <= accuracy.if_errors_pass
        difference = side.difference
        if difference is not None and difference.low is not None and difference.high is not None:
            assert difference.value is not None
            assert -1 <= difference.low <= difference.value <= difference.high <= 1

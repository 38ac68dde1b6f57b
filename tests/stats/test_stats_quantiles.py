"""Quantiles, times and amounts."""

import math
import random
from fractions import Fraction
from statistics import NormalDist, quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.stats import (
    clustered_mean,
    enough_values,
    geometric_mean_ratio,
    hodges_lehmann_paired,
    hodges_lehmann_shift,
    mean_total,
    quantile,
    quantile_interval,
    ratio_of_totals,
)
from evals.stats.latency import EXACT_RANKS, MOST_DIFFERENCES

VALUES = st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=60)
TIMES = st.lists(st.floats(0.001, 1e4), min_size=2, max_size=40)
SHARES = st.floats(0, 1)


@given(VALUES, SHARES, SHARES)
def test_quantile_rises_with_its_share_within_the_values(values, p, q):
    low, high = sorted((p, q))
    assert min(values) <= quantile(values, low) <= quantile(values, high) <= max(values)


@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=60))
def test_quantile_is_the_inclusive_one_of_the_standard_library(values):
    for number, expected in enumerate(quantiles(values, n=20, method="inclusive"), start=1):
        assert quantile(values, number / 20) == pytest.approx(expected, rel=1e-9, abs=1e-3)


@given(VALUES, st.randoms())
def test_order_does_not_matter(values, rng):
    shuffled = rng.sample(values, len(values))
    assert quantile(shuffled, 0.9) == quantile(values, 0.9)
    assert quantile_interval(shuffled, 0.9) == quantile_interval(values, 0.9)


@pytest.mark.parametrize("q", [-0.1, 1.1, 95])
def test_share_beyond_1_is_refused(q):
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantile([1.0], q)


@pytest.mark.parametrize(("q", "least"), [(0.5, 10), (0.9, 50), (0.95, 100), (0.99, 500)])
def test_values_that_settle_a_quantile(q, least):
    assert enough_values(least, q)
    assert not enough_values(least - 1, q)


@given(VALUES, st.sampled_from([0.5, 0.9, 0.95]), st.sampled_from([0.8, 0.95]))
def test_quantile_interval_holds_the_quantile_with_enough_confidence(values, q, confidence):
    interval = quantile_interval(values, q, confidence=confidence)
    assert interval.coverage >= confidence - 1e-9
    if interval.low is not None and interval.high is not None:
        assert interval.low <= quantile(values, q) <= interval.high


@given(st.integers(1, 80), st.sampled_from([0.25, 0.5, 0.9]), st.sampled_from([0.5, 0.95]))
def test_ranks_are_the_narrowest_that_leave_half_alpha(n, q, confidence):
    """By exact fractions: one rank further in would leave more."""
    p, half = Fraction(str(q)), (1 - Fraction(str(confidence))) / 2
    chances = [math.comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(n + 1)]
    interval = quantile_interval(list(range(1, n + 1)), q, confidence=confidence)
    lower = interval.lower_rank or 0
    upper = interval.upper_rank or n + 1
    assert lower == 0 or sum(chances[:lower]) <= half
    assert sum(chances[: lower + 1]) > half
    assert upper == n + 1 or sum(chances[upper:]) <= half
    assert sum(chances[upper - 1 :]) > half
    assert interval.low == interval.lower_rank
    assert interval.high == interval.upper_rank


@pytest.mark.parametrize(
    ("q", "side", "least"), [(0.5, "low", 6), (0.95, "high", 72), (0.99, "high", 368)]
)
def test_small_samples_leave_a_side_unbounded(q, side, least):
    values = list(range(least))
    assert getattr(quantile_interval(values[1:], q), side) is None
    assert getattr(quantile_interval(values, q), side) is not None


def test_no_value_bounds_nothing():
    interval = quantile_interval([], 0.5)
    assert (interval.low, interval.high, interval.coverage) == (None, None, 1.0)


@given(TIMES, st.floats(0.1, 10))
def test_geometric_ratio_scales_and_inverts(times, factor):
    other = [time * (1 + number % 3) for number, time in enumerate(times)]
    ratio, back = geometric_mean_ratio(times, other), geometric_mean_ratio(other, times)
    scaled = geometric_mean_ratio(times, [factor * time for time in other])
    assert ratio.ratio * back.ratio == pytest.approx(1.0)
    assert scaled.ratio == pytest.approx(factor * ratio.ratio)
    assert ratio.low <= ratio.ratio <= ratio.high
    assert (ratio.p_two_sided < 0.05) == (ratio.low > 1)


def test_equal_ratios_have_no_interval():
    ratio = geometric_mean_ratio([100.0, 200.0, 300.0], [100.0, 200.0, 300.0])
    assert (ratio.ratio, ratio.low, ratio.p_two_sided) == (1.0, None, None)
    assert geometric_mean_ratio([], []).ratio is None


def test_time_of_0_has_no_ratio():
    with pytest.raises(ValueError, match="above 0"):
        geometric_mean_ratio([1.0, 0.0], [1.0, 2.0])


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=30), st.integers(-20, 20))
def test_hodges_lehmann_moves_with_the_differences(diffs, shift):
    here = hodges_lehmann_paired(diffs)
    there = hodges_lehmann_paired([diff + shift for diff in diffs])
    assert there.estimate == here.estimate + shift
    assert (here.low is None) == (len(diffs) < 6)
    if here.low is not None:
        assert here.low <= here.estimate <= here.high
        assert there.low == here.low + shift
        assert 0.9 < here.achieved < 1.0


def test_rank_of_many_differences_is_close_to_the_exact_one():
    """Just below and just above the limit of the exact law."""
    rng = random.Random(2)
    diffs = [rng.gauss(10, 50) for _ in range(EXACT_RANKS + 1)]
    exact, approximate = hodges_lehmann_paired(diffs[:-1]), hodges_lehmann_paired(diffs)
    n = EXACT_RANKS + 1
    expected = n * (n + 1) / 4 - 1.96 * math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
    assert approximate.rank == pytest.approx(expected, abs=1)
    assert approximate.achieved == pytest.approx(exact.achieved, abs=1e-3)
    assert approximate.low == pytest.approx(exact.low, abs=2)


def test_too_many_differences_name_the_way_out():
    with pytest.raises(ValueError, match="use geometric_mean_ratio"):
        hodges_lehmann_paired([1.0] * (MOST_DIFFERENCES + 1))


@given(VALUES, st.floats(-1e6, 1e6))
def test_unpaired_shift_of_a_moved_sample(values, by):
    shift = hodges_lehmann_shift(values, [value + by for value in values])
    assert shift.estimate == pytest.approx(by, rel=1e-6, abs=1e-5)


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=50))
def test_total_follows_from_the_mean(values):
    result = mean_total(values)
    low, high = result.expected_total_interval
    next_low, next_high = result.next_total_interval
    assert low <= result.total + 1e-6
    assert high >= result.total - 1e-6
    assert high - low == pytest.approx(
        len(values) * (result.mean_interval[1] - result.mean_interval[0])
    )
    # another run varies as much as this one did
    assert next_high - next_low == pytest.approx(math.sqrt(2) * (high - low), abs=1e-6)


def test_next_total_covers_the_next_run():
    """Of two runs of the same size, the second falls where the first said, 95 times in 100."""
    rng, runs, hits = random.Random(4), 600, 0
    for _ in range(runs):
        first = [rng.gauss(100, 20) for _ in range(25)]
        low, high = mean_total(first).next_total_interval
        hits += low <= sum(rng.gauss(100, 20) for _ in range(25)) <= high
    assert 0.925 <= hits / runs <= 0.975


@given(st.lists(st.tuples(st.floats(0, 1e3), st.floats(0.1, 1e3)), min_size=2, max_size=40))
def test_ratio_of_totals_holds_the_ratio_and_is_no_mean_of_ratios(pairs):
    y, x = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    result = ratio_of_totals(y, x)
    assert result.ratio == pytest.approx(sum(y) / sum(x))
    assert result.low <= result.ratio <= result.high
    doubled = ratio_of_totals([2 * value for value in y], x)
    assert doubled.se == pytest.approx(2 * result.se)


@given(st.lists(st.floats(0, 1e3), min_size=2, max_size=30))
def test_ratio_to_ones_is_the_mean(values):
    ratio, mean = ratio_of_totals(values, [1.0] * len(values)), clustered_mean(values)
    assert ratio.ratio == pytest.approx(mean.mean)
    assert ratio.se == pytest.approx(mean.se, rel=1e-6, abs=1e-9)


def test_cost_of_no_pass_is_undefined_not_0():
    assert ratio_of_totals([0.02, 0.03], [0, 0]).ratio is None


def test_interval_of_the_normal_median_has_the_coverage_it_states():
    rng, runs, hits = random.Random(9), 600, 0
    for _ in range(runs):
        interval = quantile_interval([rng.gauss(0, 1) for _ in range(200)], 0.9)
        hits += interval.low <= NormalDist().inv_cdf(0.9) <= interval.high
    assert hits / runs == pytest.approx(interval.coverage, abs=0.03)

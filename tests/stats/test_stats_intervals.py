"""Intervals of one side: they hold the estimate, stay in range and narrow with more data."""

import math
import random
from statistics import stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.stats import (
    accuracy_interval,
    binomial_threshold_test,
    clopper_pearson_interval,
    clustered_mean,
    newcombe_independent_diff,
    wilson_interval,
)

OUTCOME = st.integers(0, 1)
CONFIDENCE = st.sampled_from([0.8, 0.95, 0.99])


@st.composite
def counts(draw, most=300):
    n = draw(st.integers(1, most))
    return draw(st.integers(0, n)), n


@st.composite
def suites(draw, score=OUTCOME):
    """Outcomes of 2 to 30 cases with 1 to 4 trials, and cluster keys, some of them shared."""
    outcomes = draw(st.lists(st.lists(score, min_size=1, max_size=4), min_size=2, max_size=30))
    keys = st.one_of(st.none(), st.integers(0, 9))
    n = len(outcomes)
    return outcomes, draw(st.one_of(st.none(), st.lists(keys, min_size=n, max_size=n)))


@given(counts(), CONFIDENCE)
def test_wilson_holds_the_rate_within_0_and_1(count, confidence):
    passes, n = count
    interval = wilson_interval(passes, n, confidence=confidence)
    assert 0.0 <= interval.low <= interval.rate <= interval.high <= 1.0
    assert interval.low < interval.high


@given(counts())
def test_wilson_is_symmetric_in_passes_and_fails(count):
    passes, n = count
    interval, mirrored = wilson_interval(passes, n), wilson_interval(n - passes, n)
    assert interval.low == pytest.approx(1 - mirrored.high, abs=1e-12)


@given(counts(100))
def test_wilson_rises_with_passes_and_narrows_with_trials(count):
    passes, n = count
    interval = wilson_interval(passes, n)
    more, longer = wilson_interval(passes + 1, n + 1), wilson_interval(2 * passes, 2 * n)
    assert more.high >= interval.high - 1e-12
    assert more.low >= interval.low - 1e-12
    assert longer.high - longer.low < interval.high - interval.low


def test_wilson_ends_are_exact():
    """No −1e-17 and no 0.9999999: all fail begins at 0, all pass ends at 1."""
    assert wilson_interval(0, 7).low == 0.0
    assert wilson_interval(7, 7).high == 1.0


def test_no_trial_has_no_interval():
    assert wilson_interval(0, 0).rate is None
    assert clopper_pearson_interval(0, 0).low is None
    assert accuracy_interval([]).accuracy is None
    assert newcombe_independent_diff(passes_a=0, n_a=0, passes_b=1, n_b=1).diff is None


@given(counts(60), CONFIDENCE)
def test_clopper_pearson_leaves_exactly_half_alpha_on_either_side(count, confidence):
    passes, n = count
    interval = clopper_pearson_interval(passes, n, confidence=confidence)
    assert 0.0 <= interval.low <= passes / n <= interval.high <= 1.0
    half = (1 - confidence) / 2
    if passes > 0:
        at_low = binomial_threshold_test(passes, n, interval.low)
        assert at_low.p_greater == pytest.approx(half, rel=1e-6)
    if passes < n:
        at_high = binomial_threshold_test(passes, n, interval.high)
        assert at_high.p_less == pytest.approx(half, rel=1e-6)


@pytest.mark.parametrize("function", [wilson_interval, clopper_pearson_interval])
@pytest.mark.parametrize(("passes", "n"), [(3, 2), (-1, 2), (0, -1)])
def test_more_passes_than_trials_are_refused(function, passes, n):
    with pytest.raises(ValueError, match="passes among"):
        function(passes, n)


@given(counts(), counts(), CONFIDENCE)
def test_newcombe_holds_the_difference_and_mirrors(a, b, confidence):
    forth = newcombe_independent_diff(
        passes_a=a[0], n_a=a[1], passes_b=b[0], n_b=b[1], confidence=confidence
    )
    back = newcombe_independent_diff(
        passes_a=b[0], n_a=b[1], passes_b=a[0], n_b=a[1], confidence=confidence
    )
    assert -1.0 - 1e-12 <= forth.low <= forth.diff <= forth.high <= 1.0 + 1e-12
    assert back.low == pytest.approx(-forth.high, abs=1e-12)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50))
def test_mean_without_clusters_has_the_ordinary_standard_error(values):
    mean = clustered_mean(values)
    assert mean.low <= mean.mean <= mean.high
    assert mean.se == pytest.approx(stdev(values) / math.sqrt(len(values)), rel=1e-6, abs=1e-9)
    assert mean.df == len(values) - 1


@given(suites())
def test_keys_name_clusters_and_nothing_else(suite):
    """None is a cluster of its own; which keys are used and the order of cases do not matter."""
    outcomes, keys = suite
    values = [float(sum(trials)) for trials in outcomes]
    if keys is None:
        assert clustered_mean(values) == clustered_mean(values, clusters=[None] * len(values))
        return
    renamed = [None if key is None else f"document {key}" for key in keys]
    assert clustered_mean(values, clusters=keys) == clustered_mean(values, clusters=renamed)
    backwards = clustered_mean(values[::-1], clusters=keys[::-1])
    forwards = clustered_mean(values, clusters=keys)
    assert forwards.n_clusters == backwards.n_clusters
    assert (forwards.se or 0.0) == pytest.approx(backwards.se or 0.0, rel=1e-9, abs=1e-12)


def test_copies_of_a_case_in_one_cluster_add_no_precision():
    values = [0.0, 1.0, 1.0, 0.0, 1.0]
    once = clustered_mean(values)
    thrice = clustered_mean(values * 3, clusters=list(range(5)) * 3)
    assert thrice.se == pytest.approx(once.se)
    assert thrice.df == once.df == 4


def test_keys_must_match_the_values():
    with pytest.raises(ValueError, match="3 values but 2 cluster keys"):
        clustered_mean([1.0, 2.0, 3.0], clusters=["x", "y"])


def test_equal_values_have_no_spread_whatever_their_size():
    """Rounding in the last digit is not taken for a standard error."""
    for value in (0.1, 1e-6 / 3, 1234567.1):
        assert clustered_mean([value] * 7).se == 0.0


@given(suites(), CONFIDENCE)
def test_accuracy_holds_the_mean_of_case_rates(suite, confidence):
    outcomes, keys = suite
    result = accuracy_interval(outcomes, clusters=keys, confidence=confidence)
    rates = [sum(trials) / len(trials) for trials in outcomes]
    assert result.accuracy == pytest.approx(sum(rates) / len(rates))
    assert result.n_trials == sum(map(len, outcomes))
    if result.n_clusters < 2:
        assert result.low is None
    else:
        assert 0.0 <= result.low <= result.accuracy <= result.high <= 1.0
        assert result.n_eff <= max(result.n_trials, result.n_clusters)


@given(suites(score=st.sampled_from([0.0, 0.25, 0.5, 1.0])))
def test_graded_scores_take_the_same_way(suite):
    outcomes, keys = suite
    result = accuracy_interval(outcomes, clusters=keys)
    if result.n_clusters >= 2:
        assert 0.0 <= result.low <= result.accuracy <= result.high <= 1.0


@given(st.lists(st.integers(0, 1), min_size=2, max_size=200))
def test_accuracy_of_single_trials_is_wilsons_interval(passed):
    result = accuracy_interval([[outcome] for outcome in passed])
    wilson = wilson_interval(sum(passed), len(passed))
    assert result.low == pytest.approx(wilson.low, abs=1e-9)
    assert result.high == pytest.approx(wilson.high, abs=1e-9)


def test_repeats_are_never_extra_cases():
    """Twenty identical samples of five cases say no more than one sample of each."""
    once = accuracy_interval([[1], [1], [1], [1], [1]])
    many = accuracy_interval([[1] * 20] * 5)
    assert many.n_eff == 5
    assert many.low < once.low  # t instead of z


def test_one_cluster_has_no_interval_and_a_case_without_trials_is_refused():
    assert accuracy_interval([[1, 0, 1]]).low is None
    assert accuracy_interval([[1], [0]], clusters=["x", "x"]).low is None
    with pytest.raises(ValueError, match="leave it out and count it"):
        accuracy_interval([[1], []])


def test_interval_of_unequal_clusters_covers_the_truth():
    """3 samples of 60 cases with rates of their own: 95 % of intervals hold the true mean."""
    rng, runs, covered = random.Random(11), 400, 0
    for _ in range(runs):
        rates = [rng.betavariate(2, 1) for _ in range(60)]
        outcomes = [[int(rng.random() < rate) for _ in range(3)] for rate in rates]
        result = accuracy_interval(outcomes)
        covered += result.low <= 2 / 3 <= result.high
    assert 0.92 <= covered / runs <= 0.98

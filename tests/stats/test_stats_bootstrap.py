"""Resampling: the same seed draws the same; the draws agree with all resamples."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import evals.stats.bootstrap as bootstrap
from evals.stats import (
    bootstrap_interval,
    pooled_quantile_interval,
    quantile,
    quantile_interval,
    ratio_of_medians,
    ratio_of_medians_exact_bootstrap,
    ratio_of_quantiles,
)

TIMES = st.floats(1, 1000)


def _lognormal(seed, n, scale=1.0):
    rng = random.Random(seed)
    return [scale * rng.lognormvariate(5, 0.5) for _ in range(n)]


def test_same_seed_same_interval():
    a, b = _lognormal(1, 30), _lognormal(2, 30)
    assert ratio_of_medians(a, b, seed=5) == ratio_of_medians(a, b, seed=5)
    assert ratio_of_medians(a, b, seed=5) != ratio_of_medians(a, b, seed=6)


@given(st.lists(st.tuples(TIMES, TIMES), min_size=2, max_size=6), st.integers(0, 10))
def test_drawn_interval_lies_where_all_resamples_say(pairs, seed):
    """With a tenth of the draws that the brackets are made for: within the outermost values."""
    a, b = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    drawn = ratio_of_medians(a, b, seed=seed)
    exact = ratio_of_medians_exact_bootstrap(a, b)
    everything = ratio_of_medians_exact_bootstrap(a, b, confidence=1.0)
    assert drawn.estimate == pytest.approx(exact.estimate)
    assert exact.low_bracket[0] <= exact.low_bracket[1]
    assert everything.low_bracket[0] <= drawn.low + 1e-12
    assert drawn.high <= everything.high_bracket[1] + 1e-12


@pytest.mark.parametrize("seed", range(5))
def test_drawn_interval_falls_into_the_exact_brackets(seed):
    a, b = [310.0, 480.0, 120.0, 700.0, 255.0], [350.0, 460.0, 150.0, 910.0, 240.0]
    drawn, exact = ratio_of_medians(a, b, seed=seed), ratio_of_medians_exact_bootstrap(a, b)
    assert exact.low_bracket[0] - 1e-9 <= drawn.low <= exact.low_bracket[1] + 1e-9
    assert exact.high_bracket[0] - 1e-9 <= drawn.high <= exact.high_bracket[1] + 1e-9


@pytest.mark.parametrize(("n", "corrected"), [(19, False), (20, True)])
def test_interval_is_corrected_from_20_cases_on(n, corrected, monkeypatch):
    """Skewed ratios: BCa and plain percentiles differ, and fewer cases get the percentiles."""
    a, b = _lognormal(3, n), _lognormal(4, n)
    shown = ratio_of_medians(a, b, seed=1)
    monkeypatch.setattr(bootstrap, "ENOUGH_FOR_BCA", n + 1)
    percentile = ratio_of_medians(a, b, seed=1)
    assert shown.low <= shown.estimate <= shown.high
    assert (shown != percentile) == corrected


def test_copies_in_a_cluster_add_no_precision():
    a, b = _lognormal(5, 15), _lognormal(6, 15)
    once = ratio_of_medians(a, b, seed=2)
    copied = ratio_of_medians(a * 3, b * 3, clusters=list(range(15)) * 3, seed=2)
    assert copied.estimate == once.estimate
    assert (copied.low, copied.high) == pytest.approx((once.low, once.high), rel=0.05)


def test_too_few_units_have_no_interval():
    assert ratio_of_medians([], [], seed=1).estimate is None
    assert ratio_of_medians([2.0], [3.0], seed=1).low is None
    assert ratio_of_medians([2.0, 4.0], [3.0, 5.0], clusters=["x", "x"], seed=1).low is None
    assert pooled_quantile_interval([1.0, 2.0], 0.5, clusters=["x", "x"], seed=1).low is None


def test_ratio_needs_positive_values():
    with pytest.raises(ValueError, match="above 0"):
        ratio_of_medians([0.0, 1.0], [1.0, 1.0], seed=1)


def test_sides_must_pair_up():
    with pytest.raises(ValueError, match="2 values before and 1 after"):
        ratio_of_medians([1.0, 2.0], [1.0], seed=1)


@pytest.mark.parametrize("n", [0, 7])
def test_only_few_pairs_can_be_listed(n):
    with pytest.raises(ValueError, match="1 to 6 pairs"):
        ratio_of_medians_exact_bootstrap([1.0] * n, [1.0] * n)


def test_pooled_quantile_of_independent_values_is_near_the_order_statistics():
    values = _lognormal(7, 400)
    drawn = pooled_quantile_interval(values, 0.95, clusters=None, seed=1)
    ranked = quantile_interval(values, 0.95)
    assert drawn.low <= quantile(values, 0.95) <= drawn.high
    assert drawn.low == pytest.approx(ranked.low, rel=0.1)
    assert drawn.high == pytest.approx(ranked.high, rel=0.1)


def test_pooled_quantile_is_wider_when_values_hang_together():
    """The 40 values of 10 cases that repeat exactly are 10 values."""
    values = _lognormal(8, 10)
    apart = pooled_quantile_interval(values * 4, 0.5, clusters=None, seed=1)
    together = pooled_quantile_interval(values * 4, 0.5, clusters=list(range(10)) * 4, seed=1)
    assert together.high - together.low > apart.high - apart.low


@given(st.lists(TIMES, min_size=2, max_size=50), st.lists(TIMES, min_size=1, max_size=20), TIMES)
def test_ends_are_within_the_replicates(replicates, jackknife, observed):
    result = bootstrap_interval(observed=observed, replicates=replicates, jackknife=jackknife)
    assert min(replicates) <= result.percentile[0] <= result.percentile[1] <= max(replicates)
    if result.bca is not None:
        assert min(replicates) <= result.bca[0] <= result.bca[1] <= max(replicates)


def test_unbiased_and_symmetric_replicates_need_no_correction():
    replicates = [float(value) for value in range(1, 100)]
    result = bootstrap_interval(observed=50.0, replicates=replicates, jackknife=[49.0, 50.0, 51.0])
    assert result.z0 == pytest.approx(0.0, abs=1e-12)
    assert result.acceleration == pytest.approx(0.0, abs=1e-12)
    assert result.bca == pytest.approx(result.percentile)


def test_observed_value_outside_all_replicates_has_no_bca():
    result = bootstrap_interval(observed=10.0, replicates=[1.0, 2.0, 3.0], jackknife=[1.0, 2.0])
    assert (result.bca, result.z0) == (None, None)


def _by_definition(units, q):
    """The quantile of all values but those of each unit in turn."""
    left = (
        [value for other in units[:i] + units[i + 1 :] for value in other]
        for i in range(len(units))
    )
    return [quantile(values, q) for values in left]


@given(
    st.lists(st.lists(st.sampled_from([1.0, 2.0, 3.5, 7.0]), min_size=1, max_size=3), min_size=2),
    st.sampled_from([0.5, 0.9]),
)
def test_leaving_units_out_in_turn_is_what_it_says(units, q):
    pool = bootstrap.pool_of(units)
    assert bootstrap._jackknife(pool, len(units), q) == _by_definition(units, q)


@pytest.mark.parametrize("q", [0.5, 0.95])
def test_the_formula_for_many_cases_agrees_with_drawing(q, monkeypatch):
    a = [[x, 1.1 * x] for x in _lognormal(5, 600)]
    b = [[1.2 * x * y for x in case] for case, y in zip(a, _lognormal(6, 600), strict=True)]
    drawn = ratio_of_quantiles(a, b, q, seed=1)
    monkeypatch.setattr(bootstrap, "MOST_DRAWN", 100)
    formula = ratio_of_quantiles(a, b, q, seed=1)
    assert formula.estimate == drawn.estimate
    assert formula.high / formula.low == pytest.approx(drawn.high / drawn.low, rel=0.15)


def test_a_ratio_of_quantiles_is_that_of_all_trials():
    a, b = [[1.0, 2.0], [3.0], [4.0, 5.0]], [[2.0, 4.0], [6.0], [8.0, 10.0]]
    found = ratio_of_quantiles(a, b, 0.9, seed=1)
    assert (found.estimate, found.low, found.high) == pytest.approx((2.0, 2.0, 2.0))


def test_without_a_pair_there_is_no_ratio_of_quantiles():
    assert ratio_of_quantiles([], [], 0.9, seed=1).estimate is None
    assert ratio_of_quantiles([[2.0]], [[3.0]], 0.9, seed=1).low is None

"""Differences of reckoned figures: as closed forms where there are some, exact tests, levels."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.stats import contrast, net_differences, paired_t, ratio_of_totals, sign_flip_exact
from evals.stats.contrasts import Part

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text(encoding="utf-8"))
outcomes = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=2, max_size=12)


def first(values):
    return values[0]


def quotient(values):
    return values[0] / values[1] if values[1] else None


def sides(pairs):
    return [[float(a)] for a, _ in pairs], [[float(b)] for _, b in pairs]


@given(outcomes)
def test_of_a_share_p_is_the_exact_sign_flip_tests(pairs):
    a, b = sides(pairs)
    exact = sign_flip_exact(net_differences(a, b)).p_two_sided
    assert contrast([Part("mean", a, b)], first, seed=1).p == pytest.approx(exact)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=6, max_size=30))
def test_of_a_mean_the_interval_is_the_paired_t_interval(pairs):
    a, b = sides(pairs)
    found = contrast([Part("mean", a, b)], first, seed=1)
    usual = paired_t([x for (x,) in a], [x for (x,) in b])
    if found.changed >= 6 and usual.se > 1e-9:
        assert (found.low, found.high) == pytest.approx((usual.low, usual.high))


@given(outcomes, st.randoms(use_true_random=False))
def test_exchanging_the_sides_mirrors_it_and_the_order_of_parts_does_not_matter(pairs, random):
    a, b = sides(pairs)
    tokens = [[float(random.randint(1, 9))] for _ in pairs]
    there = contrast([Part("mean", a, b), Part("sum", tokens, tokens)], quotient, seed=1)
    back = contrast([Part("mean", b, a), Part("sum", tokens, tokens)], quotient, seed=1)
    assert back.value == pytest.approx(-there.value)
    assert back.p == pytest.approx(there.p)
    assert (back.low is None) == (there.low is None)
    if there.low is not None:
        assert back.low == pytest.approx(-there.high)


@pytest.mark.parametrize("case", GOLDEN["functions"]["paired_t"]["cases"])
def test_of_means_it_is_the_golden_paired_interval(case):
    given_, wanted = case["in"], case["out"]
    clusters = given_.get("clusters")
    sizes = {} if clusters is None else {key: clusters.count(key) for key in clusters}
    if wanted["low"] is None or len(set(sizes.values())) > 1:
        return  # clusters of unequal sizes: the jackknife is near CR1, not equal
    a, b = ([[float(value)] for value in given_[name]] for name in ("a", "b"))
    level = given_.get("confidence", 0.95)
    found = contrast([Part("mean", a, b)], first, seed=1, clusters=clusters, confidence=level)
    assert found.value == pytest.approx(wanted["diff"], abs=1e-12)
    if found.changed >= 6:
        assert (found.low, found.high) == pytest.approx((wanted["low"], wanted["high"]))


def test_a_ratio_of_sums_has_the_linearised_error_of_many_cases():
    random = Random(3)
    x = [[random.uniform(1, 2)] for _ in range(200)]
    y = [[value * random.uniform(1, 2)] for (value,) in x]
    found = contrast([Part("sum", x, y), Part("sum", x, x)], quotient, seed=1)
    usual = ratio_of_totals([v for (v,) in y], [v for (v,) in x])
    assert found.value == pytest.approx(usual.ratio - 1)
    assert (found.low, found.high) == pytest.approx((usual.low - 1, usual.high - 1), rel=0.01)


def test_without_a_change_it_is_as_wide_as_tangos_interval():
    ones = [[1.0]] * 60
    found = contrast([Part("mean", ones, ones)], first, seed=1)
    reach = 1.959963984540054**2 / (60 + 1.959963984540054**2)
    assert (found.low, found.high, found.p) == (pytest.approx(-reach), pytest.approx(reach), 1.0)


def test_one_cluster_has_no_interval_and_no_p():
    a, b = sides([(0, 1), (1, 1)])
    found = contrast([Part("mean", a, b)], first, seed=1, clusters=["one", "one"])
    assert (found.value, found.low, found.p) == (0.5, None, None)


def test_a_figure_without_a_value_on_a_side_has_no_difference():
    a, b = sides([(0, 1), (0, 1)])
    assert contrast([Part("sum", b, b), Part("sum", a, b)], quotient, seed=1).value is None


def test_a_quantile_is_resampled_with_its_case():
    random = Random(1)
    a = [[random.gauss(10, 1) for _ in range(3)] for _ in range(60)]
    b = [[value + 2 for value in case] for case in a]
    found = contrast([Part(0.95, a, b)], first, seed=1)
    assert found.value == pytest.approx(2)
    assert found.low > 1.5
    assert found.p < 0.01


def test_with_nothing_changed_few_of_many_runs_find_a_difference():
    """F1 of two metrics, 30 cases: a drop in at most 2.5 % of runs, but for what 80 runs vary."""
    random = Random(7)

    def f1(values):
        p, r = values
        return 2 * p * r / (p + r) if p + r else None

    def scores(rates):
        return [[float(random.random() < rate)] for rate in rates]

    alarms = 0
    for _ in range(80):
        rates = [random.random() for _ in range(30)]
        parts = [Part("mean", scores(rates), scores(rates)) for _ in range(2)]
        found = contrast(parts, f1, seed=1)
        alarms += found.high < 0 and found.p <= 0.05
    assert alarms <= 6  # 2.5 % and three standard errors

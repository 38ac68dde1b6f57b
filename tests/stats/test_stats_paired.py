"""Two sides on the same cases: intervals of the difference, and what a gate makes of them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.stats import clustered_mean, gate, paired_interval, paired_t, tango_interval
from evals.stats.special import norm_ppf

Z = norm_ppf(0.975)


@st.composite
def changes(draw, most=200):
    n = draw(st.integers(1, most))
    gains = draw(st.integers(0, n))
    return {"gains": gains, "losses": draw(st.integers(0, n - gains)), "n": n}


@st.composite
def sides(draw, samples=4):
    trials = st.lists(st.integers(0, 1), min_size=1, max_size=samples)
    pairs = draw(st.lists(st.tuples(trials, trials), min_size=1, max_size=25))
    keys = draw(st.one_of(st.none(), st.lists(st.integers(0, 7), min_size=25, max_size=25)))
    a, b = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return a, b, None if keys is None else keys[: len(pairs)]


@given(changes())
def test_tango_holds_the_difference_in_range(changed):
    interval = tango_interval(**changed)
    assert -1.0 <= interval.low <= interval.diff <= interval.high <= 1.0
    assert interval.low < interval.high


@given(changes())
def test_tango_mirrors_when_the_sides_are_exchanged(changed):
    forth = tango_interval(**changed)
    back = tango_interval(gains=changed["losses"], losses=changed["gains"], n=changed["n"])
    assert back.low == pytest.approx(-forth.high, abs=1e-9)
    assert back.high == pytest.approx(-forth.low, abs=1e-9)


@given(changes())
def test_tango_ends_are_where_the_score_statistic_reaches_z(changed):
    interval = tango_interval(**changed)
    if -1.0 < interval.low < interval.diff:
        at_low = tango_interval(**changed, margin=-interval.low).z_at_margin
        assert at_low == pytest.approx(Z, rel=1e-5)
    if interval.diff < interval.high < 1.0:
        at_high = tango_interval(**changed, margin=-interval.high).z_at_margin
        assert at_high == pytest.approx(-Z, rel=1e-5)


@given(st.integers(1, 5000))
def test_nothing_changed_is_not_certainty(n):
    interval = tango_interval(gains=0, losses=0, n=n)
    assert interval.high == pytest.approx(Z**2 / (n + Z**2), rel=1e-6)
    assert interval.low == pytest.approx(-interval.high, rel=1e-9)


@given(changes())
def test_tango_at_no_margin_is_mcnemars_statistic(changed):
    gains, losses = changed["gains"], changed["losses"]
    if gains + losses:
        expected = (gains - losses) / math.sqrt(gains + losses)
        assert tango_interval(**changed).z_at_margin == pytest.approx(expected, abs=1e-9)


@given(sides())
def test_paired_interval_holds_the_mean_difference(given_sides):
    a, b, keys = given_sides
    interval = paired_interval(a, b, clusters=keys)
    rates = [sum(y) / len(y) - sum(x) / len(x) for x, y in zip(a, b, strict=True)]
    assert interval.diff == pytest.approx(sum(rates) / len(rates), abs=1e-12)
    if interval.method == "none":
        assert interval.n_clusters < 2
        assert interval.low is None
    else:
        assert -1.0 <= interval.low <= interval.diff + 1e-12
        assert interval.diff - 1e-12 <= interval.high <= 1.0


@given(sides())
def test_paired_interval_mirrors_when_the_sides_are_exchanged(given_sides):
    a, b, keys = given_sides
    forth, back = paired_interval(a, b, clusters=keys), paired_interval(b, a, clusters=keys)
    assert forth.method == back.method
    assert forth.n_changed == back.n_changed
    if forth.low is not None:
        assert back.low == pytest.approx(-forth.high, abs=1e-9)


@given(sides(samples=1))
def test_single_trials_use_tango_if_no_cluster_is_shared(given_sides):
    a, b, _ = given_sides
    interval = paired_interval(a, b)
    gains = sum(y > x for x, y in zip(a, b, strict=True))
    losses = sum(y < x for x, y in zip(a, b, strict=True))
    tango = tango_interval(gains=gains, losses=losses, n=len(a))
    assert (interval.method, interval.low, interval.high) == ("tango", tango.low, tango.high)
    keyed = paired_interval(a, b, clusters=[f"case {i}" for i in range(len(a))])
    assert keyed == interval


def test_graded_scores_are_not_counted_as_gains():
    """Ten small improvements are a small difference, not ten of ten gained."""
    a, b = [[0.5]] * 10, [[0.5 + 0.01 * i] for i in range(10)]
    interval = paired_interval(a, b)
    assert interval.method == "t"
    assert interval.diff == pytest.approx(0.045)
    assert interval.high < 0.1


def test_few_changed_clusters_widen_the_interval():
    """Two of thirty cases changed alike: the t interval alone would be falsely narrow."""
    a, b = [[1, 1]] * 30, [[0, 0]] * 2 + [[1, 1]] * 28
    interval = paired_interval(a, b)
    t = clustered_mean([-1.0] * 2 + [0.0] * 28)
    tango = tango_interval(gains=0, losses=2, n=30)
    assert interval.method == "t+tango"
    assert interval.n_changed == 2
    assert (interval.low, interval.high) == (min(t.low, tango.low), max(t.high, tango.high))


def test_changes_within_a_cluster_that_cancel_count_as_none():
    a, b = [[1], [0], [1], [0]], [[0], [1], [1], [0]]
    assert paired_interval(a, b, clusters=["x", "x", "y", "z"]).n_changed == 0


def test_equal_differences_give_a_point():
    """Flagged by whoever shows it: low and high are equal."""
    interval = paired_interval([[1, 0]] * 8, [[1, 1]] * 8)
    assert interval.method == "t"
    assert interval.low == interval.high == 0.5


def test_sides_must_pair_up():
    with pytest.raises(ValueError, match="zip"):
        paired_interval([[1]], [[1], [0]])
    with pytest.raises(ValueError, match="not shared"):
        paired_interval([[1], []], [[1], [0]])


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=2, max_size=40))
def test_paired_t_agrees_with_its_own_interval(pairs):
    """p ≤ 0.05 exactly where the 95 % interval leaves out 0."""
    a, b = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    test = paired_t(a, b)
    if test.t is None:
        assert test.se == 0.0
    elif abs(test.p_two_sided - 0.05) > 1e-9:
        assert (test.p_two_sided < 0.05) == (test.low > 0 or test.high < 0)
        assert test.p_worse_margin == pytest.approx(
            test.p_two_sided / 2 if test.t < 0 else 1 - test.p_two_sided / 2, abs=1e-9
        )


def test_equal_costs_have_no_t():
    """Differences of 1e-7 a case that differ in the last digit only are equal."""
    test = paired_t([1e-6, 2e-6, 3e-6], [1.1e-6, 2.1e-6, 3.1e-6])
    assert test.diff == pytest.approx(1e-7)
    assert (test.se, test.t, test.p_two_sided) == (0.0, None, None)


@given(st.floats(-1, 1), st.floats(-1, 1), st.one_of(st.none(), st.floats(0, 1)), st.floats(0, 0.2))
def test_gate_modes_fail_on_their_findings_only(end, other, p_equal, margin):
    low, high = sorted((end, other))
    found = gate(low=low, high=high, p_equal=p_equal, margin=margin)
    assert (found.regression == "fail") == (found.finding == "worse")
    assert (found.non_inferiority == "pass") == (found.finding == "not_worse")
    if found.finding == "worse":
        assert high < -margin
        assert p_equal <= 0.05 + 1e-12
    if found.finding == "not_worse":
        assert low > -margin


def test_gate_at_equality_shows_nothing():
    assert gate(low=-0.05, high=0.1, p_equal=0.5, margin=0.05).finding == "inconclusive"
    assert gate(low=-0.2, high=-0.05, p_equal=0.01, margin=0.05).finding == "inconclusive"


def test_gate_needs_the_exact_test_too():
    """Neither an asymptotic interval nor few clusters fail a build alone."""
    assert gate(low=-0.2, high=-0.01, p_equal=0.06).finding == "inconclusive"
    assert gate(low=-0.2, high=-0.01, p_equal=None).finding == "inconclusive"
    assert gate(low=-0.2, high=-0.01, p_equal=0.05).finding == "worse"
    assert gate(low=None, high=None, p_equal=None).finding == "no_data"

"""The sign-flip test: against enumeration, its closed form, and its approximations."""

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.stats import mcnemar, net_differences, sign_flip, sign_flip_exact
from evals.stats.randomization import DRAWS, EXACT_WORK, subset_sums

SMALL = st.lists(st.integers(-6, 6), max_size=10)


@given(SMALL)
def test_exact_test_agrees_with_all_sign_choices(diffs):
    observed = sum(diffs)
    sums = [
        sum(sign * diff for sign, diff in zip(signs, diffs, strict=True))
        for signs in itertools.product((1, -1), repeat=len(diffs))
    ]
    test = sign_flip_exact(diffs)
    assert test.p_two_sided == sum(abs(s) >= abs(observed) for s in sums) / len(sums)
    assert test.p_worse == sum(s <= observed for s in sums) / len(sums)
    assert test.p_better == sum(s >= observed for s in sums) / len(sums)
    assert test.n_nonzero == sum(diff != 0 for diff in diffs)


@given(SMALL, st.integers(1, 50))
def test_scale_and_zeros_do_not_matter(diffs, factor):
    scaled = [0, *(diff * factor for diff in diffs), 0]
    assert sign_flip_exact(scaled) == sign_flip_exact(diffs)


@given(SMALL)
def test_exchanging_the_sides_exchanges_worse_and_better(diffs):
    forth, back = sign_flip_exact(diffs), sign_flip_exact([-diff for diff in diffs])
    assert (forth.p_worse, forth.p_better) == (back.p_better, back.p_worse)
    assert forth.p_two_sided == back.p_two_sided


@given(st.integers(0, 400), st.integers(0, 400))
def test_single_trials_are_mcnemars_test(losses, gains):
    test, closed = sign_flip_exact([-1] * losses + [1] * gains), mcnemar(losses=losses, gains=gains)
    assert test.p_two_sided == closed.p_two_sided
    assert test.p_worse == closed.p_worse
    assert closed.p_two_sided == pytest.approx(min(1, 2 * min(closed.p_worse, closed.p_better)))
    assert closed.mid_p <= closed.p_two_sided


def test_six_losses_are_the_fewest_that_are_significant():
    assert mcnemar(losses=5, gains=0).p_two_sided == 2 * 2**-5
    assert mcnemar(losses=6, gains=0).p_two_sided == 2 * 2**-6


@given(st.lists(st.integers(1, 9), max_size=12))
def test_subset_sums_count_every_subset_once(steps):
    fields, width = subset_sums(steps)
    counted = [
        int.from_bytes(fields[start : start + width], "little")
        for start in range(0, len(fields), width)
    ]
    expected = [0] * (sum(steps) + 1)
    for chosen in itertools.product((0, 1), repeat=len(steps)):
        expected[sum(itertools.compress(steps, chosen))] += 1
    assert counted == expected


def test_thousand_cases_are_exact():
    """The share of sign choices with the observed sum or more, near the normal approximation."""
    rng = random.Random(5)
    diffs = [rng.randint(-10, 10) for _ in range(1000)]
    test = sign_flip(diffs, seed=1)
    deviation = math.sqrt(sum(diff * diff for diff in diffs))
    approximate = math.erfc((abs(sum(diffs)) - 1) / deviation / math.sqrt(2))
    assert test.method == "exact"
    assert test.p_two_sided == pytest.approx(approximate, abs=2e-3)


def test_real_values_are_drawn_from_the_seed():
    rng = random.Random(6)
    diffs = [rng.uniform(-1, 1) - 0.1 for _ in range(50)]
    test = sign_flip(diffs, seed=3)
    assert test.method == "monte carlo"
    assert test == sign_flip(diffs, seed=3)
    assert test != sign_flip(diffs, seed=4)


@pytest.mark.parametrize("n", [3, 8, 9, 40])
def test_draws_agree_with_the_exact_test(n):
    """Integers given as floats are drawn: within five standard errors of the exact p."""
    rng = random.Random(n)
    diffs = [rng.randint(-4, 6) for _ in range(n)]
    exact, drawn = sign_flip_exact(diffs), sign_flip([diff + 0.0 for diff in diffs], seed=n)
    assert drawn.method == "monte carlo"
    for field in ("p_two_sided", "p_worse", "p_better"):
        p = getattr(exact, field)
        assert abs(getattr(drawn, field) - p) < 5 * math.sqrt(p * (1 - p) / DRAWS) + 2 / DRAWS


def test_drawn_p_is_never_0():
    assert sign_flip([1.5] * 60, seed=1).p_better == 1 / (1 + DRAWS)


def test_large_suites_use_the_normal_approximation():
    rng = random.Random(7)
    whole = [2, *(rng.choice([-1, 1]) for _ in range(2400))]
    assert len(whole) ** 2 * sum(map(abs, whole)) > EXACT_WORK
    approximate, exact = sign_flip(whole, seed=1), sign_flip_exact(whole)
    assert approximate.method == "normal"
    assert approximate.p_two_sided == pytest.approx(exact.p_two_sided, rel=1e-2)
    assert approximate.p_worse == pytest.approx(exact.p_worse, rel=1e-2)
    assert sign_flip([diff / 7 for diff in whole], seed=1).method == "normal"


def test_single_trials_are_exact_in_suites_of_any_size():
    test = sign_flip([-1] * 5300 + [1] * 5000, seed=1)
    assert test.method == "exact"
    assert test.p_worse == mcnemar(losses=5300, gains=5000).p_worse


def test_no_difference_is_no_evidence():
    for diffs in ([], [0, 0], [0.0]):
        test = sign_flip(diffs, seed=1)
        assert (test.p_two_sided, test.p_worse, test.p_better) == (1.0, 1.0, 1.0)
        assert (test.n_nonzero, test.method) == (0, "exact")


def test_net_differences_are_integers_on_the_common_scale():
    """Three samples against two: sixths."""
    a, b = [[1, 1, 0], [0, 0, 0]], [[1, 0], [1, 1]]
    assert net_differences(a, b) == (-1, 6)
    assert net_differences(a, b, clusters=["x", "x"]) == (5,)
    assert all(isinstance(diff, int) for diff in net_differences([[True]], [[1.0]]))


def test_net_differences_of_scores_are_real():
    (diff,) = net_differences([[0.5, 0.75]], [[1.0]])
    assert diff == pytest.approx(0.375)


def test_case_without_trials_on_a_side_is_refused():
    with pytest.raises(ValueError, match="not shared"):
        net_differences([[]], [[1]])

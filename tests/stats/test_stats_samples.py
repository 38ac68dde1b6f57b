"""Several samples of a case, and what a suite could see: against enumeration."""

import itertools
import math
import random
from statistics import fmean, variance

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.stats import (
    benjamini_hochberg,
    case_flakiness,
    case_variance,
    holm,
    majority_at_k,
    mcnemar,
    mcnemar_pairs,
    mde_paired,
    minority_bound,
    pass_at_k,
    pass_hat_k,
    plan_samples,
    plurality_at_k,
    required_cases,
    variance_components,
)


@st.composite
def draws(draw):
    """n trials, c passes, k of them drawn."""
    n = draw(st.integers(1, 8))
    return {"n": n, "c": draw(st.integers(0, n)), "k": draw(st.integers(1, n))}


@given(draws())
def test_metrics_over_k_samples_agree_with_all_subsets(drawn):
    trials = [1] * drawn["c"] + [0] * (drawn["n"] - drawn["c"])
    subsets = list(itertools.combinations(trials, drawn["k"]))
    assert pass_at_k(**drawn) == pytest.approx(fmean(any(s) for s in subsets))
    assert pass_hat_k(**drawn) == pytest.approx(fmean(all(s) for s in subsets))
    shares = [sum(s) / len(s) for s in subsets]
    expected = fmean(0.5 if share == 0.5 else share > 0.5 for share in shares)
    assert majority_at_k(**drawn) == pytest.approx(expected)


@given(draws())
def test_one_sample_is_accuracy(drawn):
    one = {**drawn, "k": 1}
    rate = drawn["c"] / drawn["n"]
    assert pass_at_k(**one) == pytest.approx(rate)
    assert pass_hat_k(**one) == pytest.approx(rate)
    assert majority_at_k(**one) == pytest.approx(rate)


@given(st.integers(2, 200), st.data())
def test_more_samples_help_any_and_hurt_all(n, data):
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n - 1))
    assert pass_at_k(n=n, c=c, k=k) <= pass_at_k(n=n, c=c, k=k + 1) <= 1.0
    assert pass_hat_k(n=n, c=c, k=k) >= pass_hat_k(n=n, c=c, k=k + 1) >= 0.0


@given(st.lists(st.integers(1, 3), min_size=1, max_size=4), st.data())
def test_plurality_agrees_with_all_subsets(counts, data):
    answers = [answer for answer, count in enumerate(counts) for _ in range(count)]
    right = data.draw(st.integers(0, len(counts) - 1))
    k = data.draw(st.integers(1, len(answers)))
    shares = []
    for subset in itertools.combinations(answers, k):
        most = max(map(subset.count, subset))
        best = {answer for answer in subset if subset.count(answer) == most}
        shares.append((right in best) / len(best))
    assert plurality_at_k(counts, right=right, k=k) == pytest.approx(fmean(shares))


@given(st.lists(st.integers(1, 4), min_size=1, max_size=5), st.integers(1, 4))
def test_some_answer_wins_every_vote(counts, k):
    if k <= sum(counts):
        chances = [plurality_at_k(counts, right=i, k=k) for i in range(len(counts))]
        assert sum(chances) == pytest.approx(1.0)


@given(st.lists(st.integers(0, 1), min_size=2, max_size=40))
def test_disagreement_is_the_share_of_pairs_that_differ(outcomes):
    result = case_flakiness(outcomes)
    assert result.disagreement == pytest.approx(
        fmean(x != y for x, y in itertools.combinations(outcomes, 2))
    )
    assert result.variance == pytest.approx(variance(outcomes))
    assert result.flaky == (0 < sum(outcomes) < len(outcomes))


def test_one_trial_is_unknown_not_stable():
    assert case_flakiness([1]).flaky is None
    assert case_flakiness([]).rate is None


def test_rule_of_three():
    """Nothing seen in 100 trials: at most 3 in 100, with 95 % confidence."""
    assert minority_bound(100) == pytest.approx(0.0295, abs=1e-4)
    assert minority_bound(100, confidence=0.99) > minority_bound(100)
    assert minority_bound(0) is None


@given(st.lists(st.lists(st.integers(0, 1), min_size=1, max_size=5), min_size=2, max_size=20))
def test_more_samples_leave_less_noise(outcomes):
    result = variance_components(outcomes)
    if result.se_k is None:
        assert all(len(trials) == 1 for trials in outcomes)
        return
    errors, shares = list(result.se_k.values()), list(result.noise_share.values())
    assert errors == sorted(errors, reverse=True)
    if result.icc is not None:
        assert 0.0 <= result.icc <= 1.0
        assert shares == sorted(shares, reverse=True)
        assert shares[0] == pytest.approx(1 - result.icc)


def test_components_are_found_again():
    """2000 cases of 4 trials with known variances between and within."""
    rng = random.Random(3)
    means = [rng.gauss(0, 0.3) for _ in range(2000)]
    result = variance_components([[rng.gauss(mean, 0.5) for _ in range(4)] for mean in means])
    assert result.var_between == pytest.approx(0.09, rel=0.1)
    assert result.var_within == pytest.approx(0.25, rel=0.1)


def test_case_without_trials_is_refused():
    with pytest.raises(ValueError, match="leave it out"):
        variance_components([[1, 0], []])


@settings(max_examples=20)
@given(st.integers(2, 2000), st.floats(0.01, 10))
def test_detectable_difference_scales_and_exceeds_the_normal_one(n, deviation):
    found, unit = mde_paired(n, deviation), mde_paired(n, 1.0)
    assert found.normal == pytest.approx(deviation * unit.normal)
    assert found.t == pytest.approx(deviation * unit.t)
    assert found.t > found.normal


@pytest.mark.parametrize(("n", "percent"), [(5, 34), (10, 12), (30, 3.5), (60, 1.7)])
def test_t_form_exceeds_the_normal_form_by_the_known_share(n, percent):
    found = mde_paired(n, 0.5)
    assert 100 * (found.t / found.normal - 1) == pytest.approx(percent, abs=0.5)


def test_detectable_difference_is_found_as_often_as_said():
    """The t test of 8 differences with the true mean at the t form: power 0.8."""
    from evals.stats import paired_t

    rng, runs = random.Random(8), 3000
    shift = mde_paired(8, 1.0).t
    found = sum(
        paired_t([0.0] * 8, [rng.gauss(shift, 1) for _ in range(8)]).p_two_sided <= 0.05
        for _ in range(runs)
    )
    assert found / runs == pytest.approx(0.8, abs=0.025)


def test_one_case_detects_nothing_by_t():
    assert mde_paired(1, 0.5).t is None
    assert mde_paired(2, 0.5).t > mde_paired(3, 0.5).t


@given(st.floats(0.01, 0.5), st.floats(0.001, 0.3), st.floats(0, 0.25))
def test_plans_need_fewer_cases_with_more_samples(delta, var_case, var_trial):
    plans = plan_samples(delta=delta, var_case=var_case, var_a=var_trial, var_b=var_trial)
    needed = [plan.n for plan in plans.plans]
    assert needed == sorted(needed, reverse=True)
    assert [plan.k for plan in plans.plans] == [1, 2, 3, 5, 10, math.inf]
    assert plans.plans[-1].trials is None
    assert plans.cheapest.trials == min(plan.trials for plan in plans.plans[:-1])


def test_required_cases_and_detectable_difference_are_inverse():
    needed = required_cases(delta=0.05, var_case=0.2, var_a=0, k_a=1, var_b=0, k_b=1)
    assert mde_paired(needed.n, math.sqrt(0.2)).normal <= 0.05
    assert mde_paired(needed.n - 1, math.sqrt(0.2)).normal > 0.05


def test_variance_of_cases_is_what_samples_do_not_explain():
    assert case_variance(sd=0.5, var_a=0.1, k_a=2, var_b=0.1, k_b=1) == pytest.approx(0.1)
    assert case_variance(sd=0.1, var_a=0.2, k_a=1, var_b=0.2, k_b=1) == 0.0


def test_no_suite_shows_a_difference_of_0():
    with pytest.raises(ValueError, match="difference of 0"):
        required_cases(delta=0, var_case=0.1, var_a=0.1, k_a=1, var_b=0.1, k_b=1)
    with pytest.raises(ValueError, match="no number of cases"):
        mcnemar_pairs(p_loss=0.1, p_gain=0.1)


def test_power_of_mcnemars_test_is_the_share_of_rejections():
    """Every split of 12 cases into losses, gains and unchanged, by its chance."""
    planned = mcnemar_pairs(p_loss=0.8, p_gain=0.05, power=0.9)
    total, n = 0.0, planned.n
    for losses in range(n + 1):
        for gains in range(n + 1 - losses):
            if mcnemar(losses=losses, gains=gains).p_two_sided <= 0.05:
                ways = math.comb(n, losses) * math.comb(n - losses, gains)
                total += ways * 0.8**losses * 0.05**gains * 0.15 ** (n - losses - gains)
    assert planned.exact_power == pytest.approx(total, rel=1e-9)


P_VALUES = st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=20)


@given(P_VALUES, st.sampled_from([holm, benjamini_hochberg]))
def test_adjusted_p_values_keep_order_and_exceed_the_raw(p, adjust):
    adjusted = adjust(p).adjusted
    assert [value is None for value in adjusted] == [value is None for value in p]
    pairs = sorted((x, y) for x, y in zip(p, adjusted, strict=True) if x is not None)
    assert all(x <= y <= 1.0 for x, y in pairs)
    assert [y for _, y in pairs] == sorted(y for _, y in pairs)


@given(P_VALUES)
def test_controlling_every_error_is_stricter_than_their_share(p):
    strict, share = holm(p).adjusted, benjamini_hochberg(p).adjusted
    assert all(s >= b - 1e-15 for s, b in zip(strict, share, strict=True) if s is not None)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0.001, 0.5))
def test_holm_rejects_step_by_step(p, alpha):
    """The smallest p against α/M, the next against α/(M − 1), until one is too large."""
    rejected = 0
    for j, value in enumerate(sorted(p)):
        if value * (len(p) - j) > alpha:
            break
        rejected += 1
    assert sum(value <= alpha for value in holm(p).adjusted) == rejected

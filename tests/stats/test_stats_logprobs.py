"""Log-probabilities, calibration and evidence over time."""

import math
import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evals.stats import (
    auroc,
    betting_evalue,
    bits_per_byte,
    brier,
    calibration,
    evalue_discordant,
    multiple_choice,
    sequence_logprob,
    topk_entropy,
)

LOGPROBS = st.lists(st.floats(-30, 0), min_size=1, max_size=40)
SAID = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1)), min_size=1, max_size=60)


@given(LOGPROBS)
def test_perplexity_is_at_least_1_and_ignores_order(logprobs):
    result = sequence_logprob(logprobs)
    assert result.perplexity >= 1.0
    assert result.min <= result.mean + 1e-12
    assert sequence_logprob(logprobs[::-1]) == result


def test_perplexity_of_equal_chances_is_their_number():
    assert sequence_logprob([math.log(1 / 8)] * 5).perplexity == pytest.approx(8)


def test_perplexity_beyond_all_numbers_is_undefined():
    """JSON has no infinity."""
    assert sequence_logprob([-1000.0]).perplexity is None
    assert sequence_logprob([-1.0, -math.inf]).perplexity is None


def test_bits_per_byte():
    assert bits_per_byte([math.log(1 / 2)] * 16, 8) == pytest.approx(2.0)
    assert bits_per_byte([-1.0], 0) is None


@given(st.integers(2, 200), st.integers(1, 20), st.integers(0, 999))
def test_entropy_of_a_known_distribution_lies_within_its_bounds(vocab, k, seed):
    rng = random.Random(seed)
    weights = sorted((rng.expovariate(1) ** 2 for _ in range(vocab)), reverse=True)
    p = [weight / sum(weights) for weight in weights]
    listed = [math.log(value) for value in p[: min(k, vocab - 1)]]
    bounds = topk_entropy(listed, vocab=vocab)
    true = -math.fsum(value * math.log(value) for value in p)
    assert bounds.lower <= bounds.lower_tight + 1e-12
    assert bounds.lower_tight <= true + 1e-9
    assert true <= bounds.upper + 1e-9


def test_entropy_without_listed_tokens_is_bounded_by_the_vocabulary():
    bounds = topk_entropy([], vocab=50)
    assert (bounds.rest, bounds.lower, bounds.lower_tight) == (1.0, 0.0, 0.0)
    assert bounds.upper == pytest.approx(math.log(50))


def test_probabilities_above_1_are_refused():
    with pytest.raises(ValueError, match="listed twice"):
        topk_entropy([math.log(0.7), math.log(0.7)])


@given(st.lists(st.floats(-50, 0), min_size=1, max_size=6), st.floats(-5, 0))
def test_choice_does_not_depend_on_what_all_options_share(logprob, shift):
    ones = [1] * len(logprob)
    here = multiple_choice(logprob, tokens=ones, bytes=ones, right=0)
    there = multiple_choice([x + shift for x in logprob], tokens=ones, bytes=ones, right=0)
    assert sum(here.p) == pytest.approx(1.0)
    assert here.p == pytest.approx(there.p, abs=1e-9)
    assert here.raw == here.per_byte == here.per_token == logprob.index(max(logprob))


def test_unlisted_option_is_never_chosen_whatever_its_prior():
    result = multiple_choice(
        [-1.0, -math.inf], tokens=[1, 1], bytes=[1, 1], prior=[-1.0, -math.inf], right=1
    )
    assert (result.raw, result.prior_corrected, result.p_right) == (0, 0, 0.0)


@given(SAID)
def test_brier_score_is_a_mean_square(said):
    p, y = [pair[0] for pair in said], [pair[1] for pair in said]
    assert 0.0 <= brier(p, y) <= 1.0
    assert brier([float(value) for value in y], y) == 0.0


@given(SAID, st.integers(1, 15), st.sampled_from(["width", "mass"]), st.randoms())
def test_calibration_bins_hold_every_answer_once(said, bins, scheme, rng):
    p, y = [pair[0] for pair in said], [pair[1] for pair in said]
    result = calibration(p, y, bins=bins, scheme=scheme)
    assert sum(row.n for row in result.bins) == len(p)
    assert 0.0 <= result.ece <= result.mce + 1e-12 <= 1.0 + 1e-9
    assert all(row.low - 1e-12 <= row.confidence <= row.high + 1e-12 for row in result.bins)
    shuffled = rng.sample(said, len(said))
    again = calibration(
        [pair[0] for pair in shuffled], [pair[1] for pair in shuffled], bins=bins, scheme=scheme
    )
    assert again.ece == pytest.approx(result.ece, abs=1e-12)
    assert [row.n for row in again.bins] == [row.n for row in result.bins]


def test_edges_belong_to_the_lower_bin_and_0_to_the_first():
    result = calibration([0.0, 0.1, 0.3, 0.7], [0, 0, 0, 1])
    assert [(row.low, row.n) for row in result.bins] == [(0.0, 2), (0.2, 1), (0.6, 1)]


def test_equal_values_never_part():
    result = calibration([0.5] * 9 + [0.9], [1] * 10, bins=4, scheme="mass")
    assert sorted(row.n for row in result.bins) == [1, 9]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1)), min_size=2, max_size=40))
def test_auroc_is_the_share_of_pairs_in_order(scored):
    positive = [score for score, came in scored if came]
    negative = [score for score, came in scored if not came]
    assume(positive and negative)
    result = auroc([score for score, _ in scored], [came for _, came in scored])
    pairs = [(x > y) + (x == y) / 2 for x in positive for y in negative]
    assert result.value == pytest.approx(sum(pairs) / len(pairs))
    flipped = auroc([-score for score, _ in scored], [came for _, came in scored])
    assert flipped.value == pytest.approx(1 - result.value)
    if result.se_delong is not None:
        assert flipped.se_delong == pytest.approx(result.se_delong, abs=1e-9)


@given(st.integers(0, 60), st.integers(0, 60))
def test_discordant_evalue_is_a_fair_bet(gains, losses):
    """Its mean over the next changed case, a gain or a loss as likely, is what it is now."""
    now = evalue_discordant(gains=gains, losses=losses)
    gain = evalue_discordant(gains=gains + 1, losses=losses)
    loss = evalue_discordant(gains=gains, losses=losses + 1)
    for field in ("log_evalue", "log_evalue_worse"):
        mean = (math.exp(getattr(gain, field)) + math.exp(getattr(loss, field))) / 2
        if field == "log_evalue":
            assert mean == pytest.approx(math.exp(now.log_evalue), rel=1e-9)
        else:
            assert mean <= math.exp(now.log_evalue_worse) * (1 + 1e-9)


def test_evidence_for_worse_survives_thousands_of_gains():
    """Its probability is too small for a double; its logarithm is not."""
    many, more = (evalue_discordant(gains=gains, losses=0) for gains in (4000, 5000))
    assert -math.inf < more.log_evalue_worse < many.log_evalue_worse < 0


@given(st.lists(st.floats(0, 1), max_size=40), st.floats(0.1, 0.9))
def test_betting_stops_where_the_evidence_first_suffices(x, null_mean):
    bets = [0.25, 0.5, 1.0]
    result = betting_evalue(x, null_mean=null_mean, bets=bets)
    assert result.log_max >= max(result.log_evalue, 0.0)
    assert (result.stop_at is not None) == (result.log_max >= math.log(20))
    if result.stop_at is not None:
        before = betting_evalue(x[: result.stop_at - 1], null_mean=null_mean, bets=bets)
        assert before.stop_at is None


@pytest.mark.parametrize("bets", [[], [0.0], [2.0], [-1.0]])
def test_ruinous_bets_are_refused(bets):
    with pytest.raises(ValueError, match="bets must lie between"):
        betting_evalue([0.5], null_mean=0.5, bets=bets)

"""The rule that decides how many samples are taken: by outcomes in order of take, nothing else."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.adaptive import line
from evals import stats
from evals.model import Case, Column, Completion, Repeat, TrialResult
from evals.runner import replay
from evals.suite.adaptive import ALPHA, further, is_decided, sampling
from evals.suite.cell import Cell

LIMITS = st.sampled_from([0.1, 0.5, 2 / 3, 0.8, 0.95, 1.0])
REPEATS = st.builds(
    lambda least, more: Repeat(least=least, samples=least + more),
    st.integers(1, 5),
    st.integers(0, 20),
)


def trial_of(sample, passed):
    return TrialResult(
        suite="s", case="c", prompt="p", setting="d", column="d", sample=sample,
        outcome="pass" if passed else "fail", passed=int(passed), score=float(passed),
    )  # fmt: skip


def case_of(repeat, limit):
    return Case(id="c", repeat=repeat, min_pass_rate=limit)


def taken(case, pattern):
    """Run the script on answers in a fixed pattern; the samples and the sizes of its batches."""
    column = Column(id="d", prompt="p", setting="d", endpoint="e")
    cell = Cell(suite="s", case=case, column=column, body={}, checks=())
    asked = []

    def trial(sample):
        asked.append(sample)
        yield (cell.request(sample),)
        return trial_of(sample, pattern[sample])

    results = replay(sampling(cell, trial), lambda _: Completion.__new__(Completion))
    assert [result.sample for result in results] == asked == list(range(len(asked)))
    return [result.passed for result in results]


@given(REPEATS, LIMITS, st.lists(st.booleans(), min_size=25, max_size=25))
def test_replay_takes_as_many_as_recording_whatever_the_pattern(repeat, limit, pattern):
    """Recordings hold no more than was asked; with others beyond them the number is the same."""
    case = case_of(repeat, limit)
    recorded = taken(case, pattern)
    n = len(recorded)
    assert repeat.least <= n <= repeat.samples
    assert taken(case, pattern[:n]) == recorded
    assert taken(case, pattern[:n] + [not each for each in pattern[n:]]) == recorded


@given(REPEATS, LIMITS, st.lists(st.booleans(), min_size=25, max_size=25))
def test_batches_take_no_sample_that_one_by_one_would_not(repeat, limit, pattern):
    n = repeat.least
    while not is_decided(sum(pattern[:n]), n - sum(pattern[:n]), limit=limit, most=repeat.samples):
        n += 1
    assert len(taken(case_of(repeat, limit), pattern)) == n


@given(REPEATS, LIMITS, st.lists(st.booleans(), min_size=25, max_size=25))
def test_the_share_of_the_samples_taken_is_on_the_side_that_was_decided(repeat, limit, pattern):
    outcomes = taken(case_of(repeat, limit), pattern)
    passes, fails, most = sum(outcomes), len(outcomes) - sum(outcomes), repeat.samples
    reaches = passes / len(outcomes) >= limit
    if passes / most >= limit or (passes + most - len(outcomes)) / most < limit:
        assert reaches == (passes / most >= limit)
        return
    evidence = stats.rate_evalue(passes=passes, fails=fails, rate=limit)
    assert reaches == (evidence.log_evalue_above > evidence.log_evalue_below)


def test_a_sample_without_a_verdict_ends_them():
    error = TrialResult(
        suite="s", case="c", prompt="p", setting="d", column="d", sample=0,
        outcome="error", passed=None, score=None,
    )  # fmt: skip
    assert further(case_of(Repeat(least=1, samples=9), 0.5), [error]) == 0


def test_the_bound_is_seldom_wrong_however_often_it_is_looked_at():
    """Simulated: rates on the limit's wrong side, 400 cases of up to 100 samples each.

    The rate is the worst one: at the limit, and just below it. Decisions are counted that are made
    before the samples to come could not change them, and that are wrong. Clear rates are decided
    early.
    """
    random = Random(1)
    wrong_below = sum(_early(random, 0.8, 0.8) == "below" for _ in range(400))
    wrong_above = sum(_early(random, 0.799, 0.8) == "above" for _ in range(400))
    assert wrong_below <= 0.05 * 400
    assert wrong_above <= 0.05 * 400
    assert ALPHA == 0.05
    clear = [_early(random, 0.3, 0.8) for _ in range(100)]
    assert clear.count("below") >= 95


def test_samples_end_as_all_of_them_would_and_clear_cases_take_few():
    clear, even = (
        line(Random(1), rate, cases=50, repeat=Repeat(least=3, samples=20), limit=0.8)
        for rate in (0.0, 0.8)
    )
    assert clear == "| 0% | 3.0 | 0.0% | 100.00% |"
    samples, _, alike = even.split(" | ")[1:]
    assert 12 < float(samples) < 20
    assert float(alike.removesuffix("% |")) >= 95


def _early(random, rate, limit, most=100):
    """The side that the bound alone decides for, if it does within `most` samples."""
    passes = 0
    for n in range(1, most + 1):
        passes += random.random() < rate
        evidence = stats.rate_evalue(passes=passes, fails=n - passes, rate=limit)
        if evidence.log_evalue_below >= 2.9957322735539910:  # ln 20
            return "below"
        if evidence.log_evalue_above >= 2.9957322735539910:
            return "above"
    return None


@given(st.lists(st.booleans(), min_size=1, max_size=30), st.floats(0.05, 0.95))
def test_a_rates_evidence_is_that_of_betting_on_its_outcomes(outcomes, rate):
    bets = [share / (1 - rate) for share in (0.1, 0.25, 0.5, 0.75, 0.9, 0.99)]
    betting = stats.betting_evalue(list(map(float, outcomes)), null_mean=rate, bets=bets)
    passes = sum(outcomes)
    found = stats.rate_evalue(passes=passes, fails=len(outcomes) - passes, rate=rate)
    mirrored = stats.rate_evalue(passes=len(outcomes) - passes, fails=passes, rate=1 - rate)
    assert abs(found.log_evalue_below - betting.log_evalue) < 1e-9
    assert abs(found.log_evalue_below - mirrored.log_evalue_above) < 1e-9

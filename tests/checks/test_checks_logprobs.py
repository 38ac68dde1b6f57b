"""`choice-logprob` and `perplexity`: what the log-probabilities say, and errors without them."""

import math

import pytest

from evals.checks.judge import unmet
from evals.checks.written import read_assertion
from evals.model import Token

QUESTION = {"type": "choice-logprob", "options": ["A", "B"], "value": "A"}


def token(text, *top):
    """A token whose alternatives are given as (text, probability)."""
    alternatives = tuple((other, math.log(p)) for other, p in top)
    own = dict(alternatives).get(text, math.log(0.001))
    return Token(token=text, logprob=own, top=alternatives)


@pytest.fixture
def measured(judged, answered):
    def measure(*tokens, text="A", **options):
        return judged(answered(text, logprobs=tokens), QUESTION | options)

    return measure


def test_spellings_of_an_option_are_summed(measured):
    verdict = measured(token("A", ("A", 0.3), (" A", 0.2), ("▁a", 0.1), ("B", 0.2), ("x", 0.1)))
    assert verdict.passed
    assert verdict.values["p.A"] == pytest.approx(0.75)
    assert verdict.values["p.B"] == pytest.approx(0.25)
    assert verdict.values["p_right"] == verdict.score == pytest.approx(0.75)
    assert verdict.values["mass"] == pytest.approx(0.8)
    assert verdict.reason == (
        "likeliest A, expected A; A 0.750, B 0.250 of the 0.800 that the options cover "
        'at the token "A"'
    )


def test_the_likeliest_decides_not_the_one_sampled(measured):
    verdict = measured(token("B", ("A", 0.6), ("B", 0.3)), text="B")
    assert verdict.passed
    assert verdict.extracted == "B"


def test_the_article_of_a_sentence_is_no_option(measured):
    article = token(" a", (" a", 0.9), (" b", 0.05))
    answer = token(" B", (" B", 0.7), (" A", 0.2))
    verdict = measured(token("It"), token(" is"), article, answer, text="It is a B")
    assert (verdict.passed, verdict.extracted) == (False, " B")
    said = measured(token("Answer"), token(":"), article, text="Answer: a")
    assert (said.passed, said.extracted) == (True, " a")


def test_the_text_is_judged_where_log_probabilities_do_not_decide(judged, answered):
    written = {**QUESTION, "fallback": "text"}
    verdict = judged("The answer is A.", written)
    assert (verdict.passed, verdict.score, verdict.extracted) == (True, 1.0, "A")
    assert verdict.reason.startswith("by the text, as the answer came without logprobs: found A")
    assert judged("<think>A, I think</think>B", written).passed is False
    assert judged("Hard to say.", written).passed is False
    unsure = answered("B", logprobs=(token("The", ("The", 0.9), ("A", 0.05)),))
    assert judged(unsure, written).passed is False
    assert judged(unsure, {**written, "type": "not-choice-logprob"}).passed is True
    sure = answered("B", logprobs=(token("B", ("A", 0.6), ("B", 0.3)),))
    assert judged(sure, written).passed is True, "log-probabilities come first"


def test_with_the_text_to_fall_back_to_no_parameter_is_needed():
    without = read_assertion(QUESTION)
    assert unmet(without, {}) != ()
    assert unmet(read_assertion({**QUESTION, "fallback": "text"}), {}) == ()


def test_a_tie_is_a_fail(measured):
    verdict = measured(token("A", ("A", 0.4), ("B", 0.4)))
    assert verdict.passed is False
    assert "(a tie)" in verdict.reason


def test_several_right_options_share_their_probability(measured):
    verdict = measured(
        token("C", ("A", 0.2), ("B", 0.3), ("C", 0.5)), options=["A", "B", "C"], value=["A", "B"]
    )
    assert verdict.passed is False
    assert verdict.score == pytest.approx(0.5)


@pytest.mark.parametrize(
    "before", [["\n"], ["Answer", ":", " "], ["("], ["<think>", "A", "</think>", "\n"]]
)
def test_the_first_answer_token_is_judged(measured, before):
    lead = [token(text, (text, 0.9), ("B", 0.05)) for text in before]
    assert measured(*lead, token(" A", (" A", 0.9), ("B", 0.05)), token(".", (".", 1.0))).passed


def test_letter_case_counts_where_options_differ_by_it(measured):
    verdict = measured(token("a", ("a", 0.7), ("A", 0.2)), options=["A", "a"], value="a")
    assert verdict.values["p.a"] == pytest.approx(7 / 9)


def test_the_sampled_token_counts_though_it_is_not_listed(measured):
    alone = Token(token="A", logprob=math.log(0.6), top=(("B", math.log(0.3)),))
    assert measured(alone).values["mass"] == pytest.approx(0.9)


@pytest.mark.parametrize("kind", ["choice-logprob", "not-choice-logprob"])
def test_too_little_mass_is_an_error(measured, kind):
    verdict = measured(token("The", ("The", 0.9), ("A", 0.02), ("B", 0.01)), type=kind)
    assert verdict.passed is None
    assert verdict.score is None
    assert "0.03 of the probability" in verdict.reason
    assert 'likeliest: "The" 0.900, "A" 0.020' in verdict.reason


def test_a_lower_min_mass_accepts_it(measured):
    assert measured(token("The", ("The", 0.9), ("A", 0.02), ("B", 0.01)), min_mass=0.01).passed


@pytest.mark.parametrize("logprobs", [None, ()])
@pytest.mark.parametrize(
    "written", [QUESTION, {"type": "perplexity", "max": 5}, {"type": "not-perplexity", "max": 5}]
)
def test_missing_logprobs_are_an_error(judged, answered, written, logprobs):
    verdict = judged(answered("A", logprobs=logprobs), written)
    assert verdict.passed is None
    assert "logprobs" in verdict.reason


@pytest.mark.parametrize(("most", "passed"), [(2.0001, True), (1.9, False)])
def test_perplexity_is_exp_of_minus_the_mean(judged, answered, most, passed):
    tokens = (Token(token="a", logprob=math.log(0.25)), Token(token="b", logprob=0.0))
    verdict = judged(answered("ab", logprobs=tokens), {"type": "perplexity", "max": most})
    assert verdict.passed is passed
    assert verdict.values == {"perplexity": pytest.approx(2)}
    assert "perplexity 2 over 2 tokens" in verdict.reason


def test_a_token_without_a_finite_logprob_is_an_error(judged, answered):
    tokens = (Token(token="a", logprob=None), Token(token="b", logprob=-1.0))
    verdict = judged(answered("ab", logprobs=tokens), {"type": "perplexity", "max": 2})
    assert verdict.passed is None
    assert "1 of 2 tokens came without a finite logprob" in verdict.reason


def test_a_vanishing_probability_is_a_fail(judged, answered):
    tokens = (Token(token="a", logprob=-1e9),)
    verdict = judged(answered("a", logprobs=tokens), {"type": "perplexity", "max": 2})
    assert verdict.passed is False
    assert verdict.values == {"perplexity": None}


@pytest.mark.parametrize(
    ("written", "path", "message"),
    [
        (QUESTION | {"transform": "strip"}, "transform", "does not judge text"),
        (QUESTION | {"on": "reasoning"}, "on", "does not judge text"),
        (QUESTION | {"min_mass": 2}, "min_mass", "found 2"),
        (QUESTION | {"value": "C"}, "value", 'unknown option "C"'),
        (QUESTION | {"options": ["(A)", "A"]}, "options", "punctuation around it"),
        ({"type": "perplexity", "max": 0.5}, "max", "found 0.5"),
        ({"type": "perplexity", "threshold": 5}, "max", "`max` is missing"),
        ({"type": "perplexity", "max": 5, "threshold": 5}, "threshold", "no graded score"),
    ],
)
def test_options_that_cannot_work_are_refused(refused, written, path, message):
    assert message in refused(written)[path]

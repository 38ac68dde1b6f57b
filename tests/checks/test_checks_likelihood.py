"""How likely the answer was, and how sure the model was of it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.model import Token


def token(text, *top, logprob=None):
    """`top` are pairs of text and probability; the token itself is the first unless told."""
    listed = tuple((other, math.log(p)) for other, p in top)
    own = dict(listed).get(text) if logprob is None else logprob
    return Token(token=text, logprob=own, top=listed)


def sure(text, probability):
    return token(text, logprob=math.log(probability))


@pytest.fixture
def measured(judged, answered):
    def measure(tokens, written):
        return judged(answered("x", logprobs=tuple(tokens)), written)

    return measure


HALVES = [sure("It is ", 0.5), sure("4", 0.25), sure("2", 1.0)]


@pytest.mark.parametrize(
    ("options", "logprob"),
    [
        ({}, math.log(0.125) / 3),
        ({"measure": "sum"}, math.log(0.125)),
        ({"match": "[0-9]+"}, math.log(0.25) / 2),
        ({"match": "s 4", "measure": "sum"}, math.log(0.125)),
        ({"match": "2$", "measure": "sum"}, 0),
    ],
)
def test_logprobs_are_over_the_answer_or_a_part(measured, options, logprob):
    written = {"type": "logprob", **options}
    at_limit = measured(HALVES, written | {"min": logprob - 1e-9})
    assert at_limit.passed, at_limit.reason
    assert at_limit.values == {"logprob": pytest.approx(logprob)}
    assert (
        measured(HALVES, written | {"type": "not-logprob", "min": logprob - 1e-9}).passed is False
    )
    if logprob < 0:
        assert measured(HALVES, written | {"min": logprob + 1e-9}).passed is False


def test_the_part_is_shown_whole(measured):
    verdict = measured(HALVES, {"type": "logprob", "match": "s 4", "min": -1})
    assert verdict.extracted == "It is 4"
    assert verdict.reason == ('mean logprob -1.04 over 2 tokens "It is 4", expected at least -1')


def test_an_answer_without_the_part_is_a_fail(measured):
    verdict = measured(HALVES, {"type": "logprob", "match": "x", "min": -1})
    assert verdict.passed is False
    assert verdict.reason == '"It is 42" does not match "x"'
    assert measured(HALVES, {"type": "logprob", "match": "$", "min": -1}).passed is False


def test_broken_tokens_can_be_matched(measured):
    tokens = [token("\ud800", logprob=-9.0), token("e\u0301", logprob=-1.0)]
    verdict = measured(tokens, {"type": "logprob", "match": "\u0301", "min": -2})
    assert verdict.passed


@pytest.mark.parametrize(
    ("probability", "score"), [(1.0, 0.5), (0.5, 1 / 3), (0.25, 0.2), (1e-300, 0.0)]
)
def test_perplexity_score_is_one_by_one_plus_perplexity(measured, probability, score):
    verdict = measured([sure("a", probability)], {"type": "perplexity-score", "threshold": 0.3})
    assert verdict.score == pytest.approx(score)
    assert verdict.passed is (score >= 0.3)
    negated = measured([sure("a", probability)], {"type": "not-perplexity-score", "threshold": 0.3})
    assert (negated.passed, negated.score) == (score < 0.3, pytest.approx(1 - score))


@pytest.mark.parametrize(
    ("options", "passed", "score"),
    [
        ({"token": "A", "min": 0.6}, True, 0.6),
        ({"token": "B", "min": 0.4}, False, 0.3),
        ({"token": " A", "min": 0.5}, False, 0),
        ({"token": ".", "at": 1, "min": 1}, True, 1),
        ({"token": ".", "at": -1, "min": 1}, True, 1),
        ({"token": ".", "at": 2, "min": 0.1}, False, 0),
        ({"token": ".", "at": -3, "min": 0.1}, False, 0),
        ({"token": "B", "weight": 0}, True, 0.3),
        ({"token": "\ud800", "min": 0.5}, False, 0),
    ],
)
def test_the_probability_of_a_token_is_its_score(measured, options, passed, score):
    tokens = [token("A", ("A", 0.6), ("B", 0.3)), token(".", (".", 1.0))]
    verdict = measured(tokens, {"type": "token-probability", **options})
    assert verdict.passed is passed, verdict.reason
    assert verdict.score == pytest.approx(score)
    negated = measured(tokens, {"type": "not-token-probability", **options})
    assert negated.passed is not passed


def test_a_token_that_is_not_listed_fails_only_where_that_is_sure(measured):
    tokens = [token("A", ("A", 0.6), ("B", 0.3))]
    written = {"type": "token-probability", "token": "C"}
    failed = measured(tokens, written | {"min": 0.2})
    assert failed.passed is False
    assert "is not listed, so its probability is at most 0.1" in failed.reason
    assert 'listed at token 0: "A" 0.600, "B" 0.300' in failed.reason
    for kind in ("token-probability", "not-token-probability"):
        unsure = measured(tokens, written | {"type": kind, "min": 0.05})
        assert unsure.passed is None
        assert "a higher `top_logprobs` may list it" in unsure.reason


@pytest.mark.parametrize(
    ("tokens", "value"),
    [
        ([token("A", ("A", 1.0))], 0),
        ([token("A", ("A", 0.5), ("B", 0.5))], math.log(2)),
        ([token("A", ("A", 0.5))], math.log(2)),
        ([token("A", ("B", 0.5), logprob=math.log(0.5))], math.log(2)),
        ([token("A", ("A", 1.0)), token("A", ("A", 0.5), ("B", 0.5))], math.log(2) / 2),
    ],
)
def test_entropy_is_a_mean_in_nats(measured, tokens, value):
    verdict = measured(tokens, {"type": "entropy", "max": 0.5})
    assert verdict.values == {"entropy": pytest.approx(value)}
    assert verdict.passed is (value <= 0.5)
    assert measured(tokens, {"type": "not-entropy", "max": 0.5}).passed is (value > 0.5)


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=8))
def test_entropy_is_at_most_that_of_equal_chances(judged, answered, weights):
    total = sum(weights)
    top = tuple((str(at), math.log(weight / total)) for at, weight in enumerate(weights))
    tokens = (Token(token="0", logprob=top[0][1], top=top),)
    verdict = judged(answered("0", logprobs=tokens), {"type": "entropy", "weight": 0})
    assert -1e-9 <= verdict.values["entropy"] <= math.log(len(weights)) + 1e-6


WRITTEN = [
    {"type": "logprob", "min": -1},
    {"type": "perplexity-score", "threshold": 0.3},
    {"type": "token-probability", "token": "a", "min": 0.5},
    {"type": "entropy", "max": 1},
]


@pytest.mark.parametrize("negation", ["", "not-"])
@pytest.mark.parametrize("written", WRITTEN, ids=lambda written: written["type"])
@pytest.mark.parametrize(
    "tokens", [None, (), (Token(token="a", logprob=None),)], ids=["none", "empty", "infinite"]
)
def test_missing_logprobs_are_an_error(judged, answered, negation, written, tokens):
    verdict = judged(answered("a", logprobs=tokens), written | {"type": negation + written["type"]})
    assert verdict.passed is None
    assert "logprob" in verdict.reason or "without alternatives" in verdict.reason


@pytest.mark.parametrize(
    ("written", "path", "message"),
    [
        ({"type": "logprob"}, "", "needs `min` to decide"),
        ({"type": "logprob", "min": 0.5}, "min", "found 0.5"),
        ({"type": "logprob", "min": -math.inf}, "min", "cannot fail"),
        ({"type": "logprob", "min": -1, "match": "("}, "match", "invalid pattern"),
        ({"type": "logprob", "min": -1, "match": ""}, "match", "matches no token"),
        ({"type": "logprob", "min": -1, "transform": "strip"}, "transform", "not judge text"),
        ({"type": "perplexity-score"}, "", "needs `threshold` to decide"),
        ({"type": "perplexity-score", "threshold": 0.6}, "threshold", "scores end at 0.5"),
        ({"type": "token-probability", "token": "a"}, "", "needs `min` to decide"),
        ({"type": "token-probability", "min": 0.5}, "token", "`token` is missing"),
        ({"type": "token-probability", "token": "", "min": 0.5}, "token", "expected"),
        ({"type": "token-probability", "token": "a", "min": 2}, "min", "found 2"),
        ({"type": "entropy"}, "", "needs `max` to decide"),
        ({"type": "entropy", "max": 0}, "max", "found 0"),
        ({"type": "entropy", "max": math.inf}, "max", "cannot fail"),
    ],
)
def test_what_cannot_work_is_refused(refused, written, path, message):
    assert message in refused(written)[path]


@pytest.mark.parametrize(
    ("options", "score"),
    [
        ({}, 0.125 ** (1 / 3)),
        ({"measure": "product"}, 0.125),
        ({"measure": "min"}, 0.25),
        ({"match": "[0-9]+", "measure": "product"}, 0.25),
    ],
)
def test_confidence_is_the_probability_of_the_answer(measured, options, score):
    verdict = measured(HALVES, {"type": "confidence", "threshold": 0.2, **options})
    assert verdict.score == pytest.approx(score)
    assert verdict.values == {"confidence": verdict.score}
    assert verdict.passed is (score >= 0.2)


def test_confidence_is_never_above_one(measured):
    verdict = measured([sure("a", 1.0000001)], {"type": "confidence", "weight": 0})
    assert verdict.score == 1.0


def test_confidence_in_a_part_that_is_not_there_is_a_fail(measured):
    verdict = measured(HALVES, {"type": "confidence", "match": "x", "threshold": 0.1})
    assert verdict.passed is False
    assert "does not match" in verdict.reason


MEASURES = [
    {"type": "logprob", "min": -0.5},
    {"type": "perplexity", "max": 2},
    {"type": "perplexity-score", "threshold": 0.4},
    {"type": "confidence", "threshold": 0.5},
    {"type": "confidence", "measure": "product", "threshold": 0.5},
]


@pytest.mark.parametrize("written", MEASURES)
def test_impossible_tokens_make_an_impossible_answer(measured, written):
    tokens = [token("a", logprob=-1.7e308), token("b", logprob=-1.7e308)]
    assert measured(tokens, written).passed is False


@pytest.mark.parametrize("written", MEASURES)
def test_numbers_above_0_are_no_log_probabilities(measured, written):
    logits = [token("a", logprob=5.0), token("b", logprob=-2.0)]
    verdict = measured(logits, written)
    assert verdict.passed is None
    assert "5 is no log-probability" in verdict.reason
    assert measured([token("a", logprob=1e-7)], written).passed is True

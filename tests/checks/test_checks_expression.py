"""Conditions over what is known of an answer."""

import pytest

from evals.checks.judge import prepare
from evals.checks.ordered import judge_all
from evals.checks.written import read_assertion
from evals.model import Usage
from evals.testing import check


def judged(written, text="It is 5.", **known):
    return check({"type": "expression", "value": written}, text, **known)


@pytest.mark.parametrize(
    ("condition", "passed"),
    [
        ("len(words) == 3 and '5' in text", True),
        ("len(lines) > 1", False),
        ("words[-1] == '5.'", True),
        ("finish_reason == 'stop'", True),
        ("vars.a == 5 and vars['a'] in [4, 5]", True),
        ("lower(text) == text", False),
        ("len(metrics) == 0 and len(text) > 0", True),
    ],
)
def test_a_condition_is_true_or_false(condition, passed):
    verdict = judged(condition, vars={"a": 5})
    assert verdict.passed is passed, verdict.reason
    assert condition.replace('"', '\\"') in verdict.reason


def test_the_reason_tells_what_was_known(answered):
    completion = answered("It is 5.", usage=Usage(completion_tokens=7))
    verdict = check(
        {"type": "expression", "value": "usage.completion_tokens > len(words)"}, completion
    )
    expected = '"usage.completion_tokens > len(words)" is true; usage.completion_tokens 7, 3 words'
    assert verdict.reason == expected


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("usage.completion_tokens < 5", "no usage.completion_tokens"),
        ("1 / (len(words) - 3) > 1", "a division by zero"),
        ("metrics.sum > 0.5", "`metrics.sum` has no value"),
        ("vars.a == '5'", "compares a number with a text"),
        ("len(words)", "neither true nor false"),
        ("words", "neither true nor false"),
    ],
)
@pytest.mark.parametrize("negation", ["", "not-"])
def test_what_has_no_value_is_an_error(condition, message, negation):
    verdict = check(
        {"type": f"{negation}expression", "value": condition}, "It is 5.", vars={"a": 5}
    )
    assert verdict.passed is None
    assert message in verdict.reason


def test_a_number_is_a_score_with_a_threshold():
    written = {"type": "expression", "value": "min(1, len(words) / 4)", "threshold": 0.7}
    verdict = check(written, "It is 5.")
    assert (verdict.passed, verdict.score) == (True, 0.75)
    above = check({**written, "value": "len(words)"}, "It is 5.")
    assert above.passed is None
    assert "a score is in 0 … 1" in above.reason
    truth = check({**written, "value": "len(words) > 1"}, "It is 5.")
    assert truth.passed is None
    assert "a threshold needs a number" in truth.reason


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("lenn(text) > 1", "unknown function `lenn`; did you mean `len`? (column 1)"),
        ("len(txt) > 1", "unknown name `txt`; did you mean `text`? (column 5)"),
        ("1 < 2", "it names nothing of the answer, so it is always the same"),
        ("text.strip() == ''", "expected an operator or the end, found `(` (column 11)"),
        ("__import__('os')", "unknown function `__import__`"),
    ],
)
def test_a_condition_that_is_none_is_refused(refused, condition, message):
    assert message in refused({"type": "expression", "value": condition})["value"]


def test_it_reads_the_scores_of_the_other_checks_wherever_it_stands(answered):
    written = [
        {"type": "expression", "value": "metrics.short + metrics.sum == 1 and 'sum' in metrics"},
        {"type": "contains", "value": "no such word", "metric": "sum", "weight": 0},
        {"any": [{"type": "word-count", "max": 500, "metric": "short"}]},
        {"all": [{"not-any": [{"type": "expression", "value": "metrics.short == 0"}]}]},
        {"type": "entropy", "max": 1, "metric": "broken", "weight": 0},
        {"type": "expression", "value": "metrics.broken > 0"},
    ]
    checks = [prepare(read_assertion(one)) for one in written]
    verdicts = judge_all(checks, answered("It is 5."))
    assert [verdict.type for verdict in verdicts] == [
        "expression",
        "contains",
        "any",
        "all",
        "entropy",
        "expression",
    ]
    assert [verdict.passed for verdict in verdicts] == [True, False, True, True, None, None]

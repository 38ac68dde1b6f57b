"""Users test their own checks with `evals.testing`."""

from __future__ import annotations

import asyncio

import pytest

import evals
from evals.answer import read
from evals.checks.registry import forget
from evals.model import Request, Token
from evals.testing import ScriptedEndpoint, answer, check


def test_an_assertion_judges_a_text():
    assert check({"type": "equals", "value": "5", "transform": "strip"}, " 5 ").passed is True
    assert check("Paris", "Rome").passed is False


def test_templates_see_vars_and_the_expected_value():
    assertion = {"type": "contains", "value": "{{ city }}"}
    assert check(assertion, "in Paris", vars={"city": "Paris"}).passed is True
    assert check({"type": "equals", "value": "{{ expected }}"}, "5", expected="5").passed is True


def test_an_answer_may_have_all_its_parts():
    tokens = [Token(token="5", logprob=-0.1)]
    verdict = check({"type": "perplexity", "max": 2}, answer("5", logprobs=tokens))
    assert verdict.passed is True


def test_an_own_check_is_tested_like_a_built_in_one():
    @evals.check("shouts")
    def shouts(completion: evals.Completion, options: None) -> bool:
        """The answer is in capital letters."""
        return completion.text.isupper()

    try:
        assert check({"type": "shouts"}, "YES").passed is True
        assert check({"type": "not-shouts"}, "YES").passed is False
    finally:
        forget("shouts")


def test_a_scripted_endpoint_says_what_the_script_says():
    endpoint = ScriptedEndpoint(lambda request: request.body["messages"][0]["content"].upper())
    request = Request(endpoint="x", body={"messages": [{"role": "user", "content": "hey"}]})
    exchange = asyncio.run(endpoint.complete(request))
    assert read(exchange).text == "HEY"
    assert endpoint.requests == [request]


def test_a_script_without_an_answer_is_an_endpoint_error():
    endpoint = ScriptedEndpoint(lambda request: None)
    with pytest.raises(evals.EndpointError):
        asyncio.run(endpoint.complete(Request(endpoint="x", body={})))


def test_samples_are_judged_together():
    assert check({"type": "consistent", "threshold": 0.6}, ["a", "a", "b"]).passed is True
    assert check({"type": "not-consistent", "threshold": 0.6}, ["a", "a", "b"]).passed is False


def test_columns_are_judged_together():
    @evals.check("longest", scope="columns")
    def longest(columns, options: None, *, context: evals.Context) -> bool:
        return columns[context.column][0].text == max(c[0].text for c in columns.values())

    try:
        assert check({"type": "longest"}, {"own": ["b"], "other": ["a"]}).passed is True
        assert check({"type": "longest"}, {"own": ["a"], "other": ["b"]}).passed is False
    finally:
        forget("longest")

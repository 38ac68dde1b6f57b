"""Tool calls against the request, none at all, and their F1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.model import ToolCall

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city"],
}
TOOLS = [
    {"type": "function", "function": {"name": "weather", "parameters": CITY}},
    {"type": "function", "function": {"name": "now"}},
    {"type": "custom", "custom": {"name": "shell"}},
]
VALID = {"type": "is-valid-tool-call"}


def call(name, arguments=""):
    return ToolCall(name=name, arguments=arguments)


@pytest.fixture
def called(judged, answered):
    def judge(calls, written, tools=TOOLS):
        return judged(answered("", tool_calls=calls, request={"tools": tools}), written)

    return judge


@pytest.mark.parametrize(
    ("calls", "score"),
    [
        ((call("weather", '{"city": "Oslo"}'),), 1),
        ((call("weather", '{"city": "Oslo", "days": 2}'), call("now"), call("now", "{}")), 1),
        ((call("shell", "ls -l"),), 1),
        ((), 0),
        ((call("weather", '{"city": 5}'),), 0),
        ((call("weather"),), 0),
        ((call("weather", '["Oslo"]'),), 0),
        ((call("weather", '{"city": "Os'),), 0),
        ((call("Weather", '{"city": "Oslo"}'),), 0),
        ((call("now", '{"zone": 1}'),), 0),
        ((call("now"), call("later")), 0.5),
        ((call("\x00\ud800" * 500, "{" * 100_000),), 0),
    ],
)
def test_calls_are_held_against_the_tools_of_the_request(called, calls, score):
    verdict = called(calls, VALID)
    assert verdict.passed is (score == 1), verdict.reason
    assert verdict.score == score
    assert len(verdict.reason) < 1000
    negated = called(calls, {"type": "not-is-valid-tool-call"})
    assert (negated.passed, negated.score) == (score < 1, 1 - score)


@pytest.mark.parametrize(
    ("calls", "evidence"),
    [
        ((), "no tool was called; found"),
        ((call("weather", '{"city": 5}'),), '1 of 1 call not valid: weather({"city": 5}): $.city'),
        ((call("later"),), "offers no such tool, but weather, now, shell"),
        ((call("weather", "x"),), "arguments are no JSON"),
        ((call("weather", "5"),), "arguments are no object"),
        ((call("now"),), "1 valid call: now()"),
    ],
)
def test_the_reason_names_the_call_and_the_violation(called, calls, evidence):
    assert evidence in called(calls, VALID).reason


@pytest.mark.parametrize("negation", ["", "not-"])
@pytest.mark.parametrize(
    ("tools", "evidence"),
    [
        (None, "offers no tools"),
        ([], "offers no tools"),
        (["odd", {"type": "function"}], "offers no tools"),
        ([{"function": {"name": "weather", "parameters": {"type": "objct"}}}], "the tool weather"),
    ],
)
def test_tools_that_cannot_be_held_against_are_an_error(called, negation, tools, evidence):
    verdict = called((call("weather", "{}"),), {"type": f"{negation}is-valid-tool-call"}, tools)
    assert verdict.passed is None
    assert evidence in verdict.reason


def test_no_call_is_asked_for(called):
    assert called((), {"type": "no-tool-call"}).reason == "the answer calls no tool"
    verdict = called((call("now"),) * 7, {"type": "no-tool-call"})
    assert verdict.passed is False
    assert verdict.reason == "found 7 calls: now(), now(), now(), now(), now(), and 2 more"
    assert called((call("\ud800" * 999),), {"type": "not-no-tool-call"}).passed


@pytest.mark.parametrize(
    ("calls", "expected", "f1"),
    [
        ((), [], 1),
        ((), [{"name": "a"}], 0),
        ((call("a"),), [], 0),
        ((call("a"), call("b")), [{"name": "b"}, {"name": "a"}], 1),
        ((call("a"),), [{"name": "b"}, {"name": "a"}], 2 / 3),
        ((call("a"), call("a"), call("b")), [{"name": "a"}], 0.5),
        ((call("a", '{"x": 1, "y": 2}'),), [{"name": "a", "arguments": {"x": 1}}], 1),
        ((call("a", '{"x": 2}'),), [{"name": "a", "arguments": {"x": 1}}], 0),
        ((call("a", '{"x": '),), [{"name": "a", "arguments": {"x": 1}}], 0),
    ],
)
def test_f1_is_of_names_and_arguments(called, calls, expected, f1):
    written = {"type": "tool-call-f1", "value": expected, "threshold": 0.6}
    verdict = called(calls, written)
    assert verdict.score == pytest.approx(f1)
    assert verdict.passed is (f1 >= 0.6)
    assert verdict.values["f1"] == verdict.score
    negated = called(calls, written | {"type": "not-tool-call-f1"})
    assert (negated.passed, negated.score) == (f1 < 0.6, pytest.approx(1 - f1))


def test_f1_can_ask_for_exact_arguments_and_ignore_some(called):
    calls = (call("a", '{"x": 1, "id": 7}'),)
    written = {"type": "tool-call-f1", "value": [{"name": "a", "arguments": {"x": 1}}]}
    exact = {**written, "args": "exact", "threshold": 1}
    assert called(calls, exact).passed is False
    assert called(calls, {**exact, "ignore": ["id"]}).passed


def test_the_reason_of_f1_tells_what_is_missing(called):
    written = {"type": "tool-call-f1", "value": [{"name": "a"}, {"name": "b"}], "threshold": 0.9}
    assert called((call("a"),), written).reason == (
        "F1 0.667: of 1 call made and 2 expected 1 agree, threshold 0.9; "
        "expected b, which was not called; found a()"
    )


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
def test_f1_of_names_counts_what_both_have(judged, answered, made, expected):
    answer = answered("", tool_calls=tuple(map(call, made)))
    value = [{"name": name} for name in expected]
    verdict = judged(answer, {"type": "tool-call-f1", "value": value, "weight": 0})
    both = sum(min(made.count(name), expected.count(name)) for name in "abc")
    total = len(made) + len(expected)
    assert verdict.score == pytest.approx(2 * both / total if total else 1)


def test_an_assertion_that_cannot_be_made_is_an_error_of_f1(called):
    nested = {"type": "contains", "value": "x", "on": "reasoning"}
    value = [{"name": "a", "assert": [nested]}]
    for kind in ("tool-call-f1", "not-tool-call-f1"):
        written = {"type": kind, "value": value, "threshold": 1}
        assert called((call("a", "{}"),), written).passed is None


@pytest.mark.parametrize(
    ("written", "path", "message"),
    [
        ({"type": "no-tool-call", "value": 1}, "value", "unknown option"),
        ({"type": "is-valid-tool-call", "transform": "strip"}, "transform", "not judge text"),
        ({"type": "tool-call-f1", "value": []}, "", "needs `threshold` to decide"),
        ({"type": "tool-call-f1", "threshold": 1}, "value", "`value` is missing"),
        ({"type": "tool-call-f1", "value": [], "threshold": 0}, "threshold", "cannot fail"),
        ({"type": "tool-call-f1", "value": [{"name": ""}], "threshold": 1}, "value.0.name", "exp"),
        (
            {"type": "tool-call-f1", "value": [{"name": "x", "arguments": {"type": "objct"}}],
             "args": "schema", "threshold": 1},
            "value.0.arguments.type", "invalid JSON Schema",
        ),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused(refused, written, path, message):
    assert message in refused(written)[path]

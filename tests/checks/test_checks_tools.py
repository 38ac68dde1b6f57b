"""`tool-calls`: expected calls against those made."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.checks.tools import _assign
from evals.model import ToolCall

WEATHER = ToolCall(name="weather", arguments='{"city": "Paris", "days": 3, "at": {"h": 9, "m": 0}}')
TIME = ToolCall(name="time", arguments='{"zone": "CET"}')
BROKEN = ToolCall(name="weather", arguments='{"city": ')
NONE = ToolCall(name="now", arguments="")


@pytest.fixture
def called(judged, answered):
    def judge(calls, **options):
        return judged(answered("", tool_calls=calls), {"type": "tool-calls", **options})

    return judge


@pytest.mark.parametrize(
    ("calls", "options", "passed"),
    [
        ((WEATHER,), {"value": [{"name": "weather"}]}, True),
        ((), {"value": [{"name": "weather"}]}, False),
        ((), {"value": []}, True),
        ((TIME,), {"value": []}, False),
        ((BROKEN,), {"value": [{"name": "weather"}]}, True),
        ((BROKEN,), {"value": [{"name": "weather", "arguments": {}}]}, False),
        ((NONE,), {"value": [{"name": "now", "arguments": {}}], "args": "exact"}, True),
        ((WEATHER,), {"value": [{"name": "weather", "arguments": {"city": "Paris"}}]}, True),
        ((WEATHER,), {"value": [{"name": "weather", "arguments": {"days": 3.0}}]}, True),
        ((WEATHER,), {"value": [{"name": "weather", "arguments": {"at": {"h": 9}}}]}, True),
        ((WEATHER,), {"value": [{"name": "weather", "arguments": {"city": "Rome"}}]}, False),
        ((WEATHER,), {"value": [{"name": "weather", "arguments": {"days": "3"}}]}, False),
        ((TIME,), {"value": [{"name": "time", "arguments": {"zone": "CET"}}], "args": "exact"},
         True),
        ((WEATHER,), {"value": [{"name": "weather", "arguments": {"city": "Paris"}}],
                      "args": "exact"}, False),
        ((WEATHER,), {"value": [{"name": "weather", "arguments": {"city": "Paris"}}],
                      "args": "exact", "ignore": ["days", "at"]}, True),
        ((WEATHER,), {"value": [{"name": "weather", "arguments": {"required": ["city"]}}],
                      "args": "schema"}, True),
        ((WEATHER,), {"value": [{"name": "weather", "arguments": {"maxProperties": 1}}],
                      "args": "schema"}, False),
        ((WEATHER,), {"value": [{"name": "weather", "assert": [
            {"type": "json-path", "path": "$.city", "assert": [{"type": "icontains",
                                                               "value": "PAR"}]}]}]}, True),
        ((WEATHER,), {"value": [{"name": "weather", "assert": ["Rome"]}]}, False),
        ((WEATHER, TIME), {"value": [{"name": "time"}, {"name": "weather"}]}, True),
        ((WEATHER, TIME), {"value": [{"name": "time"}, {"name": "weather"}],
                           "order": "in-order"}, False),
        ((WEATHER, NONE, TIME), {"value": [{"name": "weather"}, {"name": "time"}],
                                 "order": "in-order", "extra": "allow"}, True),
        ((WEATHER, NONE, TIME), {"value": [{"name": "weather"}, {"name": "time"}],
                                 "order": "exact", "extra": "allow"}, False),
        ((WEATHER, TIME), {"value": [{"name": "weather"}, {"name": "time"}], "order": "exact"},
         True),
        ((WEATHER, TIME), {"value": [{"name": "time"}]}, False),
        ((WEATHER, TIME), {"value": [{"name": "time"}], "extra": "allow"}, True),
        ((WEATHER, WEATHER), {"value": [{"name": "weather"}]}, False),
        ((WEATHER, BROKEN), {"value": [{"name": "weather"}, {"name": "weather", "arguments": {}}]},
         True),
        ((WEATHER, TIME), {"count": 2}, True),
        ((WEATHER, TIME), {"count": 1}, False),
        ((), {"count": 0}, True),
    ],
)  # fmt: skip
def test_calls_are_matched(called, calls, options, passed):
    verdict = called(calls, **options)
    assert verdict.passed is passed, verdict.reason


@pytest.mark.parametrize(
    ("calls", "options", "evidence"),
    [
        ((), {"value": [{"name": "time"}]}, "expected time, which was not called; found no calls"),
        ((TIME,), {"value": []}, 'not expected: time({"zone": "CET"}); found time({"zone"'),
        ((TIME,), {"value": [{"name": "time", "arguments": {"zone": "GMT"}}]},
         'expected time({"zone": "GMT"}), but call 1 differs'),
        ((ToolCall(name="time", arguments='{\n  "zone": "CET"\n}'),), {"count": 2},
         'expected 2: time({ "zone": "CET" })'),
        ((ToolCall(name="n" * 61, arguments='{"a": "' + "x" * 100 + '"}'),), {"count": 2},
         f"""expected 2: {'n' * 59}…({{"a": "{'x' * 92}…)"""),
        ((WEATHER,), {"value": [{"name": "weather", "arguments": {"city": "Rome"}}]},
         'call 1 differs: $.city: found "Paris", expected "Rome"'),
        ((BROKEN,), {"value": [{"name": "weather", "arguments": {}}]}, "arguments are no JSON"),
        ((WEATHER,), {"value": [{"name": "weather", "assert": ["Rome"]}]}, '"Rome" is not in'),
        ((WEATHER,), {"value": [{"name": "weather"}, {"name": "weather"}]}, "once more"),
        ((TIME,), {"count": 2}, "found 1 call, expected 2"),
    ],
)  # fmt: skip
def test_the_reason_names_the_call_and_the_difference(called, calls, options, evidence):
    assert evidence in called(calls, **options).reason


@given(st.integers(0, 4), st.integers(0, 4), st.data())
def test_as_many_expected_calls_as_possible_are_matched(expected, calls, data):
    """Against trying every assignment."""
    match = st.sampled_from([None, "differs"])
    row = st.lists(match, min_size=calls, max_size=calls)
    table = data.draw(st.lists(row, min_size=expected, max_size=expected))
    assigned = [at for at in _assign(table, calls, "any") if at is not None]
    assert len(set(assigned)) == len(assigned)
    best = max(
        sum(at is not None and table[i][at] is None for i, at in enumerate(order[:expected]))
        for order in itertools.permutations([*range(calls), *[None] * expected])
    )
    assert len(assigned) == best


@pytest.mark.parametrize(
    ("options", "path", "message"),
    [
        ({}, "", "give `value` or `count`"),
        ({"value": [], "extra": "allow"}, "value", "cannot fail"),
        ({"value": [{"name": ""}]}, "value.0.name", "expected"),
        ({"value": [{"nam": "x"}]}, "value.0.nam", "did you mean"),
        ({"value": [{"name": "x", "arguments": {"type": "objct"}}], "args": "schema"},
         "value.0.arguments.type", "invalid JSON Schema"),
        ({"value": [{"name": "x", "assert": [{"type": "contain", "value": "x"}]}]},
         "value.0.assert.0.type", 'did you mean "contains"'),
        ({"value": [{"name": "x"}], "count": 2}, "count", "there cannot be 2"),
        ({"value": [{"name": "x"}], "order": "inorder"}, "order", 'did you mean "in-order"'),
        ({"count": 1, "transform": "strip"}, "transform", "does not judge text"),
    ],
)  # fmt: skip
def test_expectations_that_cannot_work_are_refused(refused, options, path, message):
    assert message in refused({"type": "tool-calls", **options})[path]

"""`json-equals`: what may differ, what must not, and where it does."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"


@pytest.mark.parametrize(
    ("text", "options", "passed"),
    [
        ('{"b": 2, "a": 1.0}', {"value": {"a": 1, "b": 2}}, True),
        ('{"a": true}', {"value": {"a": 1}}, False),
        ("null", {"value": None}, True),
        ('"x"', {"value": "x"}, True),
        ("5", {"value": "5"}, False),
        ("[]", {"value": []}, True),
        ("[]", {"value": {}}, False),
        ("{}", {"value": [], "unordered": True}, False),
        ("[]", {"value": [], "unordered": ["$"]}, True),
        ("```\n[1]\n```", {"value": [1]}, True),
        ("It is [1].", {"value": [1]}, True),
        ("prose", {"value": [1]}, False),
        (f'{{"{DECOMPOSED}": "{DECOMPOSED}"}}', {"value": {COMPOSED: COMPOSED}}, True),
        ('{"a": 1, "id": 9}', {"value": {"a": 1}, "ignore": ["$.id"]}, True),
        ('{"a": 1}', {"value": {"a": 1, "id": 9}, "ignore": ["$.id"]}, True),
        ('[{"t": 1, "x": 1}, {"t": 2, "x": 1}]',
         {"value": [{"x": 1}, {"x": 1}], "ignore": ["$..t"]}, True),
        ("[1, 2]", {"value": [2, 1]}, False),
        ("[1, 2]", {"value": [2, 1], "unordered": True}, True),
        ("[1, 2]", {"value": [2, 1], "unordered": ["$"]}, True),
        ('{"a": [1, 2], "b": [1, 2]}',
         {"value": {"a": [2, 1], "b": [2, 1]}, "unordered": ["$.a"]}, False),
        ('[[1, 2], [{"x": [3, 4]}]]',
         {"value": [[{"x": [4, 3.0]}], [2, 1]], "unordered": True}, True),
        ('[[{"bb": 1, "cc": 2}, {"dd": [2, 1]}], [3]]',
         {"value": [[3], [{"dd": [1, 2]}, {"cc": 2, "bb": 1}]], "unordered": True}, True),
        ("[1, 1, 2]", {"value": [1, 2, 2], "unordered": True}, False),
        ("[true, 1]", {"value": [1, True], "unordered": True}, True),
        ("[1.1, 1.2]", {"value": [1, 1.1], "unordered": True, "abs_tol": 0.1}, True),
        ("[1.1, 1.3]", {"value": [1, 1.1], "unordered": True, "abs_tol": 0.1}, False),
        ("1.1", {"value": 1, "abs_tol": 0.1}, True),
        ("1.11", {"value": 1, "abs_tol": 0.1}, False),
        ("99", {"value": 100, "rel_tol": 0.01}, True),
        ("98", {"value": 100, "rel_tol": 0.01, "abs_tol": 1}, False),
        ("12345678901234567891", {"value": 12345678901234567890}, False),
        ('{"a": 1, "a": 1}', {"value": {"a": 1}}, False),
        ("[" * 100_000, {"value": []}, False),
        ('["\\ud800", "\\u0000"]', {"value": ["x"]}, False),
    ],
)  # fmt: skip
def test_json_is_compared_by_value(judged, text, options, passed):
    verdict = judged(text, {"type": "json-equals", **options})
    assert verdict.passed is passed, verdict.reason
    assert len(verdict.reason) < 1000
    assert judged(text, {"type": "not-json-equals", **options}).passed is not passed


@pytest.mark.parametrize(
    ("text", "value", "score", "reason"),
    [
        ('{"a": 2, "c": [1]}', {"a": 1, "b": 3, "c": [1]}, 1 / 3,
         "1 of 3 values of the JSON of the answer agree: "
         "$.a: found 2, expected 1; $.b: missing, expected 3"),
        ('{"a": 1, "x": {"y": 1, "z": 2}}', {"a": 1}, 1 / 3,
         "1 of 3 values of the JSON of the answer agree: $.x: unexpected {\"y\": 1, \"z\": 2}"),
        ("[1, 2, 3]", [1, 5], 1 / 3,
         "1 of 3 values of the JSON of the answer agree: "
         "$[1]: found 2, expected 5; $[2]: unexpected 3"),
    ],
)  # fmt: skip
def test_the_reason_is_a_list_of_paths(judged, text, value, score, reason):
    verdict = judged(text, {"type": "json-equals", "value": value})
    assert verdict.score == pytest.approx(score)
    assert verdict.reason == reason


def test_an_unordered_list_pairs_what_is_equal_first(judged):
    written = {"type": "json-equals", "value": ["a", "b", "c"], "unordered": True}
    verdict = judged('["c", "x", "a"]', written)
    assert verdict.score == pytest.approx(2 / 3)
    assert '$[1]: found "x", expected "b"' in verdict.reason


def test_many_differences_are_counted(judged):
    verdict = judged(json.dumps(list(range(100))), {"type": "json-equals", "value": []})
    assert verdict.score == 0
    assert "and 80 more" in verdict.reason


@pytest.mark.parametrize("kind", ["json-equals", "not-json-equals"])
def test_long_unordered_lists_with_a_tolerance_are_an_error(judged, kind):
    written = {"type": kind, "value": [1], "unordered": True, "abs_tol": 1}
    verdict = judged(json.dumps([1] * 500), written)
    assert verdict.passed is None
    assert "more than 200 items" in verdict.reason


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="ascii"), max_size=2), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON, st.randoms(use_true_random=False))
def test_every_value_equals_itself_in_another_order(judged, value, random):
    text = json.dumps(value)
    assert judged(text, {"type": "json-equals", "value": value}).score == 1
    if isinstance(value, list):
        shuffled = random.sample(value, len(value))
        assert judged(text, {"type": "json-equals", "value": shuffled, "unordered": True}).passed


@given(JSON, JSON)
def test_scores_are_shares(judged, one, other):
    verdict = judged(json.dumps(one), {"type": "json-equals", "value": other, "unordered": True})
    assert 0 <= verdict.score <= 1
    assert verdict.passed is (verdict.score == 1)


@pytest.mark.parametrize(
    ("options", "path", "message"),
    [
        ({}, "value", "`value` is missing"),
        ({"value": 1, "ignore": ["id"]}, "ignore.0", "it begins with $"),
        ({"value": 1, "ignore": ["$"]}, "ignore.0", "cannot fail"),
        ({"value": 1, "unordered": ["$["]}, "unordered.0", "invalid JSONPath"),
        ({"value": 1, "abs_tol": -1}, "abs_tol", "found -1"),
        ({"value": 1, "rel_tol": float("inf")}, "rel_tol", "cannot fail"),
        ({"value": 1, "threshold": 0.5}, "threshold", "no graded score"),
    ],
)
def test_what_cannot_work_is_refused(refused, options, path, message):
    assert message in refused({"type": "json-equals", **options})[path]

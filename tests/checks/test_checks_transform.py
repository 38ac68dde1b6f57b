"""Transforms: what each step keeps, and a step that finds nothing."""

import pytest

from evals.checks.transform import fenced, first_line, last_line, strip_code_fence, strip_thinking
from evals.model import Usage


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("a", "a", "a"),
        ("\n  \n a \nb\n\n", "a", "b"),
        ("a\r\nb", "a", "b"),
        ("a\u2028b\rc", "a\u2028b", "c"),
        ("", "", ""),
        (" \n\t", "", ""),
    ],
)
def test_lines_that_are_not_blank(text, first, last):
    assert (first_line(text), last_line(text)) == (first, last)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("<think>hm</think>\n\n5", "5"),
        ("a <think>x</think> b", "a  b"),
        ("<think>never closed", ""),
        ("before <THINKING>x", "before"),
        ("opened by the prompt</think>5", "5"),
        ("<think>a<think>b</think>c</think>5", "5"),
        ("no thought", "no thought"),
        ("a < b", "a < b"),
    ],
)
def test_thinking_is_removed(text, kept):
    assert strip_thinking(text) == kept


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("```json\n{}\n```", "{}"),
        ("Here:\n```\na\n\nb\n```\nBye\n```\nc\n```", "a\n\nb"),
        ("~~~~\n~~~\n~~~~", "~~~"),
        ("```\nunclosed", "unclosed"),
        ("```\n```", ""),
        ("```\r\na\r\n```\r\n", "a"),
        ("```", ""),
        ("  ```py\nx\n  ```", "x"),
        ("inline ``` here", None),
        ("no fence", None),
    ],
)
def test_the_first_code_fence_is_taken(text, content):
    assert fenced(text) == content
    assert strip_code_fence(text) == (text if content is None else content)


@pytest.mark.parametrize(
    ("text", "transform", "value"),
    [
        (" a ", "strip", "a"),
        ("Ab", "lower", "ab"),
        ("Ab", ["upper"], "AB"),
        ("\n Ab \nc", ["first_line", "lower"], "ab"),
        ("a\nb\n", "last_line", "b"),
        ("x=42, y=7", {"regex": r"y=(\d+)"}, "7"),
        ("x=42", {"regex": r"\d+"}, "42"),
        ('{"a": {"b": "c"}}', {"json": "$.a.b"}, "c"),
        ('so {"a": [1, 2.5]}', {"json": "$.a"}, "[1, 2.5]"),
        ('{"a": [{"b": 1}, {"b": "x"}]}', {"json": "$.a[*].b"}, '[1, "x"]'),
        ('<think>x</think>```json\n{"a": " B"}\n```', ["strip_thinking", "strip_code_fence",
         {"json": "$.a"}, "strip", "lower"], "b"),
    ],
)  # fmt: skip
def test_a_pipeline_is_applied_in_order(judged, text, transform, value):
    verdict = judged(text, {"type": "equals", "value": value, "transform": transform})
    assert verdict.passed, verdict.reason


def test_the_reason_shows_the_transforms(judged):
    written = {"type": "equals", "value": "b", "transform": ["strip", {"regex": "a"}]}
    assert judged(" a ", written).reason == 'found "a", expected "b" (after strip, regex: a)'


@pytest.mark.parametrize("kind", ["equals", "not-equals"])
@pytest.mark.parametrize(
    ("text", "transform"),
    [("prose", {"json": "$.a"}), ('{"b": 1}', {"json": "$.a"}), ("prose", {"regex": r"\d"})],
)
def test_nothing_to_judge_fails_both_ways(judged, kind, text, transform):
    verdict = judged(text, {"type": kind, "value": "x", "transform": transform})
    assert (verdict.passed, verdict.score) == (False, 0.0)
    assert verdict.reason.startswith("nothing to judge: ")
    assert text in verdict.reason.replace("\\", "")


@pytest.mark.parametrize(
    ("transform", "path", "message"),
    [
        ("stirp", "transform.0", 'did you mean "strip"'),
        (["strip", "json"], "transform.1", "needs an argument"),
        ({"regex": "("}, "transform.0.regex", "missing )"),
        ({"json": "$["}, "transform.0.json", "invalid JSONPath"),
        ({"strip": True}, "transform.0.strip", "takes no argument"),
        ({"regx": "a"}, "transform.0.regx", 'did you mean "regex"'),
        ({"regex": 5}, "transform.0.regex", "expected text, found 5"),
        ({"regex": "a", "json": "$"}, "transform.0", "mapping of one key"),
        (5, "transform.0", "found 5"),
    ],
)
def test_a_transform_that_cannot_work_is_refused(refused, transform, path, message):
    found = refused({"type": "contains", "value": "x", "transform": transform})
    assert message in found[path]


def test_the_reasoning_can_be_judged(judged, answered):
    thought = answered("5", reasoning="two and three")
    written = {"type": "contains", "value": "three", "on": "reasoning"}
    assert judged(thought, written).passed
    assert "(in the reasoning)" in judged(thought, written).reason
    without = judged(answered("5"), written)
    assert without.passed is None
    assert "no reasoning" in without.reason


def test_an_answer_cut_off_before_its_text_is_said(judged, answered):
    verdict = judged(answered("", finish_reason="length"), {"type": "contains", "value": "x"})
    assert verdict.passed is False
    assert "cut off by length" in verdict.reason


def test_an_answer_without_text_because_all_went_into_reasoning_says_so(judged, answered):
    usage = Usage(completion_tokens=1500, reasoning_tokens=1500)
    spent = answered("", finish_reason="length", usage=usage)
    assert judged(spent, {"type": "contains", "value": "x"}).reason.endswith(
        "(the answer has no text: all that max_tokens allows went into reasoning (1,500 tokens))"
    )
    thought = answered("", finish_reason="length", reasoning="two and")
    assert judged(thought, {"type": "equals", "value": "5"}).reason.endswith(
        "all that max_tokens allows went into reasoning)"
    )

"""How long an answer is, and whether there is one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.checks.sentences import sentences
from evals.model import ToolCall


@pytest.mark.parametrize(
    ("text", "written", "passed"),
    [
        ("abc", {"type": "char-count", "value": 3}, True),
        ("cafe\u0301", {"type": "char-count", "value": 4}, True),
        ("👍🏽", {"type": "char-count", "value": 2}, True),
        ("a b\n", {"type": "char-count", "value": "4"}, True),
        ("abc", {"type": "char-count", "max": 2}, False),
        ("abc", {"type": "not-char-count", "max": 2}, True),
        ("", {"type": "char-count", "min": 1}, False),
        ("", {"type": "line-count", "value": 0}, True),
        ("a", {"type": "line-count", "value": 1}, True),
        ("a\nb\n", {"type": "line-count", "value": 2}, True),
        ("a\r\nb\rc", {"type": "line-count", "value": 3}, True),
        ("a\n\nb", {"type": "line-count", "value": 3}, True),
        ("a\n\n", {"type": "line-count", "value": 2}, True),
        ("a\u2028b\x0bc", {"type": "line-count", "value": 1}, True),
        ("a\nb", {"type": "line-count", "max": 1}, False),
        ("a\nb", {"type": "not-line-count", "value": 1}, True),
        ("One. Two!", {"type": "sentence-count", "value": 2}, True),
        ("One. Two!", {"type": "sentence-count", "min": 3}, False),
        ("One. Two!", {"type": "not-sentence-count", "max": 1}, True),
        ("", {"type": "is-empty"}, True),
        (" \n\t\u00a0", {"type": "is-empty"}, True),
        (".", {"type": "is-empty"}, False),
        ("x", {"type": "not-is-empty"}, True),
        ("", {"type": "not-is-empty"}, False),
    ],
)
def test_length_is_judged(judged, text, written, passed):
    verdict = judged(text, written)
    assert verdict.passed is passed, verdict.reason
    assert verdict.score == float(passed)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        ("…", 0),
        ("no full stop", 1),
        ("Dr. Smith met Mrs. Jones at 3 p.m. in St. Ives.", 1),
        ("J. R. R. Tolkien wrote it.", 1),
        ("So do I. You too.", 2),
        ("See e.g. Paris, i.e. the city.", 1),
        ("Well... maybe. Who knows?!", 2),
        ('"Why?" she asked. "Because."', 2),
        ("It costs 3.50 euros. Cheap.", 2),
        ("First line\ngoes on here.", 1),
        ("One paragraph\n\nanother", 2),
        ("# Title\nText here.", 2),
        ("1. First\n2. Second one. With more.\n- third", 4),
        ("今日は晴れです。明日は雨です。", 2),
        ("Version 2. It is new.", 2),
        ("Really?! **Yes.** _No._", 3),
    ],
)
def test_sentences_are_estimated(text, expected):
    assert len(sentences(text)) == expected, sentences(text)


@pytest.mark.parametrize(
    ("text", "written", "evidence"),
    [
        ("abc", {"type": "char-count", "value": 5}, "found 3 characters, expected 5"),
        ("abc", {"type": "line-count", "min": 2, "max": 3}, "found 1 line, expected 2 to 3"),
        ("A. B c.", {"type": "sentence-count", "max": 0}, "found about 1 sentence, expected at"),
        ("  x  ", {"type": "is-empty"}, 'found "x"'),
    ],
)
def test_the_reason_shows_what_was_counted(judged, text, written, evidence):
    assert evidence in judged(text, written).reason


def test_an_answer_that_calls_a_tool_is_not_empty(judged, answered):
    calling = answered("", tool_calls=(ToolCall(name="weather", arguments="{}"),))
    verdict = judged(calling, {"type": "is-empty"})
    assert verdict.passed is False
    assert verdict.reason == "no text, but 1 call: weather"


@pytest.mark.parametrize("kind", ["is-empty", "not-is-empty"])
def test_reasoning_that_did_not_come_is_an_error(judged, answered, kind):
    assert judged(answered("x"), {"type": kind, "on": "reasoning"}).passed is None


@given(st.text())
def test_every_text_has_counts(judged, text):
    for kind in ("char-count", "line-count", "sentence-count"):
        assert judged(text, {"type": kind, "max": 10_000}).passed


@pytest.mark.parametrize(
    "text", ["." * 200_000, ". " * 100_000, "\n" * 100_000, "- " * 100_000, '"' * 100_000]
)
def test_hostile_texts_are_counted_in_no_time(judged, text):
    for kind in ("char-count", "line-count", "sentence-count"):
        assert judged(text, {"type": kind, "max": 1_000_000}).passed


@pytest.mark.parametrize(
    ("written", "path", "message"),
    [
        ({"type": "char-count"}, "", "give `value`, `min` or `max`"),
        ({"type": "line-count", "min": 0}, "min", "at least 0 cannot fail"),
        ({"type": "sentence-count", "min": 5, "max": 3}, "min", "nothing is at least 5"),
        ({"type": "char-count", "value": "many"}, "value", "is not a whole number"),
        ({"type": "char-count", "value": 3, "max": 3}, "value", "either"),
        ({"type": "is-empty", "value": True}, "value", 'unknown option "value"'),
    ],
)
def test_what_cannot_work_is_refused(refused, written, path, message):
    assert message in refused(written)[path]

"""Checks of the text: pass, fail, `not-`, and what the reason quotes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"


@pytest.mark.parametrize(
    ("text", "written", "passed"),
    [
        ("Paris", {"type": "equals", "value": "Paris"}, True),
        ("Paris ", {"type": "equals", "value": "Paris"}, False),
        ("Paris", {"type": "not-equals", "value": "Paris"}, False),
        ("Rome", {"type": "not-equals", "value": "Paris"}, True),
        ("Rome", {"type": "equals", "value": ["Paris", "Rome"]}, True),
        (DECOMPOSED, {"type": "equals", "value": COMPOSED}, True),
        (COMPOSED, {"type": "equals", "value": DECOMPOSED}, True),
        ("", {"type": "equals", "value": ""}, True),
        ("PARIS", {"type": "equals", "value": "paris", "ignore": ["case"]}, True),
        ("Straße", {"type": "equals", "value": "STRASSE", "ignore": ["case"]}, True),
        (" a  b ", {"type": "equals", "value": "a b", "ignore": ["whitespace"]}, True),
        ("ab", {"type": "equals", "value": "a b", "ignore": ["whitespace"]}, False),
        ("“Paris”.", {"type": "equals", "value": "Paris", "ignore": ["punctuation"]}, True),
        ("5 + 3", {"type": "equals", "value": "5  3", "ignore": ["punctuation"]}, False),
        ("The cat", {"type": "equals", "value": "a cat", "ignore": ["articles"]}, True),
        ("theme", {"type": "equals", "value": "me", "ignore": ["articles"]}, False),
        ("x sorry y", {"type": "contains", "value": "sorry"}, True),
        ("x sorry y", {"type": "not-contains", "value": "sorry"}, False),
        ("x SORRY y", {"type": "contains", "value": "sorry"}, False),
        ("x SORRY y", {"type": "icontains", "value": "sorry"}, True),
        (DECOMPOSED, {"type": "contains", "value": "f\u00e9"}, True),
        ("CAFE\u0301", {"type": "icontains", "value": COMPOSED}, True),
        ("one two", {"type": "contains-any", "value": ["zwei", "two"]}, True),
        ("one two", {"type": "contains-any", "value": ["zwei", "Two"]}, False),
        ("one two", {"type": "icontains-any", "value": ["zwei", "Two"]}, True),
        ("one two", {"type": "contains-all", "value": ["one", "two"]}, True),
        ("one two", {"type": "contains-all", "value": ["one", "drei"]}, False),
        ("one two", {"type": "contains-all", "value": ["one", "drei"], "threshold": 0.5}, True),
        ("ONE two", {"type": "icontains-all", "value": ["one", "TWO"]}, True),
        ("Yes, sure", {"type": "starts-with", "value": "Yes"}, True),
        ("Yes, sure", {"type": "starts-with", "value": ["No", "Yes"]}, True),
        ("Yes, sure", {"type": "starts-with", "value": "yes"}, False),
        ("Yes, sure", {"type": "ends-with", "value": "sure"}, True),
        ("Yes, sure", {"type": "ends-with", "value": ["no", "yes"]}, False),
        ("one two", {"type": "word-count", "value": 2}, True),
        ("one two", {"type": "word-count", "value": "2"}, True),
        ("one two", {"type": "word-count", "min": 3}, False),
        ("one two", {"type": "word-count", "max": 2}, True),
        ("one two", {"type": "word-count", "min": 1, "max": 1}, False),
    ],
)
def test_text_is_judged(judged, text, written, passed):
    verdict = judged(text, written)
    assert verdict.passed is passed
    assert verdict.type == written["type"]


@pytest.mark.parametrize(
    ("text", "value", "passed"),
    [
        ('{"b": 2, "a": 1.0}', {"a": 1, "b": 2}, True),
        ('{"a": 1}', {"a": True}, False),
        ('{"a": 0.1}', {"a": 0.1}, True),
        ("[1, 2]", [2, 1], False),
        ('["a", 1]', ["a", 1], True),
        ('```json\n{"a": 1}\n```', {"a": 1}, True),
        ('It is {"a": 1}.', {"a": 1}, True),
        ("[]", [], True),
        ('{"a": 1, "a": 1}', {"a": 1}, False),
        ("prose", {"a": 1}, False),
        ('{"a": null}', {}, False),
        (f'{{"{DECOMPOSED}": "{DECOMPOSED}"}}', {COMPOSED: COMPOSED}, True),
    ],
)
def test_equals_on_a_mapping_or_mixed_list_compares_json_by_value(judged, text, value, passed):
    assert judged(text, {"type": "equals", "value": value}).passed is passed


def test_deep_equality_names_the_paths_that_differ(judged):
    verdict = judged('{"a": 1, "c": [1]}', {"type": "equals", "value": {"a": 2, "b": 3, "c": [1]}})
    assert "$.a: found 1, expected 2" in verdict.reason
    assert "$.b: missing, expected 3" in verdict.reason


@pytest.mark.parametrize(
    ("text", "written", "evidence"),
    [
        ("25", {"type": "equals", "value": "5"}, 'found "25", expected "5"'),
        ("5 ", {"type": "equals", "value": "5"}, "`transform: strip` removes it"),
        ("yes", {"type": "equals", "value": "Yes"}, "`ignore: [case]`"),
        ("x", {"type": "contains", "value": "y"}, '"y" is not in "x"'),
        ("x", {"type": "contains-any", "value": ["y", "z"]}, 'none of ["y", "z"] is in "x"'),
        ("x", {"type": "contains-all", "value": ["x", "z"]}, 'found 1 of 2 texts; missing ["z"]'),
        ("x", {"type": "starts-with", "value": ["y", "z"]}, 'start with one of ["y", "z"]'),
        ("x", {"type": "ends-with", "value": "y"}, '"x" does not end with "y"'),
        ("a b c", {"type": "word-count", "max": 2}, "found 3 words, expected at most 2"),
        ("x", {"type": "not-contains", "value": "x"}, "`not-` asks for the opposite"),
    ],
)
def test_a_failing_check_says_what_it_found(judged, text, written, evidence):
    verdict = judged(text, written)
    assert verdict.passed is False
    assert evidence in verdict.reason


def test_a_long_answer_is_shortened_around_the_evidence(judged):
    text = "a" * 5000 + "sorry" + "b" * 5000
    reason = judged(text, {"type": "contains", "value": "sorry"}).reason
    assert "asorryb" in reason
    assert len(reason) < 260


def test_contains_all_scores_the_share_found(judged):
    written = {"type": "contains-all", "value": ["a", "b", "c"]}
    assert judged("a b", written).score == pytest.approx(2 / 3)
    negated = judged("a b", written | {"type": "not-contains-all"})
    assert (negated.passed, negated.score) == (True, pytest.approx(1 / 3))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("well-known isn't", 2),
        ("a – b … !", 2),
        ("3.5 km", 2),
        ("我喜欢猫", 4),
        ("GPT模型 good", 4),
        ("東京タワー", 5),
        ("한국어 단어", 2),
        ("สวัสดี", 4),
        ("\u0000 \ud800 x", 1),
    ],
)
def test_words_are_tokens_with_a_letter_or_digit(judged, text, words):
    verdict = judged(text, {"type": "word-count", "value": words})
    assert verdict.passed, verdict.reason


def test_word_count_says_when_characters_were_counted(judged):
    reason = judged("我喜欢", {"type": "word-count", "value": 1}).reason
    assert "3 of them characters of a script without spaces" in reason


@given(words=st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True)))
def test_plain_words_are_counted_as_they_are_written(judged, words):
    assert judged(" ".join(words), {"type": "word-count", "value": len(words)}).passed


@given(before=st.text(), value=st.text(min_size=1), after=st.text())
def test_a_text_contains_what_was_put_into_it(judged, before, value, after):
    """With separators, since NFC composes across the seam."""
    text = f"{before}\n{value}\n{after}"
    assert judged(text, {"type": "contains", "value": f"\n{value}\n"}).passed
    assert judged(text.upper(), {"type": "icontains-any", "value": ["\n"]}).passed


@pytest.mark.parametrize(
    "text", ["", "\x00", "\ud800", "\u202e‮", "\x1b[2J", "::error::x", "{{ x }}", "a" * 200_000]
)
@pytest.mark.parametrize(
    "written",
    [
        {"type": "equals", "value": "xyz", "ignore": ["case", "punctuation", "articles"]},
        {"type": "equals", "value": {"a": 1}},
        {"type": "icontains-all", "value": ["q"]},
        {"type": "word-count", "value": 77},
        {"type": "ends-with", "value": "q"},
    ],
)
def test_hostile_text_fails_and_is_no_error(judged, text, written):
    verdict = judged(text, written)
    assert verdict.passed is False
    assert len(verdict.reason) < 2000


@pytest.mark.parametrize(
    ("written", "path", "message"),
    [
        ({"type": "equals", "value": 5}, "value", '5 is a number; write "5", or use type number'),
        ({"type": "equals", "value": 1.5}, "value", "use type number"),
        ({"type": "equals", "value": True}, "value", 'true is a boolean; write "true"'),
        ({"type": "equals", "value": None}, "value", 'null is no text; write "null"'),
        ({"type": "equals"}, "value", "`value` is missing"),
        ({"type": "equals", "value": "a", "ignore": ["cases"]}, "ignore.0", 'mean "case"'),
        ({"type": "equals", "value": {}, "ignore": ["case"]}, "ignore", "`ignore` is for texts"),
        ({"type": "contains", "value": ""}, "value", "cannot fail"),
        ({"type": "contains", "value": ["a"]}, "value", "contains-any"),
        ({"type": "contains", "value": 5}, "value", '5 is a number; write "5"'),
        ({"type": "contains-any", "value": "a"}, "value", "one text is for contains"),
        ({"type": "contains-any", "value": []}, "value", "the list is empty"),
        ({"type": "contains-all", "value": ["a", ""]}, "value.1", "an empty one"),
        ({"type": "contains-all", "value": ["a", 5]}, "value.1", '5 is a number; write "5"'),
        ({"type": "contains-all", "value": ["a"], "threshold": 0}, "threshold", "cannot fail"),
        ({"type": "contains-all", "value": ["a"], "threshold": 2}, "threshold", "be reached"),
        ({"type": "contains", "value": "a", "threshold": 0.5}, "threshold", "no graded score"),
        ({"type": "starts-with", "value": ["a", ""]}, "value", "cannot fail"),
        ({"type": "word-count"}, "", "give `value`, `min` or `max`"),
        ({"type": "word-count", "min": 0}, "min", "at least 0 cannot fail"),
        ({"type": "word-count", "min": 5, "max": 3}, "min", "nothing is at least 5"),
        ({"type": "word-count", "value": "many"}, "value", "is not a whole number"),
        ({"type": "word-count", "value": 3, "max": 3}, "value", "either"),
        ({"type": "word-count", "max": -1}, "max", "found -1"),
    ],
)
def test_what_cannot_work_is_refused_with_its_place(refused, written, path, message):
    assert message in refused(written)[path]

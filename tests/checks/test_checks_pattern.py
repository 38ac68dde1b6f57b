"""`regex`: RE2's meaning, flags, groups, and what is refused."""

import pytest


@pytest.mark.parametrize(
    ("text", "options", "passed"),
    [
        ("it is 42 now", {"value": r"\d+"}, True),
        ("it is 42 now", {"value": r"\d+", "full": True}, False),
        ("42", {"value": r"\d+", "full": True}, True),
        ("YES", {"value": "yes"}, False),
        ("YES", {"value": "yes", "flags": "i"}, True),
        ("a\nb", {"value": "^b$"}, False),
        ("a\nb", {"value": "^b$", "flags": "m"}, True),
        ("a\nb", {"value": "a.b"}, False),
        ("a\nb", {"value": "a.b", "flags": "s"}, True),
        ("a\n", {"value": "a$"}, False),
        ("cafe\u0301", {"value": "caf\u00e9$"}, True),
        ("٣", {"value": r"^\d$"}, False),
        ("٣", {"value": r"^\pN$"}, True),
        ("\ud800x", {"value": "x$"}, True),
        ("a\x00b", {"value": r"a\x00b"}, True),
        ("", {"value": "^$"}, True),
    ],
)
def test_a_pattern_is_searched_or_matched_as_a_whole(judged, text, options, passed):
    verdict = judged(text, {"type": "regex", **options})
    assert verdict.passed is passed, verdict.reason
    assert judged(text, {"type": "not-regex", **options}).passed is not passed


def test_a_group_is_extracted(judged):
    written = {"type": "regex", "value": r"(?P<a>a)?=(\d+)", "group": 2}
    assert judged("x=42", written).extracted == "42"
    assert judged("a=42", written | {"group": "a"}).extracted == "a"


def test_a_group_that_took_no_part_fails(judged):
    verdict = judged("=42", {"type": "regex", "value": r"(a)?=(\d+)", "group": 1})
    assert verdict.passed is False
    assert "group 1" in verdict.reason


def test_the_reason_quotes_match_and_pattern(judged):
    assert judged("x 42", {"type": "regex", "value": r"\d+"}).reason == '"42" matches "\\\\d+"'
    reason = judged("none", {"type": "regex", "value": "[0-9]+"}).reason
    assert reason == '"none" does not match "[0-9]+"'


def test_a_pattern_that_backtracks_elsewhere_ends_here(judged):
    assert judged("a" * 50_000 + "!", {"type": "regex", "value": "(a+)+$"}).passed is False


@pytest.mark.parametrize(
    ("options", "path", "message"),
    [
        ({"value": "("}, "value", "missing )"),
        ({"value": "(?=a)"}, "value", "RE2 has no look-around"),
        ({"value": r"(a)\1"}, "value", "back-references"),
        ({"value": ""}, "value", "cannot fail"),
        ({"value": ["a", "b"]}, "value", "write alternatives as a|b"),
        ({"value": 5}, "value", '5 is a number; write "5"'),
        ({"value": "a", "flags": "ix"}, "flags", "letters i, m and s"),
        ({"value": "(a)", "group": 2}, "group", "the pattern has 1 groups, not 2"),
        ({"value": "(a)", "group": "b"}, "group", 'no group named "b"'),
        ({"value": "a", "ful": True}, "ful", 'did you mean "full"'),
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused(refused, options, path, message):
    assert message in refused({"type": "regex", **options})[path]

"""`levenshtein`: distance and ratio."""

import pytest
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "options", "passed", "score"),
    [
        ("kitten", {"value": "sitting", "max_distance": 3}, True, 4 / 7),
        ("kitten", {"value": "sitting", "max_distance": 2}, False, 4 / 7),
        ("kitten", {"value": "sitting", "threshold": 0.57}, True, 4 / 7),
        ("kitten", {"value": "sitting", "threshold": 0.6}, False, 4 / 7),
        ("", {"value": "", "threshold": 1}, True, 1),
        ("abc", {"value": ["xyz", "abd"], "threshold": 0.6}, True, 2 / 3),
        ("cafe\u0301", {"value": "caf\u00e9", "max_distance": 0}, True, 1),
        ("kitten", {"value": "sitting", "weight": 0}, True, 4 / 7),
    ],
)
def test_similarity_is_one_minus_distance_by_longer_length(judged, text, options, passed, score):
    verdict = judged(text, {"type": "levenshtein", **options})
    assert verdict.passed is passed
    assert verdict.score == pytest.approx(score)


def test_the_nearest_reference_is_named(judged):
    written = {"type": "levenshtein", "value": ["xyz", "abd"], "threshold": 0.9}
    assert judged("abc", written).reason == (
        'similarity 0.667, distance 1 to "abd", threshold 0.9; found "abc"'
    )


def test_not_gives_one_minus_the_score(judged):
    verdict = judged("kitten", {"type": "not-levenshtein", "value": "sitting", "max_distance": 2})
    assert (verdict.passed, verdict.score) == (True, pytest.approx(3 / 7))


@given(st.text(), st.text())
def test_similarity_is_symmetric_and_a_share(judged, one, other):
    there = judged(one, {"type": "levenshtein", "value": other, "threshold": 0.5})
    back = judged(other, {"type": "levenshtein", "value": one, "threshold": 0.5})
    assert there.score == back.score
    assert 0 <= there.score <= 1


@pytest.mark.parametrize(
    ("options", "path", "message"),
    [
        ({"value": "a"}, "", "needs `threshold` or `max_distance` to decide"),
        ({"value": "a", "threshold": 0}, "threshold", "cannot fail"),
        ({"value": "a", "threshold": 1.1}, "threshold", "cannot be reached"),
        ({"value": "a", "threshold": 0.5, "max_distance": 1}, "max_distance", "either"),
        ({"value": [], "threshold": 0.5}, "value", "the list is empty"),
    ],
)
def test_what_cannot_decide_is_refused(refused, options, path, message):
    assert message in refused({"type": "levenshtein", **options})[path]

"""How near an answer is to a reference: by edits, by its beginning, by its words."""

import collections
import re
import string

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


@pytest.mark.parametrize(
    ("text", "value", "passed"),
    [
        ("The Eiffel Tower!", "eiffel tower", True),
        ("an  apple\n", "Apple", True),
        ("theatre", "atre", False),
        ("U.S.", "us", True),
        ("“Paris”", "Paris", False),
        ("cafe\u0301", "CAF\u00c9", True),
        ("Rome", ["Paris", "rome."], True),
        ("", "the", True),
        ("\x00\ud800", "x", False),
        ("a " * 100_000, "x", False),
    ],
)
def test_exact_match_normalises_as_squad_does(judged, text, value, passed):
    verdict = judged(text, {"type": "exact-match", "value": value})
    assert verdict.passed is passed, verdict.reason
    assert judged(text, {"type": "not-exact-match", "value": value}).passed is not passed


def test_exact_match_shows_both_sides_normalised(judged):
    written = {"type": "exact-match", "value": ["The Paris", "Rome!"]}
    assert judged("A city.", written).reason == 'found "city", expected "paris" or "rome"'
    assert judged("rome", written).reason == '"rome" is "Rome!", normalised'


def squad_f1(prediction, truth):
    """SQuAD 2.0's script, as published."""

    def tokens(text):
        text = "".join(c for c in text.lower() if c not in set(string.punctuation))
        return re.sub(r"\b(a|an|the)\b", " ", text).split()

    gold, seen = tokens(truth), tokens(prediction)
    if len(gold) == 0 or len(seen) == 0:
        return float(gold == seen)
    same = sum((collections.Counter(gold) & collections.Counter(seen)).values())
    if same == 0:
        return 0.0
    precision, recall = same / len(seen), same / len(gold)
    return 2 * precision * recall / (precision + recall)


@given(*[st.lists(st.sampled_from(["a", "The", "cat", "dog.", "-", "Cat"])).map(" ".join)] * 2)
def test_token_f1_agrees_with_squad_s_script(judged, one, other):
    verdict = judged(one, {"type": "token-f1", "value": other, "threshold": 0.5})
    assert verdict.score == pytest.approx(squad_f1(one, other), abs=1e-9)
    assert verdict.passed is (verdict.score >= 0.5)
    negated = judged(one, {"type": "not-token-f1", "value": other, "threshold": 0.5})
    assert negated.score == pytest.approx(1 - verdict.score)


def test_token_f1_names_the_nearest_reference(judged):
    written = {"type": "token-f1", "value": ["x y", "the cat sat"], "threshold": 0.9}
    verdict = judged("A cat.", written)
    assert verdict.reason == (
        'F1 0.667 (precision 1.000, recall 0.500) to "the cat sat", threshold 0.9; found "A cat."'
    )
    assert verdict.values == {"precision": 1, "recall": 0.5}


@pytest.mark.parametrize(
    ("one", "other", "similarity"),
    [
        ("MARTHA", "MARHTA", 0.961111),
        ("DWAYNE", "DUANE", 0.84),
        ("DIXON", "DICKSONX", 0.813333),
        ("abcd", "abxy", 0.666667),  # nothing extra at 0.7 or less
        ("", "", 1),
        ("", "a", 0),
        ("same", "same", 1),
        ("\ud800\x00", "x", 0),
    ],
)
def test_jaro_winkler_is_as_published(judged, one, other, similarity):
    verdict = judged(one, {"type": "jaro-winkler", "value": other, "threshold": 0.9})
    assert verdict.score == pytest.approx(similarity, abs=1e-6)
    assert verdict.passed is (similarity >= 0.9)
    negated = judged(one, {"type": "not-jaro-winkler", "value": other, "threshold": 0.9})
    assert negated.passed is (similarity < 0.9)


@given(st.text(), st.text())
def test_jaro_winkler_is_a_share(judged, one, other):
    verdict = judged(one, {"type": "jaro-winkler", "value": [other, "x"], "weight": 0})
    assert 0 <= verdict.score <= 1


@pytest.mark.parametrize("kind", ["exact-match", "token-f1", "not-token-f1", "jaro-winkler"])
def test_reasoning_that_did_not_come_is_an_error(judged, kind):
    options = {} if kind == "exact-match" else {"threshold": 0.5}
    assert judged("x", {"type": kind, "value": "x", "on": "reasoning", **options}).passed is None


@pytest.mark.parametrize(
    ("written", "path", "message"),
    [
        ({"type": "exact-match", "value": []}, "value", "the list is empty"),
        ({"type": "exact-match", "value": 5}, "value", "expected text or list, found 5"),
        ({"type": "exact-match", "value": "x", "threshold": 1}, "threshold", "no graded score"),
        ({"type": "token-f1", "value": "x"}, "", "needs `threshold` to decide"),
        ({"type": "token-f1", "value": [], "threshold": 1}, "value", "the list is empty"),
        ({"type": "jaro-winkler", "value": "x"}, "", "needs `threshold` to decide"),
        ({"type": "rouge", "value": "x", "variant": 3, "weight": 0}, "variant", "known: 1, 2, L"),
        ({"type": "rouge", "value": "中文", "weight": 0}, "value", "no word of a-z or digits"),
        ({"type": "rouge", "value": ["a", ""], "weight": 0}, "value", "no word of a-z or digits"),
        ({"type": "jaro-winkler", "value": "x", "threshold": 0}, "threshold", "cannot fail"),
    ],
)
def test_measures_that_cannot_work_are_refused(refused, written, path, message):
    assert message in refused(written)[path]

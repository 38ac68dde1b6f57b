"""Similarity measures agree with their reference implementations."""

import itertools
import math
import re
import string
from collections import Counter

import pytest
import rapidfuzz
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st
from nltk.stem.porter import PorterStemmer
from nltk.translate.gleu_score import sentence_gleu
from rouge_score.rouge_scorer import RougeScorer

PAIRS = [
    ("The cat sat on the mat.", "A cat sat on a mat."),
    ("the quick brown fox jumps over the lazy dog", "the fast brown fox jumped over a lazy dog"),
    ("It is a guide to action which ensures that the military always obeys the commands.", "x"),
    ("Testing one two", "testing"),
    ("x1 y2, z3!", "Y2 z3 x1"),
    ("Ünïcode wörds — “quoted”", "unicode words 'quoted'"),
    ("first line.\nsecond line here\n\nthird", "second line\nfirst here\nthird third"),
    ("same", "same"),
    ("a a a a b", "a b b b a"),
    ("running runs easily", "run ran easy"),
]
WORDS = st.lists(
    st.sampled_from(["the", "cat", "cats", "sat", "sits", "on", "mat", "a", "dog,", "1", "2.\n"]),
    min_size=1,
)
TEXTS = WORDS.map(" ".join).filter(str.strip)

pairs = pytest.mark.parametrize(("answer", "reference"), [*PAIRS, *((b, a) for a, b in PAIRS)])


def near(found, expected):
    return math.isclose(found, expected, rel_tol=0, abs_tol=1e-6)


def score(judged, answer, name, reference, **options):
    return judged(answer, {"type": name, "value": reference, "weight": 0, **options}).score


def rouge(answer, reference, variant, stemmer):
    name = f"rouge{variant}"
    return RougeScorer([name], use_stemmer=stemmer).score(reference, answer)[name]


@pairs
@pytest.mark.parametrize("variant", [1, 2, "L", "Lsum"])
@pytest.mark.parametrize("stemmer", [False, True])
def test_rouge_is_that_of_rouge_score(judged, answer, reference, variant, stemmer):
    expected = rouge(answer, reference, variant, stemmer)
    found = judged(
        answer,
        {"type": "rouge", "value": reference, "variant": variant, "stemmer": stemmer, "weight": 0},
    ).values
    assert near(found["precision"], expected.precision)
    assert near(found["recall"], expected.recall)
    assert near(found["f"], expected.fmeasure)


@settings(max_examples=50, deadline=None)
@given(answer=TEXTS, reference=TEXTS)
def test_rouge_by_lines_is_that_of_rouge_score_on_any_text(judged, answer, reference):
    for variant in (1, 2, "L", "Lsum"):
        expected = rouge(answer, reference, variant, False)
        found = score(judged, answer, "rouge", reference, variant=variant)
        assert near(found, expected.fmeasure)


@pytest.mark.parametrize(
    ("name", "answer", "reference", "threshold"),
    [
        ("rouge", "s " * 11 + "x x", "s " * 11 + "y", 0.88),  # computed as 0.8799999999999999
        ("levenshtein", "aa" + "b" * 23, "a" * 25, 0.08),  # 0.07999999999999996
        ("chrf", "abc", "abc", 1),
        ("token-f1", "s s s s x", "s s s s y", 0.8),
    ],
)
def test_a_score_that_equals_the_threshold_reaches_it(judged, name, answer, reference, threshold):
    written = {"type": name, "value": reference, "threshold": threshold}
    written |= {"variant": 1} if name == "rouge" else {}
    assert judged(answer, written).passed is True
    above = {**written, "threshold": min(1, threshold + 1e-9)}
    assert judged(answer, above).passed is (threshold == 1)


@pairs
def test_bleu_chrf_and_ter_are_those_of_sacrebleu(judged, answer, reference):
    assert near(
        score(judged, answer, "bleu", reference),
        sacrebleu.sentence_bleu(answer, [reference]).score / 100,
    )
    assert near(
        score(judged, answer, "chrf", reference),
        sacrebleu.sentence_chrf(answer, [reference]).score / 100,
    )
    assert near(
        score(judged, answer, "ter", reference),
        max(0.0, 1 - sacrebleu.sentence_ter(answer, [reference]).score / 100),
    )


def test_several_references_are_pooled_as_sacrebleu_pools_them(judged):
    references = ["The cat sat on the mat.", "There is a cat on the mat."]
    answer = "There sat a cat on the mat."
    for name, function in (
        ("bleu", sacrebleu.sentence_bleu),
        ("chrf", sacrebleu.sentence_chrf),
    ):
        expected = function(answer, references).score / 100
        assert near(score(judged, answer, name, references), expected)
    expected = sacrebleu.sentence_ter(answer, references).score / 100
    assert near(score(judged, answer, "ter", references), 1 - expected)


def test_bleu_of_papineni_2002_and_chrf_of_two_words_orders(judged):
    """The examples that the papers' implementations are known by."""
    references = [
        "It is a guide to action that ensures that the military will forever heed Party commands",
        "It is the guiding principle which guarantees the military forces always being under the "
        "command of the Party",
        "It is the practical guide for the army always to heed the directions of the party",
    ]
    answer = (
        "It is a guide to action which ensures that the military always obeys the commands of the "
        "party"
    )
    assert near(score(judged, answer, "bleu", references, tokenize="none"), 0.5045666840058485)
    plus = sacrebleu.sentence_chrf(answer, references, word_order=2).score / 100
    assert near(score(judged, answer, "chrf", references, word_order=2), plus)


@pairs
def test_gleu_is_that_of_nltk(judged, answer, reference):
    expected = sentence_gleu([reference.split()], answer.split())
    assert near(score(judged, answer, "gleu", reference), expected)


def test_gleu_of_nltks_documentation(judged):
    reference = (
        "It is a guide to action that ensures that the military will forever heed Party commands"
    )
    answer = (
        "It is a guide to action which ensures that the military always obeys the commands of the "
        "party"
    )
    assert near(score(judged, answer, "gleu", reference), 0.4393939393939394)


def meteor(answer, reference):
    """Lavie & Agarwal 2007 with exact and stem matches, in full search of crossings not needed:
    words are matched once, equal ones first, then stems, from the end as NLTK does."""
    tokens = [re.findall(r"\w+|[^\w\s]+", text.lower()) for text in (answer, reference)]
    left, right = (list(enumerate(words)) for words in tokens)
    matches = []
    for form in (str, PorterStemmer().stem):
        for i in range(len(left) - 1, -1, -1):
            for j in range(len(right) - 1, -1, -1):
                if form(left[i][1]) == form(right[j][1]):
                    matches.append((left.pop(i)[0], right.pop(j)[0]))
                    break
    if not matches:
        return 0.0
    matches.sort()
    precision, recall = len(matches) / len(tokens[0]), len(matches) / len(tokens[1])
    mean = precision * recall / (0.9 * precision + 0.1 * recall)
    steps = itertools.pairwise(matches)
    chunks = 1 + sum((b[0] - a[0], b[1] - a[1]) != (1, 1) for a, b in steps)
    return mean * (1 - 0.5 * (chunks / len(matches)) ** 3)


@pairs
def test_meteor_follows_its_definition(judged, answer, reference):
    assert near(score(judged, answer, "meteor", reference), meteor(answer, reference))


@pairs
def test_edit_distances_are_those_of_rapidfuzz(judged, answer, reference):
    distance = rapidfuzz.distance
    expected = distance.Levenshtein.normalized_similarity(answer, reference)
    assert near(score(judged, answer, "levenshtein", reference), expected)
    expected = distance.JaroWinkler.similarity(answer, reference)
    assert near(score(judged, answer, "jaro-winkler", reference), expected)


def squad_normal(text):
    """As the evaluation script of SQuAD 2.0 does it."""
    lowered = text.lower()
    bare = "".join(ch for ch in lowered if ch not in set(string.punctuation))
    return " ".join(re.compile(r"\b(a|an|the)\b", re.UNICODE).sub(" ", bare).split())


def squad_f1(answer, reference):
    found, expected = squad_normal(answer).split(), squad_normal(reference).split()
    same = sum((Counter(expected) & Counter(found)).values())
    if not expected or not found:
        return int(expected == found)
    if same == 0:
        return 0
    precision, recall = same / len(found), same / len(expected)
    return 2 * precision * recall / (precision + recall)


@settings(max_examples=100, deadline=None)
@given(answer=TEXTS | st.text(max_size=30), reference=TEXTS | st.text(max_size=30))
def test_token_f1_and_exact_match_are_those_of_squads_script(judged, answer, reference):
    import unicodedata

    answer, reference = (unicodedata.normalize("NFC", text) for text in (answer, reference))
    assert near(score(judged, answer, "token-f1", reference), squad_f1(answer, reference))
    same = squad_normal(answer) == squad_normal(reference)
    assert judged(answer, {"type": "exact-match", "value": reference}).passed is same

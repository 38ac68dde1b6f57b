"""`choice`: which option an answer states, and when it states none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.checks.stated import stated

CITIES = {"A": "Paris", "B": "Rome", "C": "New York", "D": "York"}
LETTERS = dict.fromkeys("ABCD", "")


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("B", "B"),
        ("b", "B"),
        ("B.", "B"),
        ("(b)", "B"),
        ("**B**", "B"),
        ("I say [C].", "C"),
        ("B) Rome", "B"),
        ("B: because", "B"),
        ("The answer is B.", "B"),
        ("Answer: (B)", "B"),
        ("Answer:\n\n**B**", "B"),
        ("answer: b", "B"),
        ("The correct answer is option C", "C"),
        ("The answer: 'D'", "D"),
        ("\\boxed{B}", "B"),
        ("$\\boxed{\\text{B}}$", "B"),
        ("I think it is B because of C. Answer: D", "D"),
        ("A) x\nB) y\nThe answer is B", "B"),
        ("A good guess is B", "B"),
        ("A is correct", "A"),
        ("I pick A because it fits", "A"),
        ("A or B", "AB"),
        ("Answer: A or B", "AB"),
        ("Answer: A, B and C", "ABC"),
        ("The answer is A. No, the answer is B.", "AB"),
        ("The answer is not B", ""),
        ("It cannot be B, so it is C", "C"),
        ("I rule out A. It is D rather than B", "D"),
        ("vitamin B12, grade-A", ""),
        ("a dog and a cat", ""),
        ("I'm not sure", ""),
        ("", ""),
    ],
)
def test_letters_are_found_by_rank(text, keys):
    assert "".join(stated(text, LETTERS).keys) == keys


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Rome", "B"),
        ("ROME!", "B"),
        ("The capital is Rome.", "B"),
        ("The answer is Rome", "B"),
        ("in New York", "C"),
        ("in York", "D"),
        ("Paris is in Romeland", "A"),
        ("It is Rome, not Paris", "B"),
        ("Rome or Paris", "BA"),
        ("Paris? No. (B)", "B"),
    ],
)
def test_options_are_found_by_their_text(text, keys):
    assert "".join(stated(text, CITIES).keys) == keys


NUMBERS = {"A": "2", "B": "-2", "C": "2.5", "D": "3"}


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Answer: 2", "A"),
        ("Answer - 2", "A"),
        ("The answer is -2.", "B"),
        ("Answer: −2", "B"),
        ("x=-2", "B"),
        ("It is 2.5 m", "C"),
        ("2, I think", "A"),
        ("It is 2.", "A"),
        ("Answer: -3", ""),
        ("x = 3/4 or 1.3", ""),
        ("3,000", ""),
        ("3:30", ""),
        ("Option-3", "D"),
    ],
)
def test_numbers_are_found_whole(text, keys):
    assert "".join(stated(text, NUMBERS).keys) == keys


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Yes, there is no doubt.", ["yes"]),
        ("**No.** Yes would be wrong.", ["no"]),
        ("Yes - no question about it", ["yes"]),
        ("Yes, no, maybe.", ["yes", "no"]),
        ("Yes or no?", ["yes", "no"]),
        ("Yes and no.", ["yes", "no"]),
        ("No answer: yes", ["yes"]),
        ("I say yes, there is no doubt", ["yes", "no"]),
        ("Yesterday, no", ["no"]),
    ],
)
def test_a_word_that_begins_the_answer_is_the_answer(text, keys):
    assert list(stated(text, {"yes": "", "no": ""}).keys) == keys


def test_of_several_right_words_the_first_is_not_all(judged):
    written = {"type": "choice", "options": ["red", "blue", "green"], "all_of": ["red", "blue"]}
    assert judged("Red, together with blue.", written).passed is True


def test_words_can_be_keys():
    options = dict.fromkeys(["positive", "negative"], "")
    assert stated("Positive.", options).keys == ("positive",)
    assert stated("The sentiment is negative", options).keys == ("negative",)
    assert stated("nonpositive", options).keys == ()


def test_scripts_without_spaces_need_no_word_boundary():
    assert stated("答案是东京。", {"A": "东京", "B": "大阪"}).keys == ("A",)


@pytest.mark.parametrize("key", ["İ", "Σ", "Ω", "ı", "ß", "ŉ"])
def test_letters_with_odd_cases_are_found(key):
    options = {key: "dıng", "Q": "İt"}
    assert stated(f"Answer: {key}", options).keys == (key,)
    assert set(stated("answer: ding it İT dIng", options).keys) <= set(options)


@given(st.text())
def test_any_text_can_be_judged(text):
    assert set(stated(text, CITIES).keys) <= set(CITIES)


@pytest.mark.parametrize(
    "text",
    [
        "answer " * 20_000,
        "A " * 50_000,
        "(A) " * 50_000,
        "*" * 100_000,
        ("answer" + " " * 1000) * 100,
        "answer: A, " * 10_000,
    ],
)
def test_finding_takes_time_linear_in_the_text(text):
    assert len(stated(text, CITIES).keys) <= 1


@pytest.mark.parametrize(
    ("text", "options", "passed"),
    [
        ("B", {"value": "B"}, True),
        ("B", {"value": "A"}, False),
        ("B", {"value": ["A", "B"]}, True),
        ("B", {"value": "Rome"}, True),
        ("A and B", {"value": "B"}, False),
        ("A and B", {"all_of": ["B", "A"]}, True),
        ("A and B", {"all_of": ["A"]}, False),
        ("A", {"all_of": ["A", "B"]}, False),
        ("no idea", {"all_of": ["A", "B"]}, False),
    ],
)
def test_the_stated_option_is_compared(judged, text, options, passed):
    written = {"type": "choice", "options": CITIES, **options}
    verdict = judged(text, written)
    assert verdict.passed is passed, verdict.reason
    assert judged(text, written | {"type": "not-choice"}).passed is not passed


def test_no_answer_is_a_fail_that_extracts_nothing(judged):
    written = {"type": "choice", "options": ["A", "B"], "value": "A"}
    verdict = judged("hard to say", written)
    assert (verdict.passed, verdict.extracted) == (False, None)
    assert verdict.reason == 'no answer, expected A; found "hard to say"'
    assert "(A, B are all stated)" in judged("A or B", written).reason


def test_the_reason_names_what_was_found_and_how(judged):
    verdict = judged("Answer: B", {"type": "choice", "options": CITIES, "value": "Paris"})
    assert verdict.extracted == "B"
    assert verdict.reason == (
        'found B (Rome) (explicit answer), expected A (Paris) ("Paris" is the text of A); '
        'in "Answer: B"'
    )


@pytest.mark.parametrize(
    ("options", "path", "message"),
    [
        ({"options": ["A", "B"], "value": "C"}, "value", 'unknown option "C"'),
        ({"options": ["A", "B"]}, "value", "either `value` or `all_of`"),
        ({"options": ["A", "B"], "value": "A", "all_of": ["A"]}, "value", "either"),
        ({"options": ["A", "B"], "value": ["A", "B"]}, "value", "cannot fail"),
        ({"options": ["A"], "value": "A"}, "options", "at least two options"),
        ({"options": ["A", "A"], "value": "A"}, "options", "two options have one key"),
        ({"options": {"A": "x", "B": "X"}, "value": "A"}, "options", "have one text"),
        ({"options": ["A", ""], "value": "A"}, "options", "empty key"),
        ({"options": ["A", "B"], "all_of": ["A", "C"]}, "all_of", 'unknown option "C"'),
        ({"options": [1, 2], "value": "1"}, "options.0", '1 is a number; write "1"'),
        ({"value": "A"}, "options", "`options` is missing"),
    ],
)
def test_options_that_cannot_work_are_refused(refused, options, path, message):
    assert message in refused({"type": "choice", **options})[path]

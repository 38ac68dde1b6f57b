"""The small language of conditions and arithmetic."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.expression import FUNCTIONS, ExpressionError, NoValue, parse

VALUES = {
    "text": "It is 5.",
    "words": ["It", "is", "5."],
    "precision": 0.5,
    "recall": 1,
    "empty": [],
    "none": None,
    "latency.p95": 2.5,
    "usage": {"completion_tokens": 3},
    "vars": {"a": 2, "label": "yes"},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 * precision * recall / (precision + recall)", 2 * 0.5 / 1.5),
        ("1 + 2 * 3 ** 2", 19),
        ("-2 ** 2", -4),
        ("2 ** -1", 0.5),
        ("2 ** 3 ** 2", 512),
        ("10 - 2 - 3", 5),
        ("7 // 2 + 7 % 2 * 0.5", 3.5),
        ("- -1 + +2", 3),
        (".5 + 1. + 1e-3", 1.501),
        ("len(words) < 50 and 'is' in words", True),
        ("1 < 2 <= 2 != 3", True),
        ("3 > 2 > 2", False),
        ("not 1 == 2", True),
        ("not true or true", True),
        ("false and none == 1 or true", True),
        ("'x' not in text and not 'y' in text", True),
        ("usage.completion_tokens == 3", True),
        ("latency.p95", 2.5),
        ("vars['label'] + \"!\" == 'yes!'", True),
        ("words[-1]", "5."),
        ("vars.a in [1, 2,]", True),
        ("'a' in vars", True),
        ("min(3, 1, 2) + max([1, 5])", 6),
        ("sum([0.1, 0.2, 0.3])", 0.6),
        ("all([true, 1 < 2]) and not any([])", True),
        ("lower('ÄB')", "äb"),
        (r"'it\'s\n\u00e9\\'", "it's\né\\"),
        ("null == none", True),
        ("1 == 1.0", True),
        ("[1, [2]] == [1.0, [2]]", True),
        ("[true] == [1]", False),
        ("True and not False", True),
        ("0.1 + 0.2 <\n\t1", True),
        ("1 ** 1000000000", 1),
        ("(-1) ** 1000000001", -1),
    ],
)
def test_an_expression_has_the_value_that_arithmetic_gives(text, value):
    assert parse(text, names=VALUES).evaluate(VALUES) == value


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "expected a value, the expression ends here"),
        ("1 +", 4, "expected a value, the expression ends here"),
        ("(1", 3, "expected `)`, the expression ends here"),
        ("1 2", 3, "expected an operator or the end, found `2`"),
        ("a = 1", 3, "`=` compares nothing; write `==`"),
        ("'abc", 1, "this text is not closed on its line"),
        ("1.2.3", 1, "1.2.3 is no number"),
        ("0x10", 1, "0x10 is no number"),
        ("text; 1", 5, "';' means nothing here"),
        ("text.", 6, "expected a name after the dot, the expression ends here"),
        ("text.strip()", 11, "expected an operator or the end, found `(`"),
        ("eval('1')", 1, "unknown function `eval`; known: all, any, len, lower, max, min, sum"),
        ("1 + lenn(text)", 5, "unknown function `lenn`; did you mean `len`?"),
        ("len(text, text)", 1, "`len` takes one value"),
        ("len()", 1, "`len` takes one value"),
        ("precison > 1", 1, "unknown name `precison`; did you mean `precision`?"),
        (r"'\d'", 2, r"`\d` is no escape; write `\\`"),
        ("1e999", 1, "1e999 is too large"),
        ("lambda: 1", 7, "':' means nothing here"),
        ("[x for x in words]", 4, "expected `]`, found `for`"),
        ("words[0:1]", 8, "':' means nothing here"),
        ("not", 4, "expected a value, the expression ends here"),
        ("in words", 1, "expected a value, found `in`"),
    ],
)
def test_a_mistake_is_told_with_its_column(text, column, message):
    with pytest.raises(ExpressionError) as caught:
        parse(text, names=VALUES)
    assert (caught.value.column, str(caught.value)) == (column, f"{message} (column {column})")


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("text == 5", 6, "compares a text with a number"),
        ("true == 1", 6, "compares true or false with a number"),
        ("text < 5", 6, "expected a number, found a text"),
        ("1 + true", 3, "expected a number, found true or false"),
        ("words and true", 7, "expected true or false, found a list"),
        ("not text", 1, "expected true or false, found a text"),
        ("5 in text", 3, "a number cannot be in a text"),
        ("text * 3", 6, "expected a number, found a text"),
        ("text % 3", 6, "expected a number, found a text"),
        ("min(text)", 1, "expected a list, found a text"),
        ("len(5)", 1, "a number has no length"),
        ("lower(5)", 1, "expected a text, found a number"),
        ("words['a']", 6, "no item a text of a list"),
    ],
)
def test_kinds_are_never_guessed(text, column, message):
    with pytest.raises(ExpressionError) as caught:
        parse(text).evaluate(VALUES)
    assert not isinstance(caught.value, NoValue)
    assert (caught.value.column, str(caught.value)) == (column, f"{message} (column {column})")


@pytest.mark.parametrize(
    "text",
    [
        "1 / 0",
        "1 // 0",
        "1 % 0.0",
        "0 ** -1",
        "(-8) ** 0.5",
        "none + 1",
        "none and true",
        "min(empty)",
        "missing",
        "usage.reasoning_tokens",
        "words[3]",
        "vars['b']",
        "10 ** 1000",
        "2.0 ** 100000",
        "1e308 * 10",
        "sum([1e308, 1e308])",
    ],
)
def test_what_has_no_value_is_not_guessed_either(text):
    with pytest.raises(NoValue):
        parse(text).evaluate(VALUES)


def test_the_names_in_use_are_told():
    parsed = parse("latency.p95 < 2 and vars['a'] == vars.b and len(text) > 1")
    assert parsed.paths == ("latency.p95", "vars", "vars.b", "text")
    assert parsed.names() == ("latency", "vars", "text")


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "1" + ")" * 5000,
        "-" * 9000 + "1",
        "not " * 2000 + "true",
        "2" + "**2" * 3000,
        "1" + "+1" * 4000,
        "[" * 9000,
        "len(" * 2000,
        "x" + "[0]" * 3000,
        "1 < " * 2000,
        "a" * 10_001,
        "9" * 5000,
    ],
)
def test_hostile_expressions_are_refused_in_words(text):
    with pytest.raises(ExpressionError):
        parse(text)


def test_a_chain_as_deep_as_allowed_is_evaluated():
    assert parse("+".join(["1"] * 64)).evaluate({}) == 64
    assert parse("(" * 63 + "1" + ")" * 63).evaluate({}) == 1


def test_functions_can_be_limited():
    with pytest.raises(ExpressionError, match="unknown function `lower`"):
        parse("lower('A')", functions=("min", "max"))
    assert set(FUNCTIONS) == {"len", "min", "max", "sum", "any", "all", "lower"}


@given(st.text(max_size=60) | st.text("0123456789.()[]+-*/%<>=!'\\ andorti", max_size=60))
def test_any_text_is_a_value_or_an_error_with_a_place_in_it(text):
    try:
        value = parse(text).evaluate(VALUES)
    except ExpressionError as error:
        value, column = None, error.column
    else:
        column = 1
    assert 1 <= column <= len(text) + 1
    assert not isinstance(value, float) or math.isfinite(value)


@given(
    st.recursive(
        st.integers(0, 99).map(str),
        lambda inner: st.builds(
            "({} {} {})".format, inner, st.sampled_from(["+", "-", "*"]), inner
        ),
        max_leaves=12,
    )
)
def test_arithmetic_agrees_with_python(text):
    assert parse(text).evaluate({}) == eval(text)  # digits, signs and brackets only

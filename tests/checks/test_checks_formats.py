"""CSV, Python and Markdown in answers."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "options", "passed"),
    [
        ("name,age\nAda,36\n", {}, True),
        ("name,age\r\n\r\nAda,36\r\n", {"columns": ["name", "age"]}, True),
        ('a,b\n"x,\ny",2', {"min_rows": 1, "max_rows": 1}, True),
        ("name,age", {"min_rows": 1}, False),
        ("name,age\na,1\nb,2", {"max_rows": 1}, False),
        ("name,age\nAda", {}, False),
        ("name,age\nAda,36,x", {}, False),
        ("age,name\n36,Ada", {"columns": ["name", "age"]}, False),
        ("name\nAda", {"columns": ["name"]}, True),
        ("It is Paris.", {}, False),
        ("a;b\n1;2", {"delimiter": ";"}, True),
        ("a\tb\n1\t2", {"delimiter": "\t"}, True),
        ('a,b\n"x,1', {}, False),
        ("", {}, False),
        ("\x00,\ud800\n1,2", {}, True),
        ('"' * 100_001, {}, False),
        ("a,b\n" + "x" * 200_000 + ",1", {}, False),
    ],
)
def test_csv_has_rows_of_one_width(judged, text, options, passed):
    verdict = judged(text, {"type": "is-csv", **options})
    assert verdict.passed is passed, verdict.reason
    assert len(verdict.reason) < 1000
    assert judged(text, {"type": "not-is-csv", **options}).passed is not passed


@pytest.mark.parametrize(
    ("text", "options", "reason"),
    [
        ("a,b\n1,2\n3", {}, '1 field in line 3, expected 2: "3"'),
        ("a,b\n1,2", {"min_rows": 2}, '1 row under "a", "b", expected at least 2'),
        ("a,b", {"columns": ["a", "c"]}, 'the first row is "a", "b", expected "a", "c"'),
        ("x", {}, 'no CSV: one column only; found "x"'),
    ],
)
def test_the_reason_names_the_line(judged, text, options, reason):
    assert judged(text, {"type": "is-csv", **options}).reason == reason


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ("print(1)", True),
        ("def f():\n    return 1\n", True),
        ("'\\d'", True),
        ("x is 5", True),
        ("print 1", False),
        ("def f(:", False),
        ("```python\nprint(1)\n```", False),
        ("", False),
        ("# only words", False),
        ("a\x00b", False),
        ("'\ud800'", False),
        ("(" * 100_000, False),
        ("-" * 100_000 + "1", False),
        ("1+" * 100_000 + "1", False),
    ],
)
def test_python_parses_and_is_never_run(judged, text, passed):
    verdict = judged(text, {"type": "is-python"})
    assert verdict.passed is passed, verdict.reason
    assert f"Python 3.{sys.version_info.minor}" in verdict.reason
    assert judged(text, {"type": "not-is-python"}).passed is not passed


def test_python_can_be_held_to_an_older_version(judged):
    text = "match x:\n    case 1: pass"
    assert judged(text, {"type": "is-python"}).passed
    verdict = judged(text, {"type": "is-python", "version": "3.9"})
    assert verdict.passed is False
    assert "no Python 3.9 by Python 3." in verdict.reason


def test_the_mistake_in_python_is_shown(judged):
    reason = judged("x = 1\ny = = 2", {"type": "is-python"}).reason
    assert reason.endswith(': invalid syntax in line 2: "y = = 2"')


PAGE = """# Title

Some text with | a bar.

| a | b |
|---|:-:|
| 1 | 2 |

- one
- two

```Python
# no heading
```
"""


@pytest.mark.parametrize(
    ("text", "has", "passed"),
    [
        (PAGE, ["headings", "table", "list", "code", "code:python"], True),
        (PAGE, ["code:Python"], True),
        (PAGE, ["code:js"], False),
        ("Title\n=====", ["headings"], True),
        ("Title\n---", ["headings"], True),
        ("---", ["headings"], False),
        ("#hashtag", ["headings"], False),
        ("1. one", ["list"], True),
        ("- - -", ["list"], False),
        ("-5 degrees", ["list"], False),
        ("a | b\n--- | ---\n1 | 2", ["table"], True),
        ("a | b | c\n--- | ---", ["table"], False),
        ("a | b", ["table"], False),
        ("```\n# x\n- y\n```", ["headings"], False),
        ("~~~js\n```\n- x\n~~~\n- y", ["code:js", "list"], True),
        ("", ["code"], False),
        ("`inline`", ["code"], False),
    ],
)
def test_elements_of_markdown_are_found(judged, text, has, passed):
    verdict = judged(text, {"type": "markdown", "has": has})
    assert verdict.passed is passed, verdict.reason
    assert judged(text, {"type": "not-markdown", "has": has}).passed is not passed


def test_the_score_is_the_share_of_elements(judged):
    verdict = judged("- x", {"type": "markdown", "has": ["list", "table"]})
    assert verdict.score == 0.5
    assert verdict.reason == 'no table in "- x"; elements found: list'


@given(st.text())
def test_every_text_is_judged(judged, text):
    for written in (
        {"type": "is-csv"},
        {"type": "is-python"},
        {"type": "markdown", "has": ["table"]},
    ):
        assert judged(text, written).passed is not None


@pytest.mark.parametrize(
    "text",
    ["|" * 100_000, "|-" * 50_000, "- " * 50_000, "`" * 100_000, "#" * 100_000, "|\n" * 50_000,
     "|-\n" * 50_000, "```a\n" * 20_000, "|" + "-|" * 50_000 + "\n|" + "-|" * 50_000 + "x"],
)  # fmt: skip
def test_hostile_markdown_is_read_in_no_time(judged, text):
    assert judged(text, {"type": "markdown", "has": ["headings"]}).passed is False


@pytest.mark.parametrize("kind", ["is-csv", "not-is-csv", "is-python", "markdown", "not-markdown"])
def test_reasoning_that_did_not_come_is_an_error(judged, kind):
    options = {"has": ["list"]} if kind.endswith("markdown") else {}
    assert judged("x", {"type": kind, "on": "reasoning", **options}).passed is None


@pytest.mark.parametrize(
    ("written", "path", "message"),
    [
        ({"type": "is-csv", "columns": "a"}, "columns", 'expected list, found "a"'),
        ({"type": "is-csv", "min_rows": 5, "max_rows": 2}, "min_rows", "nothing is at least 5"),
        ({"type": "is-csv", "min_rows": -1}, "min_rows", "found -1"),
        ({"type": "is-csv", "delimiter": ""}, "delimiter", "expected"),
        ({"type": "is-csv", "delimiter": '"'}, "delimiter", "cannot stand between"),
        ({"type": "is-python", "version": "2.7"}, "version", 'a version such as "3.11"'),
        ({"type": "is-python", "version": "3.7"}, "version", "is not from 3.8"),
        ({"type": "is-python", "version": "3.99"}, "version", "is not from 3.8"),
        ({"type": "markdown"}, "has", "`has` is missing"),
        ({"type": "markdown", "has": []}, "has", "the list is empty"),
        ({"type": "markdown", "has": ["tables"]}, "has.0", "one of headings"),
    ],
)
def test_what_cannot_work_is_refused(refused, written, path, message):
    assert message in refused(written)[path]

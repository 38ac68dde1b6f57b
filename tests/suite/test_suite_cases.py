"""Tests become cases: defaults, named sets, groups, ids, vars, and rows of data files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.model import Check, Group, Repeat
from evals.suite.ids import Unique, default_id, is_id, slug

ASK = 'prompts: ["{{ q }}"]\n'


def cases(bench: Any, text: str, files: Any = None) -> Any:
    return bench.load(ASK + text, files).suite.cases


def said(bench: Any, text: str, files: Any = None) -> str:
    return "\n".join(bench.mistakes(ASK + text, files))


def test_defaults_are_merged_lists_joined_mappings_merged_the_rest_replaced(bench: Any) -> None:
    (case,) = cases(
        bench,
        """
repeat: {samples: 2, vary_seed: false}
defaults:
  vars: {q: x, lang: en}
  assert: [a]
  tags: [smoke, slow]
  threshold: 0.5
  min_pass_rate: 0.5
  repeat: 9
  parameters: {seed: 1, n: 2}
  metadata: {owner: Ann, since: 2024}
  cluster: doc-1
tests:
  - id: one
    description: The first
    vars: {lang: fr}
    assert: [b]
    tags: [fast, smoke]
    threshold: 0.8
    repeat: {samples: 3}
    parameters: {seed: null}
    metadata: {owner: Bob}
    skip: not today
""",
    )
    assert case.vars == {"q": "x", "lang": "fr"}
    assert [check.options["value"] for check in case.checks] == ["a", "b"]
    assert case.tags == ("smoke", "slow", "fast")
    assert (case.threshold, case.min_pass_rate) == (0.8, 0.5)
    assert case.repeat == Repeat(samples=3)
    assert case.parameters == {"seed": None, "n": 2}
    assert case.metadata == {"owner": "Bob", "since": 2024}
    assert (case.cluster, case.skip, case.description) == ("doc-1", "not today", "The first")


def test_inherit_false_takes_no_assertion_from_defaults(bench: Any) -> None:
    text = "defaults: {assert: [a], tags: t}\ntests:\n"
    text += "  - {vars: {q: x}, assert: [b], inherit: false}\n"
    text += "  - {vars: {q: y}, expected: z, inherit: false}\n"
    first, second = cases(bench, text)
    assert [check.options for check in first.checks] == [{"value": "b"}]
    assert first.tags == ("t",)
    assert [check.type for check in second.checks] == ["equals"]


def test_a_test_is_judged_by_equals_where_only_expected_says_what_is_right(bench: Any) -> None:
    one, two, three = cases(
        bench,
        """
tests:
  - {vars: {q: a}, expected: x}
  - {vars: {q: b}, expected: x, assert: []}
  - {vars: {q: c}, expected: [x, y]}
""",
    )
    assert [(c.type, c.options) for c in one.checks] == [("equals", {"value": "{{ expected }}"})]
    assert (two.checks, two.judged, two.has_expected) == ((), False, True)
    assert three.judged


def test_a_test_without_assertion_and_expected_is_refused(bench: Any) -> None:
    assert said(bench, "tests: [{vars: {q: x}}]") == (
        "s.eval.yaml:2:9: error: a test needs an assertion or expected\n"
        "    add assert or expected; `assert: []` records without judging"
    )


def test_a_number_is_not_compared_with_a_text(bench: Any) -> None:
    message = '5 is a number; write "5", or use type number'
    assert message in said(bench, "tests: [{vars: {q: x}, expected: 5}]")
    assert message in said(bench, "tests: [{vars: {q: x}, assert: [{type: equals, value: 5}]}]")


def test_the_forms_of_an_assertion(bench: Any) -> None:
    (case,) = cases(
        bench,
        """
tests:
  - vars: {q: x}
    assert:
      - plain text
      - {type: not-contains, value: no, weight: 0, metric: polite, name: No no, transform: lower}
      - {any: [a, {all: [b, c]}], weight: 2, metric: m}
      - {not-any: [d]}
      - {at-least: {n: 1, of: [e, f]}}
      - {type: contains, value: "{{ q }}", on: reasoning}
""",
    )
    text, negated, group, not_any, at_least, on = case.checks
    assert (text.type, text.options) == ("contains", {"value": "plain text"})
    assert (negated.label, negated.weight, negated.metric, negated.name, negated.transform) == (
        "not-contains",
        0.0,
        "polite",
        "No no",
        ("lower",),
    )
    assert isinstance(group, Group)
    assert (group.kind, group.weight, group.metric) == ("any", 2.0, "m")
    assert [member.label for member in group.of] == ["contains", "all"]
    assert (not_any.label, at_least.kind, at_least.n, on.on) == (
        "not-any",
        "at-least",
        1,
        "reasoning",
    )
    assert str(text.place) == "s.eval.yaml:6:9"
    assert str(group.of[0].place) == "s.eval.yaml:8:16"


@pytest.mark.parametrize(
    ("assertion", "message"),
    [
        ("{type: contians, value: x}", 'unknown check "contians"; did you mean "contains"?'),
        ("{type: is_json}", 'did you mean "is-json"?'),
        ("{equals: x}", 'an assertion has a `type`: write {type: equals, value: "x"}'),
        ("{at_least: {n: 1, of: [x]}}", "`at_least` is spelled `at-least`"),
        ("{type: any, value: [x]}", "a group is a key, not a type: write `any: […]`"),
        ("{any: []}", "has no member that decides"),
        ("{at-least: {n: 3, of: [x]}}", "at-least 3 cannot be reached by 1"),
        ("{at-least: [x]}", "write at-least: {n: 2, of: […]}"),
        ("{any: [{type: foo}]}", 'unknown check "foo"'),
        ("{any: [x], threshold: 1}", "`threshold` cannot stand beside `any`"),
        ("{type: contains, value: x, wieght: 1}", 'unknown option "wieght"'),
        ("{type: contains}", "`value` is missing"),
        ("{type: contains, value: ''}", "cannot fail"),
        ("{type: contains, value: x, weight: -1}", "a weight is 0 or more, found -1"),
        ("{type: contains, value: x, metric: Bad Name}", "'Bad Name' is no name of a metric"),
        ("{type: contains, value: x, metric: accuracy}", "the name of a built-in metric"),
        ("{type: contains, value: x, threshold: 0.5}", "has no graded score"),
        ("{type: regex, value: '('}", "regex"),
        ("{use: nowhere}", "unknown set 'nowhere'"),
        ("{use: set, weight: heavy}", "a weight is 0 or more, found 'heavy'"),
        ("{use: set, value: x}", "unknown key 'value'"),
        ("5", "an assertion is a mapping or a text, found 5"),
        ("{}", "the assertion is empty"),
    ],
)
def test_a_wrong_assertion_is_refused_in_words(bench: Any, assertion: str, message: str) -> None:
    text = f"checks: {{set: [x]}}\ntests: [{{vars: {{q: x}}, assert: [{assertion}]}}]"
    found = said(bench, text)
    assert found.startswith("s.eval.yaml:3:")
    if message != "regex":
        assert message in found


def test_named_sets_take_weight_metric_and_vars(bench: Any) -> None:
    (case,) = cases(
        bench,
        """
checks:
  polite:
    - {type: contains, value: "{{ word }}", weight: 2}
    - {any: [{use: inner}, "{{ word }}"], weight: 0.5, metric: own}
  inner: [thanks]
tests:
  - {vars: {q: x}, assert: [{use: polite, weight: 3, metric: manners, vars: {word: please}}]}
""",
    )
    check, group = case.checks
    assert (check.weight, check.metric, check.vars) == (6.0, "manners", {"word": "please"})
    assert (group.weight, group.metric) == (1.5, "manners")
    assert [member.vars for member in group.of] == [{"word": "please"}] * 2


def test_a_circle_of_sets_is_refused(bench: Any) -> None:
    text = "checks: {a: [{use: b}], b: [{any: [{use: a}]}]}\n"
    text += "tests: [{vars: {q: x}, assert: [{use: a}]}]"
    assert "the set uses itself: a → b → a" in said(bench, text)


def test_sets_that_nobody_uses_are_checked(bench: Any) -> None:
    text = "checks: {a: [{type: foo}], b: []}\ntests: [{vars: {q: x}, expected: y}]"
    assert 'unknown check "foo"' in said(bench, text)
    assert "the set 'b' is empty" in said(bench, text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tests: [{id: a b, vars: {q: x}, expected: y}]", "'a b' is no id"),
        ("tests: [{id: -a, vars: {q: x}, expected: y}]", "'-a' is no id"),
        ('tests: [{id: "a\\nb", vars: {q: x}, expected: y}]', "is no id"),
        ("tests: [{id: $(id), vars: {q: x}, expected: y}]", "'$(id)' is no id"),
        ("tests: [{id: .., vars: {q: x}, expected: y}]", "'..' is no id"),
        ("tests: [{vars: {q: x}, expected: y, threshold: 0}]", "allowed is more than 0"),
        ("tests: [{vars: {q: x}, expected: y, min_pass_rate: 1.5}]", "allowed is 1 or less"),
        ("tests: [{vars: {q: x}, expected: y, skip: ' '}]", "skip needs a reason"),
        ("tests: [{vars: {q: x}, expected: y, prompts: prompt-2}]", 'did you mean "prompt-1"?'),
        ("tests: [{vars: {q: x}, expected: y, settings: []}]", "would never be asked"),
        ("tests: [{vars: {q: x, expected: z}, expected: y}]", "expected is no var"),
        (
            "tests: [{vars: {q: x, matrix: {y: 1}}, expected: y}]",
            "y must be a list, found a number (1)",
        ),
        ("tests: [{vars: {q: x, matrix: {}}, expected: y}]", "a matrix needs a var"),
        ("tests: [{vars: {q: x, matrix: {q: [y]}}, expected: y}]", "stands in the matrix, too"),
        ("tests: [{id: a, tests: [{vars: {q: x}, expected: y}]}]", "id beside tests"),
        ("tests: [{tests: []}]", "a group needs tests"),
        ("tests: [{vars: {q: x}, expected: y, where: q}]", "where belongs to a data file"),
        ("tests: [{vars: {q: x}, expected: y, delimiter: ;}]", "delimiter belongs to a data file"),
        ("tests: [{vars: {p: x}, expected: y}]", "unknown variable 'q'; known: p, expected"),
        (
            "defaults: {inherit: false}\ntests: [{vars: {q: x}, expected: y}]",
            "unknown key 'inherit'",
        ),
        ("tests: [{vars: {q: x}, expected: y, misses: allowed}]", "no gate judges accuracy"),
    ],
)
def test_a_wrong_test_is_refused_in_words(bench: Any, text: str, message: str) -> None:
    assert message in said(bench, text)


def test_ids_are_unique_whatever_their_capitals(bench: Any) -> None:
    text = "tests: [{id: One, vars: {q: x}, expected: y}, {id: one, vars: {q: z}, expected: y}]"
    assert "two tests have the id 'one'\n    the first: s.eval.yaml:2:9" in said(bench, text)


def test_a_default_id_is_a_slug_of_the_vars_and_steps_aside(bench: Any) -> None:
    found = cases(
        bench,
        """
tests:
  - {vars: {q: What is the capital of France?}, expected: Paris}
  - {vars: {q: Ünïcode & Ça}, expected: x}
  - {vars: {q: "?!"}, expected: x}
  - {vars: {q: what is the capital of france}, expected: Lyon}
  - {id: What-is-the-capital-of-France-2, vars: {q: x}, expected: y}
""",
    )
    assert [case.id for case in found] == [
        "what-is-the-capital-of-france",
        "ünïcode-ça",
        "test-b2cbec07",
        "what-is-the-capital-of-france-3",
        "What-is-the-capital-of-France-2",
    ]


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text())))
def test_every_default_id_is_an_id(variables: dict[str, Any]) -> None:
    assert is_id(default_id(variables))


@given(st.lists(st.sampled_from(["a", "A", "a-2", "a-3", "b"]), max_size=12))
def test_ids_that_are_given_are_unique_whatever_is_wanted(wanted: list[str]) -> None:
    unique = Unique(["a-2"])
    given_ids = [unique(name).casefold() for name in wanted]
    assert len({*given_ids, "a-2"}) == len(wanted) + 1


@given(st.text())
def test_a_slug_is_empty_or_an_id(text: str) -> None:
    assert slug(text) == "" or is_id(slug(text))


def test_a_missing_var_is_told_at_the_test_that_lacks_it(bench: Any) -> None:
    text = "tests:\n  - {vars: {q: x}, expected: y}\n  - {vars: {p: x}, expected: y}\n"
    assert said(bench, text) == (
        "s.eval.yaml:4:5: error: test lacks the var 'q' that prompt 'prompt-1' uses\n"
        "    its vars: p, expected"
    )


def test_a_missing_var_in_an_assertion_is_told_at_the_assertion(bench: Any) -> None:
    text = (
        'tests:\n  - {vars: {q: x}, assert: [{type: contains, value: "{{ Q }} {{ expected }}"}]}\n'
    )
    found = said(bench, text)
    assert "s.eval.yaml:3:29: error: contains: value: unknown variable 'Q'; known: q" in found
    assert "unknown variable 'expected'" in found


def test_vars_of_a_set_are_seen_inside_it_only(bench: Any) -> None:
    text = 'checks: {s: ["{{ w }}"]}\ntests:\n'
    assert cases(bench, text + "  - {vars: {q: x}, assert: [{use: s, vars: {w: y}}]}")
    outside = '  - {vars: {q: x}, assert: [{use: s, vars: {w: y}}, "{{ w }}"]}'
    assert "unknown variable 'w'" in said(bench, text + outside)


def test_expected_beside_a_file_is_the_default_of_its_rows(bench: Any) -> None:
    rows = {"rows.csv": "id,prompt\none,x\n", "more.jsonl": '{"prompt": "y", "expected": "no"}\n'}
    text = 'tests: [{file: rows.csv, expected: "yes"}, {file: more.jsonl, expected: "yes"}]\n'
    assert [case.expected for case in bench.load(text, rows).suite.cases] == ["yes", "no"]


def test_rows_of_a_csv_become_cases(bench: Any) -> None:
    data = (
        "\ufeff id , q,expected,tags,cluster,note\r\n"
        'one,What?,Yes,"smoke, slow",doc-1,\r\n'
        "\r\n"
        ',"Two\nlines, and ""quotes""",,,,x\r\n'
        "not an id!,z,No,fast;smoke,,x\r\n"
    )
    defaults = "vars: {lang: en, note: n}, tags: all, threshold: 0.5, assert: [x]"
    text = f"tests:\n  - {{file: rows.csv, {defaults}}}"
    one, two, three = cases(bench, text, {"rows.csv": data})
    assert one.vars == {"lang": "en", "note": "", "q": "What?"}
    assert (one.id, one.expected, one.tags, one.cluster) == (
        "one",
        "Yes",
        ("all", "smoke", "slow"),
        "doc-1",
    )
    assert (two.id, two.expected, two.has_expected, two.cluster) == (
        "en-x-two-lines-and-quotes",
        "",
        True,
        None,
    )
    assert two.vars["q"] == 'Two\nlines, and "quotes"'
    assert (three.id, three.label) == ("not-an-id", "not an id!")
    assert [str(case.place) for case in (one, two, three)] == [
        "rows.csv:2:1",
        "rows.csv:4:1",
        "rows.csv:6:1",
    ]
    assert {case.threshold for case in (one, two, three)} == {0.5}
    assert one.checks is two.checks or one.checks[0] is two.checks[0]


def test_values_of_a_csv_are_strings(bench: Any) -> None:
    files = {"r.csv": "q;n;expected\nx;5;true"}
    (case,) = cases(bench, "tests: [{file: r.csv, delimiter: ;}]", files)
    assert (case.vars, case.expected) == ({"q": "x", "n": "5"}, "true")


def test_rows_of_json_lines_keep_their_types(bench: Any) -> None:
    data = '{"q": "x", "n": 5, "deep": {"a": [1]}, "expected": ["a", "b"], "tags": ["t"]}\n\n'
    data += '{"id": 7, "q": "y", "expected": null, "cluster": 3}\n'
    one, two = cases(bench, "tests: [{file: r.jsonl, assert: []}]", {"r.jsonl": data})
    assert one.vars == {"q": "x", "n": 5, "deep": {"a": [1]}}
    assert (one.expected, one.tags) == (["a", "b"], ("t",))
    assert (two.id, two.expected, two.has_expected, two.cluster) == ("7", None, True, "3")


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("r.csv", "q,expected\nx\n", "r.csv:2:1: error: 1 cells in a table of 2 columns"),
        ("r.csv", 'q,expected\n"a\nb",1\nx,y,z\n', "r.csv:4:1: error: 3 cells in a table of 2"),
        ("r.csv", "q,q\nx,y\n", "r.csv:1:1: error: column 'q' stands twice"),
        ("r.csv", "q,\nx,y\n", "r.csv:1:1: error: column 2 has no name"),
        ("r.csv", 'q,expected\nx,"y\n', "r.csv:2:1: error: not CSV"),
        ("r.csv", "", "r.csv:1:1: error: the file is empty"),
        ("r.csv", "q,expected\n", "no row is left"),
        ("r.csv", b"q,expected\nx,y\nz,s\xfc\xdf\n", "r.csv:3:1: error: byte 0xfc is not UTF-8"),
        ("r.csv", "p,expected\nx,y\nz,y\n", "unknown variable 'q'; known: p, expected"),
        ("r.csv", "id,q,expected\na,x,y\nA,z,y\n", "r.csv:3:1: error: two tests have the id 'A'"),
        ("r.csv", "q,tags,expected\na,x y!,y\n", "r.csv:2:1: error: tags"),
        ("r.csv", "q\nx\ny\n", "s.eval.yaml:2:9: error: a test needs an assertion or expected"),
        ("r.jsonl", '{"q": 1}\n[]\n', "r.jsonl:2:1: error: a row is a JSON object"),
        ("r.jsonl", '{"q": 1,}\n', "r.jsonl:1:1: error: not JSON"),
        ("r.jsonl", '{"q": 1, "q": 2}\n', "r.jsonl:1:1: error: key 'q' stands twice"),
        ("r.jsonl", '{"q": NaN}\n', "r.jsonl:1:1: error: NaN is not JSON"),
        ("r.jsonl", '{"q": 1e999}\n', "r.jsonl:1:1: error: a number too large"),
        ("r.jsonl", '{"q": 99999999999999999999}\n', "integers go to ±9007199254740991"),
        ("r.jsonl", '{"q": "\\ud800"}\n', "half of a surrogate pair"),
        ("r.jsonl", '{"q": ' + "[" * 100_000 + "}\n", "r.jsonl:1:1: error: "),
        ("r.jsonl", '{"q": 1, "id": [1]}\n', "r.jsonl:1:1: error: id must be a text, found a list"),
        ("r.txt", "q\nx\n", "'r.txt' is no data file"),
    ],
)
def test_a_wrong_data_file_is_told_with_its_line(
    bench: Any, name: str, data: str | bytes, message: str
) -> None:
    assert message in said(bench, f"tests: [{{file: {name}}}]", {name: data})


def test_what_cannot_stand_beside_a_data_file(bench: Any) -> None:
    text = "tests: [{file: r.csv, id: a, expected: x, delimiter: ';;'}]"
    found = said(bench, text, {"r.csv": "q,expected\nx,y"})
    for message in ("id beside file", "a delimiter is one character"):
        assert message in found


def test_a_var_of_one_file_reads_its_text(bench: Any) -> None:
    text = "tests: [{vars: {q: {file: docs/long.txt}}, expected: x}]"
    (case,) = cases(bench, text, {"docs/long.txt": "A {{ q }}\r\ntext\n"})
    assert case.vars["q"] == "A {{ q }}\r\ntext\n"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nope.txt", "no file 'nope.txt'"),
        ("/etc/passwd", "a path is relative to the suite's file"),
        ("C:/x.txt", "a path is relative to the suite's file"),
        ("../../etc/passwd", "lies outside the suite's folder"),
        ("../outside.txt", "lies outside the suite's folder"),
        (".env", "no part of a path begins with a dot"),
        ("a/.git/config", "no part of a path begins with a dot"),
        ("link.txt", "lies outside the suite's folder"),
        ("hidden.txt", "no part of a path begins with a dot"),
        ("docs", "is no regular file"),
        ("fifo", "is no regular file"),
        ("loop", "'loop'"),
        ("big.txt", "larger than 10 MB"),
        ("latin.txt", "suites/latin.txt:1:2: error: byte 0xe9 is not UTF-8"),
        ('"a\\\\b.txt"', "separate folders by /"),
        ("''", "a path is relative"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="links and pipes of POSIX")
def test_files_outside_are_not_read(bench: Any, path: str, message: str) -> None:
    bench.write(
        {
            "outside.txt": "secret",
            "suites/.env": "KEY=secret",
            "suites/docs/a.txt": "x",
            "suites/big.txt": "x" * 10_000_001,
            "suites/latin.txt": b"h\xe9",
        }
    )
    folder: Path = bench.root / "suites"
    (folder / "link.txt").symlink_to(bench.root / "outside.txt")
    (folder / "hidden.txt").symlink_to(folder / ".env")
    (folder / "loop").symlink_to(folder / "loop")
    os.mkfifo(folder / "fifo")
    text = f"{ASK}tests: [{{vars: {{q: {{file: {path}}}}}, expected: x}}]"
    found = "\n".join(bench.mistakes(text, name="suites/s.eval.yaml"))
    assert message in found
    assert "secret" not in found


def test_folders_named_in_the_configuration_may_be_read(bench: Any) -> None:
    text = f"{ASK}tests: [{{file: ../shared/rows.csv}}]"
    files = {"shared/rows.csv": "q,expected\nx,y\n", "shared/.key": "x"}
    options = {"name": "suites/s.eval.yaml", "config": 'data = ["shared"]\n'}
    (case,) = bench.load(text, files, **options).suite.cases
    assert str(case.place) == "shared/rows.csv:2:1"
    assert (
        "begins with a dot" in bench.mistakes(text.replace("rows.csv", ".key"), files, **options)[0]
    )


def test_a_check_is_one_object_for_all_rows(bench: Any) -> None:
    text = 'defaults: {assert: [a]}\ntests: [{file: r.csv, assert: ["{{ q }}"]}]'
    one, two = cases(bench, text, {"r.csv": "q\nx\ny\n"})
    assert all(first is second for first, second in zip(one.checks, two.checks, strict=True))
    assert isinstance(one.checks[1], Check)

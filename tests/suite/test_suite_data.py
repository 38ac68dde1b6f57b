"""Tests from data: files of every kind, patterns, and which rows are taken under which names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evals.suite.packed import CaseList

ASK = 'prompts: ["{{ q }}"]\n'
FIVE = "no,q,year,expected\n1,a,1990,x\n2,b,2001,y\n3,c,2010,x\n4,d,,z\n5,e,2020,y\n"


def cases(bench: Any, text: str, files: Any) -> Any:
    return bench.load(ASK + text, files).suite.cases


def asked(bench: Any, keys: str, data: str = FIVE) -> list[str]:
    found = cases(bench, f"tests: [{{file: r.csv, {keys}}}]", {"r.csv": data})
    return [case.vars["q"] for case in found]


def said(bench: Any, keys: str, data: str = FIVE) -> str:
    return "\n".join(bench.mistakes(f"{ASK}tests: [{{file: r.csv, {keys}}}]", {"r.csv": data}))


ROWS = [{"id": "one", "q": "a", "n": 1, "expected": "x"}, {"q": "b", "n": [2], "expected": "y"}]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("r.json", json.dumps(ROWS, indent=1)),
        ("r.jsonl", "\n".join(json.dumps(row) for row in ROWS)),
        ("r.yaml", "- {id: one, q: a, n: 1, expected: x}\n- {q: b, n: [2], expected: y}\n"),
    ],
)
def test_values_keep_their_types_in_every_format(bench: Any, name: str, content: str) -> None:
    one, two = cases(bench, f"tests: [{{file: {name}}}]", {name: content})
    assert (one.id, one.vars, one.expected) == ("one", {"q": "a", "n": 1}, "x")
    assert (two.id, two.vars, two.expected) == ("b-2", {"q": "b", "n": [2]}, "y")
    assert one.place is not None
    assert two.place is not None
    assert one.place.line < two.place.line
    assert one.place.path == name


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("r.json", '{"q": "a"}', "r.json:1:1: error: a file of tests is a list of objects"),
        ("r.json", '[{"q": "a", "expected": "x"},\n5]', "r.json:2:1: error: a row is a JSON obj"),
        ("r.json", '[{"q": "a", "expected": "x"}\n{}]', "r.json:2:1: error: not JSON"),
        ("r.json", '[{"q": "a", "expected": "x"},\n {"q" 5}]', "r.json:2:7: error: not JSON"),
        ("r.json", '[{"q": "a",\n"q": "b"}]', "key 'q' stands twice"),
        ("r.json", "[]", "no row is left"),
        ("r.yaml", "q: a\n", "r.yaml:1:1: error: a file of tests is a list of mappings"),
        ("r.yaml", "- {q: a, expected: x}\n- 5\n", "r.yaml:2:3: error: a row is a mapping"),
        ("r.yaml", "- {q: a, q: b}\n", "r.yaml:1:10: error: key 'q' stands twice"),
        ("r.txt", "q\n", "'r.txt' is no data file"),
    ],
)
def test_a_wrong_row_is_told_with_its_place(
    bench: Any, name: str, content: str, message: str
) -> None:
    found = bench.mistakes(f"{ASK}tests: [{{file: {name}}}]", {name: content})
    assert message in "\n".join(found)


def test_a_pattern_stands_for_all_files_that_it_matches(bench: Any) -> None:
    files = {f"d/{name}.csv": f"q,expected\n{name},x\n" for name in "bac"}
    files |= {"d/.hidden.csv": "q\nno\n", "d/deep/z.csv": "q,expected\nz,x\n", "a[1].csv": "q\nl\n"}
    found = cases(bench, "tests: [{file: 'd/*.csv'}]", files)
    assert [case.vars["q"] for case in found] == ["a", "b", "c"]
    assert [str(case.place) for case in found][1] == "d/b.csv:2:1"
    found = cases(bench, "tests: [{file: 'd/**/*.csv', limit: 4}]", files)
    assert [case.vars["q"] for case in found] == ["a", "b", "c", "z"]
    (literal,) = cases(bench, "tests: [{file: 'a[1].csv', assert: []}]", files)
    assert literal.vars == {"q": "l"}


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("d/*.csv", "no file matches 'd/*.csv'"),
        ("/tmp/*.csv", "a path is relative"),
        ("../*.csv", "lies outside the suite's folder"),
    ],
)
def test_a_pattern_without_a_file_is_refused(bench: Any, written: str, message: str) -> None:
    bench.write({"x.csv": "q\n1\n"})
    text = f"{ASK}tests: [{{file: '{written}', assert: []}}]"
    assert message in bench.mistakes(text, name="suites/s.eval.yaml")[0]


def test_columns_get_the_names_that_map_gives(bench: Any) -> None:
    data = "ticket,text,customer,right\nT-1,a,Ann,x\n"
    keys = "map: {id: ticket, q: text, cluster: customer, expected: right}"
    (case,) = cases(bench, f"tests: [{{file: r.csv, {keys}}}]", {"r.csv": data})
    assert (case.id, case.vars, case.cluster, case.expected) == ("T-1", {"q": "a"}, "Ann", "x")


@pytest.mark.parametrize(
    ("kind", "cell", "message"),
    [
        ("int", "9" * 20, "integers go to ±9007199254740991"),
        ("int", "-" + "9" * 5000, "integers go to ±9007199254740991"),
        ("float", "1e999", "a number too large for JSON readers"),
    ],
)
def test_types_read_no_number_that_json_cannot_carry(
    bench: Any, kind: str, cell: str, message: str
) -> None:
    told = said(bench, f"types: {{n: {kind}}}, assert: []", f"q,n\na,{cell}\n")
    assert told.startswith("r.csv:2:1: error: n: ")
    assert message in told


def test_types_read_texts_and_an_empty_one_is_null(bench: Any) -> None:
    data = 'q,a,b,c,d\nx,7,-1.5e3,TRUE,"{""k"": [1]}"\ny,,,,\n'
    keys = "types: {a: int, b: float, c: bool, d: json}, assert: []"
    one, two = cases(bench, f"tests: [{{file: r.csv, {keys}}}]", {"r.csv": data})
    assert one.vars == {"q": "x", "a": 7, "b": -1500.0, "c": True, "d": {"k": [1]}}
    assert two.vars == {"q": "y", "a": None, "b": None, "c": None, "d": None}


def test_where_sample_and_limit_take_rows_in_the_order_of_the_file(bench: Any) -> None:
    assert asked(bench, "types: {year: int}, where: year != null and year > 2000") == list("bce")
    assert asked(bench, "where: year == '' or expected == 'x'") == list("acd")
    assert asked(bench, "where: expected == 'x', limit: 1") == ["a"]
    assert asked(bench, "map: {gone: year}, where: gone == '2001'") == ["b"]
    drawn = asked(bench, "sample: {n: 3, seed: 1}")
    assert drawn == sorted(drawn)
    assert len(drawn) == 3
    assert asked(bench, "sample: {n: 9}") == list("abcde")


def test_a_sample_depends_on_its_seed_and_on_no_order(bench: Any) -> None:
    head, *rows = FIVE.splitlines()
    turned = "\n".join([head, *reversed(rows)])
    draws = {seed: set(asked(bench, f"sample: {{n: 2, seed: {seed}}}")) for seed in range(6)}
    assert draws[3] == set(asked(bench, "sample: {n: 2, seed: 3}", turned))
    assert len({tuple(sorted(drawn)) for drawn in draws.values()}) > 1
    assert sorted(draws[1]) == ["b", "c"], "the same on every machine and version"


def test_ids_stay_when_rows_change_places(bench: Any) -> None:
    text = "tests: [{file: r.csv, assert: []}]"
    rows = ["What is 2 + 3?", "?!", "Éa", "x" * 80]
    ids = {}
    for order in (rows, rows[::-1]):
        found = cases(bench, text, {"r.csv": "\n".join(["q", *order])})
        ids[tuple(order)] = {case.vars["q"]: case.id for case in found}
    assert len(set(map(str, map(sorted, (each.items() for each in ids.values()))))) == 1


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("map: {id: nr}", "no column 'nr'\n    columns: expected, no, q, year"),
        ("map: {year: q}", "two columns are called 'year' by map"),
        ("map: {x: q, y: q}", "one column is mapped to two names"),
        ("types: {year: int, q: float}", 'r.csv:2:1: error: q: a text ("a") is no number'),
        ("types: {expected: bool}", "is neither true nor false"),
        ("types: {q: json}", "not JSON"),
        ("types: {q: date}", "allowed are bool, float, int, json"),
        ("where: yeer > 1", "where: no column 'yeer'\n    did you mean \"year\"?"),
        ("where: year > 1", "r.csv:2:1: error: where: "),
        ("where: year", "neither true nor false"),
        ("where: year >", "where: "),
        ("where: no == '9'", "no row is left"),
        ("limit: 0", "allowed is 1 or more"),
        ("sample: {n: 0}", "allowed is 1 or more"),
    ],
)
def test_a_wrong_choice_of_rows_is_refused(bench: Any, keys: str, message: str) -> None:
    assert message in said(bench, keys)


def test_a_thousand_wrong_rows_are_told_by_the_first(bench: Any) -> None:
    data = "q,tags,expected\n" + "x,a/b,y\n" * 1000
    problems = bench.mistakes(f"{ASK}tests: [{{file: r.csv}}]", {"r.csv": data})
    assert 20 < len(problems) < 30


def test_rows_are_asked_with_each_product_of_vars(bench: Any) -> None:
    text = "tests: [{file: r.csv, vars: {matrix: {lang: [en, fr]}}, assert: []}]"
    found = cases(bench, text, {"r.csv": "id,q\n1,a\n2,b\n"})
    assert [case.id for case in found] == ["1_lang-en", "1_lang-fr", "2_lang-en", "2_lang-fr"]
    assert found[3].vars == {"lang": "fr", "q": "b"}


def test_vars_with_a_matrix_make_a_test_of_each_combination(bench: Any) -> None:
    found = cases(
        bench,
        """
defaults: {vars: {matrix: {a: [1, 2]}}}
tests:
  - {id: one, vars: {q: x, matrix: {b: [3, 4]}}, expected: y}
  - {vars: {q: z, a: 9, list: [1, 2]}, expected: y}
""",
        {},
    )
    assert [case.id for case in found[:4]] == [
        "one_a-1_b-3",
        "one_a-1_b-4",
        "one_a-2_b-3",
        "one_a-2_b-4",
    ]
    assert found[2].vars == {"q": "x", "a": 2, "b": 3}
    assert found[4].vars == {"q": "z", "a": 9, "list": [1, 2]}, "its own var, and a list is one"
    assert len(found) == 5


def test_groups_share_vars_checks_and_all_else(bench: Any) -> None:
    found = cases(
        bench,
        """
defaults: {assert: [base]}
tests:
  - vars: {lang: fr}
    tags: french
    assert: [shared]
    repeat: 2
    tests:
      - {id: one, vars: {q: a}, assert: [own]}
      - {id: two, inherit: false, vars: {q: b}, expected: y, tags: more}
      - tests: [{file: r.csv, cluster: c}]
  - {id: out, vars: {q: c}}
""",
        {"r.csv": "q\nrow\n"},
    )
    one, two, row, out = found
    assert [check.options["value"] for check in one.checks] == ["base", "shared", "own"]
    assert (one.vars, one.tags, one.repeat.samples) == ({"lang": "fr", "q": "a"}, ("french",), 2)
    assert [check.type for check in two.checks] == ["equals"]
    assert two.tags == ("french", "more")
    assert (row.vars, row.cluster, row.tags) == ({"lang": "fr", "q": "row"}, "c", ("french",))
    assert (out.tags, out.repeat.samples) == ((), 1)


def test_cases_are_a_sequence_that_keeps_rows_packed(bench: Any) -> None:
    data = "q,tags,cluster,expected\n" + "".join(f"q{n},t{n % 3},c,x\n" for n in range(50))
    text = "tests:\n- {id: a, vars: {q: x}, expected: y}\n- {file: r.csv, tags: all}\n"
    found = cases(bench, text + "- {id: z, vars: {q: x}, expected: y}\n", {"r.csv": data})
    assert isinstance(found, CaseList)
    assert (len(found), found[0].id, found[-1].id, found[51].id) == (52, "a", "z", "z")
    assert list(found) == [found[number] for number in range(52)]
    assert list(found.ids) == [case.id for case in found]
    assert (found[5].tags, found[5].cluster) == (("all", "t1"), "c")
    assert found[1:3] == (found[1], found[2])
    with pytest.raises(IndexError):
        found[52]


def test_rows_of_parquet_become_cases(bench: Any, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from datetime import date
    from decimal import Decimal

    from pyarrow import parquet

    columns = {
        "q": ["a", "b"],
        "n": [1, None],
        "day": [date(2026, 1, 31), date(2026, 2, 1)],
        "price": [Decimal("1.50"), Decimal("2.00")],
        "parts": [["x"], []],
        "expected": ["x", "y"],
    }
    parquet.write_table(pyarrow.table(columns), tmp_path / "r.parquet")
    found = cases(bench, "tests: [{file: r.parquet, where: q == 'a'}]", {})
    assert [case.vars for case in found] == [
        {"q": "a", "n": 1, "day": "2026-01-31", "price": "1.50", "parts": ["x"]}
    ]
    assert str(found[0].place) == "r.parquet:1:1"
    parquet.write_table(pyarrow.table({"q": [b"\x00"]}), tmp_path / "r.parquet")
    refused = bench.mistakes(f"{ASK}tests: [{{file: r.parquet, assert: []}}]")
    assert "r.parquet:1:1: error: a value of type bytes is no text" in refused[0]
    assert "not Parquet" in str(
        bench.mistakes(f"{ASK}tests: [{{file: r.parquet}}]", {"r.parquet": "PAR1"})
    )


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("datasets")
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)


@pytest.mark.usefixtures("offline")
def test_data_sets_are_read_by_hugging_faces_library(bench: Any, tmp_path: Path) -> None:
    import datasets

    table = {"q": ["a", "b", "c"], "right": ["x", "y", "z"]}
    split = datasets.Dataset.from_dict(table)
    datasets.DatasetDict({"test": split, "train": split}).save_to_disk(str(tmp_path / "saved"))
    text = "tests: [{dataset: {path: ./saved, split: test}, map: {expected: right}, limit: 2}]"
    found = cases(bench, text, {})
    assert [(c.vars, c.expected) for c in found] == [({"q": "a"}, "x"), ({"q": "b"}, "y")]
    assert str(found[0].place) == "saved:test:1:1"
    files = {"plain/test.csv": "q,expected\nm,n\n"}
    (case,) = cases(bench, "tests: [{dataset: {path: ./plain, split: test}}]", files)
    assert (case.vars, case.expected) == ({"q": "m"}, "n")
    refused = bench.mistakes(ASK + text.replace("split: test", "split: tset"))
    assert "no split 'tset'; there are test, train" in refused[0]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("{dataset: {path: ./gone, split: test}}", "no folder './gone'"),
        ("{dataset: {path: ../up, split: test}}", "lies outside the suite's folder"),
        ("{dataset: {path: a/b}}", "lacks 'split'"),
        ("{dataset: {path: ./x, split: test}, file: r.csv}", "dataset beside file: take one"),
    ],
)
def test_a_wrong_data_set_is_refused(bench: Any, written: str, message: str) -> None:
    files = {"r.csv": FIVE, "suites/x": ""}
    found = bench.mistakes(f"{ASK}tests: [{written}]", files, name="suites/s.eval.yaml")
    assert any(message in problem for problem in found)


def test_a_value_that_a_check_refuses_is_told_with_its_row(bench: Any) -> None:
    from evals.endpoints.config import load_config
    from evals.errors import SuiteError
    from evals.suite.open import open_suite

    text = (
        f"model: m\n{ASK}tests: [{{file: r.csv, assert: [{{type: number, value: '{{{{ v }}}}'}}]}}]"
    )
    bench.load(text, {"r.csv": "id,q,v\na,x,1\nb,y,two\n"})
    with pytest.raises(SuiteError) as refused:
        open_suite(bench.root / "s.eval.yaml", config=load_config(bench.root, env={}))
    (problem,) = refused.value.problems
    assert (problem.place.path, problem.place.line) == ("s.eval.yaml", 3)
    assert "case 'b': number.value: \"two\" is not a number" in problem.message
    assert problem.details == ("the row: r.csv:3:1",)

"""The YAML of suites: YAML 1.2's core schema, bounded, every value with its place."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import evals.suite.yaml as reader
from evals.errors import SuiteError
from evals.suite.yaml import read_yaml


def refusal(data: bytes | str) -> str:
    with pytest.raises(SuiteError) as refused:
        read_yaml(data if isinstance(data, bytes) else data.encode(), "s.yaml")
    return str(refused.value)


def problems(text: str) -> list[str]:
    return [str(problem) for problem in read_yaml(text.encode(), "s.yaml").problems]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("Yes", "Yes"),
        ("y", "y"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("Null", None),
        ("017", 17),
        ("0o17", 15),
        ("0x1F", 31),
        ("+5", 5),
        ("-0", 0),
        ("1e-3", 0.001),
        (".5", 0.5),
        ("5.", 5.0),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2001-01-01", "2001-01-01"),
        ("1.2.3", "1.2.3"),
        ("0b11", "0b11"),
        ("-", "-"),
        ("'5'", "5"),
        ("!!str 5", "5"),
        ('!!int "5"', 5),
        ("!!float 5", 5.0),
        ("! 5", "5"),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml_1_2(written: str, value: Any) -> None:
    if written == "-":
        written = '"-"'
    found = read_yaml(f"key: {written}\n".encode(), "s.yaml").value["key"]
    assert (found, type(found)) == (value, type(value))


def test_a_merge_key_is_an_ordinary_key() -> None:
    text = "base: &b {x: 1}\nmine: {<<: *b}"
    assert read_yaml(text.encode(), "s").value["mine"] == {"<<": {"x": 1}}


@pytest.mark.parametrize("written", [".inf", "-.INF", ".nan", "1e999", "99999999999999999999"])
def test_numbers_that_json_cannot_carry_are_refused(written: str) -> None:
    assert problems(f"a: {written}") == [
        f"s.yaml:1:4: error: {written} is no number that JSON can carry exactly\n"
        "    integers go to ±9007199254740991; a text stands in quotes"
    ]


def test_an_integer_of_a_million_digits_takes_no_time() -> None:
    assert "no number that JSON can carry" in problems("a: " + "9" * 1_000_000)[0]


def test_duplicate_keys_are_refused_with_both_places() -> None:
    assert problems("a: 1\nb: {c: 1, c: 2}\na: 2") == [
        "s.yaml:2:11: error: key 'c' stands twice\n    it stands first in line 2",
        "s.yaml:3:1: error: key 'a' stands twice\n    it stands first in line 1",
    ]


def test_keys_are_texts() -> None:
    assert problems("1: a\ntrue: b\nnull: c") == [
        's.yaml:1:1: error: a key must be a text, found 1\n    write "1" in quotes',
        's.yaml:2:1: error: a key must be a text, found true\n    write "true" in quotes',
        's.yaml:3:1: error: a key must be a text, found null\n    write "null" in quotes',
    ]


def test_a_template_without_quotes_is_explained() -> None:
    assert refusal("template: {{ name }}") == (
        "s.yaml:1:12: error: a key must be a text, found a mapping\n"
        '    put a text that begins with {{ in quotes: "{{ name }}"'
    )


@pytest.mark.parametrize("tag", ["!!binary", "!!timestamp", "!!python/object:os.system", "!own"])
def test_tags_beyond_the_core_are_refused(tag: str) -> None:
    assert "is not supported here" in problems(f"a: {tag} x")[0]
    assert "is not supported" in problems(f"a: {tag} {{x: 1}}")[0]


def test_a_second_document_is_refused_at_its_line() -> None:
    assert refusal("a: 1\n---\nb: 2").startswith(
        "s.yaml:2:1: error: a second document begins with this `---`"
    )


def test_one_document_with_its_markers_is_read() -> None:
    assert read_yaml(b"---\na: 1\n...\n", "s").value == {"a": 1}


@pytest.mark.parametrize("depth", [99, 100, 101, 10_000, 200_000])
def test_nesting_ends_at_100_levels(depth: int) -> None:
    text = "[" * depth + "]" * depth
    if depth <= 100:
        assert json.dumps(read_yaml(text.encode(), "s").value) == text
    else:
        assert "nested deeper than 100 levels" in refusal(text)


def test_deep_block_nesting_is_refused_too() -> None:
    text = "".join(f"{'  ' * level}a:\n" for level in range(500))
    assert "nested deeper than 100 levels" in refusal(text)


def test_an_alias_bomb_is_refused_and_plain_aliases_are_not() -> None:
    bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    bomb += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]
    assert "aliases make more than 10,000 nodes" in refusal("\n".join(bomb))
    assert read_yaml(b"a: &a [1]\nb: *a\nc: [*a, *a]", "s").value["c"] == [[1], [1]]


def test_an_alias_inside_its_own_anchor_is_refused() -> None:
    assert "unknown alias *a" in refusal("a: &a [1, *a]")


def test_a_file_over_10_mb_is_refused() -> None:
    assert "larger than 10 MB" in refusal(b"a: " + b"x" * 10_000_001)


def test_bom_and_windows_line_ends_change_nothing() -> None:
    plain = read_yaml(b"a: |\n  x\n  y\nb: 1\n", "s")
    windows = read_yaml(b"\xef\xbb\xbfa: |\r\n  x\r\n  y\r\nb: 1\r\n", "s")
    assert windows.value == plain.value
    assert windows.mark(("b",)) == plain.mark(("b",))


def test_bytes_that_are_not_utf_8_are_refused_with_their_place() -> None:
    assert refusal("a: 1\nb: süß".encode("latin-1")) == (
        "s.yaml:2:5: error: byte 0xfc is not UTF-8\n    save the file as UTF-8"
    )


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("a:\n\t- x", "s.yaml:2:1", "tab"),
        ("a: b: c", "s.yaml:1:5", "put a text that holds `: ` in quotes"),
        ("a: @x", "s.yaml:1:4", "in quotes"),
        ("a: [1, 2", "s.yaml:2:1", "brackets"),
        ("a: 'x", "s.yaml:", "a quote has no end"),
    ],
)
def test_syntax_errors_have_a_place_and_a_hint(text: str, place: str, hint: str) -> None:
    said = refusal(text)
    assert said.startswith(place)
    assert hint in said


def test_control_characters_are_refused_with_their_line() -> None:
    assert refusal("a: 1\nb: x\x00y").startswith("s.yaml:")


def test_every_part_has_its_place() -> None:
    document = read_yaml(b"tests:\n  - id: a\n    vars: {x: 1, y: [2, 3]}\n", "s.yaml")
    assert str(document.place(("tests",), key=True)) == "s.yaml:1:1"
    assert str(document.place(("tests", 0, "vars"), key=True)) == "s.yaml:3:5"
    assert str(document.place(("tests", 0, "vars", "y", 1))) == "s.yaml:3:25"


def test_what_is_missing_is_placed_at_the_nearest_that_is_there() -> None:
    document = read_yaml(b"tests:\n  - id: a\n", "s.yaml")
    assert str(document.place(("tests", 0, "nowhere", 3))) == "s.yaml:2:5"


def test_places_stay_right_when_parts_are_taken_out() -> None:
    document = read_yaml(b"a: [x, y, z]\nb: {c: 1, d: 2}\n", "s.yaml")
    document.drop([("a", 0), ("a", 1), ("b", "c"), ("nowhere",)])
    assert document.value == {"a": ["z"], "b": {"d": 2}}
    assert document.mark(("a", 0)) == (1, 11)
    assert document.mark(("b", "d"), key=True) == (2, 11)


texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")))
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | texts
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=60, deadline=None)
@given(values)
def test_json_reads_as_what_it_is(value: Any) -> None:
    document = read_yaml(json.dumps(value, ensure_ascii=False).encode(), "s.json")
    assert document.problems == []
    assert document.value == value


@settings(max_examples=40, deadline=None)
@given(values)
def test_the_parser_in_python_reads_the_same(value: Any) -> None:
    data = yaml.safe_dump({"key": value}, allow_unicode=True).encode()
    fast = read_yaml(data, "s.yaml")
    before = reader._LOADER
    reader._LOADER = yaml.SafeLoader
    try:
        slow = read_yaml(data, "s.yaml")
    finally:
        reader._LOADER = before
    assert slow.value == fast.value
    assert slow.mark(("key",)) == fast.mark(("key",))


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=80) | st.text("{}[]:-&*!|>'\"#%@` \n\tab1,?", max_size=60))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    try:
        found = [str(problem) for problem in read_yaml(data, "s.yaml").problems]
    except SuiteError as error:
        found = [str(problem) for problem in error.problems]
        assert found
    assert all(problem.startswith("s.yaml:") for problem in found)

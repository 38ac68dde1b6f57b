"""`{file: schema.json}` in `is-json` and `contains-json`: read with the suite, or refused there."""

from __future__ import annotations

from typing import Any

import pytest

PERSON = '{"type": "object", "required": ["name"], "properties": {"age": {"type": "integer"}}}'
HEAD = "prompts: [x]\ntests:\n  - assert:\n      - "


def test_the_schema_of_a_file_stands_in_the_check(bench: Any) -> None:
    text = HEAD + "{type: is-json, value: {file: schemas/person.json}}\n"
    (case,) = bench.load(text, {"schemas/person.json": PERSON}).suite.cases
    assert case.checks[0].options["value"]["required"] == ["name"]


@pytest.mark.parametrize(
    "written",
    [
        "{type: contains-json, value: {file: s.yaml}}",
        "{type: not-is-json, value: {file: s.yaml}}",
        "{any: [{type: is-json, value: {file: s.yaml}}, z]}",
        "{at-least: {n: 1, of: [{type: is-json, value: {file: s.yaml}}, z]}}",
        "{type: json-path, path: $.a, assert: [{type: is-json, value: {file: s.yaml}}]}",
        "{type: json-path, path: $, assert: [{any: [z, {type: is-json, value: {file: s.yaml}}]}]}",
        "{type: tool-calls, value: [{name: f, assert: [{type: is-json, value: {file: s.yaml}}]}]}",
    ],
)
def test_wherever_the_check_stands_and_as_yaml(bench: Any, written: str) -> None:
    text = HEAD + written + "\nparameters: {tools: [{type: function, function: {name: f}}]}\n"
    (case,) = bench.load(text, {"s.yaml": "required: [name]\n"}).suite.cases
    assert "'required': ['name']" in str(case.checks)
    assert "s.yaml'" not in str(case.checks).replace("s.eval.yaml", "")


@pytest.mark.parametrize(
    ("path", "content", "message"),
    [
        ("none.json", "", "no file 'none.json'\n    looked for none.json"),
        ("../p.json", "", "'../p.json' lies outside the suite's folder"),
        ("3", "", "no file '3'"),
        ("s.json", "[1]", "'s.json': a JSON Schema is a mapping, found [1]"),
        ("s.yaml", "", "'s.yaml': a JSON Schema is a mapping, found null"),
        ("s.json", '{"properties": {"a": {"type": "intger"}}}',
         "'s.json' at properties.a.type: invalid JSON Schema"),
        ("s.json", '{"$schema": "http://json-schema.org/draft-03/schema"}', "unknown draft"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_file_is_told_at_its_path(
    bench: Any, path: str, content: str, message: str
) -> None:
    files = {path: content} if content or path == "s.yaml" else {}
    (problem,) = bench.mistakes(HEAD + f"{{type: is-json, value: {{file: '{path}'}}}}\n", files)
    assert problem.startswith("s.eval.yaml:4:39: error: ")
    assert message in problem


def test_a_path_is_a_text(bench: Any) -> None:
    (problem,) = bench.mistakes(HEAD + "{type: is-json, value: {file: 3}}\n")
    assert problem == "s.eval.yaml:4:39: error: file must be a path, found a number (3)"


def test_what_is_no_json_is_told_in_the_file_and_once(bench: Any) -> None:
    checks = "{type: is-json, value: {file: s.json}}"
    (problem,) = bench.mistakes(HEAD + f"{checks}\n      - {checks}\n", {"s.json": '{"a": }'})
    assert problem.startswith("s.json:1:7: error: not JSON")


def test_an_object_to_compare_with_is_no_file(bench: Any) -> None:
    text = HEAD + "{type: equals, value: {type: is-json, value: {file: s.json}}}\n"
    (case,) = bench.load(text).suite.cases
    assert case.checks[0].options["value"] == {"type": "is-json", "value": {"file": "s.json"}}

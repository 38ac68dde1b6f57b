"""The JSON Schema for editors: generated, shipped, and of one mind with the loader."""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import Any

import jsonschema_rs
import pytest

from evals.checks.registry import find, names
from evals.suite.matrix import RULES
from evals.suite.schema import json_schema
from evals.suite.yaml import read_yaml


@pytest.fixture(scope="module")
def shipped() -> Any:
    text = resources.files("evals.suite").joinpath("eval.schema.json").read_text("utf-8")
    return json.loads(text)


@pytest.fixture(scope="module")
def validator(shipped: Any) -> Any:
    return jsonschema_rs.Draft202012Validator(shipped)


def mistakes(validator: Any, text: str) -> list[str]:
    value = read_yaml(text.encode(), "s.yaml").value
    return ["/".join(map(str, error.instance_path)) for error in validator.iter_errors(value)]


def without_texts(value: Any) -> Any:
    if isinstance(value, list):
        return [without_texts(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        key: {name: without_texts(part) for name, part in inner.items()}
        if key in ("properties", "$defs")
        else without_texts(inner)
        for key, inner in value.items()
        if key not in ("description", "markdownDescription", "examples")
    }


def test_the_shipped_schema_is_up_to_date(shipped: Any) -> None:
    told = without_texts(json.loads(json.dumps(json_schema())))
    assert without_texts(shipped) == told, "write it anew: python scripts/reference.py"


def test_every_key_and_every_option_has_a_description(shipped: Any) -> None:
    rules = shipped["$defs"]["WrittenAssertion"]["allOf"]
    named = {rule["if"]["properties"]["type"]["enum"][0]: rule["then"] for rule in rules}
    parts = {"the suite": shipped, **shipped["$defs"], **named}
    bare = [
        f"{key} of {name}"
        for name, part in parts.items()
        for key, found in part.get("properties", {}).items()
        if found is not True and "description" not in json.dumps(found)
    ]
    assert bare == []
    assert not re.search(r"\]\([^)]*\.md", json.dumps(shipped)), "no editor follows it"


def test_every_check_type_has_examples_that_the_schema_takes(shipped: Any) -> None:
    rules = shipped["$defs"]["WrittenAssertion"]["allOf"]
    schema = {"$defs": shipped["$defs"], "$ref": "#/$defs/Assertion"}
    assertion = jsonschema_rs.Draft202012Validator(schema)
    for rule in rules:
        shown = rule["then"]["properties"]["type"]["markdownDescription"]
        assert shown.startswith(rule["then"]["description"])
        examples = read_yaml(
            re.findall("```yaml\n(.*?)```", shown, re.DOTALL)[0].encode(), ""
        ).value
        assert examples
        assert [each for each in examples if not assertion.is_valid(each)] == []


def test_top_level_keys_have_examples(shipped: Any) -> None:
    given = {key for key, part in shipped["properties"].items() if "examples" in part}
    assert {"prompts", "settings", "tests", "gates", "defaults"} <= given
    for key in given:
        (example,) = shipped["properties"][key]["examples"]
        part = {"$defs": shipped["$defs"], **shipped["properties"][key]}
        assert jsonschema_rs.Draft202012Validator(part).is_valid(example), key


def test_a_matrix_offers_every_parameter_and_the_words_of_its_rules(shipped: Any) -> None:
    offered = shipped["$defs"]["Matrix"]["properties"]
    assert set(offered) == {*shipped["$defs"]["Parameters"]["properties"], *RULES}


def test_no_title_stands_before_the_texts_that_editors_show(shipped: Any) -> None:
    assert "title" not in shipped


def test_it_is_a_valid_schema() -> None:
    assert jsonschema_rs.meta.is_valid(json_schema())


def test_every_built_in_check_has_its_options_and_its_summary() -> None:
    rules = json_schema()["$defs"]["WrittenAssertion"]["allOf"]
    told = {rule["if"]["properties"]["type"]["enum"][0]: rule["then"] for rule in rules}
    built_in = {name for name in names() if (kind := find(name)) is not None and not kind.own}
    assert set(told) == built_in
    assert all(then["description"] for then in told.values())
    assert "ignore" in told["equals"]["properties"]
    assert "transform" not in told["latency"]["properties"]


def test_what_the_loader_takes_the_schema_takes(validator: Any) -> None:
    text = """
suite: x
prompts: ["a {{ b }}", {id: p, file: p.md}, {messages: [{role: user, content: x}]}]
parameters: {tools: {file: t.json}, seed: null, top_k: 4}
settings: [{id: a, description: x, temperature: 0, top_k: 3}]
matrix: {seed: [1, 2], exclude: [{seed: 1}]}
repeat: {samples: 2, vary_seed: false}
checks: {polite: [thanks]}
defaults: {assert: [x], tags: smoke}
tests:
  - id: one
    vars: {b: 1}
    assert:
      - plain
      - {type: not-equals, value: "{{ x }}", weight: 2, metric: m, transform: [strip, {regex: x}]}
      - {type: number, value: "{{ n }}", abs_tol: 0.1}
      - {any: [x, {all: [y, {type: json-path, path: $.x, assert: [y]}]}], weight: 0}
      - {not-any: [z]}
      - {at-least: {n: 1, of: [x, y]}}
      - {use: polite, vars: {a: 1}, weight: 0.5}
      - {type: my-own-check, anything: 1}
  - {file: rows.csv, delimiter: ;}
gates: [accuracy >= 0.9, {metric: latency.p95, max: 2s, column: all}]
limits: {timeout: 10s, errors: 1%}
live_only: true
"""
    assert mistakes(validator, text) == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("{}", ""),
        ("testz: []", ""),
        ("tests: [{assert: [{type: equals, valu: x}]}]", "tests/0/assert/0"),
        (
            "tests: [{assert: [{type: not-levenshtein, value: x, max_distance: -1}]}]",
            "tests/0/assert/0/max_distance",
        ),
        ("tests: [{assert: [{any: []}]}]", "tests/0/assert/0/any"),
        ("tests: [{assert: [{equals: x}]}]", "tests/0/assert/0"),
        ("tests: [{assert: [{any: [x], type: equals, value: x}]}]", "tests/0/assert/0"),
        ("tests: []\nparameters: {temperature: 3}", "parameters/temperature"),
        ("tests: []\nsettings: [{id: a, temperature: 3}]", "settings/0/temperature"),
        ("tests: []\nmatrix: {temperature: [0, 3]}", "matrix/temperature/1"),
        ("tests: []\nsettings: [{id: a b}]", "settings/0/id"),
        ("tests: []\nprompts: [{id: a, tempate: x}]", "prompts/0"),
        ("tests: []\nrepeat: 0", "repeat"),
    ],
)
def test_mistakes_are_found_where_they_are(validator: Any, text: str, path: str) -> None:
    assert path in mistakes(validator, text)


def test_its_patterns_are_read_by_every_dialect(shipped: Any, validator: Any) -> None:
    """Python's `re` knows no `\\p{L}`, nor does JavaScript's without a flag."""
    found = re.findall(r'"pattern": ("(?:[^"\\\\]|\\\\.)*")', json.dumps(shipped))
    patterns = {json.loads(text) for text in found}
    assert patterns
    for pattern in patterns:
        re.compile(pattern)
    for name, is_id in (("été_1.x=2", True), ("中文", True), ("a b", False), (".a", False)):
        text = f"tests: [{{id: {name!r}, assert: [x]}}]"
        assert (not mistakes(validator, text)) is is_id


def test_each_type_that_an_editor_completes_has_its_text(shipped: Any) -> None:
    built_in, own = shipped["$defs"]["WrittenAssertion"]["properties"]["type"]["oneOf"]
    texts = dict(zip(built_in["enum"], built_in["enumDescriptions"], strict=True))
    assert texts["contains"]
    assert texts["not-contains"].startswith("Turned round: ")
    assert own["not"]["enum"] == built_in["enum"], "one name has one text"

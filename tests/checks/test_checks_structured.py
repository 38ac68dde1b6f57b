"""JSON in answers: reading it, schemas, JSONPath."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.checks.json_text import candidates, parse
from evals.checks.judge import mistakes
from evals.checks.written import read_assertion

PERSON = {
    "type": "object",
    "required": ["name", "age"],
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
}
TEXTS = st.text(max_size=8)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("text", "options", "passed"),
    [
        ('{"a": 1}', {}, True),
        (" [1]\n", {}, True),
        ("5", {}, True),
        ("null", {}, True),
        ("", {}, False),
        ("hello", {}, False),
        ('{"a": 1', {}, False),
        ("{'a': 1}", {}, False),
        ('{"a": 1} and more', {}, False),
        ('{"a": 1, "a": 2}', {}, False),
        ("[NaN]", {}, False),
        ("[-Infinity]", {}, False),
        ("[1e999]", {}, False),
        ("1" * 5000, {}, False),
        ('["\\ud800"]', {}, True),
        ('```json\n{"a": 1}\n```', {}, False),
        ('```json\n{"a": 1}\n```', {"unwrap": "fence"}, True),
        ('Here:\n~~~\n{"a": 1}\n~~~\nBye', {"unwrap": "fence"}, True),
        ('{"a": 1}', {"unwrap": "fence"}, True),
        ('It is {"a": 1}.', {"unwrap": "fence"}, False),
        ('It is {"a": 1}.', {"unwrap": "find"}, True),
        ("It is 5.", {"unwrap": "find"}, False),
        ('{"name": "x", "age": 3}', {"value": PERSON}, True),
        ('{"name": "x", "age": 3.0}', {"value": PERSON}, True),
        ('{"name": "x", "age": 12345678901234567890123}', {"value": PERSON}, True),
        ('{"name": "x", "age": -1}', {"value": PERSON}, False),
        ('{"name": "x"}', {"value": PERSON}, False),
        ('"2024-13-01"', {"value": {"format": "date"}}, False),
        ('"2024-12-01"', {"value": {"format": "date"}}, True),
        ('["\\ud800"]', {"value": {"items": {"type": "string"}}}, True),
        ("5", {"value": False}, False),
    ],
)
def test_is_json_reads_strictly_unless_told_otherwise(judged, text, options, passed):
    verdict = judged(text, {"type": "is-json", **options})
    assert verdict.passed is passed, verdict.reason
    assert judged(text, {"type": "not-is-json", **options}).passed is not passed


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("hello", 'no JSON: Expecting value at line 1 column 1 of "hello"'),
        ('{"a": 1, "a": 2}', 'the key "a" stands twice'),
        ("[NaN]", "NaN is not JSON"),
        ('{"a": 1} x', "more text after the JSON value"),
        ('```\n{"a": 1}\n```', "there is JSON in the code fence: `unwrap: fence` takes it"),
        ('so {"a": 1}', "there is JSON inside the text: `unwrap: find` takes it"),
        ("[" * 5000, "nested deeper than 200"),
        ("[" * 500 + "]" * 500, "nested deeper than 200"),
    ],
)
def test_the_reason_says_why_it_is_no_json(judged, text, evidence):
    assert evidence in judged(text, {"type": "is-json"}).reason


def test_every_violation_is_told_with_its_path(judged):
    verdict = judged('{"age": "x", "n": 1}', {"type": "is-json", "value": PERSON})
    assert verdict.reason.startswith("2 violations in the JSON of the answer: ")
    assert '$: "name" is a required property' in verdict.reason
    assert '$.age: "x" is not of type "integer"' in verdict.reason


def test_a_format_that_is_not_known_is_said(judged):
    verdict = judged('"x"', {"type": "is-json", "value": {"format": "phone"}})
    assert verdict.passed
    assert "formats not known and not checked: phone" in verdict.reason


@pytest.mark.parametrize(
    "draft",
    [
        "https://json-schema.org/draft/2020-12/schema",
        "https://json-schema.org/draft/2019-09/schema",
        "http://json-schema.org/draft-07/schema#",
    ],
)
def test_three_drafts_are_known_and_assert_formats(judged, draft):
    schema = {"$schema": draft, "format": "email"}
    assert judged('"a@b.example"', {"type": "is-json", "value": schema}).passed
    assert judged('"nobody"', {"type": "is-json", "value": schema}).passed is False


def test_a_recursive_schema_ends(judged):
    tree = {"properties": {"next": {"$ref": "#"}}, "additionalProperties": False}
    nested = '{"next": ' * 150 + "{}" + "}" * 150
    assert judged(nested, {"type": "is-json", "value": tree}).passed
    assert judged("1", {"type": "is-json", "value": {"$ref": "#"}}).passed


@pytest.mark.parametrize(
    ("schema", "path", "message"),
    [
        ({"type": "objct"}, "value.type", 'invalid JSON Schema: "objct" is no type; known: array'),
        ({"properties": {"a": {"minimum": "x"}}}, "value.properties.a.minimum", "not of type"),
        ({"$schema": "http://json-schema.org/draft-04/schema#"}, "value.$schema", "unknown draft"),
        ({"$ref": "http://example.com/x"}, "value", "is not followed: http://example.com/x"),
        ({"$ref": "file:///etc/passwd"}, "value", "is not followed"),
        ({"$ref": "#/$defs/nope"}, "value", "does not exist"),
        ({"pattern": "(?=a)"}, "value.pattern", "no look-around"),
        ({"file": "schema.json"}, "value", "only a suite reads a file"),
        ("object", "value", "expected"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused(refused, schema, path, message):
    assert message in refused({"type": "is-json", "value": schema})[path]


def test_an_unknown_way_to_unwrap_is_refused(refused):
    found = refused({"type": "is-json", "unwrap": "fenced"})
    assert 'did you mean "fence"' in found["unwrap"]


@pytest.mark.parametrize(
    ("text", "options", "passed"),
    [
        ('It is {"a": 1}.', {}, True),
        ("[1]", {}, True),
        ("It is 5.", {}, False),
        ("5", {}, False),
        ("{not} [json", {}, False),
        ('{no} {"age": 1, "name": "x"}', {"value": PERSON}, True),
        ('{"age": 1} then {"age": 1, "name": "x"}', {"value": PERSON}, True),
        ('{"age": 1} then {"name": 1}', {"value": PERSON}, False),
        ('```\n{"a": 1}\n```\nx', {"unwrap": "fence"}, True),
        ('x {"a": 1}', {"unwrap": "fence"}, False),
        ('x {"a": 1}', {"unwrap": "strict"}, False),
    ],
)
def test_contains_json_finds_an_object_or_array(judged, text, options, passed):
    verdict = judged(text, {"type": "contains-json", **options})
    assert verdict.passed is passed, verdict.reason


def test_contains_json_shows_the_nearest_candidate(judged):
    verdict = judged('{"x": 1} or {"name": "x"}', {"type": "contains-json", "value": PERSON})
    assert verdict.reason.startswith("1 violation in the JSON inside the text")
    assert verdict.extracted == '{"name": "x"}'


@given(JSON)
def test_any_json_is_read_back(value):
    parsed = parse(json.dumps(value), unwrap=("strict",))
    assert parsed.problem is None
    assert json.dumps(parsed.value) == json.dumps(value)


@given(before=st.text("abc ,.:", max_size=20), value=st.dictionaries(TEXTS, JSON, max_size=3))
def test_an_object_is_found_inside_prose(before, value):
    found = list(candidates(f"{before}{json.dumps(value)} end"))
    assert [parsed.value for parsed in found] == [value]


@pytest.mark.parametrize("text", ["[" * 100_000, "{" * 100_000, "[1," * 50_000, '{"a":' * 50_000])
def test_looking_for_json_is_bounded(judged, text):
    assert judged(text, {"type": "contains-json"}).passed is False


STORE = json.dumps({"items": [{"n": "a", "p": 1}, {"n": "b", "p": 20}], "s": "x y", "z": None})


@pytest.mark.parametrize(
    ("written", "passed"),
    [
        ({"path": "$.items[0].n", "assert": [{"type": "equals", "value": "a"}]}, True),
        ({"path": "$.items[0].n", "assert": ["b"]}, False),
        ({"path": "$.items[1].p", "assert": [{"type": "number", "value": 20}]}, True),
        ({"path": "$.items[*].n", "assert": [{"type": "equals", "value": ["a", "b", 1]}]}, False),
        ({"path": "$.items[*].p", "assert": [{"type": "equals", "value": [1, 20]}]}, True),
        ({"path": "$.items[?@.p > 10].n", "assert": ["b"]}, True),
        ({"path": "$.items[?match(@.n, 'a|c')].p", "assert": ["1"]}, True),
        ({"path": "$.items[?search(@.n, '(')].p"}, False),
        ({"path": "$.s", "assert": [{"type": "word-count", "value": 2}, {"type": "not-equals",
          "value": "z"}]}, True),
        ({"path": "$.z", "assert": [{"type": "equals", "value": "null"}]}, True),
        ({"path": "$.nope"}, False),
        ({"path": "$.s"}, True),
        ({"path": "$.s", "assert": [{"any": ["q", "x"]}]}, True),
    ],
)  # fmt: skip
def test_json_path_judges_what_it_selects(judged, written, passed):
    verdict = judged(STORE, {"type": "json-path", **written})
    assert verdict.passed is passed, verdict.reason


def test_json_path_keeps_the_nested_verdicts(judged):
    verdict = judged(STORE, {"type": "json-path", "path": "$.s", "assert": ["x", "q"]})
    assert [nested.passed for nested in verdict.checks] == [True, False]
    assert verdict.extracted == "x y"
    assert '$.s is "x y"; 1 of 2 passed' in verdict.reason
    assert '"q" is not in "x y"' in verdict.reason


def test_json_path_on_prose_fails(judged):
    verdict = judged("hello", {"type": "json-path", "path": "$.a"})
    assert verdict.passed is False
    assert "no JSON" in verdict.reason


def test_a_text_as_the_whole_document_is_not_parsed_twice(judged):
    assert judged('"[1]"', {"type": "json-path", "path": "$[0]"}).passed is False
    assert judged('"[1]"', {"type": "json-path", "path": "$"}).extracted == "[1]"


@pytest.mark.parametrize(
    ("written", "path", "message"),
    [
        ({"path": "$.a["}, "path", "invalid JSONPath"),
        ({"path": "a.b"}, "path", "it begins with $, such as $.a.b"),
        ({"path": ""}, "path", "it begins with $, such as $.name"),
        ({"path": "$[1:2:3:4]"}, "path", "expected comma, found colon"),
        ({}, "path", "`path` is missing"),
        ({"path": "$", "assert": [{"type": "equals", "value": 5}]}, "assert.0.value", "number"),
        ({"path": "$", "assert": ["a", {"type": "eqals"}]}, "assert.1.type", '"equals"'),
        ({"path": "$", "assert": [{"type": "latency", "max": 1}]}, "assert.0", "not judge text"),
    ],
)
def test_a_json_path_that_cannot_work_is_refused(refused, written, path, message):
    assert message in refused({"type": "json-path", **written})[path]


def test_nested_assertions_are_examined_though_the_path_is_a_template():
    written = {"type": "json-path", "path": "{{ p }}", "assert": [{"type": "eqals"}]}
    assert [path for path, _ in mistakes(read_assertion(written))] == [("assert", 0, "type")]

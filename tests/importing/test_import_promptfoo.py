"""promptfoo's configuration becomes a suite that loads; what has no equal is listed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evals.errors import EvalsError
from evals.importing import Imported, import_file
from evals.importing.expected import assertion
from evals.suite.yaml import read_yaml

GOLDEN = Path(__file__).parent / "golden"
PROMPT = "prompts: ['Say {{ x }}']\nproviders: openai:gpt-4o\n"


def imported(folder: Path, text: str, **files: str) -> Imported:
    (folder / "promptfooconfig.yaml").write_text(text, encoding="utf-8")
    for name, content in files.items():
        (folder / name.replace("__dot__", ".")).write_text(content, encoding="utf-8")
    return import_file(folder / "promptfooconfig.yaml")


def suite_of(found: Imported) -> dict[str, Any]:
    value: dict[str, Any] = read_yaml(found.text.encode(), "suite").value
    return value


def check_of(folder: Path, written: str) -> Any:
    """What one assertion becomes; the reason where it becomes nothing."""
    found = imported(folder, f"{PROMPT}tests:\n  - vars: {{x: a}}\n    assert: [{written}]\n")
    checks = suite_of(found)["tests"][0]["assert"]
    notes = [note.why for note in found.notes if note.what.startswith("assertion")]
    return checks[0] if checks else notes[0]


@pytest.mark.parametrize("name", sorted(path.name for path in GOLDEN.iterdir()))
def test_golden_files(name: str) -> None:
    folder = GOLDEN / name
    source = next(path for path in folder.iterdir() if path.name.startswith(("promptfoo", "input")))
    found = import_file(source)
    told = "\n".join([*map(str, found.notes), *(f"{k}: {v}" for k, v in found.carried.items())])
    assert found.text == (folder / "suite.yaml").read_text(encoding="utf-8")
    assert told + "\n" == (folder / "report.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("{type: equals, value: 5}", {"type": "equals", "value": "5"}),
        ("{type: not-icontains, value: no}", {"type": "not-icontains", "value": "no"}),
        ("{type: contains-any, value: 'a, b'}", {"type": "contains-any", "value": ["a", "b"]}),
        ("{type: latency, threshold: 1500}", {"type": "latency", "max": "1500ms"}),
        ("{type: cost, threshold: 0.01}", {"type": "cost", "max": 0.01}),
        ("{type: levenshtein, value: abc}",
         {"type": "levenshtein", "value": "abc", "max_distance": 5}),
        ("{type: rouge-n, value: abc}",
         {"type": "rouge", "value": "abc", "threshold": 0.75, "variant": 1}),
        ("{type: is-json, value: '{\"type\": \"object\"}'}",
         {"type": "is-json", "value": {"type": "object"}}),
        ("{type: is-xml, value: {requiredElements: [a.b]}}", {"type": "is-xml", "path": ["a/b"]}),
        ("{type: is-sql, value: {databaseType: PostgreSQL}}",
         {"type": "is-sql", "dialect": "postgres"}),
        ("{type: word-count, value: {max: 3}, weight: 2, metric: Short Answer}",
         {"type": "word-count", "max": 3, "weight": 2, "metric": "short_answer"}),
        ("{type: equals, value: x, transform: output.trim().toLowerCase()}",
         {"type": "equals", "value": "x", "transform": ["strip", "lower"]}),
        ("{type: equals, value: x, transform: JSON.parse(output).a.b}",
         {"type": "equals", "value": "x", "transform": {"json": "$.a.b"}}),
        ("{type: latency, threshold: 1500, transform: output.trim()}",
         {"type": "latency", "max": "1500ms"}),
        ("{type: cost, threshold: 0.01, transform: 'file://t.js'}", {"type": "cost", "max": 0.01}),
        ("{type: javascript, value: output.length < 9, transform: output.trim()}",
         {"type": "char-count", "max": 8, "transform": "strip"}),
        ("{type: python, value: \"'a' in output or output.strip() == 'b'\","
         " transform: output.trim()}",
         {"any": [{"type": "contains", "value": "a", "transform": "strip"},
                  {"type": "equals", "value": "b", "transform": "strip"}]}),
        ("{type: javascript, value: 'output.trim().length > 3', transform: output.toLowerCase()}",
         {"type": "char-count", "min": 4, "transform": ["lower", "strip"]}),
        ("{type: javascript, value: 'output.length <= 9'}", {"type": "char-count", "max": 9}),
        ("{type: javascript, value: \"!output.includes('x')\"}",
         {"type": "not-contains", "value": "x"}),
        ("{type: javascript, value: '/a+/i.test(output)'}", {"type": "regex", "value": "(?i)a+"}),
        ("{type: python, value: \"'a' in output or len(output) > 3\"}",
         {"any": [{"type": "contains", "value": "a"}, {"type": "char-count", "min": 4}]}),
        ("{type: javascript, value: \"output && (output.includes('a || b') || output === 'c')\"}",
         {"all": [{"type": "char-count", "min": 1},
                  {"any": [{"type": "contains", "value": "a || b"},
                           {"type": "equals", "value": "c"}]}]}),
        ("{type: javascript, value: \"// long\\nreturn output.trim().length > 3;\"}",
         {"type": "char-count", "min": 4, "transform": "strip"}),
        ("{type: javascript, value: \"typeof output === 'string' && output.includes('a')\"}",
         {"type": "contains", "value": "a"}),
        ("{type: assert-set, threshold: .5, assert: [{type: contains, value: a}, {type: is-json}]}",
         {"at-least": {"n": 1, "of": [{"type": "contains", "value": "a"}, {"type": "is-json"}]}}),
    ],
)  # fmt: skip
def test_an_assertion_becomes_the_check_of_the_same_meaning(
    tmp_path: Path, written: str, made: Any
) -> None:
    assert check_of(tmp_path, written) == made


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("{type: python, value: 'import os; os.remove(1)'}", "code is not executed"),
        ("{type: regex, value: '(?=a)b'}", "invalid pattern"),
        ("{type: equals, value: a, transform: 'file://t.js'}", "code is not executed"),
        ("{type: g-eval, value: a, threshold: []}", "a threshold is a number"),
        ("{type: context-faithfulness}", "always passes"),
        ("{type: assert-set, assert: [{type: human}]}", "people judge it"),
        ("{type: contains, value: 'file:///etc/passwd.txt'}", "relative to the suite's file"),
        ("{type: contains, value: 'file://../up.txt'}", "outside the suite's folder"),
        ("{$ref: '#/assertionTemplates/none'}", "there is no"),
    ],
)
def test_an_assertion_without_an_equal_is_listed_with_its_line(
    tmp_path: Path, written: str, why: str
) -> None:
    assert why in check_of(tmp_path, written)
    assert ":5:" in str(import_file(tmp_path / "promptfooconfig.yaml").notes[0])


@pytest.mark.parametrize(
    ("written", "made"),
    [
        (
            "{type: select-best, value: the kindest, provider: 'openai:gpt-4.1'}",
            {"type": "select-best", "value": "the kindest"},
        ),
        ("{type: max-score}", {"type": "max-score"}),
        ("{type: max-score, value: {method: sum}}", {"type": "max-score"}),
        ("{type: max-score, value: {weights: {equals: 2}}}", None),
        ("{type: max-score, value: {threshold: 0.7}}", None),
    ],
)
def test_outputs_that_are_compared_become_columns(
    tmp_path: Path, written: str, made: dict[str, Any] | None
) -> None:
    two = "prompts: ['Say {{ x }}']\nproviders: ['openai:gpt-4o', 'openai:gpt-4o-mini']\n"
    checks = "{type: contains, value: a}, " + written
    found = imported(tmp_path, f"{two}tests:\n  - vars: {{x: a}}\n    assert: [{checks}]\n")
    suite = suite_of(found)
    assert suite["tests"][0]["assert"][1:] == ([] if made is None else [made])
    assert suite.get("judge", {}).get("model") == ("gpt-4.1" if "gpt-4.1" in written else None)
    alone = check_of(tmp_path, written)
    assert "only one column" in alone or made is None


def test_keys_are_left_out_unseen(tmp_path: Path) -> None:
    key = "sk-" + "a1B2" * 8
    text = (
        f"prompts: ['Say {{{{ x }}}} {key}']\n"
        f"env: {{OPENAI_API_KEY: {key}}}\n"
        f"providers:\n  - {{id: 'openai:gpt-4o', config: {{apiKey: {key}}}}}\n"
        f"  - {{id: 'openai:gpt-4', config: {{passthrough: {{api_key: plain-words}}}}}}\n"
        f"  - 'exec:{key}'\n"
        f"tests: [{{vars: {{x: 'file://{key}'}}}}, {{vars: {{x: {key}}}, assert: [{{type: a}}]}}]\n"
    )
    found = imported(tmp_path, text)
    everything = found.text + found.endpoints + "".join(map(str, found.notes))
    assert key not in everything
    assert "plain-words" not in everything
    assert "# It read OPENAI_API_KEY from the environment." in found.text
    assert "[key left out]" in found.text


def test_variables_of_the_environment_become_comments(tmp_path: Path) -> None:
    text = "prompts: ['{{ env.TEAM }}: {{ x }}']\ntests: [{vars: {x: a}}]\n"
    found = imported(tmp_path, text)
    assert "# It read TEAM from the environment." in found.text
    prompt = suite_of(found)["prompts"][0]["template"]
    assert prompt == "{# TEAM of the environment #}: {{ x }}"


def test_what_the_loader_refuses_is_taken_out_and_listed(tmp_path: Path) -> None:
    providers = "providers: [{id: 'openai:gpt-4o', config: {max_tokens: many, seed: 1}}]\n"
    found = imported(tmp_path, f"prompts: [Hello]\n{providers}tests: [{{description: d}}]\n")
    assert suite_of(found)["parameters"] == {"seed": 1}
    assert any("max_tokens" in str(note) for note in found.notes)


def test_nothing_left_is_refused_with_the_reasons(tmp_path: Path) -> None:
    with pytest.raises(EvalsError, match=r"no prompt is left") as caught:
        imported(tmp_path, "prompts: [file://prompt.py]\ntests: [{vars: {x: a}}]\n")
    assert "promptfooconfig.yaml:1:11" in (caught.value.remedy or "")


@pytest.mark.parametrize(
    "text",
    [
        "prompts: [a]\ntests: !!js/function 'function () { return 1 }'\n",
        "prompts: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"k{n}: &{'bcdefghij'[n]} [{','.join(['*' + 'abcdefghi'[n]] * 10)}]\n"
                  for n in range(9)),
        "prompts: " + "[" * 200 + "]" * 200,
        "assertionTemplates: {a: {type: assert-set, assert: [{$ref: '#/a'}, {$ref: '#/a'}]}}\n"
        "prompts: [a]\ntests: [{assert: [{$ref: '#/a'}]}]\n",
        "prompts: [/dev/zero.txt]\ntests: [{vars: file:///etc/passwd}]\n",
        "[]",
        "",
        "prompts: 5\ntests: 5\n",
    ],
)  # fmt: skip
def test_hostile_files_end_in_a_suite_or_a_refusal(tmp_path: Path, text: str) -> None:
    try:
        found = imported(tmp_path, text)
    except EvalsError:
        return
    assert len(found.text) < 2_000


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("the secret text", encoding="utf-8")
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    found = imported(folder, "prompts: [a, file://link.txt]\ntests: [{vars: {x: a}}]\n")
    assert "the secret text" not in found.text
    assert any("outside" in note.why for note in found.notes)


def test_lines_of_json_hold_every_character_as_json_writes_it(tmp_path: Path) -> None:
    line = json.dumps({"vars": {"x": "\U0001f600"}, "assert": [{"type": "contains", "value": "a"}]})
    found = imported(tmp_path, f"{PROMPT}tests: file://t.jsonl\n", t__dot__jsonl=f"\t{line}\n5\n")
    (test,) = suite_of(found)["tests"]
    assert test["vars"] == {"x": "\U0001f600"}
    assert [str(note) for note in found.notes] == ["t.jsonl:2:1: test: a row is a JSON object"]

    (tmp_path / "s.jsonl").write_text(json.dumps({"input": "\U0001f600", "ideal": "a"}))
    (sample,) = suite_of(import_file(tmp_path / "s.jsonl"))["tests"]
    assert sample["vars"] == {"user": "\U0001f600"}


@pytest.mark.parametrize(
    ("cell", "made"),
    [
        ("contains:paris", {"type": "contains", "value": "paris"}),
        ("contains: paris", {"type": "contains", "value": "paris"}),
        ("not-equals:no", {"type": "not-equals", "value": "no"}),
        ("similar(0.8):paris", {"type": "similar", "value": "paris", "threshold": 0.8}),
        ("grade:is-kind", {"type": "llm-rubric", "value": "is-kind"}),
        ("is-json", {"type": "is-json"}),
        ("time:noon", {"type": "equals", "value": "time:noon"}),
    ],
)
def test_a_cell_of_expected_answers_is_read_with_and_without_a_space(cell: str, made: Any) -> None:
    assert assertion(cell) == made


def test_a_row_without_an_equal_is_lost_alone(tmp_path: Path) -> None:
    rows = "x,__expected\na,contains: b\nfile://none.txt,contains: b\nc,contains: b\n"
    found = imported(tmp_path, f"{PROMPT}tests: file://t.csv\n", t__dot__csv=rows)
    assert [test["vars"]["x"] for test in suite_of(found)["tests"]] == ["a", "c"]
    assert [str(note) for note in found.notes] == ["t.csv:3:1: test: no file 'none.txt'"]
    assert found.carried["tests"] == (2, 3)


@pytest.mark.parametrize("key", ["tests", "scenarios"])
def test_files_that_name_themselves_are_read_to_a_depth(tmp_path: Path, key: str) -> None:
    with pytest.raises(EvalsError) as caught:
        imported(tmp_path, f"{PROMPT}{key}: ['file://a.yaml']\n", a__dot__yaml="- file://a.yaml\n")
    assert "files that name files, too deep" in (caught.value.remedy or "")


KEYS = st.sampled_from(
    ("prompts", "providers", "tests", "vars", "assert", "type", "value", "threshold", "options",
     "transform", "config", "id", "label", "defaultTest", "scenarios", "evaluateOptions", "repeat",
     "metric", "weight", "raw", "provider", "$ref", "path")
)  # fmt: skip
TEXTS = st.sampled_from(
    ("contains", "regex", "is-json", "javascript", "{{ x }}", "{% if", "openai:gpt-4o", "groq:x",
     "file://a.txt", "a.csv", "assert-set", "(", "not-equals", "latency", "output.trim()")
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(0, 2) | TEXTS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=25,
)


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(config=st.dictionaries(KEYS, VALUES, max_size=6))
def test_any_mapping_ends_in_a_suite_that_loads_or_a_refusal(
    tmp_path: Path, config: dict[str, Any]
) -> None:
    try:
        found = imported(tmp_path, json.dumps({"prompts": ["Say {{ x }}"], **config}))
    except EvalsError:
        return
    assert suite_of(found)["tests"]

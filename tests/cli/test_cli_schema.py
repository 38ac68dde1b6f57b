"""`evals schema`: a JSON Schema that accepts good suites, and how editors find it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from tests.cli import cli_projects


def test_the_schema_accepts_a_good_suite_and_refuses_a_bad_one(call, project) -> None:
    validator = jsonschema_rs.validator_for(json.loads(call("schema").out))
    suite = yaml.safe_load(cli_projects.SUMS)
    assert validator.is_valid(suite)
    assert not validator.is_valid({**suite, "testss": []})


def test_a_file_is_written_and_the_line_that_names_it_is_printed(call, project) -> None:
    (project / "suites").mkdir()
    called = call("schema", "--output", "editor/eval.schema.json")
    assert called.code == 0
    assert "$schema" in json.loads((project / "editor" / "eval.schema.json").read_text())
    assert "# yaml-language-server: $schema=../editor/eval.schema.json" in called.out


def test_the_association_is_written_for_vs_code_and_told_for_others(call, project) -> None:
    called = call("schema", "--install")
    assert called.code == 0
    settings = json.loads((project / ".vscode" / "settings.json").read_text())
    assert settings == {"yaml.schemas": {".vscode/eval.schema.json": ["*.eval.yaml", "*.eval.yml"]}}
    assert "$defs" in json.loads((project / ".vscode" / "eval.schema.json").read_text())
    assert '".vscode/eval.schema.json": [' in called.out
    assert "# yaml-language-server: $schema=" in called.out
    assert "JetBrains" in called.out


def test_what_is_in_the_settings_stays(call, project) -> None:
    settings = _settings(project, '{\n    "a": [1],\n    "yaml.schemas": {"b.json": "b.yaml"}\n}')
    assert call("schema", "--install").code == 0
    text = settings.read_text()
    assert text.startswith('{\n    "a": [')
    assert list(json.loads(text)["yaml.schemas"]) == ["b.json", ".vscode/eval.schema.json"]
    assert "names it already" in call("schema", "--install").out
    assert settings.read_text() == text


@pytest.mark.parametrize("text", ["{'a': 1}", '{"a": 1} // mine', "[]", '{"yaml.schemas": []}'])
def test_settings_that_are_no_plain_json_are_left_alone(call, project, text: str) -> None:
    settings = _settings(project, text)
    called = call("schema", "--install")
    assert called.code == 4
    assert "Nothing was written" in called.err
    assert '"yaml.schemas": {' in called.err
    assert settings.read_text() == text
    assert not (project / ".vscode" / "eval.schema.json").exists()


def test_settings_of_blanks_alone_are_as_none(call, project) -> None:
    settings = _settings(project, " \n")
    assert call("schema", "--install").code == 0
    assert list(json.loads(settings.read_text())) == ["yaml.schemas"]


def test_a_file_without_a_name_is_refused_without_a_traceback(call, project) -> None:
    called = call("schema", "--output", "")
    assert called.code == 6
    assert called.err.startswith("error: . cannot be written: Is a directory.")


def _settings(project: Path, text: str) -> Path:
    path = project / ".vscode" / "settings.json"
    path.parent.mkdir()
    path.write_text(text)
    return path

"""`evals schema`: a JSON Schema that accepts good suites, and how editors find it."""

from __future__ import annotations

import json

import jsonschema_rs
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

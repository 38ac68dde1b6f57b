"""`evals import`: shows a suite, writes it only when told to, never over a file."""

from __future__ import annotations

from pathlib import Path

import pytest

CONFIG = """\
prompts: ["Say {{ word }} in French."]
providers: [openai:gpt-4o-mini, "groq:llama-3.3-70b"]
tests:
  - vars: {word: hello}
    assert: [{type: icontains, value: bonjour}, {type: python, value: "import os"}]
"""


@pytest.fixture
def config(project: Path) -> Path:
    path = project / "promptfooconfig.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def test_it_shows_the_suite_and_writes_nothing(call, config: Path) -> None:
    before = set(config.parent.rglob("*"))
    called = call("import", config.name)
    assert called.code == 0
    assert "model: gpt-4o-mini" in called.out
    assert "promptfooconfig.yaml:5:49: assertion python: code is not executed" in called.err
    assert "1 of 1 prompts, 2 of 2 providers, 1 of 2 assertions, 1 of 1 tests" in called.err
    assert "Nothing was written: --write makes promptfooconfig.eval.yaml" in called.err
    assert set(config.parent.rglob("*")) == before


def test_the_suite_it_writes_is_valid_once_its_endpoints_are_named(call, config: Path) -> None:
    called = call("import", config.name, "--write", "-o", "imported")
    assert "wrote imported/promptfooconfig.eval.yaml" in called.out
    assert "[endpoints.groq]" in called.err
    lines = called.err.split("\n")
    toml = [line for line in lines if line.startswith(("[", "base_url", "api_key_env"))]
    text = "\n".join(toml).replace("[endpoints", "[tool.evals.endpoints")
    with (config.parent / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n" + text + "\n")
    validated = call("validate", "imported")
    assert validated.code == 0, validated.out + validated.err
    assert "1 case, 2 columns" in validated.out


def test_a_file_that_is_there_stays(call, config: Path) -> None:
    target = config.parent / "promptfooconfig.eval.yaml"
    target.write_text("mine", encoding="utf-8")
    called = call("import", config.name, "--write")
    assert called.code == 4
    assert "is there already: nothing was written" in called.err
    assert target.read_text(encoding="utf-8") == "mine"


def test_a_file_of_another_kind_is_refused(call, project: Path) -> None:
    (project / "other.yaml").write_text("a: 1\n", encoding="utf-8")
    called = call("import", "other.yaml")
    assert called.code == 4
    assert "other.yaml:1:1: error: no configuration of promptfoo" in called.err

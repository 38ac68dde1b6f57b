"""A project of its own for each test, asked at the strict stand-in."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest

from tests.support.evolink_server import EvolinkServer

CONFIG = """
[tool.pytest.ini_options]
addopts = "--strict-markers"

[tool.evals.endpoints.standin]
base_url = "{address}"
model = "gemini-3.1-pro-preview-customtools"
api_key_env = "EVOLINK_API_KEY"
"""

SUMS = """
endpoint: standin
prompts: ["[[say {{ says }}]] What is {{ a }} + {{ b }}?"]
parameters: {temperature: 0}
tests:
  - {id: right, vars: {a: 2, b: 3, says: "5"}, assert: [{type: equals, value: "5"}], tags: smoke}
  - {id: wrong, vars: {a: 2, b: 2, says: "5"}, assert: [{type: equals, value: "4"}]}
"""


class Project:
    """A folder with suites; runs pytest in it."""

    def __init__(self, pytester: pytest.Pytester, server: EvolinkServer) -> None:
        self.pytester = pytester
        self.server = server
        self.path = pytester.path
        (self.path / "pyproject.toml").write_text(CONFIG.format(address=server.base_url))

    def suite(self, text: str, name: str = "sums") -> Path:
        path = self.path / f"{name}.eval.yaml"
        path.write_text(dedent(text), encoding="utf-8")
        return path

    def run(self, *arguments: str) -> pytest.RunResult:
        return self.pytester.runpytest(*arguments)

    def record(self, *arguments: str) -> pytest.RunResult:
        return self.run("--evals-mode", "record", "--evals-no-report", *arguments)

    @property
    def asked(self) -> int:
        return len(self.server.requests)

    @property
    def recordings(self) -> list[Path]:
        return sorted(self.path.glob("cassettes/*/*.json"))

    def manifest(self) -> dict:
        return json.loads((self.path / "reports/runs/latest/run.json").read_text())

    def trials(self) -> list[dict]:
        lines = [
            json.loads(line)
            for file in sorted((self.path / "reports/runs/latest").glob("trials-*.jsonl"))
            for line in file.read_text().splitlines()
        ]
        return sorted(lines, key=lambda t: (t["suite"], t["case"], t["column"], t["sample"]))


@pytest.fixture
def server():
    with EvolinkServer() as running:
        yield running


@pytest.fixture
def project(pytester, server, monkeypatch):
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-evo-test-key-0123456789")
    monkeypatch.delenv("CI", raising=False)
    return Project(pytester, server)


@pytest.fixture
def sums(project):
    """The recorded project with one passing and one failing case."""
    project.suite(SUMS)
    project.record()
    project.server.requests.clear()
    return project

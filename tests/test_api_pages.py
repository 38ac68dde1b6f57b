"""The pages that a program writes: those of the command line, without what is secret."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64decode

import pytest

import evals
from evals.cli import main
from tests.support.canary import KEY, EchoingServer, leaks
from tests.support.evolink_server import EvolinkServer

SUMS = """
endpoint: standin
prompts: ["[[say {{ says }}]] {{ a }}?"]
parameters: {logprobs: true, top_logprobs: 2}
settings: [{id: plain}, {id: cold, temperature: 0}]
misses: allowed
gates: [accuracy >= 0.5]
tests:
  - {id: one, vars: {a: 1, says: "5"}, assert: ["5"]}
  - {id: two, vars: {a: 2, says: "6"}, assert: ["5"]}
"""
PLACES = ("content", "parts", "reasoning", "call", "tokens", "model", "finish", "stream")
ECHO = """
endpoint: standin
prompts: ["{{ place }}"]
parameters: {logprobs: true, top_logprobs: 2}
limits: {errors: 100}
defaults: {assert: [{type: equals, value: never}]}
tests:
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Writes the configuration of a project, which is the current folder, and its suite."""
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-evo-test-key-0123456789")
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.chdir(tmp_path)

    def write(server, suite):
        (tmp_path / "pyproject.toml").write_text(
            "[tool.evals.endpoints.standin]\n"
            f'base_url = "{server.base_url}"\n'
            'model = "gemini-3.1-pro-preview-customtools"\n'
            'api_key_env = "EVOLINK_API_KEY"\n'
        )
        path = tmp_path / "sums.eval.yaml"
        path.write_text(suite)
        return path

    return write


@pytest.fixture
def suite(project):
    with EvolinkServer() as server:
        yield project(server, SUMS)


@pytest.fixture
def echo(project):
    cases = [f"  - {{id: {place}, vars: {{place: {place}}}}}\n" for place in PLACES]
    with EchoingServer() as server:
        yield project(server, ECHO + "".join(cases))


def commanded(*arguments):
    assert main([*arguments, "-o", "commanded.html"]) == 0
    with open("commanded.html", encoding="utf-8") as file:
        return file.read()


def test_the_page_of_a_run_is_that_of_the_command(suite, tmp_path):
    run = evals.run(suite, mode="record")
    page = evals.compare(run).write(tmp_path / "page.html").read_text(encoding="utf-8")
    assert page == commanded("report", run.id)
    (data,) = re.findall(r'"gzip":"([^"]+)"', page)
    assert "[[say 5]] 1?" in gzip.decompress(b64decode(data)).decode(), "what was sent is on it"


def test_the_page_of_two_runs_is_that_of_the_commands(suite, tmp_path):
    before = evals.run(suite, mode="record")
    suite.write_text(suite.read_text().replace("{{ a }}?", "{{ a }}!"))
    after = evals.run(suite, mode="record")
    page = evals.compare(after, before).write(tmp_path / "page.html").read_text(encoding="utf-8")
    assert page == commanded("report", before.id, after.id)
    assert page == commanded("compare", before.id, after.id)


def test_the_page_of_a_suite_of_another_project_has_its_requests(suite, tmp_path, monkeypatch):
    run = evals.run(suite, mode="record")
    page = evals.compare(run).write(tmp_path / "page.html").read_text(encoding="utf-8")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "pyproject.toml").touch()
    again = evals.compare(run)
    monkeypatch.chdir(elsewhere)
    assert again.write("page.html").read_text(encoding="utf-8") == page


def test_a_key_that_the_service_repeats_is_in_no_file(echo, tmp_path, monkeypatch):
    monkeypatch.setenv("EVOLINK_API_KEY", KEY)
    before = evals.run(echo, mode="record")
    after = before.rescore()
    outcomes = {trial.case: trial.outcome for trial in before.trials()}
    assert outcomes["content"] == outcomes["tokens"] == outcomes["call"] == "fail"
    page = evals.compare(before).write(tmp_path / "page.html")
    evals.compare(after, before).write(tmp_path / "two.html")
    assert "[secret:EVOLINK_API_KEY]" in page.read_text(encoding="utf-8")
    assert leaks(tmp_path) == []


def test_a_key_that_came_to_be_known_after_the_run_is_not_on_the_page(echo, tmp_path, monkeypatch):
    run = evals.run(echo, mode="record")
    assert KEY in json.dumps([trial.completion.text for trial in run.trials() if trial.completion])
    monkeypatch.setenv("EVOLINK_API_KEY", KEY)
    folder = tmp_path / "pages"
    evals.compare(run).write(folder / "page.html")
    evals.compare(run.rescore(), run).write(folder / "two.html")
    assert leaks(folder) == []

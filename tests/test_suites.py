"""The suites that ship run: recorded answers of the real model, and EvoLink's on the stand-in."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.evolink_server import EvolinkServer

ROOT = Path(__file__).resolve().parent.parent
SUITES = ROOT / "suites"


@pytest.fixture
def project(pytester):
    """A copy of the project: its suites, configuration and conftest.py."""
    shutil.copytree(SUITES, pytester.path / "suites")
    shutil.copy(ROOT / "conftest.py", pytester.path)
    (pytester.path / "pyproject.toml").write_text(
        '[tool.evals]\nendpoint = "local"\nextensions = ["suites.extensions"]\n'
    )
    return pytester


def written(project):
    """The trials of the newest run."""
    return [
        json.loads(line)
        for file in (project.path / "reports/runs/latest").glob("trials-*.jsonl")
        for line in file.read_text(encoding="utf-8").splitlines()
    ]


def test_at_least_300_recorded_trials_replay_green(project):
    result = project.runpytest_subprocess("suites", "-q")
    assert result.ret == 0
    lines = written(project)
    recorded = [line for line in lines if line["source"] == "recorded"]
    assert len(recorded) >= 300
    assert {line["completion"]["model"] for line in recorded} == {"SmolLM2-135M-Instruct"}
    assert len({line["suite"] for line in recorded}) >= 5
    result.stdout.fnmatch_lines(["page: *report.html"])


def test_every_recording_was_made_by_the_tool_and_is_used():
    paths = sorted(SUITES.glob("cassettes/*/*.json"))
    assert len(paths) >= 300
    for path in paths:
        recorded = json.loads(path.read_text(encoding="utf-8"))["recorded"]
        assert recorded["by"].startswith("pytest-model-evals ")
        assert recorded["base_url"] == "http://127.0.0.1/v1"


def test_recordings_hold_no_path_of_a_machine():
    for path in SUITES.glob("cassettes/*/*.json"):
        text = path.read_text(encoding="utf-8")
        assert "/home/" not in text
        assert "site-packages" not in text


def test_the_suite_for_evolink_is_asked_as_the_service_wants_it(project, monkeypatch):
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-evo-test-key-0123456789")
    with EvolinkServer() as server:
        with open(project.path / "pyproject.toml", "a") as config:
            config.write(f'[tool.evals.endpoints.evolink]\nbase_url = "{server.base_url}"\n')
        result = project.runpytest(
            "suites/evolink.eval.yaml", "--evals-mode", "live", "--evals-no-report"
        )
        assert server.requests, result.stdout.str()
    trials = written(project)
    refused = [t["error"] for t in trials if t["error"] and t["error"]["status"] == 400]
    assert refused == []
    assert all(t["completion"] for t in trials)
    assert "suites/cassettes/evolink" not in {str(p) for p in project.path.rglob("evolink")}


def test_the_suite_for_evolink_is_skipped_in_replay(project):
    result = project.runpytest("suites/evolink.eval.yaml", "-rs")
    assert result.ret == 0
    assert "live_only" in result.stdout.str()


def types_of(value):
    """The check types that a suite names, however deep they stand."""
    if isinstance(value, dict):
        if isinstance(value.get("type"), str):
            yield value["type"].removeprefix("not-")
        for item in value.values():
            yield from types_of(item)
    elif isinstance(value, list):
        for item in value:
            yield from types_of(item)


def test_every_check_is_used_on_a_recorded_answer_of_the_model():
    from evals.checks.registry import FAMILIES
    from evals.suite.yaml import read_yaml

    recorded = [path for path in SUITES.glob("*.eval.yaml") if path.name != "evolink.eval.yaml"]
    used = {
        name
        for path in recorded
        for name in types_of(read_yaml(path.read_bytes(), path.name).value)
    }
    names = {name for listed in FAMILIES.values() for name in listed.split()}
    assert names - used == {"cost"}  # the local model has no price


def test_the_opinions_of_a_judge_that_were_recorded_are_read_as_scores(project):
    """Those of the suites that a judge grades: a reply that cannot be read would be an error."""
    result = project.runpytest("suites/grounded.eval.yaml", "--evals-no-report")
    assert result.ret == 0
    lines = written(project)
    for name in ("closed-qa", "answer-relevance", "context-faithfulness", "context-recall"):
        scores = [c["score"] for line in lines for c in line["checks"] if c["type"] == name]
        assert any(score is not None for score in scores), name

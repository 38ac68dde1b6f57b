"""`evals audit drift`: recorded answers against what the endpoint says now."""

from __future__ import annotations

import json
import signal
import threading
import time
from pathlib import Path

import pytest

from tests.cli import cli_projects
from tests.cli.conftest import Call
from tests.support.evolink_server import EvolinkServer

MODEL = "gemini-3.1-pro-preview-customtools"
SUITE = """
endpoint: standin
prompts: ["[[say {{ says }}]] What is {{ says }}?"]
parameters: {temperature: 0}
misses: allowed
tests:
""" + "\n".join(
    f'  - {{id: case-{i}, vars: {{says: "{i}"}}, assert: [{{type: equals, value: "{i}"}}]}}'
    for i in range(30)
)
GATED = f"{SUITE}\ngates: [accuracy >= 0.5]\n"


@pytest.fixture
def server(project: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EVOLINK_API_KEY", "sk-evo-test-key-0123456789")
    with EvolinkServer() as running:
        (project / "pyproject.toml").write_text(
            f'[tool.evals.endpoints.standin]\nbase_url = "{running.base_url}"\n'
            f'model = "{MODEL}"\napi_key_env = "EVOLINK_API_KEY"\n'
        )
        yield running


def recorded(project: Path, *, right: bool, model: str = MODEL) -> None:
    """Recordings in which the endpoint gave the answers that it gives now, or others."""
    path = project / "suites" / "said.eval.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(GATED, encoding="utf-8")

    def answer(body: dict) -> str:
        number = body["messages"][-1]["content"].partition("say ")[2].partition("]")[0]
        return number if right else f"I should say that it is {number}, all told"

    cli_projects.record(path, answer, model=model)


def test_where_answers_are_the_same_nothing_changed(
    project: Path, server: EvolinkServer, call: Call
) -> None:
    recorded(project, right=True)
    shown = call("audit", "drift", "--sample", 12, "--max-cost", 1)
    assert shown.code == 0, shown.err
    assert len(server.requests) == 12
    assert "12 of 12 answers are the same to the letter." in shown.out
    assert "The endpoint answers as it did." in shown.out


def test_where_the_answers_are_others_the_endpoint_has_changed(
    project: Path, server: EvolinkServer, call: Call
) -> None:
    recorded(project, right=False)
    shown = call("audit", "drift", "--sample", 30, "--max-cost", 1)
    assert shown.code == 1
    line = next(line for line in shown.out.splitlines() if line.startswith("pass rate"))
    assert "+100.0 points" in line.replace("\u00a0", " ")
    assert "The endpoint has changed: that is more than chance would explain." in shown.out


def test_another_model_under_the_same_name_is_said(
    project: Path, server: EvolinkServer, call: Call
) -> None:
    recorded(project, right=True, model="gemini-3.0")
    shown = call("audit", "drift", "--sample", 5, "--max-cost", 1)
    assert shown.code == 1
    assert f"Another model answers: gemini-3.0 then, {MODEL} now." in shown.out


def test_the_new_answers_are_a_run_and_recordings_stay(
    project: Path, server: EvolinkServer, call: Call
) -> None:
    recorded(project, right=True)
    before = {path: path.read_bytes() for path in project.glob("suites/cassettes/*/*.json")}
    call("audit", "drift", "--sample", 3, "--max-cost", 1)
    assert {path: path.read_bytes() for path in before} == before
    manifest = json.loads((project / "reports/runs/latest/run.json").read_text())
    assert (manifest["mode"], manifest["command"]) == ("live", "evals audit drift")
    assert manifest["counts"] == {"pass": 3}


def test_requests_that_the_suites_changed_are_told_apart(
    project: Path, server: EvolinkServer, call: Call
) -> None:
    recorded(project, right=True)
    suite = project / "suites" / "said.eval.yaml"
    suite.write_text(suite.read_text().replace('says: "7"', 'says: "70"'))
    shown = call("audit", "drift", "--sample", 2, "--max-cost", 1)
    assert "Not recorded as these suites make them now: 1 request." in shown.out


def test_a_budget_stops_it(project: Path, server: EvolinkServer, call: Call) -> None:
    recorded(project, right=True)
    shown = call("audit", "drift", "--sample", 2, "--max-cost", 0)
    assert shown.code == 6
    assert server.requests == []
    assert "Nothing can be said" in shown.out


def test_ctrl_c_ends_it_without_a_conclusion_and_keeps_what_was_answered(
    project: Path, server: EvolinkServer, call: Call
) -> None:
    recorded(project, right=True)
    server.latency = 0.3

    def interrupt() -> None:
        while not server.requests:
            time.sleep(0.01)
        signal.raise_signal(signal.SIGINT)

    waiting = threading.Thread(target=interrupt)
    waiting.start()
    shown = call("audit", "drift", "--sample", 30, "--max-cost", 1)
    waiting.join()
    assert shown.code == 2
    assert "endpoint" not in shown.out
    manifest = json.loads((project / "reports/runs/latest/run.json").read_text())
    assert manifest["complete"] is False
    assert manifest["counts"]["pass"] == len(server.requests)
    assert manifest["counts"]["not_run"] == 30 - len(server.requests)


def test_without_recordings_there_is_nothing_to_ask(project: Path, call: Call) -> None:
    path = project / "suites" / "said.eval.yaml"
    path.parent.mkdir()
    path.write_text(GATED.replace("standin", "local"))
    shown = call("audit", "drift")
    assert shown.code == 4
    assert "No request of these suites is recorded." in shown.err

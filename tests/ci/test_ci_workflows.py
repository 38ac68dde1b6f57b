"""The workflows that users copy: their commands, run against this project without a key."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from evals.report.markdown import LARGEST

ROOT = Path(__file__).resolve().parents[2]
KEPT = ("word-forms", "instructions")
pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the runners have bash")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two of the project's suites, as a runner would have them."""
    folder = tmp_path_factory.mktemp("checkout")
    others = [
        path.name.removesuffix(".eval.yaml")
        for path in (ROOT / "suites").glob("*.eval.yaml")
        if path.name.removesuffix(".eval.yaml") not in KEPT
    ]
    left_out = shutil.ignore_patterns(*others, *(f"{name}.eval.yaml" for name in others))
    shutil.copytree(ROOT / "suites", folder / "suites", ignore=left_out)
    shutil.copy(ROOT / "conftest.py", folder)
    (folder / "pyproject.toml").write_text(
        '[tool.evals]\nendpoint = "local"\nextensions = ["suites.extensions"]\n'
    )
    return folder


def run(commands: list[str], folder: Path, env: dict[str, str]) -> None:
    """As a runner does: each in a shell that stops at the first failure."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("EVALS_")}
    for name in ("EVOLINK_API_KEY", "OPENAI_API_KEY"):
        known.pop(name, None)
    path = os.pathsep.join((str(Path(sys.executable).parent), known["PATH"]))
    python = os.pathsep.join((str(folder), str(ROOT)))
    environment = {**known, "PATH": path, "PYTHONPATH": python, "CI": "true", **env}
    for command in commands:
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", command],
            cwd=folder,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, (command, done.stdout[-3000:], done.stderr[-3000:])


def is_local(command: str) -> bool:
    """Not what installs the released package, nor what writes to a pull request."""
    return not command.startswith(("pip ", "gh "))


def check_results(folder: Path) -> str:
    """The page, JUnit XML with properties, and a summary that fits a comment."""
    assert (folder / "report.html").stat().st_size > 10_000
    suite = ET.parse(folder / "results.xml").getroot().find("testsuite")
    assert suite is not None
    assert suite.get("failures") == suite.get("errors") == "0"
    told = {each.get("name") for each in suite.iter("property")}
    assert told >= {"evals_outcome", "evals_passed", "evals_latency_s", "evals_gate"}
    summary = (folder / "summary.md").read_text(encoding="utf-8")
    assert len(summary.encode()) < LARGEST < 65_536
    assert "### Gates" in summary
    return summary


def test_the_workflow_of_github_replays_without_a_key(checkout: Path) -> None:
    workflow = yaml.safe_load((ROOT / "docs/ci/github.yml").read_text(encoding="utf-8"))
    job = workflow["jobs"]["replay"]
    commands = [step["run"] for step in job["steps"] if is_local(step.get("run", "pip "))]
    assert len(commands) == 2
    step_summary = checkout / "step-summary.md"
    step_summary.write_text("before\n")
    run(commands, checkout, {**job["env"], "GITHUB_STEP_SUMMARY": str(step_summary)})
    summary = check_results(checkout)
    assert step_summary.read_text(encoding="utf-8") == f"before\n{summary}"
    kept = next(step["with"]["path"] for step in job["steps"] if "upload" in step.get("uses", ""))
    assert all((checkout / name).is_file() for name in kept.split())


def test_what_may_write_on_github_runs_nothing_of_the_pull_request() -> None:
    workflow = yaml.safe_load((ROOT / "docs/ci/github.yml").read_text(encoding="utf-8"))
    replay, comment = (workflow["jobs"][name] for name in ("replay", "comment"))
    assert workflow["permissions"] == {"contents": "read"}
    assert "permissions" not in replay
    assert replay["steps"][0]["with"] == {"persist-credentials": False}
    assert not any("GH_TOKEN" in str(step) or "secrets." in str(step) for step in replay["steps"])
    assert comment["permissions"] == {"pull-requests": "write"}
    assert comment["needs"] == "replay"
    (fetched, posted) = comment["steps"]
    assert fetched["uses"].startswith("actions/download-artifact@")
    assert posted["run"].startswith("gh pr comment ")
    assert "${{" not in posted["run"]


def test_the_job_of_gitlab_replays_without_a_key(checkout: Path) -> None:
    (job,) = yaml.safe_load((ROOT / "docs/ci/gitlab.yml").read_text(encoding="utf-8")).values()
    commands = [*job["script"], *job["after_script"]]
    assert all(map(is_local, commands))
    run(commands, checkout, job["variables"])
    check_results(checkout)
    artifacts = [*job["artifacts"]["paths"], job["artifacts"]["reports"]["junit"]]
    assert all((checkout / name).is_file() for name in artifacts)


def test_a_shipped_suite_compares_with_its_committed_baseline(checkout: Path) -> None:
    run(["pytest suites/word-forms.eval.yaml -q"], checkout, {})
    summary = checkout / "s.md"
    run(["evals report -o s.md"], checkout, {})
    assert "same answers" in summary.read_text(encoding="utf-8")
    assert (checkout / "suites/baselines/word-forms.json").is_file()

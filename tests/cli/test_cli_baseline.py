"""`evals baseline`: written from runs, shown, and what gates of later runs compare with."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

import evals
from evals.model import JsonObject
from tests.cli import cli_projects

GATED = cli_projects.SUMS + "  - {metric: accuracy, baseline: true, mode: measured}\n"


@pytest.fixture
def gated(project: Path) -> Path:
    cli_projects.write_sums(project, text=GATED)
    return project


def test_the_newest_run_becomes_the_baseline(call, gated) -> None:
    run = evals.run("suites/sums.eval.yaml")
    called = call("baseline", "set")
    assert called.code == 0, called.err
    assert called.out == (
        f"baseline: suites/baselines/sums.json  4 cases, 2 columns, of the run {run.id}\n"
    )
    written = json.loads((gated / "suites" / "baselines" / "sums.json").read_text())
    assert [case["id"] for case in written["cases"]] == ["even", "large", "small", "wrong"]


def test_a_missing_baseline_is_exit_6_with_the_command(command, gated) -> None:
    called = command("run", "suites")
    assert called.code == 6, called.out
    said = " ".join(called.out.split())
    assert "The baseline suites/baselines/sums.json does not exist; `evals baseline set`" in said


def test_gates_compare_with_the_baseline(command, call, gated) -> None:
    command("run", "suites")
    call("baseline", "set")
    called = command("run", "suites")
    assert called.code == 0, called.out
    assert evals.load_run("latest").findings[1].outcome == "same"

    def forget(body: JsonObject) -> str:
        return "no idea" if "20" in body["messages"][-1]["content"] else cli_projects.add(body)

    cli_projects.record(gated / "suites" / "sums.eval.yaml", forget)
    called = command("run", "suites")
    assert called.code == 1, called.out
    finding = evals.load_run("latest").findings[1]
    assert (finding.outcome, finding.value) == ("fail", -0.25)
    assert "accuracy versus baseline" in called.out


def test_a_damaged_baseline_is_exit_6(command, gated) -> None:
    path = gated / "suites" / "baselines" / "sums.json"
    path.parent.mkdir()
    path.write_text("{")
    called = command("run", "suites")
    assert (called.code, "suites/baselines/sums.json is damaged" in called.out) == (6, True)
    shown = command("baseline", "show")
    assert (shown.code, shown.out) == (6, "")
    assert "The baseline suites/baselines/sums.json is damaged" in shown.err
    assert "evals baseline set writes it anew." in shown.err


def test_a_part_of_a_suite_is_no_baseline(command, call, gated) -> None:
    command("run", "suites", "-k", "small")
    called = call("baseline", "set")
    assert called.code == 4
    assert "holds only a part of the suite sums" in called.err
    assert "pytest suites/sums.eval.yaml" in called.err
    assert not (gated / "suites" / "baselines").exists()


def test_one_suite_of_a_run_is_written_where_it_is_wanted(command, call, gated) -> None:
    cli_projects.write_sums(gated, name="more")
    command("run", "suites")
    called = call("baseline", "set", "-o", "b.json")
    assert (called.code, "say --suite ID" in called.err) == (4, True)
    called = call("baseline", "set", "latest", "--suite", "more", "-o", "releases/1.json")
    assert called.code == 0, called.err
    assert json.loads((gated / "releases" / "1.json").read_text())["suite"] == "more"
    called = call("baseline", "set", "--suite", "mor")
    assert (called.code, "Its suites: more, sums." in called.err) == (4, True)


def test_baselines_are_shown_with_what_their_columns_passed(command, call, gated) -> None:
    called = call("baseline", "show")
    assert (called.code, "There is no baseline for" in called.err) == (4, True)
    command("run", "suites")
    call("baseline", "set")
    called = call("baseline", "show")
    lines = called.out.splitlines()
    assert lines[0].startswith("baseline: suites/baselines/sums.json  4 cases, 2 columns")
    assert lines[1].split()[:5] == ["COLUMN", "ACCURACY", "CASES", "TRIALS", "ERRORS"]
    assert lines[2].split()[:4] == ["greedy", "3", "of", "4"]
    assert len(lines) == 4
    assert call("baseline", "show", "suites/sums.eval.yaml").out == called.out


def strangers(project: Path, **suite: str) -> Path:
    """The newest run as somebody else made it, of a suite with another id or path."""
    folder = project / "stranger"
    shutil.copytree((project / "reports/runs/latest").resolve(), folder)
    manifest = json.loads((folder / "run.json").read_text())
    manifest["suites"][0]["suite"].update(suite)
    (folder / "run.json").write_text(json.dumps(manifest))
    return folder


@pytest.mark.parametrize(
    "suite",
    [
        {"id": "../../../owned"},
        {"id": "../owned"},
        {"id": "deeper/owned"},
        {"path": "../elsewhere/owned.eval.yaml"},
        {"path": "/tmp/elsewhere/owned.eval.yaml"},
    ],
)
def test_a_strangers_run_does_not_say_where_a_baseline_is_written(call, gated, suite) -> None:
    evals.run("suites/sums.eval.yaml")
    called = call("baseline", "set", strangers(gated, **suite))
    assert called.code == 4
    assert "is of a suite that is not in this project" in called.err
    assert not list(gated.parent.rglob("*owned*"))
    assert not list(gated.parent.rglob("baselines"))
    called = call("rescore", gated / "stranger")
    assert called.code == 4 or "path" not in suite


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_baseline_behind_a_link_out_is_neither_written_nor_read(call, gated, tmp_path) -> None:
    run = evals.run("suites/sums.eval.yaml")
    outside = tmp_path / "outside"
    outside.mkdir()
    (gated / "suites" / "baselines").symlink_to(outside)
    assert call("baseline", "set").code == 4
    assert call("baseline", "set", "-o", outside / "sums.json").code == 0
    (finding,) = evals.run("suites/sums.eval.yaml").findings[1:]
    assert finding.outcome == "error"
    assert "reached by a link that leads out of the project" in finding.reason
    assert run.id in (outside / "sums.json").read_text()

"""`--evals-baseline PATH`: what gates with `baseline: true` compare with in this session."""

from __future__ import annotations

import json
import shutil

import pytest

from evals.cli import main
from tests.plugin.conftest import SUMS

GATED = SUMS.replace(
    "tests:", "gates: [{metric: accuracy, baseline: true, mode: measured}]\ntests:"
)
NAMED = GATED.replace("baseline: true", "baseline: kept/one.json")


@pytest.fixture
def gated(project, monkeypatch):
    """A recorded suite with its baseline, and another in old/ in which `wrong` passed."""
    monkeypatch.chdir(project.path)
    project.suite(GATED)
    project.record()
    project.run()
    assert main(["baseline", "set"]) == 0
    known = json.loads((project.path / "baselines/sums.json").read_text())
    for case in known["cases"]:
        case["columns"]["default"] |= {"passed": [1], "answers": ["other"]}
    (project.path / "old").mkdir()
    (project.path / "old/sums.json").write_text(json.dumps(known))
    return project


def finding(project):
    return project.manifest()["findings"][0]


def test_gates_compare_with_a_file_instead_of_the_one_beside_the_suite(gated):
    gated.run()
    assert finding(gated)["outcome"] == "same"
    result = gated.run("--evals-baseline", "old/sums.json")
    assert (finding(gated)["outcome"], finding(gated)["value"]) == ("fail", -0.5)
    assert finding(gated)["against"] == "the baseline old/sums.json"
    result.stdout.fnmatch_lines(["FAILED sums.eval.yaml::gate: accuracy versus baseline *"])


def test_a_folder_has_the_baseline_of_each_suite(gated):
    (gated.path / "suites").mkdir()
    for name in ("sums.eval.yaml", "cassettes"):
        shutil.move(gated.path / name, gated.path / "suites" / name)
    gated.run("--evals-baseline", str(gated.path / "old"))
    assert finding(gated)["outcome"] == "fail"
    assert finding(gated)["against"] == "the baseline ../old/sums.json"


def test_a_folder_without_that_of_a_suite_is_exit_6_with_the_command(gated):
    (gated.path / "empty").mkdir()
    result = gated.run("--evals-baseline", "empty")
    assert result.ret == 6
    said = finding(gated)["reason"]
    assert "the baseline empty/sums.json does not exist" in said
    assert "`evals baseline set --suite sums -o empty/sums.json` writes it" in said


def test_a_gate_that_names_a_file_compares_with_that_file(gated):
    gated.suite(NAMED)
    shutil.copytree(gated.path / "baselines", gated.path / "kept")
    (gated.path / "kept/sums.json").rename(gated.path / "kept/one.json")
    result = gated.run("--evals-baseline", "old")
    assert finding(gated)["outcome"] == "same"
    result.stdout.fnmatch_lines(
        ["--evals-baseline: no gate with `baseline: true` was here to compare with it."]
    )


def test_the_file_of_another_suite_changes_nothing_and_that_is_said(gated):
    path = gated.path / "old/sums.json"
    path.write_text(path.read_text().replace('"suite": "sums"', '"suite": "other"'))
    result = gated.run("--evals-baseline", "old/sums.json")
    assert finding(gated)["outcome"] == "same"
    result.stdout.fnmatch_lines(
        ["--evals-baseline: no gate of the suite other with `baseline: true` was here to *"]
    )


def test_workers_of_xdist_leave_the_gates_to_the_session(gated):
    gated.run("--evals-baseline", "old", "-n", "2")
    assert finding(gated)["outcome"] == "fail"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "none.json does not exist."),
        ("{", "none.json is damaged: *"),
        ('{"format": 9}', "none.json has format 9; this version reads format 1."),
    ],
)
def test_what_is_no_baseline_is_a_usage_error(sums, text, told):
    if text is not None:
        (sums.path / "none.json").write_text(text)
    result = sums.run("--evals-baseline", "none.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --evals-baseline: {told}", "*evals baseline set*"])


def test_a_folder_that_does_not_exist_is_told_with_what_writes_into_it(sums):
    result = sums.run("--evals-baseline", "releases/1")
    result.stderr.fnmatch_lines(
        [
            "ERROR: --evals-baseline: releases/1 does not exist.",
            '`evals baseline set -o "releases/1/SUITE.json" --suite SUITE` writes it *',
        ]
    )

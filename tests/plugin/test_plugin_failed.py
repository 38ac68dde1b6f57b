"""`--evals-failed RUN`: only the cases that failed, were missed or had no verdict in that run."""

from __future__ import annotations

import json
import shutil

import pytest

MIXED = """
endpoint: standin
prompts: ["[[say {{ says }}]] [[status 400 {{ times }}]] {{ a }}"]
gates: ["accuracy >= 0.1"]
defaults: {vars: {times: x0}}
tests:
  - {id: right, vars: {a: 1, says: "5"}, assert: ["5"]}
  - {id: wrong, vars: {a: 2, says: "4"}, assert: ["5"]}
  - {id: missed, vars: {a: 3, says: "4"}, assert: ["5"], misses: allowed}
  - {id: broken, vars: {a: 4, says: "5", times: x9}, assert: ["5"]}
  - {id: left, vars: {a: 5, says: "5"}, assert: ["5"], skip: not today}
"""


@pytest.fixture
def mixed(project):
    project.suite(MIXED, "mixed")
    project.record()
    return project


def judged(project):
    return [trial["case"] for trial in project.trials()]


def test_what_failed_was_missed_or_had_no_verdict_is_run_and_the_rest_deselected(mixed):
    result = mixed.run("--evals-failed", "latest")
    assert judged(mixed) == ["broken", "missed", "wrong"]
    result.stdout.fnmatch_lines(
        ["evals: only what failed in the run 2*: 3 cases", "collected 5 items / 2 deselected*"]
    )
    assert result.parseoutcomes()["deselected"] == 2


def test_gates_are_not_evaluated_over_the_selection(mixed):
    result = mixed.run("--evals-failed", "latest", "-rs")
    result.stdout.fnmatch_lines(["*not evaluated: only a part of the suite was selected"])
    assert result.parseoutcomes()["skipped"] == 1
    assert mixed.run("--evals-failed", "latest", "--evals-strict", "-k", "missed").ret == 1


def test_a_run_is_named_by_its_id_or_its_folder_and_k_selects_among_what_failed(mixed):
    folder = (mixed.path / "reports/runs/latest").resolve()
    mixed.run("--evals-failed", folder.name, "-k", "wrong or right")
    assert judged(mixed) == ["wrong"]
    mixed.run("--evals-failed", f"reports/runs/{folder.name}", "mixed.eval.yaml::missed[default]")
    assert judged(mixed) == ["missed"]


def test_python_tests_are_deselected_as_no_run_knows_them(mixed):
    mixed.pytester.makepyfile(test_plain="def test_it(): pass")
    result = mixed.run("--evals-failed", "latest")
    assert result.parseoutcomes()["deselected"] == 3
    assert "passed" not in result.parseoutcomes()


def test_the_samples_of_one_column_fail_without_the_others(project):
    project.suite(
        """
        endpoint: standin
        prompts:
          - {id: plain, template: "[[say 5]] {{ a }}"}
          - {id: odd, template: "[[say 4]] {{ a }}"}
        tests: [{id: one, vars: {a: 1}, assert: ["5"]}, {id: two, vars: {a: 2}, assert: ["5"]}]
        """
    )
    project.record("--evals-repeat", "2")
    project.run("--evals-failed", "latest", "--evals-repeat", "2")
    assert [(t["case"], t["column"], t["sample"]) for t in project.trials()] == [
        ("one", "odd", 0), ("one", "odd", 1), ("two", "odd", 0), ("two", "odd", 1)
    ]  # fmt: skip


def test_workers_of_xdist_run_only_what_failed_and_tell_what_is_gone(mixed):
    path = mixed.path / "mixed.eval.yaml"
    path.write_text(path.read_text().replace("id: missed", "id: renamed"))
    result = mixed.run("--evals-failed", "latest", "-n", "2")
    assert judged(mixed) == ["broken", "wrong"]
    told = "*mixed.eval.yaml has 1 case no more that failed in the run *: missed[[]default]"
    result.stdout.fnmatch_lines([told])
    assert result.stdout.str().count("no more") == 1


def test_where_nothing_failed_nothing_is_run_and_that_is_said(sums):
    sums.run("--evals-failed", "latest", "-k", "right")  # selects nothing: keeps no run
    sums.run("-k", "right")
    result = sums.run("--evals-failed", "latest")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(
        [
            "--evals-failed: nothing failed in the run 2*: its 1 trial passed or was skipped.",
            "  Name another run: evals show --list lists them.",
        ]
    )


def test_cases_that_are_no_more_in_the_suite_are_named(sums):
    path = sums.path / "sums.eval.yaml"
    path.write_text(path.read_text().replace("id: wrong", "id: other"))
    result = sums.run("--evals-failed", "latest")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(
        [
            "--evals-failed: sums.eval.yaml has 1 case no more that failed in the run 2*: "
            "wrong[[]default]",
            "  Renamed, removed, or in other columns: run the whole suite, pytest sums.eval.yaml",
        ]
    )


def test_suites_that_were_not_collected_are_named(sums):
    sums.suite("endpoint: standin\nprompts: [x]\ntests: [{assert: [x]}]\n", "other")
    result = sums.run("--evals-failed", "latest", "other.eval.yaml")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(
        [
            "--evals-failed: 1 case that failed in the run 2* is of a suite that was not "
            "collected: sums.eval.yaml",
            "  Name it: pytest sums.eval.yaml",
        ]
    )


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda runs: shutil.rmtree(runs), "There is no run 'latest' in *"),
        (lambda runs: (runs / "latest/run.json").write_text("{"), "* is damaged: *"),
    ],
)
def test_a_run_that_is_not_there_or_cannot_be_read_is_a_usage_error(sums, spoil, told):
    spoil(sums.path / "reports/runs")
    result = sums.run("--evals-failed", "latest")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --evals-failed: {told}"])


def test_a_run_that_was_killed_before_it_named_its_suites_is_a_usage_error(sums):
    path = sums.path / "reports/runs/latest/run.json"
    path.write_text(json.dumps(sums.manifest() | {"complete": False, "suites": []}))
    result = sums.run("--evals-failed", "latest")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["ERROR: --evals-failed: The run 2* does not tell which cases it had: *"]
    )


def test_of_a_run_that_was_interrupted_what_failed_so_far_is_run(sums):
    path = sums.path / "reports/runs/latest/run.json"
    path.write_text(json.dumps(sums.manifest() | {"complete": False}))
    result = sums.run("--evals-failed", "latest")
    assert judged(sums) == ["wrong"]
    result.stdout.fnmatch_lines(["--evals-failed: the run 2* did not come to its end: *"])


def test_the_line_that_goes_on_names_the_run_that_latest_was():
    from evals.plugin.stopping import resuming

    words = ["pytest", "--evals-failed=latest", "--evals-resume", "old", "-k", "sums"]
    assert resuming(words, "new", failed="before") == (
        "pytest -k sums --evals-resume new --evals-failed before"
    )

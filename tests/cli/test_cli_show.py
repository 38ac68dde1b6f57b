"""`evals show`: a run in the terminal, from what is on disk."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import evals
from tests.cli import cli_projects


@pytest.fixture
def run(recorded: Path) -> evals.Run:
    return evals.run("suites/sums.eval.yaml")


def test_the_newest_run_is_shown_with_columns_and_gates(call, run) -> None:
    called = call("show")
    assert called.code == 0
    assert run.id in called.out
    assert "greedy" in called.out
    assert "warm" in called.out
    assert "accuracy >= 0.5" in called.out


def test_what_fails_a_run_is_named_as_pytest_takes_it_with_the_reason(call, project) -> None:
    text = cli_projects.SUMS.replace("misses: allowed\n", "")
    cli_projects.write_sums(project, text=text)
    evals.run("suites/sums.eval.yaml")
    failed = [line for line in call("show").out.splitlines() if line.startswith("FAIL ")]
    assert len(failed) == 2
    assert "suites/sums.eval.yaml::wrong[greedy]  equals: " in failed[0]


def test_misses_that_the_suite_allows_are_no_failures(call, run) -> None:
    out = call("show").out
    assert "FAIL " not in out
    assert "wrong" in out


def test_the_slowest_answers_come_first(call, run) -> None:
    lines = call("show").out.splitlines()
    slowest = lines[lines.index("slowest") + 1 :][:5]
    assert [int(line[:3]) for line in slowest] == [170, 160, 150, 140, 130]
    assert "wrong[warm]" in slowest[0]


def test_the_dearest_answers_are_named_where_prices_are_known(call, recorded) -> None:
    (recorded / "pyproject.toml").write_text(
        '[tool.evals]\nendpoint = "local"\n'
        '[tool.evals.prices."small-model"]\nprompt = 2.0\ncompletion = 12.0\n'
    )
    evals.run("suites/sums.eval.yaml")
    lines = call("show").out.splitlines()
    assert lines[lines.index("dearest") + 1].lstrip().startswith("$0.000042")


def test_unpriced_answers_have_no_dearest(call, run) -> None:
    assert "dearest" not in call("show").out


def test_json_carries_the_same_numbers(call, run) -> None:
    shown = json.loads(call("show", "--format", "json").out)
    assert shown["id"] == run.id
    assert shown["counts"] == {"pass": 6, "fail": 2}
    columns = {column["id"]: column for column in shown["suites"][0]["columns"]}
    assert columns["greedy"]["accuracy"]["value"] == 0.75
    assert columns["greedy"]["accuracy"]["n_cases"] == 4
    assert [failure["outcome"] for failure in shown["failures"]] == ["missed", "missed"]


def test_a_run_is_found_by_id_path_and_latest(call, run) -> None:
    for name in (run.id, "latest", f"reports/runs/{run.id}"):
        assert run.id in call("show", name).out


def test_runs_are_listed_newest_first(call, run) -> None:
    lines = call("show", "--list").out.splitlines()
    assert lines[0].split() == ["RUN", "MODE", "TRIALS"]
    assert lines[1].split(maxsplit=2) == [run.id, "replay", "6 pass, 2 fail"]


def test_a_run_that_does_not_exist_is_exit_4_and_names_those_that_do(call, run) -> None:
    called = call("show", "20200101T000000Z-aaaa")
    assert called.code == 4
    assert run.id in called.err


def test_a_project_without_runs_says_so(call, project) -> None:
    called = call("show")
    assert called.code == 4
    assert "No run was recorded yet" in called.err


def test_a_run_is_readable_without_its_suite_and_recordings(call, run, recorded) -> None:
    shutil.rmtree(recorded / "suites")
    assert "accuracy >= 0.5" in call("show").out


def test_a_run_that_was_killed_can_be_shown(call, run, recorded) -> None:
    manifest = recorded / "reports" / "runs" / run.id / "run.json"
    content = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**content, "complete": False, "ended": None}))
    called = call("show")
    assert called.code == 0
    assert "not complete" in called.out
    assert "not complete" in call("show", "--list").out


def test_what_a_model_says_cannot_move_the_cursor(call, recorded) -> None:
    suite = recorded / "suites" / "sums.eval.yaml"
    cli_projects.record(suite, lambda body: "\x1b[2J\u202e evil")
    evals.run(suite)
    called = call("show")
    assert "[U+202E]" in called.out
    assert "\x1b" not in called.out
    assert "\u202e" not in called.out


def test_show_from_a_shell(command, run) -> None:
    called = command("show")
    assert called.code == 0, called.err
    assert run.id in called.out
    assert "✓ Passed" in called.out


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_without_unicode_shows_the_same_in_ascii(encoding, command, run) -> None:
    called = command("show", PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert called.code == 0, called.err
    assert "+ Passed" in called.out
    assert "\\u" not in called.out


@pytest.mark.parametrize("cut", [slice(0, 100), slice(0, 0)], ids=["damaged", "gone"])
def test_a_trial_that_cannot_be_read_is_told_and_makes_no_success(call, recorded, cut) -> None:
    whole, run = (evals.run("suites/sums.eval.yaml") for _ in range(2))
    path = recorded / "reports" / "runs" / run.id / "trials-0.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join((*lines[:2], lines[2][cut] + b"\n", *lines[3:])))
    for command in (("show",), ("report", "--format", "markdown"), ("compare", whole.id, run.id)):
        called = call(*command)
        assert "Passed:" not in called.out, command
        assert "Trials of the run are gone: its files are damaged." in " ".join(called.out.split())
        assert "damaged, and left out: " in called.err
        assert f"{run.id}: 7 of its 8 trials are there" in called.err
    called = call("baseline", "set")
    assert called.code == 4
    assert f"The run {run.id} is damaged" in called.err
    again = evals.load_run()
    assert not evals.compare(again).comparison.runs[0].complete

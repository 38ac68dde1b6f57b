"""Recordings that nothing asks for: told after a run, a failure where that is wanted."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import SUMS

ONE = SUMS.rpartition("  - {id: wrong")[0]
FAIL = ("--evals-fail-unused", "--evals-no-report", "-p", "no:cacheprovider")


@pytest.fixture
def pruned(sums):
    """Two recordings, of which the suite asks for one."""
    sums.suite(ONE)
    return sums


def test_a_run_tells_of_unused_recordings_in_a_line(pruned) -> None:
    result = pruned.run("--evals-no-report")
    assert result.ret == 0
    said = "unused recordings: 1 of sums.eval.yaml; evals cassettes prune shows them"
    assert result.outlines.count(said) == 1


def test_nothing_is_told_where_everything_is_asked_for(sums) -> None:
    assert "unused" not in sums.run("--evals-no-report").stdout.str()
    assert sums.run(*FAIL, "-k", "right").ret == 0


def test_they_fail_the_run_where_that_is_wanted(pruned) -> None:
    result = pruned.run(*FAIL)
    assert result.ret == 1
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*Recordings that nothing in the suite asks for: 1.*",
            "*cassettes/sums/*.0.json*",
            '*Remove them: evals cassettes prune "sums.eval.yaml" --write*',
            "FAILED sums.eval.yaml::unused recordings*",
        ]
    )


def test_a_selection_does_not_tell_what_is_unused(pruned) -> None:
    pruned.suite(ONE + "  - {id: more, vars: {a: 1, b: 1, says: '2'}, assert: ['2']}\n")
    result = pruned.run(*FAIL, "-k", "right", "-rs")
    assert result.ret == 0
    result.assert_outcomes(passed=1, skipped=1, deselected=1)
    result.stdout.fnmatch_lines(["*not evaluated: only a part of the suite was selected*"])
    assert pruned.run(*FAIL, "-k", "right", "--evals-strict").ret == 1


def test_other_samples_do_not_tell_either(pruned) -> None:
    result = pruned.run(*FAIL, "--evals-repeat", "1", "-rs")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*not evaluated: --evals-repeat changes what is asked*"])


def test_what_skipped_cases_ask_is_not_unused(sums) -> None:
    sums.suite(SUMS.replace("{id: wrong,", "{id: wrong, skip: later,"))
    result = sums.run(*FAIL)
    assert result.ret == 0
    result.assert_outcomes(passed=1, skipped=1)


def test_folders_of_no_suite_are_told_where_all_suites_beside_were_collected(sums) -> None:
    sums.suite(ONE, name="other")
    (sums.path / "sums.eval.yaml").rename(sums.path / "left.eval.yml")
    result = sums.run(*FAIL, "--evals-mode", "record", "other.eval.yaml")
    assert "of no suite" not in result.stdout.str()
    (sums.path / "left.eval.yml").unlink()
    result = sums.run(*FAIL)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "*Recordings that belong to no suite: 2.*",
            "unused recordings: 2 in cassettes/sums (of no suite); evals cassettes prune *",
        ]
    )


def test_an_edited_case_that_is_not_recorded_yet_leaves_its_old_recording_unused(sums) -> None:
    sums.suite(SUMS.replace("a: 2, b: 3", "a: 3, b: 2"))
    result = sums.run(*FAIL)
    assert result.ret == 6
    result.stdout.fnmatch_lines(["*unused recordings: 1 of sums.eval.yaml*"])


def test_workers_read_and_the_controller_tells(pruned) -> None:
    pytest.importorskip("xdist")
    result = pruned.run(*FAIL, "-n", "1")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["FAILED sums.eval.yaml::unused recordings*"])

"""`evals init`: a first suite that runs at once, and nothing that was there is touched."""

from __future__ import annotations

import os
import re

import pytest

from evals.cassettes import Cassettes
from evals.errors import DamagedFile


def test_the_first_suite_is_valid_and_runs_without_a_model(call, command, project) -> None:
    called = call("init")
    assert called.code == 0
    assert "wrote suites/first.eval.yaml" in called.out
    assert call("validate", "--strict").code == 0
    run = command("run")
    assert run.code == 0, run.out + run.err
    assert "suites/first.eval.yaml" in run.out


def test_every_answer_that_comes_with_it_is_whole(call, project) -> None:
    call("init")
    recordings = list(Cassettes(project / "suites" / "cassettes" / "first").all())
    assert len(recordings) == 24
    assert [path for path, found in recordings if isinstance(found, DamagedFile)] == []


def test_git_is_told_to_keep_the_bytes_of_recordings(call, project) -> None:
    call("init")
    attributes = (project / "suites" / "cassettes" / ".gitattributes").read_text()
    assert "*.json text eol=lf" in attributes


def test_it_says_what_stands_in_clear(call, project) -> None:
    said = " ".join(call("init").out.split())
    assert "What stands in clear in git: prompts, vars and answers" in said
    assert "with the address of the service that gave them" in said
    assert "Keys do not." in said


def test_what_it_says_of_recordings_is_true(call, project) -> None:
    call("init")
    recordings = list(Cassettes(project / "suites" / "cassettes" / "first").all())
    assert all(found.recorded.base_url for _, found in recordings)


def test_it_writes_into_the_folder_that_is_named(call, project) -> None:
    called = call("init", "shop")
    assert (project / "shop" / "suites" / "first.eval.yaml").is_file()
    assert "cd shop && evals run" in called.out


@pytest.mark.skipif(os.name == "nt", reason="Windows quotes in its own way")
def test_the_line_that_it_prints_works_in_a_folder_with_spaces(call, project) -> None:
    called = call("init", "my shop")
    assert "cd 'my shop' && evals run " in called.out


def test_nothing_is_overwritten_and_then_nothing_is_written(call, project) -> None:
    suite = project / "suites" / "first.eval.yaml"
    suite.parent.mkdir()
    suite.write_text("mine")
    called = call("init")
    assert called.code == 4
    assert "suites/first.eval.yaml is there already" in called.err
    assert [path.name for path in suite.parent.iterdir()] == ["first.eval.yaml"]
    assert suite.read_text() == "mine"


def test_it_prints_three_commands_that_work(call, command, project) -> None:
    said = call("init").out.partition("Next:")[2].partition("What stands")[0]
    lines = [re.split(" {2,}", line.strip())[0] for line in said.splitlines() if line.strip()]
    assert lines == ["evals run", "evals show", "evals run --evals-mode record"]
    for line in lines[:2]:
        assert command(*line.split()[1:]).code == 0


def test_an_endpoint_that_is_named_is_asked_and_no_answers_of_another_come(call, project) -> None:
    called = call("init", "--endpoint", "evolink")
    assert called.code == 0
    assert [path.name for path in (project / "suites").rglob("*.*")] == ["first.eval.yaml"]
    text = (project / "suites" / "first.eval.yaml").read_text()
    assert "endpoint: evolink\n" in text
    assert "parameters: {temperature: 0}\n" in text
    assert call("validate", "--strict").code == 0
    assert "asks 24 times" in call("init", "other", "--endpoint", "evolink").out
    assert "evals run --evals-mode record" in called.out


def test_an_endpoint_without_a_model_is_told_where_to_write_one(call, project) -> None:
    said = call("init", "--endpoint", "openai").out
    assert "openai has no model of its own: write `model: NAME` below the line `endpoint:`" in said
    suite = project / "suites" / "first.eval.yaml"
    suite.write_text(
        suite.read_text().replace("endpoint: openai\n", "endpoint: openai\nmodel: gpt-x\n")
    )
    assert call("validate", "--strict").code == 0
    assert "no model" not in call("init", "other", "--endpoint", "evolink").out


def test_an_endpoint_that_is_not_there_is_told_the_nearest(call, project) -> None:
    called = call("init", "--endpoint", "evolnk")
    assert called.code == 4
    assert 'did you mean "evolink"?' in called.err
    assert not (project / "suites").exists()

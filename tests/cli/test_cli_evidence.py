"""`evals audit evidence`: what a branch changes of what verdicts rest on, by git alone."""

from __future__ import annotations

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from evals.cassettes import Cassettes
from tests.cli import cli_projects


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ("git", "-c", "user.name=x", "-c", "user.email=x@example.com", *arguments),
        cwd=folder,
        check=True,
        capture_output=True,
    )


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "x")


@pytest.fixture
def committed(recorded: Path) -> Path:
    """The recorded project, committed on `main`, with a branch `work` checked out."""
    git(recorded, "init", "-q", "-b", "main")
    commit(recorded)
    git(recorded, "checkout", "-qb", "work")
    return recorded


def store(project: Path) -> Cassettes:
    return Cassettes(project / "suites" / "cassettes" / "sums")


def rewrite(project: Path, asker: str, text: str, **recorded: str) -> Path:
    """Write a recording anew with another answer, its checksum right."""
    for _, exchange in store(project).all():
        if exchange.recorded.for_ == asker:
            body = json.loads(json.dumps(exchange.response.body))
            body["choices"][0]["message"]["content"] = text
            new = msgspec.structs.replace(
                exchange,
                response=msgspec.structs.replace(exchange.response, body=body),
                recorded=msgspec.structs.replace(exchange.recorded, **recorded),
            )
            return store(project).write(new, replace=True)
    raise AssertionError(asker)


def edit(project: Path, old: str, new: str) -> None:
    path = project / "suites" / "sums.eval.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def collect(call) -> dict:
    called = call("audit", "evidence", "--since", "main", "--format", "json")
    assert called.code == 0, called.err
    return json.loads(called.out)


def test_nothing_changed_is_said(call, committed) -> None:
    called = call("audit", "evidence", "--since", "main")
    assert called.code == 0
    assert "No recording, baseline, suite or setting changed." in called.out


def test_an_edited_answer_is_listed_first(call, committed) -> None:
    edit(committed, "accuracy >= 0.5", "accuracy >= 0.4")
    refreshed = rewrite(committed, "even[warm]", "four", at="2026-12-01T00:00:00Z")
    edited = rewrite(committed, "wrong[greedy]", "11")
    commit(committed)
    called = call("audit", "evidence", "--since", "main")
    lines = called.out.splitlines()
    assert lines[2] == "Recordings replaced under an unchanged key: 2"
    assert lines[3] == (
        f"  suites/cassettes/sums/{edited.name}  wrong[greedy]; "
        "the answer is another, its date is not: edited by hand?"
    )
    assert lines[4:6] == ["    before: 10", "    now: 11"]
    assert lines[6].startswith(f"  suites/cassettes/sums/{refreshed.name}  even[warm]; recorded")
    assert lines[9].startswith("Demands loosened: 1") or lines[10].startswith("Demands loosened: 1")
    assert "  suites/sums.eval.yaml  gate: accuracy >= 0.5 → accuracy >= 0.4" in lines


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b'"latency_s":', b'"latency_s":9', "the text is the same, but not its timing; its date"),
        (b'"finish_reason": "stop"', b'"finish_reason": "length"', "not the rest of the answer;"),
        (b'"at":"20', b'"at":"21', "only its date is another: edited by hand?"),
        (b'"attempts":1', b'"attempts":2', "but not where it is from; its date is: edited"),
        (b'"index": 0', b'"index":  0', "written otherwise, and not read otherwise"),
    ],
)
def test_an_edit_of_what_is_not_the_text_is_told_too(call, committed, old, new, told) -> None:
    path = next(store(committed).folder.glob("*.json"))
    head, mark, _ = path.read_bytes().partition(b'  "checksum"')
    assert old in head
    head = head.replace(old, new)
    path.write_bytes(head + mark + b': "sha256:' + sha256(head).hexdigest().encode() + b'"\n}\n')
    called = call("audit", "evidence", "--since", "main")
    assert told in called.out
    (change,) = collect(call)["replaced"]
    assert change["after"]["fault"] is None


def test_an_answer_edited_without_its_checksum_is_found_damaged(call, committed) -> None:
    path = next(store(committed).folder.glob("*.json"))
    path.write_bytes(path.read_bytes().replace(b'"content":"', b'"content":"not '))
    (change,) = collect(call)["replaced"]
    assert "does not match its checksum" in change["after"]["fault"]


def test_new_and_removed_recordings_are_told_with_who_answered(call, committed) -> None:
    edit(committed, "{a: 20, b: 22}", "{a: 21, b: 21}")
    cli_projects.record(committed / "suites" / "sums.eval.yaml", cli_projects.add)
    call("cassettes", "prune", "--write")
    found = collect(call)
    assert (len(found["new"]), len(found["removed"])) == (2, 2), "files that are not added, too"
    called = call("audit", "evidence", "--since", "main")
    assert "New recordings: 2" in called.out
    assert "  suites/cassettes/sums  2 by small-model at http://127.0.0.1/v1" in called.out


def test_a_forged_new_recording_is_pointed_out(call, committed) -> None:
    path = next(store(committed).folder.glob("*.json"))
    path.with_name("0" * 32 + ".0.json").write_bytes(path.read_bytes())
    called = call("audit", "evidence", "--since", "main")
    assert "New recordings that are not as they were written: 1" in called.out
    assert f"its request has the key {path.name[:32]}" in called.out


def test_baselines_are_told_with_what_passed(call, committed) -> None:
    import evals

    evals.run("suites/sums.eval.yaml")
    call("baseline", "set")
    git(committed, "checkout", "-q", "main")
    (committed / ".gitignore").write_text("reports/\n")
    commit(committed)
    git(committed, "checkout", "-qb", "more")
    path = committed / "suites" / "baselines" / "sums.json"
    path.write_text(path.read_text().replace('"passed":[1]', '"passed":[0]', 1))
    (baseline,) = collect(call)["baselines"]
    assert baseline["path"] == "suites/baselines/sums.json"
    assert baseline["cases"] == [4, 4]
    assert baseline["columns"]["greedy"] == [0.75, 0.5]
    assert "cases 4 → 4; greedy 75.0% → 50.0%" in call("audit", "evidence", "--since", "main").out


def test_a_suite_that_went_and_settings_that_changed_are_told(call, committed) -> None:
    (committed / "suites" / "sums.eval.yaml").unlink()
    with (committed / "pyproject.toml").open("a") as file:
        file.write('[tool.evals.endpoints.local]\nbase_url = "http://127.0.0.1:1/v1"\n')
    found = collect(call)
    assert [(suite["path"], suite["status"]) for suite in found["suites"]] == [
        ("suites/sums.eval.yaml", "removed")
    ]
    assert found["configuration"] == ["pyproject.toml: endpoints.local.base_url"]


def test_what_others_did_on_the_main_branch_is_not_this_branchs(call, committed) -> None:
    git(committed, "checkout", "-q", "main")
    edit(committed, "accuracy >= 0.5", "accuracy >= 0.1")
    commit(committed)
    git(committed, "checkout", "-q", "work")
    assert collect(call)["suites"] == []


def test_answers_in_markdown_cannot_leave_their_block(call, committed) -> None:
    rewrite(committed, "even[warm]", "```\n# heading\n[link](https://example.com)\n@team")
    called = call("audit", "evidence", "--since", "main", "--format", "markdown")
    assert "**Recordings replaced under an unchanged key: 1**" in called.out
    assert "  ````text\n  ```\n  # heading" in called.out


def test_an_unknown_ref_and_no_repository_are_said_with_what_to_do(call, committed) -> None:
    for ref in ("mian", "--help", "main..work"):
        called = call("audit", "evidence", f"--since={ref}")
        assert called.code == 4
        assert f"git knows no commit {ref!r}." in called.err
        assert "fetch-depth: 0" in called.err


def test_outside_a_repository_there_is_nothing_to_compare_with(call, recorded, monkeypatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(recorded.parent))
    called = call("audit", "evidence", "--since", "main")
    assert (called.code, "is in no git repository" in called.err) == (4, True)


@pytest.mark.skipif(sys.platform == "win32", reason="a script of the shell")
def test_no_command_runs_that_a_repository_among_the_files_names(
    call, committed, monkeypatch
) -> None:
    """Files of a checkout can look like a repository of their own, with settings."""
    inner = committed / "inner"
    inner.mkdir()
    (inner / "pyproject.toml").write_text("[tool.evals]\n")
    (inner / "evil.sh").write_text("#!/bin/sh\ntouch owned\n")
    (inner / "evil.sh").chmod(0o755)
    git(inner, "init", "-q", "-b", "main")
    commit(inner)
    for part in (inner / ".git").iterdir():
        part.rename(inner / part.name)
    (inner / ".git").rmdir()
    with (inner / "config").open("a") as file:
        file.write(f"[core]\nbare = false\nworktree = {inner}\nfsmonitor = {inner}/evil.sh\n")
    monkeypatch.chdir(inner)
    called = call("audit", "evidence", "--since", "main")
    assert not list(committed.rglob("owned"))
    assert called.code == 4, "it is none that git is to trust"

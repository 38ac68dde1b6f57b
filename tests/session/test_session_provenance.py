"""The state of the repository that a run notes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from evals.session.provenance import git_state


def git(folder: Path, *arguments: str) -> str:
    words = ("git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b.example")
    return subprocess.check_output((*words, *arguments), text=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q")
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    return tmp_path


def test_the_commit_is_noted_and_whether_files_differ_from_it(repository: Path) -> None:
    commit = git(repository, "rev-parse", "HEAD").strip()
    (repository / "new").write_text("untracked files do not count")
    assert git_state(repository) == (commit, False)
    (repository / "a").write_text("2")
    assert git_state(repository) == (commit, True)


def test_outside_of_a_repository_nothing_is_noted(tmp_path: Path) -> None:
    assert git_state(tmp_path) == (None, None)


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no text exist only there")
def test_a_file_whose_name_is_no_text_ends_no_run(repository: Path) -> None:
    git(repository, "config", "core.quotePath", "false")
    name = os.fsdecode(b"\xff")
    (repository / name).write_text("1")
    git(repository, "add", ".")
    assert git_state(repository)[1] is True

"""Replay where nothing can be written, on a file system that is mounted read-only."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

MOUNTED = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && cd "$1" && shift && exec "$@"'
BUT_REPORTS = 'mount --bind "$1" "$1" && mount --bind "$1/reports" "$1/reports" && ' + (
    'mount -o remount,bind,ro "$1" && cd "$1" && shift && exec "$@"'
)


def _can_mount():
    if sys.platform != "linux" or not shutil.which("unshare"):
        return False
    tried = subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False)
    return tried.returncode == 0


pytestmark = pytest.mark.skipif(not _can_mount(), reason="needs mounts of its own")


def replayed(project, script, *arguments):
    """Replay in a mount namespace of its own, where even root cannot write."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, "sh", str(project.path), *command],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture
def runs(sums):
    return lambda: sorted(path.name for path in (sums.path / "reports/runs").glob("2*"))


def test_only_reports_need_be_writable(sums, runs):
    before = runs()
    done = replayed(sums, BUT_REPORTS)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed, 1 passed" in done.stdout
    assert len(runs()) == len(before) + 1
    assert "page: reports/runs/" in done.stdout


@pytest.mark.parametrize("parallel", [(), ("-n", "1")])
def test_without_a_page_nothing_need_be_writable(sums, runs, parallel):
    before = runs()
    done = replayed(sums, MOUNTED, "--evals-no-report", *parallel)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed, 1 passed" in done.stdout
    assert "default passes 1 of 2 cases" in done.stdout
    assert "reports/ cannot be written: this run is not kept." in done.stdout
    assert runs() == before


def test_with_a_page_the_message_says_what_to_do(sums):
    done = replayed(sums, MOUNTED)
    assert done.returncode == 6, done.stdout + done.stderr
    assert "cannot be written: Read-only file system." in done.stdout
    assert "With --evals-no-report nothing need be written." in done.stdout


def test_nothing_is_asked_where_answers_cannot_be_kept(sums):
    shutil.rmtree(sums.path / "cassettes")
    done = replayed(sums, BUT_REPORTS, "--evals-mode", "record")
    assert done.returncode == 6, done.stdout + done.stderr
    assert "cassettes" in done.stdout
    assert "cannot be written: Read-only file system." in done.stdout
    assert sums.asked == 0

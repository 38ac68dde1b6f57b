"""The short forms of `python -m tests.faults`: the commands themselves, on fewer faults."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults import kills

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="each attempt is a fork")
def test_whatever_call_fails_files_are_whole_verdicts_right_and_the_cause_is_said():
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", "calls", "--quick"],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("0 problems\n")
    assert done.stdout.count("faults: ") == 6
    assert "× status 6" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL of POSIX")
@pytest.mark.parametrize(("mode", "times"), [("record", 3), ("live", 2)])
def test_a_recording_that_is_killed_loses_nothing_that_was_kept(tmp_path, mode, times):
    report = kills.Loop(tmp_path, mode=mode, seed=1, cases=60).run(times)
    assert report.problems == []
    assert report.kills == times
    assert report.requests == report.cases + report.lost
    assert report.most_lost <= kills.IN_FLIGHT

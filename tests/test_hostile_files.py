"""The fast form of `python -m tests.hostile_files`, which measures time too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(not hasattr(os, "fork"), reason="each file gets a forked process")
def test_no_file_of_a_stranger_runs_reads_or_fills_anything():
    done = subprocess.run(
        (sys.executable, "-m", "tests.hostile_files", "--quick"),
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("\n") > 100, "fewer files than there were"

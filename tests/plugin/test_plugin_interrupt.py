"""Ctrl-C while answers are gathered: stop sending, keep, judge and report what is there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

CASES = "\n".join(f'  - {{id: c{n:02}, vars: {{a: {n}}}, assert: ["5"]}}' for n in range(30))
SUITE = f"""
endpoint: standin
limits: {{concurrency: 1}}
prompts: ["[[say 5]] {{{{ a }}}}"]
gates: ["errors == 0"]
tests:
{CASES}
"""


def interrupted(project, number, times=1):
    """The output and status of a recording that is interrupted once some answers are there."""
    project.server.latency = 0.2
    project.suite(SUITE)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--evals-mode", "record"]
    process = subprocess.Popen(
        command, cwd=project.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    deadline = time.monotonic() + 60
    while len(project.recordings) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    for _ in range(times):
        process.send_signal(number)
        time.sleep(0.1)
    return process.communicate(timeout=60)[0], process.returncode


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_stops_sending_and_what_was_answered_is_judged(project, number):
    said, status = interrupted(project, number)
    assert status == 2, said
    kept = len(project.recordings)
    assert 3 <= kept < 30
    assert f"{kept} passed" in said
    run = project.manifest()["id"]
    assert f"Go on: pytest -p no:cacheprovider --evals-mode record --evals-resume {run}" in said
    assert f"{30 - kept} of 30 cases have no answer." in said
    assert "allows misses" not in said
    assert project.manifest()["complete"] is False
    assert [f["outcome"] for f in project.manifest()["findings"]] == ["not_evaluated"]
    outcomes = [trial["outcome"] for trial in project.trials()]
    assert outcomes.count("pass") == kept
    assert outcomes.count("not_run") == 30 - kept


def test_the_same_command_asks_only_for_the_rest(project):
    interrupted(project, signal.SIGINT)
    kept, asked = len(project.recordings), project.asked
    project.server.latency = 0.0
    project.record().assert_outcomes(passed=31)
    assert project.asked - asked == 30 - kept


def test_the_second_ends_at_once_and_keeps_what_is_recorded(project):
    said, status = interrupted(project, signal.SIGINT, times=2)
    assert status == 2, said
    assert len(project.recordings) >= 3

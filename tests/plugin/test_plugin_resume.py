"""`--evals-resume`: the same run goes on, and only what it lacks is asked."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time

import pytest

from evals.cli import main

CASES = "\n".join(f'  - {{id: c{n:02}, vars: {{a: {n}}}, assert: ["5"]}}' for n in range(20))
SUITE = f"""
endpoint: standin
limits: {{concurrency: 1}}
prompts: ["[[say 5]] {{{{ a }}}}"]
gates: ["accuracy >= 0.5", "errors == 0"]
tests:
{CASES}
"""
FLAKY = """
endpoint: standin
prompts: ["[[say 5]] [[status 400 {{ times }}]] {{ a }}"]
tests:
  - {id: good, vars: {a: 1, times: x0}, assert: ["5"]}
  - {id: bad, vars: {a: 2, times: x1}, assert: ["5"]}
"""
EVALS = "from evals.cli import main; main()"
posix = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


def stopped(project, mode, *, number, words=("-m", "pytest", "-p", "no:cacheprovider")):
    """The output of a run that gets a signal once some answers are there."""
    project.server.latency = 0.1
    command = [sys.executable, *words, "--evals-mode", mode]
    process = subprocess.Popen(
        command, cwd=project.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    deadline = time.monotonic() + 60
    while project.asked < 5 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(number)
    said = process.communicate(timeout=60)[0]
    project.server.latency = 0.0
    return said


def files(project):
    return sorted(path.name for path in (project.path / "reports/runs/latest").glob("*.jsonl"))


def lines(project, name):
    path = project.path / "reports/runs/latest" / name
    return [json.loads(line) for line in path.read_text().splitlines()]


@posix
@pytest.mark.parametrize(
    ("mode", "number"),
    [("live", signal.SIGINT), ("refresh", signal.SIGTERM), ("record", signal.SIGKILL)],
)
def test_a_run_that_was_stopped_goes_on_and_asks_only_the_rest(project, mode, number):
    project.suite(SUITE)
    if mode == "refresh":
        project.record()
        project.server.requests.clear()
    stopped(project, mode, number=number)
    run, asked = project.manifest()["id"], project.asked
    assert project.manifest()["complete"] is False
    project.run("--evals-resume", "latest").assert_outcomes(passed=22)
    manifest = project.manifest()
    assert (manifest["id"], manifest["mode"], manifest["complete"]) == (run, mode, True)
    assert [finding["outcome"] for finding in manifest["findings"]] == ["pass", "pass"]
    assert manifest["counts"] == {"pass": 20}
    bodies = [json.dumps(body) for body in project.server.requests]
    assert len(set(bodies)) == 20
    assert len(bodies) <= 20 + 1  # one at a time: at most the one that was in flight
    assert 5 <= asked < 20


@posix
def test_the_command_evals_run_goes_on_as_well(project):
    project.suite(SUITE)
    said = stopped(project, "record", number=signal.SIGINT, words=("-c", EVALS, "run"))
    run = project.manifest()["id"]
    assert f"Go on: evals run --evals-mode record --evals-resume {run}" in said
    again = subprocess.run(
        [sys.executable, "-c", EVALS, "run", "--evals-resume", run],
        cwd=project.path, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert again.returncode == 0, again.stdout
    assert project.manifest()["complete"] is True
    assert project.manifest()["id"] == run


@posix
def test_the_line_that_is_printed_goes_on_and_writes_no_judged_trial_twice(project):
    project.suite(SUITE)
    said = stopped(project, "live", number=signal.SIGINT)
    before = lines(project, "trials-0.jsonl")
    line = re.search(r"^Go on: pytest (.*)$", said, re.MULTILINE)[1]
    project.run(*shlex.split(line)).assert_outcomes(passed=22)
    assert files(project) == [
        "answers-0.jsonl", "answers-1.jsonl", "trials-0.jsonl", "trials-1.jsonl"
    ]  # fmt: skip
    judged = [line["case"] for line in before if line["outcome"] == "pass"]
    later = [line["case"] for line in lines(project, "trials-1.jsonl")]
    assert judged
    assert sorted(judged + later) == sorted({line["case"] for line in before})
    assert lines(project, "trials-0.jsonl") == before


def test_what_had_no_answer_is_asked_again_in_the_same_run(project):
    project.suite(FLAKY)
    assert project.run("--evals-mode", "live").ret == 6
    run = project.manifest()["id"]
    project.server.requests.clear()
    result = project.run("--evals-resume", run)
    result.assert_outcomes(passed=2)
    assert result.ret == 0
    assert project.asked == 1
    assert project.manifest()["counts"] == {"pass": 2}
    assert [t["outcome"] for t in lines(project, "trials-1.jsonl")] == ["pass"]


def test_a_run_goes_on_in_its_own_mode_only(project):
    project.suite(FLAKY)
    project.run("--evals-mode", "live")
    result = project.run("--evals-mode", "record", "--evals-resume", "latest")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*is one of --evals-mode live: it cannot go on with*record.*"])


def test_a_run_does_not_go_on_with_another_suite(project):
    path = project.suite(FLAKY)
    project.run("--evals-mode", "live")
    asked = project.asked
    path.write_text("# a comment changes nothing\n" + FLAKY.replace('"5"', '"6"', 1))
    result = project.run("--evals-resume", "latest")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*sums.eval.yaml is not what it was when the run * began.*"])
    assert project.asked == asked
    path.write_text("# a comment changes nothing\n" + FLAKY)
    assert project.run("--evals-resume", "latest").ret == 0
    assert project.asked == asked + 1


def test_an_unknown_run_is_refused_with_those_there_are(project):
    project.suite(FLAKY)
    project.run("--evals-mode", "live")
    run = project.manifest()["id"]
    result = project.run("--evals-resume", "20200101T000000Z-abcd")
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*There is no run '20200101T000000Z-abcd'*", f"*{run}*"])


def test_a_damaged_line_is_named_and_its_trial_judged_again(project):
    project.suite(SUITE)
    project.run("--evals-mode", "live")
    asked = project.asked
    path = project.path / "reports/runs/latest/trials-0.jsonl"
    first, second, *others = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([first, second.replace(b":", b";", 1), *others]))
    result = project.run("--evals-resume", "latest")
    result.assert_outcomes(passed=22)
    result.stdout.fnmatch_lines(["damaged, and left out: *trials-0.jsonl:2: *"])
    assert project.asked == asked
    assert project.manifest()["counts"] == {"pass": 20}


def test_half_a_character_in_an_answer_stops_neither_resuming_nor_rescoring(project, monkeypatch):
    project.suite(
        "endpoint: standin\nprompts: ['[[surrogate]] x']\nrepeat: 2\n"
        "tests: [{id: half, assert: [{type: contains, value: half a smile}]}]\n"
    )
    project.run("--evals-mode", "live").assert_outcomes(passed=1)
    project.run("--evals-resume", "latest").assert_outcomes(passed=1)
    assert project.asked == 2
    monkeypatch.chdir(project.path)
    assert main(["rescore"]) == 0
    assert project.manifest()["counts"] == {"pass": 2}

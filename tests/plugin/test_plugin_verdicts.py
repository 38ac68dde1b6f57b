"""Verdicts are the same however, wherever and in whatever order answers are judged."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUITE = "every-check.eval.yaml"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The suite that tries every check, with its recordings, in a project of its own."""
    folder = tmp_path_factory.mktemp("verdicts")
    shutil.copy(ROOT / "suites" / SUITE, folder / SUITE)
    shutil.copytree(ROOT / "suites/cassettes/every-check", folder / "cassettes/every-check")
    (folder / "pyproject.toml").write_text('[tool.evals]\nendpoint = "local"\n')
    return folder


def verdicts(project, *arguments, **environ):
    """Run pytest in a process of its own; every trial's verdicts, byte by byte."""
    options = ("-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", "--evals-no-report")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *arguments],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode("utf-8", "replace")
    found = stored(project / "reports/runs/latest")
    assert found
    return found


def stored(run):
    """The verdicts of each trial of a run, by case and sample."""
    lines = [
        json.loads(line)
        for file in run.glob("trials-*.jsonl")
        for line in file.read_text("utf-8").splitlines()
    ]
    return {
        (line["case"], line["sample"]): json.dumps([line["outcome"], line["checks"]])
        for line in lines
    }


@pytest.fixture(scope="module")
def expected(project):
    return verdicts(project, SUITE)


def test_another_order_another_process_another_locale(project, expected):
    cases = dict.fromkeys(case for case, _ in reversed(expected))
    nodes = [f"{SUITE}::{case}[default]" for case in cases]
    found = verdicts(project, "-n", "2", *nodes, LC_ALL="C", PYTHONUTF8="0", PYTHONHASHSEED="7")
    assert found == expected


def test_other_line_ends_and_another_language(project, expected):
    suite = project / SUITE
    before = suite.read_bytes()
    suite.write_bytes(before.replace(b"\n", b"\r\n"))
    try:
        found = verdicts(project, SUITE, LC_ALL="tr_TR.UTF-8", LANG="tr_TR.UTF-8", TZ="Asia/Tokyo")
    finally:
        suite.write_bytes(before)
    assert found == expected


def test_judged_again_from_the_stored_answers(project, expected, monkeypatch):
    import evals

    monkeypatch.chdir(project)
    again = evals.load_run().rescore()
    assert stored(project / "reports/runs" / again.id) == expected

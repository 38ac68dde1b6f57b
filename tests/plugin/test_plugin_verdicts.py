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
SUITES = ("every-check", "columns", "judged", "grounded")  # together they use every check
FILES = [f"{name}.eval.yaml" for name in SUITES]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The suites that try every check, with their recordings, in a project of their own."""
    folder = tmp_path_factory.mktemp("verdicts")
    for name in SUITES:
        shutil.copy(ROOT / f"suites/{name}.eval.yaml", folder)
        shutil.copytree(ROOT / "suites/cassettes" / name, folder / "cassettes" / name)
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
    """The verdicts of each trial of a run."""
    lines = [
        json.loads(line)
        for file in run.glob("trials-*.jsonl")
        for line in file.read_text("utf-8").splitlines()
    ]
    return {
        tuple(line[key] for key in ("suite", "case", "column", "sample")): json.dumps(
            [line["outcome"], line["checks"]]
        )
        for line in lines
    }


@pytest.fixture(scope="module")
def expected(project):
    return verdicts(project, *FILES)


def test_another_order_another_process_another_locale(project, expected):
    items = dict.fromkeys(each[:3] for each in reversed(expected))
    nodes = [f"{suite}.eval.yaml::{case}[{column}]" for suite, case, column in items]
    found = verdicts(project, "-n", "2", *nodes, LC_ALL="C", PYTHONUTF8="0", PYTHONHASHSEED="7")
    assert found == expected


def test_other_line_ends_and_another_language(project, expected):
    before = {file: (project / file).read_bytes() for file in FILES}
    for file, text in before.items():
        (project / file).write_bytes(text.replace(b"\n", b"\r\n"))
    try:
        found = verdicts(project, *FILES, LC_ALL="tr_TR.UTF-8", LANG="tr_TR.UTF-8", TZ="Asia/Tokyo")
    finally:
        for file, text in before.items():
            (project / file).write_bytes(text)
    assert found == expected


def test_judged_again_from_the_stored_answers(project, expected, monkeypatch):
    import evals

    monkeypatch.chdir(project)
    again = evals.load_run().rescore()
    assert stored(project / "reports/runs" / again.id) == expected

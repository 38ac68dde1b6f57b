"""Projects to call commands in, and the two ways to call them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import evals
from evals.cli import main
from tests.cli import cli_projects

Call = Callable[..., "Called"]


class Called:
    """What a command left: its exit code and what it printed."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of the person who runs the tests."""
    for name in os.environ:
        if name.startswith("EVALS_") or name in ("NO_COLOR", "FORCE_COLOR", "CI"):
            monkeypatch.delenv(name)
    for name in ("EVOLINK_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("EVALS_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, which is the current folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[tool.evals]\nendpoint = "local"\n')
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def recorded(project: Path) -> Path:
    """A project with a suite of four cases and two columns, all recorded; one case is wrong."""
    cli_projects.write_sums(project)
    return project


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Call:
    """Call a command in this process."""

    def called(*arguments: object) -> Called:
        capfd.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Called(code, out, err)

    return called


@pytest.fixture
def command() -> Call:
    """Call a command as the shell does, in a process of its own."""

    def called(*arguments: object, **environ: str) -> Called:
        paths = [str(Path(evals.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
        done = subprocess.run(
            (sys.executable, "-c", _MAIN, *map(str, arguments)),
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(filter(None, paths)),
                "PYTHONUTF8": "1",
                "PYTEST_ADDOPTS": "-p no:hypothesispytest",  # takes a second to import
                **environ,
            },
            capture_output=True,
            encoding=environ.get("PYTHONIOENCODING", "utf-8"),
            timeout=120,
            check=False,
        )
        return Called(done.returncode, done.stdout, done.stderr)

    return called


_MAIN = "import sys; from evals.cli import main; sys.exit(main())"

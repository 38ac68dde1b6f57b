"""The example package with a check: found by its entry point, and its own tests pass."""

import importlib.metadata
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from evals.checks import registry
from evals.session.extensions import GROUP, configuration
from evals.testing import check

PACKAGE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "extension"


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """The package as an installer leaves it: the module and its metadata on the path."""
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text("utf-8"))["project"]
    (tmp_path / "evals_citations.py").write_bytes((PACKAGE / "evals_citations.py").read_bytes())
    info = tmp_path / "evals_citations-1.0.0.dist-info"
    info.mkdir()
    head = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(head)
    points = project["entry-points"]
    lines = [
        f"[{group}]\n{name} = {value}\n"
        for group in points
        for name, value in points[group].items()
    ]
    (info / "entry_points.txt").write_text("".join(lines))
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    registry.forget("cites")
    sys.modules.pop("evals_citations", None)


def test_an_installed_package_brings_its_check(installed):
    assert registry.find("cites") is None
    assert "citations" in importlib.metadata.entry_points(group=GROUP).names
    configuration(installed, env={})
    verdict = check({"type": "cites", "min": 2}, "So [1].", vars={"sources": ["a", "b"]})
    assert (verdict.passed, verdict.reason) == (False, "cites [1], expected at least 2")


def test_its_own_tests_pass():
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_citations.py"],
        cwd=PACKAGE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout

"""Compiled templates are kept as Python keeps compiled modules, and never in the way."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from evals.report.compiled import CompiledTemplates

OPTIONS = {"autoescape": True}


@pytest.fixture(autouse=True)
def bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)


def rendered(folder: Path, text: str = "{{ x }}!", **options: bool) -> str:
    options = {**OPTIONS, **options}
    cache = CompiledTemplates(folder, options)
    loader = DictLoader({"page.html": text})
    environment = Environment(loader=loader, bytecode_cache=cache, **options)  # type: ignore[arg-type] # any option
    return environment.get_template("page.html").render(x="<5>")


def kept(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_template_is_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rendered(tmp_path) == "&lt;5&gt;!"
    assert [path.parent.name for path in kept(tmp_path)] == ["__pycache__"]
    monkeypatch.setattr(Environment, "_generate", lambda *_: pytest.fail("compiled again"))
    assert rendered(tmp_path) == "&lt;5&gt;!"


def test_another_text_or_another_option_counts(tmp_path: Path) -> None:
    rendered(tmp_path)
    assert rendered(tmp_path, "{{ x }}?") == "&lt;5&gt;?"
    assert rendered(tmp_path, "{{ x }}?", autoescape=False) == "<5>?"
    assert len(kept(tmp_path)) == 1


@pytest.mark.parametrize("data", [b"", b"no bytecode", b"j2\x00"])
def test_a_damaged_file_is_compiled_over(tmp_path: Path, data: bytes) -> None:
    rendered(tmp_path)
    (path,) = kept(tmp_path)
    path.write_bytes(data)
    assert rendered(tmp_path) == "&lt;5&gt;!"
    assert len(path.read_bytes()) > 100


def test_nothing_is_kept_where_python_keeps_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert rendered(tmp_path) == "&lt;5&gt;!"
    assert kept(tmp_path) == []


def test_a_folder_that_takes_no_files_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").write_text("a file stands here")
    assert rendered(tmp_path) == "&lt;5&gt;!"


def test_a_prefix_for_compiled_files_holds_here_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "prefix"))
    rendered(tmp_path / "templates")
    assert [path.suffix for path in kept(tmp_path / "prefix")] == [".pyc"]
    assert not (tmp_path / "templates").exists()

"""The project that a command is called in: its root directory, its suites, its runs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from evals.record import Run
    from evals.write import Secrets

SUFFIXES = (".eval.yaml", ".eval.yml")
_NEVER = frozenset({"node_modules", "__pycache__", "build", "dist", "venv"})


def root() -> Path:
    """The root directory of the project around the current folder."""
    from evals.endpoints.config import find_root

    return find_root(Path.cwd())


def secrets() -> Secrets:
    """What must never be written, as the project's configuration names it."""
    from evals.endpoints.secrets import secrets_of_project

    return secrets_of_project(root(), os.environ)


def runs_folder() -> Path:
    return root() / "reports" / "runs"


def load(run: str) -> Run:
    """The run of that id or path, or the newest (`latest`); raises `RunError`."""
    from evals.record import find

    found = find(run, runs=runs_folder())
    context = click.get_current_context(silent=True)
    if context is not None:
        context.meta.setdefault("evals.runs", []).append(found)
    return found


def run_ids() -> list[str]:
    """The ids of the runs there are, newest first."""
    from evals.record import linked

    folder = runs_folder()
    if linked(folder):
        return []
    return sorted((path.parent.name for path in folder.glob("2*/run.json")), reverse=True)


def complete_run(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The runs whose ids contain what was typed, newest first; else folders."""
    known = [CompletionItem(name) for name in ("latest", *run_ids()) if incomplete in name]
    return known or [CompletionItem(incomplete, type="dir")]


def find_suites(folder: Path) -> Iterator[Path]:
    """The suites in a folder and below, sorted; hidden and installed folders are left out."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if _is_searched(Path(place, name)))
        yield from (Path(place, name) for name in sorted(files) if name.endswith(SUFFIXES))


def _is_searched(folder: Path) -> bool:
    hidden = folder.name.startswith(".") or folder.name in _NEVER
    return not hidden and not (folder / "pyvenv.cfg").exists()


def suites_in(paths: Iterable[Path]) -> Iterator[Path]:
    """Every suite that is named, or that lies in a folder that is."""
    for path in paths:
        if path.is_dir():
            yield from find_suites(path)
        else:
            yield path


def shown(path: Path) -> str:
    """A path as one would write it here."""
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)

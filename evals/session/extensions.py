"""Modules with checks and endpoints of a project, named by its configuration or an entry point."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Mapping
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path

from evals.endpoints.config import Config, load_config
from evals.errors import ConfigError

GROUP = "evals.extensions"


def configuration(
    root: Path,
    *,
    env: Mapping[str, str],
    endpoint: str | None = None,
    concurrency: int | None = None,
) -> Config:
    """The project's configuration, with what its extensions register.

    Raises `ConfigError`, also where an extension cannot be imported.
    """
    return load_config(
        root,
        env=env,
        endpoint=endpoint,
        concurrency=concurrency,
        extend=partial(load_extensions, root),
    )


def load_extensions(root: Path, names: Iterable[str] = (), source: str = "") -> None:
    """Import extensions by name, and those of entry points; raises `ConfigError` naming a bad one.

    The root directory is importable meanwhile, as it is for pytest's `conftest.py`.
    """
    folder = str(root)
    added = folder not in sys.path
    if added:
        sys.path.insert(0, folder)
    try:
        for name in names:
            _import(name, source)
        for point in entry_points(group=GROUP):
            _import(point.value, f"the entry point {point.name}")
    finally:
        if added:
            sys.path.remove(folder)


def _import(name: str, source: str) -> None:
    try:
        importlib.import_module(name)
    except ConfigError:
        raise
    except (Exception, SystemExit) as problem:  # the project's own code, as it is imported
        raise ConfigError(
            f"The extension {name!r} ({source}) cannot be imported: "
            f"{type(problem).__name__}: {problem}",
            remedy="Mend the module, or take it out of `extensions` in [tool.evals].",
        ) from problem

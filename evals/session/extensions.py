"""Modules with the project's own checks: named by its configuration or by an entry point."""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import entry_points

from evals.endpoint.config import Config
from evals.errors import ConfigError

GROUP = "evals.extensions"


def load_extensions(config: Config) -> None:
    """Import every extension; raises `ConfigError` naming the one that cannot be imported.

    The root directory is importable meanwhile, as it is for pytest's `conftest.py`.
    """
    root = str(config.root)
    added = root not in sys.path
    if added:
        sys.path.insert(0, root)
    try:
        for name in config.extensions:
            _import(name, config.sources.get("extensions", "the configuration"))
        for point in entry_points(group=GROUP):
            _import(point.value, f"the entry point {point.name}")
    finally:
        if added:
            sys.path.remove(root)


def _import(name: str, source: str) -> None:
    try:
        importlib.import_module(name)
    except ConfigError:
        raise
    except Exception as problem:
        raise ConfigError(
            f"The extension {name!r} ({source}) cannot be imported: "
            f"{type(problem).__name__}: {problem}",
            remedy="Mend the module, or take it out of `extensions` in [tool.evals].",
        ) from problem

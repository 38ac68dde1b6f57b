"""Modules of this package are imported by Python's own finder, without assertion rewriting.

pytest rewrites the asserts of all modules of a plugin's distribution: at every start each source
is read, hashed and compared, and a session with suites needs some two hundred modules. Ours assert
only what a type checker has to be told: nothing that pytest could explain is lost.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


class PlainFinder:
    """Finds the modules below one package, before any other finder is asked."""

    def __init__(self, package: str) -> None:
        self._prefix = f"{package}."

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return PathFinder.find_spec(name, path, target) if name.startswith(self._prefix) else None


def import_plainly(package: str) -> Callable[[], None]:
    """Import modules below `package` without rewriting, until what is returned is called."""
    finder = PlainFinder(package)
    sys.meta_path.insert(0, finder)
    return lambda: sys.meta_path.remove(finder)

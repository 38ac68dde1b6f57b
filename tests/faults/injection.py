"""Make one call of the operating system fail: the N-th of its kind, in a process of its own.

Only calls that evals makes, and only on files below one folder, are counted and made to fail; what
pytest and Python do for themselves is left alone.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import evals

PACKAGE = str(Path(evals.__file__).parent) + os.sep
OTHERS = (f"{os.sep}_pytest{os.sep}", f"{os.sep}pluggy{os.sep}")
# What the call says when it fails, and the functions that make it.
KINDS = {
    "read": errno.EIO,
    "open": errno.EACCES,
    "write": errno.ENOSPC,
    "fsync": errno.EIO,
    "rename": errno.EIO,
    "link": errno.EIO,
    "symlink": errno.EPERM,
    "mkdir": errno.EROFS,
    "unlink": errno.EACCES,
}


@dataclass
class Injection:
    """Counts the calls on files below `root`; the `at`-th of `kind` fails (and, with `lasting`,
    every later one). `made` lists the calls, `failed` the files of those that failed."""

    root: Path
    kind: str = ""
    at: int = 0
    lasting: bool = False
    made: list[tuple[str, str]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    _files: dict[int, str] = field(default_factory=dict)

    def install(self) -> None:
        """For the rest of this process."""
        self._wrap_open()
        for module in (builtins, io):
            module.open = self._opening(io.open)
        for name, kind in (
            ("replace", "rename"), ("rename", "rename"), ("link", "link"),
            ("symlink", "symlink"), ("mkdir", "mkdir"), ("unlink", "unlink"),
        ):  # fmt: skip
            target = 1 if name in ("replace", "rename", "link", "symlink") else 0
            setattr(os, name, self._on_path(kind, getattr(os, name), target))
        for name in ("fsync", "fdatasync"):
            if hasattr(os, name):
                setattr(os, name, self._on_file("fsync", getattr(os, name)))
        os.write = self._on_file("write", os.write)  # type: ignore[assignment] # a stand-in

    def _counts(self, kind: str, path: str) -> bool:
        """Whether this call has to fail."""
        if not path.startswith(f"{self.root}{os.sep}") or not _is_ours():
            return False
        self.made.append((kind, path))
        number = sum(made == kind for made, _ in self.made)
        fails = kind == self.kind and (number == self.at or (self.lasting and number > self.at))
        if fails:
            self.failed.append(path)
        return fails

    def _fail(self, kind: str, path: str) -> OSError:
        return OSError(KINDS[kind], os.strerror(KINDS[kind]), path)

    def _wrap_open(self) -> None:
        real, close = os.open, os.close

        def opening(path: Any, flags: int, *rest: Any, **named: Any) -> int:
            name = os.path.abspath(os.fsdecode(path)) if not isinstance(path, int) else ""
            if self._counts("open", name):
                raise self._fail("open", name)
            file = real(path, flags, *rest, **named)
            self._files[file] = name
            return file

        def closing(file: int) -> None:
            self._files.pop(file, None)
            close(file)

        os.open, os.close = opening, closing

    def _opening(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def opening(path: Any, mode: str = "r", *rest: Any, **named: Any) -> Any:
            if isinstance(path, str | os.PathLike):
                name = os.path.abspath(os.fsdecode(path))
                kind = "read" if mode.strip("bt") == "r" else "open"
                if self._counts(kind, name):
                    raise self._fail(kind, name)
            return real(path, mode, *rest, **named)

        return opening

    def _on_path(self, kind: str, real: Callable[..., Any], place: int) -> Callable[..., Any]:
        def calling(*paths: Any, **named: Any) -> Any:
            name = os.path.abspath(os.fsdecode(paths[place]))
            if self._counts(kind, name):
                raise self._fail(kind, name)
            return real(*paths, **named)

        return calling

    def _on_file(self, kind: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def calling(file: int, *rest: Any) -> Any:
            name = self._files.get(file, "")
            if name and self._counts(kind, name):
                if kind == "write":
                    real(file, bytes(rest[0])[: len(rest[0]) // 2])  # as a full disk does
                raise self._fail(kind, name)
            return real(file, *rest)

        return calling


def _is_ours() -> bool:
    """Whether the innermost caller that is neither Python nor this module is evals."""
    frame = sys._getframe(3)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(PACKAGE):
            return True
        if any(other in name for other in OTHERS):
            return False
        frame = frame.f_back  # type: ignore[assignment] # None ends it
    return True  # a thread, which only evals starts here

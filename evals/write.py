"""The one way to disk and terminal: atomic publication, no secrets, nothing that moves a cursor.

What cannot be written is a `DiskError` that names the file, the cause and what to do.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import secrets as randomness
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from evals.errors import DiskError
from evals.redaction import Secrets

__all__ = [
    "READ_ONLY",
    "Secrets",
    "json_text",
    "printable",
    "publish",
    "remove_leftovers",
    "sync",
    "visible",
    "without_commands",
    "write_all",
    "writing",
]

READ_ONLY = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC})
_NOT_FOR_FOLDERS = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF})

_NAMES = {0x00: "NUL", 0x07: "BEL", 0x08: "BS", 0x0D: "CR", 0x1B: "ESC", 0x7F: "DEL", 0x9B: "CSI"}
# C0 but tab and line feed, C1, bidirectional controls, line and paragraph separators, BOM and
# other invisible marks, what XML forbids, and lone surrogates (which no encoding can print).
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069"
    "\ufeff\ufffe\uffff\ud800-\udfff]"
)


def visible(text: str) -> str:
    """`text` with control and bidirectional characters as labels such as `[ESC]`, `[U+202E]`.

    Line feeds and tabs stay; a carriage return before a line feed is dropped.
    """
    if not _UNSAFE.search(text):
        return text
    return _UNSAFE.sub(_label, text.replace("\r\n", "\n"))


def _label(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"[{_NAMES.get(code, f'U+{code:04X}')}]"


# What GitHub (`::name`, after white space), Azure (`##[`, `##vso[`) and TeamCity take for commands.
_COMMAND = re.compile(r"^([^\S\n]*)::(?=\w)|##(?=\[|vso\[|teamcity\[)", re.MULTILINE)


def printable(text: str) -> str:
    """`text` for a terminal or a CI system's log: `visible`, and without commands to either."""
    return without_commands(visible(text))


def without_commands(text: str) -> str:
    """`text` with the signs of workflow commands in brackets: `[::]error`, `[##]vso[`."""
    if "::" not in text and "##" not in text:
        return text
    return _COMMAND.sub(lambda match: f"{match[1]}[::]" if match[0][-1] == ":" else "[##]", text)


def json_text(value: Any, *, indent: int = 2) -> str:
    """A value as JSON: exact for programs, and harmless on its way through a terminal or a log."""
    import msgspec

    try:
        text = msgspec.json.encode(value).decode()
        text = msgspec.json.format(text, indent=indent) if indent else text
    except UnicodeEncodeError:  # lone surrogates
        text = json.dumps(msgspec.to_builtins(value), indent=indent or None)
    return _UNSAFE.sub(_escape, text).replace("##", "#\\u0023")


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the operating system refuses into a `DiskError` about `path`."""
    try:
        yield
    except OSError as problem:
        raise DiskError(
            f"{path} cannot be written: {problem.strerror or problem}.", remedy=_remedy(problem)
        ) from problem


def _remedy(problem: OSError) -> str:
    if problem.errno in _FULL:
        return "Make room on that file system."
    if problem.errno in READ_ONLY:
        return "Make the file and its folder writable."
    return "Look after that file system, or write elsewhere."


def publish(path: Path, data: bytes, *, replace: bool, durable: bool = False) -> bool:
    """Make `path` hold `data`, whole or not at all; its folder is made if need be.

    With `replace` an existing file is replaced in one step. Without, an existing file stays as
    it is and False is returned: of two writers one wins, and neither leaves a half file. With
    `durable` it is on the disk itself before the old file goes. Raises `DiskError`.
    """
    with writing(path):
        if not path.name:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{randomness.token_hex(4)}.tmp")
        try:
            _write_new(temporary, data, durable=durable)
            if not replace:
                return _link(temporary, path)
            os.replace(temporary, path)
            if durable:
                _sync_folder(path.parent)
            return True
        finally:
            with contextlib.suppress(OSError):  # gone, or left to `remove_leftovers`
                temporary.unlink()


def _write_new(path: Path, data: bytes, *, durable: bool) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    file = os.open(path, flags, 0o666)
    try:
        write_all(file, data)
        if durable:
            os.fsync(file)
    finally:
        os.close(file)


def write_all(file: int, data: bytes) -> None:
    """Write all of `data`, in as many parts as the operating system makes of it."""
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _link(temporary: Path, path: Path) -> bool:
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        if path.exists():
            return False
        os.replace(temporary, path)
    return True


def sync(paths: Sequence[Path]) -> None:
    """Have files, and their names in their folders, on the disk itself; raises `DiskError`."""
    for path in paths:
        with writing(path):
            file = os.open(path, os.O_RDWR)
            try:
                os.fsync(file)
            finally:
                os.close(file)
    for folder in {path.parent for path in paths}:
        with writing(folder):
            _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # folders cannot be opened there
        return
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    except OSError as problem:
        if problem.errno not in _NOT_FOR_FOLDERS:
            raise
    finally:
        os.close(file)


def remove_leftovers(folder: Path, *, older_than_s: float) -> None:
    """Remove the temporary files of writers that were killed; a file that is in use is younger."""
    with contextlib.suppress(OSError):
        oldest = time.time() - older_than_s
        for path in folder.glob(".*.tmp"):
            if path.stat().st_mtime < oldest:
                path.unlink()

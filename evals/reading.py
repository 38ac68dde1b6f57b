"""Files that somebody else may have written: how they are opened, and how much of them is taken."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO, Final

__all__ = [
    "MAX_FILE",
    "MAX_LINE",
    "MAX_PARTS",
    "has_too_many_parts",
    "is_inside",
    "open_file",
    "read_file",
    "read_line",
]

MAX_FILE: Final = 72_000_000  # an answer has up to 64 MB, and comes with its request
MAX_LINE: Final = 90_000_000  # a trial's line holds an answer, and what checks took from it
MAX_PARTS: Final = 1_000_000
_CHUNK: Final = 1_000_000
_NO_WAIT: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_PLAIN: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | _NO_WAIT


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a path lies in a folder, wherever links lead."""
    return path.resolve().is_relative_to(folder.resolve())


def open_file(path: Path | str, *, follow: bool = True) -> BinaryIO:
    """Open a regular file; raises `OSError` for a pipe, a device, a folder.

    Without `follow`, also for a link.
    """
    return os.fdopen(_opened(path, follow=follow)[0], "rb")


def _opened(path: Path | str, *, follow: bool) -> tuple[int, int]:
    """The descriptor of a regular file, and the size that it tells."""
    try:
        file = os.open(path, _PLAIN | (0 if follow else getattr(os, "O_NOFOLLOW", 0)))
    except OSError as problem:
        if problem.errno != errno.ELOOP:
            raise
        raise OSError(errno.ELOOP, "it is a link", str(path)) from None
    told = os.fstat(file)
    if not stat.S_ISREG(told.st_mode):
        os.close(file)
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return file, told.st_size


def read_file(path: Path | str, *, limit: int = MAX_FILE, follow: bool = True) -> bytes:
    """The bytes of a regular file; raises `OSError` where it is none, or larger than `limit`."""
    # A buffered reader would take longer to make than most of these files to read.
    file, size = _opened(path, follow=follow)
    try:
        data = _read(file, size, limit)
    finally:
        os.close(file)
    if len(data) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit // 1_000_000} MB, the limit")
    return data


def _read(file: int, size: int, limit: int) -> bytes:
    """All that a file has, or just more than `limit`; mostly it is as large as it tells."""
    data = os.read(file, min(size, limit) + 1)
    if len(data) == size:
        return data
    parts, total = [data], len(data)
    while total <= limit and (part := os.read(file, min(_CHUNK, limit + 1 - total))):
        parts.append(part)
        total += len(part)
    return b"".join(parts)


def read_line(file: BinaryIO, *, limit: int = MAX_LINE) -> bytes | bytearray:
    """The next line of a file; of a longer one than `limit`, just more than that."""
    line = file.readline(_CHUNK)
    if len(line) < _CHUNK or line.endswith(b"\n"):
        return line
    whole = bytearray(line)
    while more := file.readline(_CHUNK):
        if len(whole) <= limit:
            whole += more
        if more.endswith(b"\n"):
            break
    return whole


def has_too_many_parts(data: bytes | bytearray) -> bool:
    """Whether a JSON text may hold more values than the memory should.

    Counted are the signs that separate values, wherever they stand: no value is made for it.
    """
    return len(data) > MAX_PARTS and (
        data.count(b"[") + data.count(b"{") + data.count(b",") > MAX_PARTS
    )

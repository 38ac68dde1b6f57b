"""Append-only lines on disk: written at once, readable after any crash."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Generic, TypeAlias, TypeVar

import msgspec

from evals.errors import RunError
from evals.reading import MAX_LINE, open_file, read_line
from evals.record.reading import read_json
from evals.write import Secrets, write_all, writing

S = TypeVar("S", bound=msgspec.Struct)

Spot: TypeAlias = tuple[Path, int, int]
"""Where a line stands: its file, its offset and its length in bytes."""


class Journal:
    """One file of JSON Lines, opened on the first line.

    A line is handed to the operating system at once, so that a killed process loses nothing;
    `sync` has all of them on the disk itself. Raises `DiskError` where a line cannot be written,
    and leaves no part of it.
    """

    def __init__(self, path: Path, *, secrets: Secrets | None = None) -> None:
        self.path = path
        self._secrets = secrets or Secrets()
        self._file: int | None = None
        self._end = 0
        self._unsynced = 0

    def append(self, line: msgspec.Struct) -> Spot:
        """Write a line; where it stands."""
        data = self._secrets.redact_json(_encode(line)).encode() + b"\n"
        with writing(self.path):
            file = self._file if self._file is not None else self._open()
            try:
                write_all(file, data)
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(file, self._end)  # what follows must not stick to a torn line
                raise
        spot = (self.path, self._end, len(data))
        self._end += len(data)
        self._unsynced += 1
        return spot

    def _open(self) -> int:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        flags |= getattr(os, "O_NOFOLLOW", 0)
        self._file = os.open(self.path, flags, 0o644)
        self._end = os.fstat(self._file).st_size
        return self._file

    def sync(self) -> None:
        """Have every line on the disk itself."""
        if self._file is not None and self._unsynced:
            lines = self._unsynced
            with writing(self.path):
                getattr(os, "fdatasync", os.fsync)(self._file)
            self._unsynced -= lines

    def close(self) -> None:
        """Sync, and give the file back; it is opened again for another line."""
        if self._file is None:
            return
        file = self._file
        try:
            self.sync()
        finally:
            self._file = None
            os.close(file)


def _encode(line: msgspec.Struct) -> str:
    try:
        return msgspec.json.encode(line).decode()
    except UnicodeEncodeError:  # lone surrogates, kept as escapes
        import json

        return json.dumps(msgspec.to_builtins(line), separators=(",", ":"))


def read_at(spot: Spot) -> bytes:
    """The line that stands there."""
    path, offset, length = spot
    with open_file(path, follow=False) as file:
        file.seek(offset)
        return file.read(length)


class Lines(Generic[S]):
    """Reads what `Journal` wrote; `damaged` names lines that could not be read.

    A torn last line is dropped without a word: it was never acknowledged. Raises `RunError`
    where a file cannot be read at all.
    """

    def __init__(self, paths: Sequence[Path], type_: type[S]) -> None:
        self._paths = paths
        self._decoder = msgspec.json.Decoder(type_)
        self.damaged: list[str] = []

    def __iter__(self) -> Iterator[S]:
        return (line for _, line in self.spotted())

    def spotted(self) -> Iterator[tuple[Spot, S]]:
        """Every line, with where it stands."""
        for path in self._paths:
            try:
                with open_file(path, follow=False) as file:
                    yield from self._of(path, file)
            except OSError as problem:
                raise RunError(f"{path} cannot be read: {problem.strerror}.") from problem

    def _of(self, path: Path, file: BinaryIO) -> Iterator[tuple[Spot, S]]:
        offset = number = 0
        while line := read_line(file):
            number += 1
            if len(line) > MAX_LINE:
                self.damaged.append(f"{path}:{number}: longer than {MAX_LINE:,} bytes, the limit")
                offset = file.tell()
                continue
            try:
                yield (path, offset, len(line)), read_json(line, self._decoder)
            except msgspec.DecodeError as problem:
                if line.endswith(b"\n"):
                    self.damaged.append(f"{path}:{number}: {problem}")
            offset += len(line)

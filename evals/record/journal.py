"""Append-only lines on disk: written at once, synced in groups, readable after any crash."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from evals.write import Secrets

_SYNC_EVERY_S = 0.1
_SYNC_EVERY_LINES = 256

S = TypeVar("S", bound=msgspec.Struct)


class Journal:
    """One file of JSON Lines, opened on the first line.

    A line is handed to the operating system at once, so that a killed process loses nothing;
    `fdatasync` is grouped (100 ms or 256 lines) where `synced` asks for it.
    """

    def __init__(self, path: Path, *, secrets: Secrets | None = None, synced: bool = False) -> None:
        self.path = path
        self._secrets = secrets or Secrets()
        self._synced = synced
        self._file: int | None = None
        self._end = 0
        self._unsynced = 0
        self._last_sync = 0.0

    def append(self, line: msgspec.Struct) -> tuple[int, int]:
        """Write a line; its place (offset and length in bytes) in the file."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
            self._file = os.open(self.path, flags, 0o644)
            self._end = os.fstat(self._file).st_size
        data = self._secrets.redact(_encode(line)).encode() + b"\n"
        _write_all(self._file, data)
        place = (self._end, len(data))
        self._end += len(data)
        self._unsynced += 1
        if self._synced and (
            self._unsynced >= _SYNC_EVERY_LINES
            or time.monotonic() - self._last_sync >= _SYNC_EVERY_S
        ):
            self.sync()
        return place

    def read(self, place: tuple[int, int]) -> bytes:
        """The line at `place`, as `append` gave it."""
        offset, length = place
        with open(self.path, "rb") as file:
            file.seek(offset)
            return file.read(length)

    def sync(self) -> None:
        if self._file is not None and self._unsynced:
            getattr(os, "fdatasync", os.fsync)(self._file)
            self._unsynced = 0
            self._last_sync = time.monotonic()

    def close(self) -> None:
        if self._file is not None:
            self.sync()
            os.close(self._file)
            self._file = None


def _encode(line: msgspec.Struct) -> str:
    try:
        return msgspec.json.encode(line).decode()
    except UnicodeEncodeError:  # lone surrogates, kept as escapes
        import json

        return json.dumps(msgspec.to_builtins(line), separators=(",", ":"))


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


class Lines(Generic[S]):
    """Reads what `Journal` wrote; `damaged` names lines that could not be read.

    A torn last line is dropped without a word: it was never acknowledged.
    """

    def __init__(self, paths: list[Path], type_: type[S]) -> None:
        self._paths = paths
        self._decoder = msgspec.json.Decoder(type_)
        self.damaged: list[str] = []

    def __iter__(self) -> Iterator[S]:
        for path in self._paths:
            with open(path, "rb") as file:
                for number, line in enumerate(file, 1):
                    try:
                        yield self._decoder.decode(line)
                    except msgspec.DecodeError as problem:
                        if line.endswith(b"\n"):
                            self.damaged.append(f"{path}:{number}: {problem}")

"""The files that a suite names: where they may lie, and how much of them is read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from evals.errors import EvalsError
from evals.reading import open_file
from evals.suite.yaml import MAX_BYTES


class FileRefused(EvalsError):
    """A file that is missing, or that a suite may not read."""


class Files:
    """Reads for one suite: inside its folder, or inside a `data` folder of the configuration."""

    def __init__(self, folder: Path, *, data: Iterable[Path], root: Path) -> None:
        self._folder = folder
        self._allowed = [_resolved(path) for path in (folder, *data)]
        self._root = _resolved(root)

    def find(self, written: str) -> Path:
        """The file that a suite means; raises FileRefused where it may not be read."""
        path = self._allowed_path(written)
        self._check_regular(written, path)
        return path

    def find_folder(self, written: str) -> Path:
        """The folder that a suite means; raises FileRefused where it may not be read."""
        path = self._allowed_path(written)
        if not path.is_dir():
            raise FileRefused(f"no folder {written!r}", remedy=f"looked for {self.name(path)}")
        return path

    def _allowed_path(self, written: str) -> Path:
        self._check_written(written)
        path = _resolved(self._folder / written)
        inside = next((top for top in self._allowed if path.is_relative_to(top)), None)
        if inside is None:
            raise FileRefused(
                f"{written!r} lies outside the suite's folder",
                remedy="files lie beside the suite or below, or in a folder named in "
                "[tool.evals] data",
            )
        if _is_hidden(written.split("/")) or _is_hidden(path.relative_to(inside).parts):
            raise FileRefused(
                f"{written!r}: no part of a path begins with a dot",
                remedy="hidden files are not read: copy it to a name of its own",
            )
        return path

    def matching(self, written: str) -> tuple[Path, ...]:
        """The files that a pattern such as `data/*.csv` matches, sorted by their paths."""
        self._check_written(written)
        if (self._folder / written).is_file():
            return (self.find(written),)
        try:
            names = sorted(
                path.relative_to(self._folder).as_posix()
                for path in self._folder.glob(written)
                if path.is_file() and not _is_hidden(path.relative_to(self._folder).parts)
            )
        except (ValueError, NotImplementedError) as error:
            raise FileRefused(f"{written!r} is no pattern of files: {error}") from error
        if not names:
            where = self.name(_resolved(self._folder))
            raise FileRefused(f"no file matches {written!r}", remedy=f"looked below {where}")
        return tuple(self.find(name) for name in names)

    def read(self, written: str) -> bytes:
        """The bytes of a text file, up to the limit."""
        path = self.find(written)
        try:
            with open_file(path) as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise FileRefused(f"{written!r} cannot be read: {error.strerror}") from error
        if len(data) > MAX_BYTES:
            raise FileRefused(f"{written!r} is larger than {MAX_BYTES // 1_000_000} MB, the limit")
        return data

    def name(self, path: Path) -> str:
        """How messages and records call a file: relative to the root directory, with `/`."""
        return relative(path, self._root)

    def _check_written(self, written: str) -> None:
        if "\\" in written:
            raise FileRefused(f"{written!r}: separate folders by / on every system")
        drive = ":" in written.split("/")[0]
        if os.path.isabs(written) or drive or not written or "\0" in written:
            raise FileRefused(f"{written!r}: a path is relative to the suite's file")

    def _check_regular(self, written: str, path: Path) -> None:
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            raise FileRefused(
                f"no file {written!r}", remedy=f"looked for {self.name(path)}"
            ) from None
        except OSError as error:
            raise FileRefused(f"{written!r} cannot be read: {error.strerror}") from error
        if not stat.S_ISREG(mode):
            raise FileRefused(f"{written!r} is no regular file")


def _is_hidden(parts: Iterable[str]) -> bool:
    return any(part.startswith(".") and part not in (".", "..") for part in parts)


def relative(path: Path, root: Path) -> str:
    """A path as it is shown: relative to the root directory where it lies inside, with `/`."""
    for seen in (os.path.abspath, os.path.realpath):  # as it was named, else where links lead
        try:
            return Path(seen(path)).relative_to(seen(root)).as_posix()
        except ValueError:
            continue
    return path.as_posix()


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:  # a loop of links
        raise FileRefused(f"{path.name!r} cannot be resolved: {error}") from error

"""The project's configuration file: its table, and the lines its keys stand on."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from evals.errors import ConfigError, Place
from evals.model import Frozen, JsonObject
from evals.reading import read_file

_MAX_FILE = 1_000_000
_KEY = re.compile(r"""^\s*("(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)\s*=""")


class Source(Frozen, frozen=True, kw_only=True):
    """One file's `[tool.evals]`; `prefix` is the table's place in the file."""

    name: str  # of the file, as messages say it; "" where there is none
    table: JsonObject = {}
    prefix: tuple[str, ...] = ()
    text: str = ""

    def place(self, *path: str) -> Place:
        """Where a key stands: its own line, else that of the nearest table around it."""
        wanted = (*self.prefix, *path)
        best, line_number = 0, 0
        table: tuple[str, ...] = ()
        for number, line in enumerate(self.text.splitlines(), start=1):
            if line.lstrip().startswith("["):
                table = _header(line)
                here = table
            elif match := _KEY.match(line):
                here = (*table, match[1].strip("\"'"))
            else:
                continue
            if len(here) > best and wanted[: len(here)] == here:
                best, line_number = len(here), number
        return Place(self.name, line_number, 1 if line_number else 0)


def _header(line: str) -> tuple[str, ...]:
    try:
        table = tomllib.loads(line)
    except tomllib.TOMLDecodeError:  # a line of an array, not a table's header
        return ()
    path: list[str] = []
    while isinstance(table, dict) and len(table) == 1:
        key, table = next(iter(table.items()))
        path.append(key)
    return tuple(path)


def read_source(root: Path) -> Source:
    """The configuration of the project in `root`, from `evals.toml` or `pyproject.toml`."""
    own = _load(root / "evals.toml", ())
    shared = _load(root / "pyproject.toml", ("tool", "evals"))
    if own is not None and shared is not None:
        raise ConfigError(
            f"{shared.place()}: error: [tool.evals] stands beside a file evals.toml",
            remedy="Keep one of the two: evals does not merge them.",
        )
    return own or shared or Source(name="")


def _load(path: Path, prefix: tuple[str, ...]) -> Source | None:
    try:
        text = read_file(path, limit=_MAX_FILE).decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name}: error: the file cannot be read: {error}") from error
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{path.name}: error: not valid TOML: {error}") from error
    for key in prefix:
        inner = table.get(key)
        if not isinstance(inner, dict):
            if key == "evals" and inner is not None:
                raise ConfigError(f"{path.name}: error: tool.evals: expected a table, [tool.evals]")
            return None
        table = inner
    return Source(name=path.name, table=table, prefix=prefix, text=text)


def find_root(start: Path) -> Path:
    """The project's root directory for `start`.

    The nearest folder, upwards, that configures evals; else the nearest that looks like a
    project's root; else `start` itself.
    """
    start = start.resolve()
    folders = (start, *start.parents)
    for folder in folders:
        if (folder / "evals.toml").is_file() or _configures(folder / "pyproject.toml"):
            return folder
    for folder in folders:
        if any((folder / name).exists() for name in ("pyproject.toml", "pytest.ini", ".git")):
            return folder
    return start


def _configures(path: Path) -> bool:
    try:
        return _load(path, ("tool", "evals")) is not None
    except ConfigError:
        return False  # somebody else's file, above the project

"""The line that a mistake stands in, with carets below, and the section that tells more."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

from evals.errors import Problem, SuiteError
from evals.reading import read_file
from evals.suite.files import relative
from evals.suite.sections import Sections
from evals.suite.yaml import MAX_BYTES
from evals.write import visible

WIDTH: Final = 100  # columns of a terminal that an excerpt takes of a line
_MOST: Final = 1000  # problems that get one
_LAST: Final = 20_000  # the last line of a file that is shown
_NEAR: Final = 10 * WIDTH  # characters beside the place that are looked at
_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # what the YAML parser counts
_WORD: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\']|\'\')*\'|\{\{.*?\}\}|[\w.+%/-]+')


@contextmanager
def explaining(path: Path, root: Path) -> Iterator[None]:
    """Give what is found wrong with the suite at `path` its lines and sections."""
    try:
        yield
    except SuiteError as error:
        raise SuiteError(explained(error.problems, path, root)) from error.__cause__


def explained(problems: Iterable[Problem], path: Path, root: Path) -> tuple[Problem, ...]:
    """The problems, each with the line it stands in and the section of the reference."""
    found = tuple(problems)
    if not found:
        return ()
    files = _Lines(root)
    sections = Sections(path, relative(path, root))

    def shown(problem: Problem) -> Problem:
        exact = replace(problem, place=sections.place_of(problem))
        return replace(exact, excerpt=files.excerpt(exact), section=sections.of(exact))

    return (*map(shown, found[:_MOST]), *found[_MOST:])


class _Lines:
    """Lines of the files below a root directory; of files that cannot be read, none."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._texts: dict[str, list[str]] = {}

    def excerpt(self, problem: Problem) -> tuple[str, ...]:
        place = problem.place
        lines = self._lines(place.path) if place.line else []
        if not 0 < place.line <= len(lines) or not lines[place.line - 1].strip():
            return ()
        line, carets = cut_out(lines[place.line - 1], place.column)
        number = str(place.line)
        return (f"  {number} | {line}", f"  {' ' * len(number)} | {carets}")

    def _lines(self, path: str) -> list[str]:
        if path not in self._texts:
            self._texts[path] = self._read(path)
        return self._texts[path]

    def _read(self, path: str) -> list[str]:
        try:
            text = read_file(self._root / path, limit=MAX_BYTES).decode("utf-8-sig")
        except (OSError, UnicodeDecodeError):
            return []
        lines = _BREAK.split(text, _LAST)
        return lines if len(lines) <= _LAST else lines[:_LAST]


def cut_out(line: str, column: int) -> tuple[str, str]:
    """What is shown of a line, and carets under the word at `column` (from 1).

    Control characters and tabs are seen as labels. A long line is cut on both sides of the carets.
    """
    start = min(max(column, 1), len(line) + 1) - 1
    line = line[max(0, start - _NEAR) : start + _NEAR]
    start = min(start, _NEAR)
    word = _WORD.match(line, start)
    end = max(start + 1, word.end() if word else 0)
    before, marked, after = map(_seen, (line[:start], line[start:end], line[end:]))
    room = WIDTH - min(cells(marked), WIDTH // 2)
    before = _last(before, max(room // 2, room - cells(after)))
    marked = _first(marked, WIDTH // 2)
    after = _first(after, WIDTH - cells(before) - cells(marked))
    carets = " " * cells(before) + "^" * max(1, cells(marked))
    return f"{before}{marked}{after}".rstrip(), carets


def _seen(text: str) -> str:
    """With spaces for tabs, as one sees them, and every other control character as its label."""
    return visible(text).replace("\t", "    ").replace("\n", " ")


def cells(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _first(text: str, room: int) -> str:
    """The beginning of a text, in so many columns."""
    if cells(text) <= room:
        return text
    kept = _fitting(text, room - 1)
    return f"{kept}…"


def _last(text: str, room: int) -> str:
    """The end of a text, in so many columns."""
    if cells(text) <= room:
        return text
    return f"…{_fitting(text[::-1], room - 1)[::-1]}"


def _fitting(text: str, room: int) -> str:
    taken = 0
    for number, char in enumerate(islice(text, room + 1)):
        taken += _cells(char)
        if taken > room:
            return text[:number]
    return text[:room]

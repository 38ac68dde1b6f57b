"""Rows of data files: CSV and JSON Lines, read one after the other, each with its line."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from evals.errors import Place, Problem, SuiteError
from evals.model import JsonObject
from evals.suite.yaml import MAX_BYTES, MAX_INTEGER, decode

KNOWN: Final = ("id", "expected", "tags", "cluster")
SUFFIXES: Final = (".csv", ".jsonl", ".ndjson")


class Row(NamedTuple):
    """One row: its values by name, and the line it begins in."""

    values: JsonObject
    line: int


def read_rows(path: Path, shown: str, *, delimiter: str | None = None) -> Iterator[Row]:
    """The rows of a file, called `shown` in messages; raises SuiteError at the first bad one."""
    if path.suffix.lower() == ".csv":
        with _field_limit():
            yield from _csv(path, shown, delimiter or ",")
    else:
        yield from _json_lines(path, shown)


@contextmanager
def _field_limit() -> Iterator[None]:
    before = csv.field_size_limit(MAX_BYTES)  # the module's own limit is 128 KB
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _wrong(shown: str, line: int, message: str, *details: str) -> SuiteError:
    return SuiteError([Problem(Place(shown, line, 1), message, details)])


def _lines(path: Path, shown: str) -> Iterator[str]:
    """The lines of a text file, with their ends; UTF-8 with or without BOM."""
    with path.open("rb") as file:
        for number, data in enumerate(file, 1):
            try:
                yield data.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                bad = f"byte 0x{data[error.start]:02x} is not UTF-8"
                raise _wrong(shown, number, bad, "save the file as UTF-8") from None


def _csv(path: Path, shown: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(_lines(path, shown), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    begin = 1
    try:
        for cells in reader:
            line, begin = begin, reader.line_num + 1
            if not cells:
                continue
            if header is None:
                header = _header(cells, shown, line)
                continue
            if len(cells) != len(header):
                raise _wrong(
                    shown,
                    line,
                    f"{len(cells)} cells in a table of {len(header)} columns",
                    f"columns: {', '.join(header)}",
                    "a cell that holds the delimiter or a line break stands in double quotes",
                )
            yield Row(dict(zip(header, cells, strict=True)), line)
    except csv.Error as error:
        raise _wrong(shown, begin, f"not CSV: {error}") from None
    if header is None:
        raise _wrong(shown, 1, "the file is empty", "the first line names the columns")


def _header(cells: list[str], shown: str, line: int) -> list[str]:
    names = [cell.strip() for cell in cells]
    for index, name in enumerate(names):
        if not name:
            raise _wrong(shown, line, f"column {index + 1} has no name")
        if name in names[:index]:
            raise _wrong(shown, line, f"column {name!r} stands twice")
    return names


def _json_lines(path: Path, shown: str) -> Iterator[Row]:
    empty = True
    for number, text in enumerate(_lines(path, shown), 1):
        if not text.strip():
            continue
        empty = False
        try:
            values = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
            _check_values(values)
        except json.JSONDecodeError as error:
            message = f"not JSON: {error.msg} (column {error.colno})"
            raise _wrong(shown, number, message, "each line is one JSON object") from None
        except (ValueError, RecursionError) as error:
            raise _wrong(shown, number, str(error)) from None
        if not isinstance(values, dict):
            raise _wrong(shown, number, "a row is a JSON object")
        yield Row(values, number)
    if empty:
        raise _wrong(shown, 1, "the file is empty", "each line is one JSON object")


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"key {twice!r} stands twice")
    return made


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _check_values(value: Any) -> None:
    """Refuse what JSON readers understand differently."""
    if isinstance(value, dict):
        for key, part in value.items():
            _check_values(key)
            _check_values(part)
    elif isinstance(value, list):
        for part in value:
            _check_values(part)
    elif isinstance(value, str):
        if not value.isascii():
            _check_text(value)
    elif isinstance(value, int) and not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise ValueError(f"integers go to ±{MAX_INTEGER}; write a longer one as a text")
    elif isinstance(value, float) and abs(value) == float("inf"):
        raise ValueError("a number too large for JSON readers")


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("half of a surrogate pair is no character") from None


def read_json(data: bytes, shown: str) -> Any:
    """A JSON text by the same rules; raises SuiteError."""
    text = decode(data, shown)
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
        _check_values(value)
    except json.JSONDecodeError as error:
        place = Place(shown, error.lineno, error.colno)
        raise SuiteError([Problem(place, f"not JSON: {error.msg}")]) from None
    except (ValueError, RecursionError) as error:
        raise SuiteError([Problem(Place(shown), str(error))]) from None
    return value

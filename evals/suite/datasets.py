"""Rows of data files: CSV and JSON Lines, read one after the other, each with its line."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, TextIO

from evals.errors import Place, Problem, SuiteError
from evals.model import JsonObject
from evals.reading import MAX_PARTS, has_too_many_parts, open_file
from evals.suite.files import FileRefused
from evals.suite.yaml import MAX_BYTES, MAX_INTEGER, decode, read_yaml

_MAX_COLUMNS: Final = 10_000
_MAX_CELL: Final = 2_000_000
SUFFIXES: Final = (".csv", ".json", ".jsonl", ".ndjson", ".yaml", ".yml", ".parquet")


class Record(NamedTuple):
    """One row: its values by name, and the line it begins in."""

    values: JsonObject
    line: int


def read_records(path: Path, shown: str, *, delimiter: str | None = None) -> Iterator[Record]:
    """The rows of a file, called `shown` in messages, one after the other.

    Raises SuiteError at the first bad one, FileRefused where the file is none of data.
    """
    match path.suffix.lower():
        case ".csv":
            with _field_limit():
                yield from _csv(path, shown, delimiter or ",")
        case ".jsonl" | ".ndjson":
            yield from _json_lines(path, shown)
        case ".json":
            yield from _json_list(path, shown)
        case ".yaml" | ".yml":
            yield from _yaml_list(path, shown)
        case ".parquet":
            from evals.suite.tables import parquet  # pyarrow is imported for those who use it

            yield from parquet(path, shown)
        case _:
            remedy = f"by its suffix: {', '.join(SUFFIXES)}"
            raise FileRefused(f"{path.name!r} is no data file", remedy=remedy)


@contextmanager
def _field_limit() -> Iterator[None]:
    before = csv.field_size_limit(_MAX_CELL)  # the module's own limit is 128 KB
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _wrong(shown: str, line: int, message: str, *details: str) -> SuiteError:
    return SuiteError([Problem(Place(shown, line, 1), message, details)])


@contextmanager
def _text(path: Path, shown: str) -> Iterator[TextIO]:
    """A text file, its line ends as they are; UTF-8 with or without BOM."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file
    except UnicodeDecodeError:
        raise _no_text(path, shown) from None


def _lines(file: TextIO, shown: str) -> Iterator[str]:
    """The lines of a text file, none of them longer than a text may be."""
    number = 0
    while line := file.readline(MAX_BYTES + 1):
        number += 1
        if len(line) > MAX_BYTES:
            raise _wrong(shown, number, f"longer than {MAX_BYTES // 1_000_000} MB, the limit")
        yield line


def _no_text(path: Path, shown: str) -> SuiteError:
    """Which byte of which line is not UTF-8: decoding in blocks does not know."""
    with path.open("rb") as file:
        for number, data in enumerate(iter(lambda: file.readline(MAX_BYTES), b""), 1):
            try:
                data.decode()
            except UnicodeDecodeError as error:
                bad = f"byte 0x{data[error.start]:02x} is not UTF-8"
                return _wrong(shown, number, bad, "save the file as UTF-8")
    return _wrong(shown, 1, "the file is not UTF-8", "save the file as UTF-8")


def _csv(path: Path, shown: str, delimiter: str) -> Iterator[Record]:
    begin = 1
    with _text(path, shown) as file:
        reader = csv.reader(_lines(file, shown), delimiter=delimiter, strict=True)
        try:
            header = next((cells for cells in reader if cells), None)
            if header is None:
                raise _wrong(shown, 1, "the file is empty", "the first line names the columns")
            names = _header(header, shown, reader.line_num)
            begin = reader.line_num + 1
            for cells in reader:
                if len(cells) == len(names):
                    yield Record(dict(zip(names, cells)), begin)  # noqa: B905 # as long as it
                elif cells:
                    raise _ragged(len(cells), names, shown, begin)
                begin = reader.line_num + 1
        except csv.Error as error:
            raise _wrong(shown, begin, f"not CSV: {error}") from None


def _ragged(count: int, names: list[str], shown: str, line: int) -> SuiteError:
    return _wrong(
        shown,
        line,
        f"{count} cells in a table of {len(names)} columns",
        f"columns: {', '.join(names)}",
        "a cell that holds the delimiter or a line break stands in double quotes",
    )


def _header(cells: list[str], shown: str, line: int) -> list[str]:
    names = [cell.strip() for cell in cells]
    if len(names) > _MAX_COLUMNS:
        raise _wrong(shown, line, f"more than {_MAX_COLUMNS:,} columns, the limit")
    seen: set[str] = set()
    for index, name in enumerate(names):
        if not name:
            raise _wrong(shown, line, f"column {index + 1} has no name")
        if name in seen:
            raise _wrong(shown, line, f"column {name!r} stands twice")
        seen.add(name)
    return names


def _json_lines(path: Path, shown: str) -> Iterator[Record]:
    empty = True
    with _text(path, shown) as file:
        for number, text in enumerate(_lines(file, shown), 1):
            if text.strip():
                empty = False
                yield Record(json_line(text, shown, number), number)
    if empty:
        raise _wrong(shown, 1, "the file is empty", "each line is one JSON object")


def _json_list(path: Path, shown: str) -> Iterator[Record]:
    """The objects of a JSON list, each with the line that it begins in."""
    text = _whole(path, shown)
    if has_too_many_parts(text.encode()):
        raise _wrong(shown, 1, f"more than {MAX_PARTS:,} values, the limit", "write JSON Lines")
    begin = _space(text, 0)
    if text[begin : begin + 1] != "[":
        read_json(text.encode(), shown)  # says what is no JSON at all
        raise _wrong(shown, 1, "a file of tests is a list of objects", "write [{…}, {…}]")
    at, line, last, first = _space(text, begin + 1), 1, 0, True
    while text[at : at + 1] != "]":
        if not first:
            if text[at : at + 1] != ",":
                break
            at = _space(text, at + 1)
        first = False
        line, last = line + text.count("\n", last, at), at
        try:
            values, end = _decoder.raw_decode(text, at)
            check_values(values)
        except json.JSONDecodeError as error:
            place = Place(shown, error.lineno, error.colno)
            raise SuiteError([Problem(place, f"not JSON: {error.msg}")]) from None
        except (ValueError, RecursionError) as error:
            raise _wrong(shown, line, str(error)) from None
        if not isinstance(values, dict):
            raise _wrong(shown, line, "a row is a JSON object")
        yield Record(values, line)
        at = _space(text, end)
    else:
        if not text[at + 1 :].strip():
            return
    read_json(text.encode(), shown)


def _yaml_list(path: Path, shown: str) -> Iterator[Record]:
    document = read_yaml(_whole(path, shown).encode(), shown)
    if document.problems:
        raise SuiteError(document.problems)
    if not isinstance(document.value, list):
        raise _wrong(shown, 1, "a file of tests is a list of mappings", "write lines of - name: …")
    for number, values in enumerate(document.value):
        place = document.place((number,))
        if not isinstance(values, dict):
            raise SuiteError([Problem(place, "a row is a mapping")])
        yield Record(values, place.line)


def _whole(path: Path, shown: str) -> str:
    """The text of a file that is read at once."""
    if path.stat().st_size > MAX_BYTES:
        details = ("rows of any number are read from .csv, .jsonl and .parquet",)
        message = f"larger than {MAX_BYTES // 1_000_000} MB, the limit of {path.suffix}"
        raise _wrong(shown, 1, message, *details)
    with open_file(path) as file:
        return decode(file.read(MAX_BYTES + 1), shown)


_SPACE: Final = re.compile(r"[ \t\r\n]*")


def _space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def json_line(text: str, shown: str, number: int) -> JsonObject:
    """The object of a line of JSON Lines; raises SuiteError."""
    if len(text) > MAX_PARTS and has_too_many_parts(text.encode()):
        raise _wrong(shown, number, f"a line of more than {MAX_PARTS:,} values, the limit")
    try:
        values = _decode(text)
        check_values(values)
    except json.JSONDecodeError as error:
        message = f"not JSON: {error.msg} (column {error.colno})"
        raise _wrong(shown, number, message, "each line is one JSON object") from None
    except (ValueError, RecursionError) as error:
        raise _wrong(shown, number, str(error)) from None
    if not isinstance(values, dict):
        raise _wrong(shown, number, "a row is a JSON object")
    return values


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    made = dict(pairs)
    if len(made) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ValueError(f"key {twice!r} stands twice")
    return made


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)
_decode = _decoder.decode


def check_values(value: Any) -> None:
    """Raise ValueError for what JSON readers understand differently."""
    if isinstance(value, dict):
        for key, part in value.items():
            check_values(key)
            check_values(part)
    elif isinstance(value, list):
        for part in value:
            check_values(part)
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
    if has_too_many_parts(data):
        raise SuiteError([Problem(Place(shown), f"more than {MAX_PARTS:,} values, the limit")])
    try:
        value = _decode(text)
        check_values(value)
    except json.JSONDecodeError as error:
        place = Place(shown, error.lineno, error.colno)
        raise SuiteError([Problem(place, f"not JSON: {error.msg}")]) from None
    except (ValueError, RecursionError) as error:
        raise SuiteError([Problem(Place(shown), str(error))]) from None
    return value

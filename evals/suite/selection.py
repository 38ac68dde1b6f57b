"""Which rows of data are taken, and under which names and types: one after the other, lazily."""

from __future__ import annotations

import hashlib
import heapq
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from evals.errors import EvalsError, Place, Problem, SuiteError
from evals.expression import Expression, ExpressionError, parse
from evals.suite.datasets import Record, check_values, read_json
from evals.suite.nearest import advice
from evals.suite.problems import Problems
from evals.suite.rows import Located
from evals.suite.structure import kind_of
from evals.suite.written import WrittenSample, WrittenTest
from evals.suite.yaml import number

Path = tuple[str | int, ...]

_WHOLE: Final = re.compile(r"[-+]?[0-9]+")
_NUMBER: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_TRUTH: Final = {"true": True, "false": False}


def select(
    rows: Iterable[Located], test: WrittenTest, problems: Problems, path: Path
) -> Iterable[Located]:
    """The rows that a test asks for: named by `map`, typed, filtered, drawn, cut – in this order.

    Raises SuiteError at a row that cannot be understood.
    """
    if test.map:
        rows = _mapped(rows, test.map, problems, (*path, "map"))
    if test.types:
        rows = _typed(rows, {name: _TYPES[kind] for name, kind in test.types.items()})
    if test.where is not None:
        rows = _where(rows, test.where, problems, (*path, "where"))
    if test.sample is not None:
        rows = _drawn(rows, test.sample)
    return rows if test.limit is None else islice(rows, test.limit)


def _wrong(shown: str, line: int, message: str, *details: str) -> SuiteError:
    return SuiteError([Problem(Place(shown, line, 1), message, details)])


def _mapped(
    rows: Iterable[Located], names: Mapping[str, str], problems: Problems, path: Path
) -> Iterator[Located]:
    """Columns under their new names; a column that no row has is a mistake."""
    new = {column: name for name, column in names.items()}
    if len(new) < len(names):
        problems.error(path, "one column is mapped to two names", ("map each to one",))
    unseen, known = set(new), dict[str, None]()
    for shown, record in rows:
        values: dict[str, Any] = {}
        for column, value in record.values.items():
            name = new.get(column, column)
            if name in values:
                raise _wrong(shown, record.line, f"two columns are called {name!r} by map")
            values[name] = value
        if unseen:
            known |= dict.fromkeys(record.values)
            unseen.difference_update(record.values)
        yield shown, Record(values, record.line)
    for column in sorted(unseen if known else ()):
        details = advice(column, known, "columns")
        problems.error((*path, new[column]), f"no column {column!r}", details)


def _typed(rows: Iterable[Located], types: Mapping[str, Callable[[str], Any]]) -> Iterator[Located]:
    """Texts of the named columns as values; an empty one is null."""
    for shown, record in rows:
        values = record.values
        for name, read in types.items():
            text = values.get(name)
            if not isinstance(text, str):
                continue
            try:
                values[name] = read(text) if text.strip() else None
            except ValueError as error:
                raise _wrong(shown, record.line, f"{name}: {error}") from None
        yield shown, record


def _int(text: str) -> Any:
    if _WHOLE.fullmatch(text.strip()) is None:
        raise ValueError(f"{kind_of(text)} is no whole number")
    return _checked(number(text.strip()))


def _float(text: str) -> Any:
    if _NUMBER.fullmatch(text.strip()) is None:
        raise ValueError(f"{kind_of(text)} is no number")
    return _checked(float(text))


def _checked(value: Any) -> Any:
    check_values(value)
    return value


def _bool(text: str) -> bool:
    if (found := _TRUTH.get(text.strip().casefold())) is None:
        raise ValueError(f"{kind_of(text)} is neither true nor false")
    return found


def _json(text: str) -> Any:
    try:
        return read_json(text.encode(), "")
    except SuiteError as error:
        raise ValueError(f"{error.problems[0].message}: {kind_of(text)}") from None


_TYPES: Final[Mapping[str, Callable[[str], Any]]] = {
    "int": _int,
    "float": _float,
    "bool": _bool,
    "json": _json,
}


def _where(rows: Iterable[Located], text: str, problems: Problems, path: Path) -> Iterator[Located]:
    """The rows for which a condition over their columns holds."""
    try:
        condition = parse(text)
    except ExpressionError as error:
        raise SuiteError([Problem(problems.place(path), f"where: {error.message}")]) from None
    names: tuple[str, ...] | None = condition.names()
    for shown, record in rows:
        for name in names or ():
            if name not in record.values:
                details = advice(name, record.values, "columns")
                place = problems.place(path)
                raise SuiteError([Problem(place, f"where: no column {name!r}", details)])
        names = None  # looked at in the first row
        if _holds(condition, shown, record):
            yield shown, record


def _holds(condition: Expression, shown: str, record: Record) -> bool:
    try:
        found = condition.evaluate(record.values)
    except EvalsError as error:
        raise _wrong(shown, record.line, f"where: {error.message}") from None
    if not isinstance(found, bool):
        message = f"where: {condition.text} is {kind_of(found)}, neither true nor false"
        raise _wrong(shown, record.line, message)
    return found


def _drawn(rows: Iterable[Located], sample: WrittenSample) -> Iterator[Located]:
    """`n` rows, the same for a seed on every machine: those whose hashes are the smallest.

    The order of the file decides nothing, nor do the other rows: adding some replaces few.
    """
    seed = f"{sample.seed}:".encode()
    smallest = heapq.nsmallest(
        sample.n,
        ((_hash(seed, record), at, file, record) for at, (file, record) in enumerate(rows)),
        key=lambda one: one[:2],
    )
    for _, _, shown, record in sorted(smallest, key=lambda one: one[1]):
        yield shown, record


def _hash(seed: bytes, record: Record) -> bytes:
    content = json.dumps(record.values, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(seed + content.encode()).digest()

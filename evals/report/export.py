"""The table of trials as CSV, JSON and Parquet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping

from evals.errors import ConfigError
from evals.record.table import COLUMNS, Cell
from evals.write import json_text as line_of_json
from evals.write import printable

__all__ = ["csv_text", "json_text", "parquet_bytes"]

_FORMULA = re.compile(r"\s*[=+\-@]|[\t\r]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
Rows = Iterable[Mapping[str, Cell]]


def csv_text(rows: Rows) -> str:
    """RFC 4180 with a head, lines ended by a line feed; nothing known is an empty cell.

    A text that a spreadsheet would take for a formula has an apostrophe before it; what would be
    a command to a terminal or a CI system is made visible. JSON and Parquet hold it as it is.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, [column.name for column in COLUMNS], lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {name: _no_formula(_printable(cell)) for name, cell in row.items()} for row in rows
    )
    return out.getvalue()


def _printable(cell: Cell) -> Cell:
    return printable(cell) if isinstance(cell, str) else cell


def _no_formula(cell: Cell) -> Cell:
    if not isinstance(cell, str) or not _FORMULA.match(cell) or _NUMBER.fullmatch(cell):
        return cell
    return f"'{cell}"


def json_text(rows: Rows) -> str:
    """A list of objects, one a line."""
    lines = ",\n".join(line_of_json(row, indent=0) for row in rows)
    return f"[\n{lines}\n]\n" if lines else "[]\n"


def parquet_bytes(rows: Rows) -> bytes:
    """A Parquet file with the types of the table; raises `ConfigError` without pyarrow."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError as missing:
        raise ConfigError(
            "Parquet needs pyarrow, which is not installed.",
            remedy='pip install "pytest-model-evals[parquet]"',
        ) from missing
    types = {
        "text": pyarrow.string(),
        "number": pyarrow.float64(),
        "integer": pyarrow.int64(),
        "boolean": pyarrow.bool_(),
    }
    schema = pyarrow.schema([(column.name, types[column.type]) for column in COLUMNS])
    sink = pyarrow.BufferOutputStream()
    whole = [{name: _encodable(cell) for name, cell in row.items()} for row in rows]
    parquet.write_table(pyarrow.Table.from_pylist(whole, schema=schema), sink)
    return bytes(sink.getvalue())


def _encodable(cell: Cell) -> Cell:
    """Half of a surrogate pair as an escape: UTF-8 has none."""
    if not isinstance(cell, str) or cell.isascii():
        return cell
    return cell.encode("utf-8", "backslashreplace").decode()

"""The table of trials as CSV, JSON and Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

import msgspec

from evals.errors import ConfigError
from evals.record.table import COLUMNS, Cell

__all__ = ["csv_text", "json_text", "parquet_bytes"]

Rows = Iterable[Mapping[str, Cell]]


def csv_text(rows: Rows) -> str:
    """RFC 4180 with a head, lines ended by a line feed; nothing known is an empty cell."""
    out = io.StringIO()
    writer = csv.DictWriter(out, [column.name for column in COLUMNS], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def json_text(rows: Rows) -> str:
    """A list of objects, one a line."""
    lines = ",\n".join(msgspec.json.encode(row).decode() for row in rows)
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
    parquet.write_table(pyarrow.Table.from_pylist(list(rows), schema=schema), sink)
    return bytes(sink.getvalue())

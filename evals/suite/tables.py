"""Rows of tables in columns: Parquet files by pyarrow, data sets by Hugging Face's library."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from evals.errors import Place, Problem, SuiteError
from evals.model import JsonObject
from evals.suite.datasets import Record
from evals.suite.written import WrittenDataset
from evals.suite.yaml import MAX_INTEGER

_BATCH: Final = 1000  # rows in memory at once


def parquet(path: Path, shown: str) -> Iterator[Record]:
    """The rows of a Parquet file, a batch in memory at a time; the line is the row's number."""
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError:
        remedy = "pip install 'pytest-model-evals[parquet]'"
        raise _wrong(shown, 0, "Parquet files need pyarrow", remedy) from None
    try:
        with ParquetFile(path) as file:
            batches = (batch.to_pylist() for batch in file.iter_batches(batch_size=_BATCH))
            yield from _records((row for rows in batches for row in rows), shown)
    except (ArrowException, OSError) as error:
        raise _wrong(shown, 0, f"not Parquet: {error}") from None


def dataset(written: WrittenDataset, folder: Path | None, shown: str) -> Iterator[Record]:
    """The rows of one split of a data set: of the hub, or of a folder on this machine."""
    try:
        import datasets
    except ImportError:
        remedy = "pip install 'pytest-model-evals[datasets]'"
        raise _wrong(shown, 0, "data sets need Hugging Face's library", remedy) from None
    datasets.disable_progress_bars()
    try:
        found = _loaded(datasets, written, folder)
    except Exception as error:  # noqa: BLE001 # whatever the hub, a cache and builders raise
        said = " ".join(str(error).split())
        raise _wrong(shown, 0, f"cannot be loaded: {said or type(error).__name__}") from None
    yield from _records(found, shown)


def _loaded(datasets: Any, written: WrittenDataset, folder: Path | None) -> Iterable[Any]:
    """A split; what `save_to_disk` wrote is mapped into memory, anything else is built once."""
    if folder is not None and any(
        (folder / name).is_file() for name in ("dataset_dict.json", "state.json")
    ):
        found = datasets.load_from_disk(str(folder))
        if not isinstance(found, dict):
            return found  # type: ignore[no-any-return] # one split was saved, without a name
        if written.split not in found:
            known = ", ".join(found)
            raise ValueError(f"no split {written.split!r}; there are {known}")
        return found[written.split]  # type: ignore[no-any-return] # it has no types
    return datasets.load_dataset(  # type: ignore[no-any-return] # it has no types
        str(folder) if folder is not None else written.path,
        written.name,
        split=written.split,
        revision=written.revision,
    )


def _records(rows: Iterable[Mapping[str, Any]], shown: str) -> Iterator[Record]:
    for number, row in enumerate(rows, 1):
        try:
            values: JsonObject = {name: _plain(value) for name, value in row.items()}
        except ValueError as error:
            raise _wrong(shown, number, str(error)) from None
        yield Record(values, number)


def _plain(value: Any) -> Any:
    """A value as JSON has it; raises ValueError where it has none."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise ValueError(f"integers go to ±{MAX_INTEGER}")
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is no number in JSON")
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise ValueError(f"a value of type {type(value).__name__} is no text, number, list or mapping")


def _wrong(shown: str, row: int, message: str, *details: str) -> SuiteError:
    return SuiteError([Problem(Place(shown, row, 1) if row else Place(shown), message, details)])

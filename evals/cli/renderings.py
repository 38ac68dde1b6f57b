"""A run, or two side by side, in the formats that `report` and `compare` write."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evals.cli.project import root, secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from evals.model import Comparison
    from evals.record import Run
    from evals.record.table import Cell

SUFFIXES = {
    ".html": "html",
    ".htm": "html",
    ".md": "markdown",
    ".csv": "csv",
    ".json": "json",
    ".xml": "junit",
    ".parquet": "parquet",
}


def format_of(output: Path | None, stated: str | None, known: tuple[str, ...]) -> str | None:
    """The format that was stated, or that a file's suffix tells; None where neither does."""
    if stated is not None or output is None:
        return stated
    found = SUFFIXES.get(output.suffix.lower())
    if found not in known:
        suffixes = ", ".join(s for s, name in SUFFIXES.items() if name in known and s != ".htm")
        raise click.UsageError(
            f"The format of {output} is not known: name it with {suffixes}, or say --format."
        )
    return found


def rendered(runs: list[Run], format_: str, *, comparison: Comparison | None = None) -> bytes:
    """The bytes of a format; secrets are left out. `comparison`: of the runs."""
    if format_ == "parquet":
        from evals.report.export import parquet_bytes

        return parquet_bytes(_without_secrets(_rows(runs)))  # it is compressed: before that
    return secrets().redact(_text(runs, format_, comparison)).encode()


def _text(runs: list[Run], format_: str, comparison: Comparison | None) -> str:
    if format_ == "html":
        from evals.cli.views import view_of
        from evals.report.html import render as page

        return page(view_of(runs, root(), comparison=comparison), redact=secrets().redact)
    if format_ == "junit":
        from evals.session.junit import junit_text

        return junit_text(runs[-1].manifest, runs[-1].trials())
    if format_ == "csv":
        from evals.report.export import csv_text

        return csv_text(_rows(runs))
    if format_ == "json":
        from evals.report.export import json_text

        return json_text(_rows(runs))
    from evals.cli.views import comparison_of
    from evals.report.markdown import render
    from evals.report.view import build

    comparison = comparison or comparison_of(runs)
    return render(comparison, build(comparison))


def _rows(runs: list[Run]) -> Iterator[dict[str, Cell]]:
    from evals.record.table import rows

    for run in runs:
        yield from rows(run.manifest.id, run.trials())


def _without_secrets(rows: Iterable[dict[str, Cell]]) -> Iterator[dict[str, Cell]]:
    redact = secrets().redact
    for row in rows:
        yield {name: redact(cell) if isinstance(cell, str) else cell for name, cell in row.items()}

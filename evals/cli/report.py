"""`evals report`: the page of a run, or of two side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evals.cli.project import complete_run, load, root, secrets, shown
from evals.cli.terminal import say

if TYPE_CHECKING:
    from evals.record import Run

_SUFFIXES = {".html": "html", ".htm": "html"}


@click.command()
@click.argument("runs", metavar="[RUN]…", nargs=-1, shell_complete=complete_run)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the page is written; else into the folder of the run.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(sorted(set(_SUFFIXES.values()))),
    help="The format, where the suffix of the output does not tell it.",
)
def command(runs: tuple[str, ...], output: Path | None, format_: str | None) -> None:
    """Write the page of a run, or of two runs side by side.

    The older of two comes first. RUN is an id, `latest` (which is the default) or the path of a
    run's folder.

    \b
    Examples:
      evals report
      evals report latest -o page.html
      evals report 20261123T101500Z-k3f9 latest -o compared.html
    """
    if len(runs) > 2:
        raise click.UsageError(f"A page shows one run or compares two; {len(runs)} were given.")
    loaded = [load(run) for run in runs or ("latest",)]
    written = write_page(loaded, output, format_=format_)
    say(f"page: {shown(written)}")


def write_page(runs: list[Run], output: Path | None, *, format_: str | None = None) -> Path:
    """Write the page of one run, or of two with the older first; its path."""
    if output is not None and format_ is None and output.suffix.lower() not in _SUFFIXES:
        raise click.UsageError(
            f"The format of {output} is not known: name it .html, or say --format html."
        )
    from evals.cli.views import view_of
    from evals.report.html import render
    from evals.write import publish

    default = "report.html" if len(runs) == 1 else f"compared-with-{runs[0].manifest.id}.html"
    path = (output or runs[-1].folder / default).resolve()
    page = render(view_of(runs, root()), redact=secrets().redact)
    publish(path, page.encode(), replace=True)
    return path

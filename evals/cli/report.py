"""`evals report`: a run, or two side by side, as a page, a summary or a table."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evals.cli.project import complete_run, load, root, runs_folder, secrets, shown
from evals.cli.renderings import format_of, rendered
from evals.cli.terminal import say

if TYPE_CHECKING:
    from evals.model import Comparison
    from evals.record import Run

_FORMATS = ("html", "markdown", "csv", "json", "junit", "parquet")
_FILES = {"html": "report.html", "parquet": "trials.parquet"}  # made for a file, not for a pipe


@click.command()
@click.argument("runs", metavar="[RUN]…", nargs=-1, shell_complete=complete_run)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where it is written; the suffix tells the format.",
)
@click.option("--format", "format_", type=click.Choice(_FORMATS), help="The format; else the page.")
@click.option("--open", "open_", is_flag=True, help="Open the page in the browser.")
@click.option(
    "--redact",
    metavar="vars,answers",
    default="",
    help="Leave out the texts of cases, of models, or both; html and markdown.",
)
def command(
    runs: tuple[str, ...], output: Path | None, format_: str | None, *, open_: bool, redact: str
) -> None:
    """Write a run, or two runs side by side.

    As html (the page, which is the default), markdown (for step summaries and comments), junit
    (JUnit XML of the newer run), or as a table with a row a trial: csv, json, parquet. Without
    -o the page and Parquet are written into the folder of the run, the others to the standard
    output.

    The older of two runs comes first. RUN is an id, `latest` (which is the default) or the path of
    a run's folder.

    \b
    Examples:
      evals report
      evals report latest -o page.html
      evals report --open
      evals report 20261123T101500Z-k3f9 latest -o compared.html
      evals report --format markdown >> "$GITHUB_STEP_SUMMARY"
      evals report -o trials.csv
      evals report --redact vars,answers -o figures.html
    """
    if len(runs) > 2:
        raise click.UsageError(f"A page shows one run or compares two; {len(runs)} were given.")
    loaded = [load(run) for run in runs or ("latest",)]
    chosen = format_of(output, format_, _FORMATS) or "html"
    if open_ and chosen != "html":
        raise click.UsageError(f"--open opens a page; this is {chosen}.")
    comparison = _withheld(loaded, redact, chosen) if redact else None
    if output is None and chosen not in _FILES:
        write_out(rendered(loaded, chosen, comparison=comparison))
        return
    path = write_file(loaded, chosen, output, comparison=comparison)
    say(f"{'page' if chosen == 'html' else chosen}: {shown(path)}")
    if open_ and click.launch(path.as_uri()) != 0:
        say("No browser could be opened.", error=True)


def _withheld(runs: list[Run], redact: str, format_: str) -> Comparison:
    from evals.cli.views import comparison_of
    from evals.report.withheld import PARTS, withheld

    parts = frozenset(part for part in PARTS if part in redact.split(","))
    if parts != set(redact.split(",")):
        raise click.UsageError(f"--redact takes {', '.join(PARTS)} or both, not {redact}.")
    if format_ not in ("html", "markdown"):
        raise click.UsageError(f"--redact is for html and markdown; this is {format_}.")
    return withheld(comparison_of(runs), parts)


def write_out(data: bytes) -> None:
    """To the standard output, as UTF-8 wherever it goes."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def write_file(
    runs: list[Run],
    format_: str,
    output: Path | None,
    *,
    comparison: Comparison | None = None,
) -> Path:
    """Write a format, by default into the folder of the newer run; the path."""
    from evals.write import publish

    default = _FILES.get(format_, "report")
    if len(runs) == 2 and format_ == "html":
        default = f"compared-with-{runs[0].manifest.id}.html"
    path = output.resolve() if output else runs[-1].folder / default  # a link is replaced
    if format_ != "html":
        publish(path, rendered(runs, format_, comparison=comparison), replace=True)
        return path
    from evals.cli.views import view_of
    from evals.record import linked
    from evals.report.html import render
    from evals.session.page import write_index

    view, redact = view_of(runs, root(), comparison=comparison), secrets().redact
    publish(path, render(view, redact=redact).encode(), replace=True)
    if (
        output is None
        and runs[-1].folder.parent == runs_folder().resolve()
        and not linked(runs_folder())
    ):
        write_index(view, runs[-1].folder, path, redact=redact)
    return path

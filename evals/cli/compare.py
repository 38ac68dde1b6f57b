"""`evals compare`: two runs, or two columns, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evals.cli.exits import Exit
from evals.cli.project import complete_run, load, root, shown
from evals.cli.renderings import format_of, rendered
from evals.cli.report import write_file, write_out
from evals.cli.terminal import say, say_view
from evals.errors import RunError

if TYPE_CHECKING:
    from evals.comparison.compare import Pair
    from evals.model import Comparison
    from evals.record import Run

_FORMATS = ("text", "markdown", "json", "html")


@click.command()
@click.argument("a", shell_complete=complete_run)
@click.argument("b", shell_complete=complete_run, default="latest")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the comparison to a file, too; the suffix tells the format.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(_FORMATS),
    default="text",
    help="How it is printed; markdown is for step summaries and comments.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["regression"]),
    help="Exit with 1 where B is worse than A beyond chance, in any column.",
)
def command(a: str, b: str, output: Path | None, format_: str, fail_on: str | None) -> Exit:
    """Show what changed from A to B, and if it may be chance.

    A and B are runs: ids, `latest` (the default of B) or paths of runs' folders. Columns are the
    same by prompt and setting, cases by id and vars; differences are made case by case.
    RUN:COLUMN names one column of a run: both have to, and may be of one run.

    With --fail-on regression each shared column is judged as a gate with `mode: regression` is.
    Without a shared case there is nothing to judge, and the exit code is 6.

    \b
    Examples:
      evals compare 20261123T101500Z-k3f9
      evals compare 20261123T101500Z-k3f9 latest -o compared.html
      evals compare 20261123T101500Z-k3f9 --fail-on regression --format markdown
      evals compare latest:greedy latest:warm
    """
    (old, first), (new, second) = _named(a), _named(b)
    columns = _columns(first, second)
    runs = [old, new]
    comparison = _compared(runs, columns)
    if format_ == "text":
        _say_text(runs, columns, comparison)
    elif format_ == "json":
        write_out(_json(comparison))
    else:
        write_out(rendered(runs, format_, comparison=comparison))
    if output is not None:
        chosen = format_of(output, None, ("html", "markdown")) or "html"
        path = write_file(runs, chosen, output, comparison=comparison)
        kind = "page" if chosen == "html" else chosen
        say(f"{kind}: {shown(path)}", error=format_ != "text")
    return Exit.WELL if fail_on is None else _judged(runs, columns, error=format_ != "text")


def _named(text: str) -> tuple[Run, str | None]:
    """A run, and a column where one is named after a colon; paths may have colons, too."""
    try:
        return load(text), None
    except RunError:
        run, colon, column = text.rpartition(":")
        if not colon or not run or not column:
            raise
        return load(run), column


def _columns(first: str | None, second: str | None) -> Pair | None:
    if (first is None) != (second is None):
        raise click.UsageError("Name a column on both sides, or on none: RUN:COLUMN RUN:COLUMN.")
    return None if first is None or second is None else (first, second)


def _compared(runs: list[Run], columns: Pair | None) -> Comparison:
    from evals.cli.views import comparison_of

    for run, column in zip(runs, columns or (), strict=False):
        known = [each.id for record in run.manifest.suites for each in record.suite.columns]
        if column not in known:
            raise RunError(
                f"The run {run.manifest.id} has no column {column!r}.",
                remedy=f"Its columns: {', '.join(dict.fromkeys(known))}.",
            )
    comparison = comparison_of(runs, columns)
    if columns is not None and not comparison.suites:
        raise RunError(f"No suite has both columns, {columns[0]} and {columns[1]}.")
    return comparison


def _say_text(runs: list[Run], columns: Pair | None, comparison: Comparison) -> None:
    from evals.cli.views import view_of

    old, new = (run.manifest.id for run in runs)
    if columns is not None:
        old, new = f"{old}:{columns[0]}", f"{new}:{columns[1]}"
    say(f"from {old} to {new}", style="bold")
    say_view(view_of(runs, root(), comparison=comparison))


def _json(comparison: Comparison) -> bytes:
    """The comparison without the trials, which `evals report --format json` has."""
    from evals.write import json_text

    shown = {
        "kind": comparison.kind,
        "runs": [run.id for run in comparison.runs],
        "suites": [
            {
                "suite": each.suite.id,
                "reference": each.reference,
                "sides": each.sides,
                "cheapest": each.cheapest,
                "set_aside": each.set_aside,
            }
            for each in comparison.suites
        ],
        "findings": comparison.findings,
    }
    return json_text(shown).encode() + b"\n"


def _judged(runs: list[Run], columns: Pair | None, *, error: bool) -> Exit:
    """Say what each shared column shows, on stderr with `error`; the older run comes first."""
    from evals.comparison.regressions import regressions

    old, new = runs
    found = regressions((new.manifest, new.trials()), (old.manifest, old.trials()), columns=columns)
    several = len({finding.suite for finding in found}) > 1
    for finding in found:
        place = f"{finding.suite}, {finding.column}" if several else finding.column
        say(f"{finding.outcome.replace('_', ' ')}: {place}: {finding.reason}", error=error)
    outcomes = {finding.outcome for finding in found}
    if not found:
        say("The runs share no column.", error=True)
    if not found or "error" in outcomes:
        return Exit.ERRORS
    return Exit.FAILED if "fail" in outcomes else Exit.WELL

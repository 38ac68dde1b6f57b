"""`evals compare`: two runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evals.cli.exits import Exit
from evals.cli.project import complete_run, load, root, secrets, shown
from evals.cli.report import write_page
from evals.cli.terminal import say, say_view

if TYPE_CHECKING:
    from evals.record import Run


@click.command()
@click.argument("a", shell_complete=complete_run)
@click.argument("b", shell_complete=complete_run, default="latest")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the page of the comparison, too.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "markdown"]),
    default="text",
    help="How it is printed; markdown is for step summaries and comments.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["regression"]),
    help="Exit with 1 where B is worse than A beyond chance, in any column.",
)
def command(a: str, b: str, output: Path | None, format_: str, fail_on: str | None) -> Exit:
    """Show what changed from run A to run B, and if it may be chance.

    A and B are ids, `latest` (the default of B) or paths of runs' folders. Columns are the same
    by prompt and setting, cases by id and vars; differences are made case by case.

    With --fail-on regression each shared column is judged as a gate with `mode: regression` is.
    Without a shared case there is nothing to judge, and the exit code is 6.

    \b
    Examples:
      evals compare 20261123T101500Z-k3f9
      evals compare 20261123T101500Z-k3f9 latest -o compared.html
      evals compare 20261123T101500Z-k3f9 --fail-on regression --format markdown
    """
    runs = [load(a), load(b)]
    if format_ == "markdown":
        _say_markdown(runs)
    else:
        _say_text(runs)
    if output is not None:
        say(f"page: {shown(write_page(runs, output))}", error=format_ == "markdown")
    return Exit.WELL if fail_on is None else _judged(runs, error=format_ == "markdown")


def _say_text(runs: list[Run]) -> None:
    from evals.cli.views import view_of

    say(f"from {runs[0].manifest.id} to {runs[1].manifest.id}", style="bold")
    say_view(view_of(runs, root()))


def _say_markdown(runs: list[Run]) -> None:
    from evals.cli.views import comparison_of
    from evals.report.markdown import render
    from evals.report.view import build

    comparison = comparison_of(runs)
    say(secrets().redact(render(comparison, build(comparison))), end="")


def _judged(runs: list[Run], *, error: bool) -> Exit:
    """Say what each shared column shows, on stderr with `error`; the older run comes first."""
    from evals.comparison.regressions import regressions

    old, new = runs
    found = regressions((new.manifest, new.trials()), (old.manifest, old.trials()))
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

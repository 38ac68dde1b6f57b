"""`evals compare`: two runs side by side."""

from __future__ import annotations

from pathlib import Path

import click

from evals.cli.project import complete_run, load, root, shown
from evals.cli.report import write_page
from evals.cli.terminal import say, say_view


@click.command()
@click.argument("a", shell_complete=complete_run)
@click.argument("b", shell_complete=complete_run, default="latest")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the page of the comparison, too.",
)
def command(a: str, b: str, output: Path | None) -> None:
    """Show what changed from run A to run B, and if it may be chance.

    A and B are ids, `latest` (the default of B) or paths of runs' folders. Columns are the same
    by prompt and setting, cases by id and vars; differences are made case by case.

    \b
    Examples:
      evals compare 20261123T101500Z-k3f9
      evals compare 20261123T101500Z-k3f9 latest -o compared.html
    """
    from evals.cli.views import view_of

    runs = [load(a), load(b)]
    say(f"from {runs[0].manifest.id} to {runs[1].manifest.id}", style="bold")
    say_view(view_of(runs, root()))
    if output is not None:
        say(f"page: {shown(write_page(runs, output))}")

# ruff: noqa: N999 # the module of a command has its name
"""`evals import`: a suite from promptfoo's configuration or OpenAI evals' samples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evals.cli.project import shown
from evals.cli.terminal import say

if TYPE_CHECKING:
    from evals.importing import Imported


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--write", is_flag=True, help="Write the suite; a file that is there stays.")
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder that it is written into; default: that of FILE.",
)
def command(file: Path, write: bool, folder: Path | None) -> None:
    """Make a suite from promptfoo or OpenAI evals.

    FILE is promptfoo's configuration, or OpenAI evals' samples: JSON Lines with `input` and
    `ideal`. Without --write the suite is shown and nothing is written. What could not be carried
    over is listed on stderr, each with its line and the reason. The suite holds prompts and tests
    itself, those of data files too, and loads as it is.

    Nothing is executed and nobody is asked. Read are FILE and the files that it names in its folder
    or below; keys that stand in it are left out.

    \b
    Examples:
      evals import promptfooconfig.yaml
      evals import promptfooconfig.yaml --write -o suites
      evals import samples.jsonl --write
    """
    from evals.importing import import_file

    imported = import_file(file)
    target = (folder or file.parent) / imported.name
    if write:
        _write(imported, target)
    else:
        say(imported.text.rstrip("\n"))
    for note in imported.notes:
        say(str(note), style="yellow", error=True)
    if imported.endpoints and write:
        say("Add to evals.toml, or under [tool.evals] in pyproject.toml:", error=True)
        say(imported.endpoints.rstrip(), error=True)
    say(_summary(imported), style="bold", error=True)
    if not write:
        say(f"Nothing was written: --write makes {target.as_posix()}", error=True)


def _write(imported: Imported, target: Path) -> None:
    from evals.write import publish

    if not publish(target, imported.text.encode(), replace=False):
        raise click.UsageError(
            f"{shown(target.resolve())} is there already: nothing was written. "
            "Name another folder by -o, or move it away."
        )
    say(f"wrote {target.as_posix()}")


def _summary(imported: Imported) -> str:
    told = (f"{n} of {of} {kind}" for kind, (n, of) in imported.carried.items() if of)
    return f"carried over: {', '.join(told)}"

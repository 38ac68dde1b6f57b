"""`evals schema`: the JSON Schema of suites, for editors."""

from __future__ import annotations

import os
from pathlib import Path

import click

from evals.cli.editors import install
from evals.cli.project import root, shown
from evals.cli.terminal import say


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it to a file, and say how suites name it.",
)
@click.option(
    "--install",
    "installs",
    is_flag=True,
    help="Write it into .vscode/ and name it in VS Code's settings; say how others find it.",
)
def command(output: Path | None, installs: bool) -> None:
    """Print the JSON Schema of suites, for editors.

    \b
    Examples:
      evals schema --install
      evals schema --output suites/eval.schema.json
      evals schema | jq .required
    """
    from importlib import resources

    from evals.write import publish

    if installs and output is not None:
        raise click.UsageError("--install says where the schema is written: leave --output out.")
    text = resources.files("evals.suite").joinpath("eval.schema.json").read_text("utf-8")
    if installs:
        install(root(), text)
        return
    if output is None:
        say(text, end="")
        return
    publish(output, text.encode(), replace=True)
    say(f"wrote {shown(output.resolve())}")
    folder = Path("suites") if Path("suites").is_dir() else Path()
    relative = Path(os.path.relpath(output, folder)).as_posix()
    say(f"The first line of a suite in {folder.as_posix()}/ that names it:")
    say(f"# yaml-language-server: $schema={relative}")

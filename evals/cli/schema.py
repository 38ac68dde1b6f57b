"""`evals schema`: the JSON Schema of suites, for editors."""

from __future__ import annotations

import os
from pathlib import Path

import click

from evals.cli.project import shown
from evals.cli.terminal import say


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it to a file, and say how suites name it.",
)
def command(output: Path | None) -> None:
    """Print the JSON Schema of suites, for editors.

    \b
    Examples:
      evals schema --output suites/eval.schema.json
      evals schema | jq .required
    """
    import json

    from evals.suite.schema import json_schema
    from evals.write import publish

    text = json.dumps(json_schema(), indent=2, ensure_ascii=False)
    if output is None:
        say(text)
        return
    publish(output, text.encode() + b"\n", replace=True)
    say(f"wrote {shown(output.resolve())}")
    folder = Path("suites") if Path("suites").is_dir() else Path()
    relative = Path(os.path.relpath(output, folder)).as_posix()
    say(f"The first line of a suite in {folder.as_posix()}/ that names it:")
    say(f"# yaml-language-server: $schema={relative}")

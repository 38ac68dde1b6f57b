"""`evals init`: a first suite, with recorded answers, so that it runs at once."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from evals.cli.project import shown
from evals.cli.terminal import say

_AFTER = """
Next:
  {run}                            judges the recorded answers: asks nobody, costs nothing
  evals show                           columns, gates, failures
  evals run --evals-mode record        asks what is not recorded, after you changed the suite
  evals config                         which endpoints there are, and which keys are set

What stands in clear in git: prompts, vars and answers, in the suite and in every file of its
folder cassettes/, with the address of the service that gave them, for as long as the repository
exists. Keys do not. Write no personal data and no secrets into suites. reports/ is output: let git
ignore it."""


@click.command()
@click.argument("folder", default=".", type=click.Path(file_okay=False, path_type=Path))
def command(folder: Path) -> None:
    """Write a first suite, with recorded answers, that runs at once.

    It is written into FOLDER/suites (FOLDER is the current one); nothing is overwritten.

    \b
    Examples:
      evals init
      evals init path/to/project
    """
    from evals.write import publish

    contents = dict(_contents(files("evals.cli") / "first", folder / "suites"))
    there = [path for path in contents if path.exists()]
    if there:
        raise click.UsageError(
            f"{shown(there[0].resolve())} is there already: nothing was written. "
            "Name another folder, or move it away."
        )
    for path, data in contents.items():
        publish(path, data, replace=False)
    for path in contents:
        if path.suffix == ".yaml":
            say(f"wrote {path.as_posix()}")
    answers = sum(path.suffix == ".json" for path in contents)
    say(f"wrote {answers} recorded answers of a small model below {folder.as_posix()}/suites")
    say(_AFTER.format(run="evals run" if folder == Path() else f"cd {folder} && evals run"))


def _contents(source: Traversable, target: Path) -> Iterator[tuple[Path, bytes]]:
    for entry in source.iterdir():
        if entry.is_dir():
            yield from _contents(entry, target / entry.name)
        else:
            yield target / entry.name, entry.read_bytes()

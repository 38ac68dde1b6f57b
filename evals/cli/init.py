"""`evals init`: a first suite, with recorded answers, so that it runs at once."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evals.cli.project import shown
from evals.cli.terminal import say

if TYPE_CHECKING:
    from evals.endpoints.config import EndpointConfig

_RECORDED = (
    ("evals run", "judges the recorded answers: asks nobody, costs nothing"),
    ("evals show", "columns, gates, failures of the newest run"),
    ("evals run --evals-mode record", "asks what is not recorded, after you changed the suite"),
)
_ASKED = (
    ("evals config", "which keys and values the endpoint has"),
    ("evals run --evals-mode record", "asks {requests} times, and keeps the answers"),
    ("evals run", "from then on: judges the recorded answers"),
)
_CLEAR = """
What stands in clear in git: prompts, vars and answers, in the suite and in every file of its
folder cassettes/, with the address of the service that gave them, for as long as the repository
exists. Keys do not. Write no personal data and no secrets into suites. reports/ is output: let git
ignore it."""
_REQUESTS = 24  # of the suite
_LOCAL = (
    "endpoint: local                      # a small model on this machine; others: evals config\n"
)


@click.command()
@click.argument("folder", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--endpoint",
    metavar="NAME",
    help="Ask this endpoint of the configuration; no answers come along.",
)
def command(folder: Path, endpoint: str | None) -> None:
    """Write a first suite, with recorded answers, that runs at once.

    It is written into FOLDER/suites (FOLDER is the current one); nothing is overwritten.

    \b
    Examples:
      evals init
      evals init path/to/project
      evals init --endpoint evolink
    """
    from evals.write import publish

    contents = dict(_contents(files("evals.cli") / "first", folder / "suites"))
    lacks_model = False
    if endpoint not in (None, "local"):
        contents = dict(_for_endpoint(contents, endpoint))
        lacks_model = _known(folder, endpoint).model is None
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
    if answers:
        where = (folder / "suites").as_posix()
        say(f"wrote {answers} recorded answers of a small model below {where}")
    if lacks_model:
        say(f"{endpoint} has no model of its own: write `model: NAME` below the line `endpoint:`")
    _say_next(folder, _RECORDED if answers else _ASKED)


def _say_next(folder: Path, commands: Sequence[tuple[str, str]]) -> None:
    say("\nNext:")
    before = "" if folder == Path() else f"cd {_quoted(folder)} && "
    first, *others = ((line, what.format(requests=_REQUESTS)) for line, what in commands)
    for line, what in ((before + first[0], first[1]), *others):
        say(f"  {line:<35}  {what}")
    say(_CLEAR)


def _quoted(folder: Path) -> str:
    """As the shell of this system takes it."""
    words = [str(folder)]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def _known(folder: Path, endpoint: str) -> EndpointConfig:
    """What the project's configuration or its extensions have under the name."""
    from evals.endpoints.config import find_root
    from evals.session.extensions import configuration
    from evals.suite.nearest import advice

    place = folder.resolve()
    while not place.is_dir():
        place = place.parent
    known = configuration(find_root(place), env=os.environ).endpoints
    if endpoint not in known:
        hint = " ".join(advice(endpoint, known, "endpoints of the configuration"))
        raise click.UsageError(f"There is no endpoint {endpoint!r}: {hint}")
    return known[endpoint]


def _for_endpoint(contents: Mapping[Path, bytes], endpoint: str) -> Iterator[tuple[Path, bytes]]:
    """The suite alone, asked elsewhere: the answers that come with it are another model's."""
    for path, data in contents.items():
        if path.suffix == ".yaml":
            yield (
                path,
                (
                    data.replace(_LOCAL.encode(), f"endpoint: {endpoint}\n".encode())
                    # Its model may think before it answers, or know no seed.
                    .replace(b", seed: 7, max_tokens: 32", b"")
                ),
            )


def _contents(source: Traversable, target: Path) -> Iterator[tuple[Path, bytes]]:
    for entry in source.iterdir():
        if entry.is_dir():
            yield from _contents(entry, target / entry.name)
        else:
            yield target / entry.name, entry.read_bytes()

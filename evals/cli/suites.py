"""The suites that a command is about, open."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evals.cli.problems import say_problem
from evals.cli.project import SUFFIXES, root, suites_in

if TYPE_CHECKING:
    from evals.endpoints.config import Config
    from evals.suite.open import OpenSuite

NONE_HERE = "There is no suite (*.eval.yaml) here. `evals init` writes a first one."


def named_suites(paths: Sequence[Path]) -> Iterator[Path]:
    """The suites that are named or lie below folders that are; without, below this folder."""
    for path in paths:
        if not path.is_dir() and not path.name.endswith(SUFFIXES):
            raise click.UsageError(f"{path} is no suite: the name of one ends in .eval.yaml.")
    yield from dict.fromkeys(path.resolve() for path in suites_in(paths or (Path(),)))


def configuration(*, no_extensions: bool = False, endpoint: str | None = None) -> Config:
    """The project's configuration, with its extensions imported."""
    from evals.endpoints.config import load_config
    from evals.session.extensions import configuration as extended

    load = load_config if no_extensions else extended
    return load(root(), env=os.environ, endpoint=endpoint)


class Opened:
    """Suites, opened one by one; those with mistakes are named on stderr and left out."""

    def __init__(self, paths: Sequence[Path], config: Config) -> None:
        self.config = config
        self.suites: list[OpenSuite] = []
        self.broken: list[Path] = []
        self._paths = paths

    def open(
        self, *, repeat: int | None = None, set_: dict[str, tuple[object, ...]] | None = None
    ) -> Opened:
        from evals.errors import SuiteError
        from evals.suite.open import open_suite

        for path in self._paths:
            try:
                opened = open_suite(path, config=self.config, repeat=repeat, set_=set_ or {})
            except SuiteError as problem:
                for each in problem.problems:
                    say_problem(each, error=True)
                self.broken.append(path)
            else:
                self.suites.append(opened)
        return self

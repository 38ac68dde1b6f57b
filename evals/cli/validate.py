"""`evals validate`: every error and warning of suites, with positions; asks nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evals.cli.config import untrusted
from evals.cli.exits import Exit
from evals.cli.problems import annotate, say_json, say_problem
from evals.cli.project import shown
from evals.cli.suites import NONE_HERE, configuration, named_suites
from evals.cli.terminal import say

if TYPE_CHECKING:
    from evals.endpoints.config import Config
    from evals.errors import Problem
    from evals.suite.open import OpenSuite


@click.command()
@click.argument("paths", metavar="[SUITE]…", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--strict", is_flag=True, help="Warnings are mistakes, too.")
@click.option(
    "--no-extensions",
    is_flag=True,
    help="Import none of the project's modules: for suites of people you do not trust.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    help="json: a document for editors and scripts. github: annotations of a pull request.",
)
def command(paths: tuple[Path, ...], strict: bool, no_extensions: bool, form: str) -> int:
    """Check suites: every mistake at once, with its line and column.

    SUITE is a file or a folder; without one, every suite under the current folder is checked.
    All data is read and every case is rendered, but nothing is asked.

    \b
    Examples:
      evals validate
      evals validate suites/arithmetic.eval.yaml --strict
      evals validate --format json | jq -r '.problems[] | .path'
    """
    suites = list(named_suites(paths))
    if not suites:
        say(NONE_HERE, error=True)
        return Exit.NOTHING
    checking = _Checking(configuration(no_extensions=no_extensions), _FORMS[form])
    for path in suites:
        checking.check(path)
    if form == "json":
        say_json(checking.problems, suites=len(suites))
    else:
        for note in checking.notes(os.environ):
            say(f"note: {note}")
        say(checking.summary(len(suites)), style="bold")
    wrong = checking.errors or (strict and checking.warnings)
    return Exit.USAGE if wrong else Exit.WELL


def _nothing(_: Problem) -> None:
    """Problems are told at the end, in one document."""


_FORMS: dict[str, Callable[[Problem], None]] = {
    "text": say_problem,
    "json": _nothing,
    "github": annotate,
}


class _Checking:
    """Opens suites one by one, says what is wrong with each, and counts."""

    def __init__(self, config: Config, tell: Callable[[Problem], None]) -> None:
        self.config = config
        self.problems: list[Problem] = []
        self._tell = tell
        self._opened: dict[str, str] = {}  # id → path
        self._endpoints: dict[str, None] = {}

    def check(self, path: Path) -> None:
        from evals.errors import SuiteError
        from evals.suite.open import open_suite

        try:
            opened = open_suite(path, config=self.config)
            problems = [*opened.warnings, *self._twin(opened)]
        except SuiteError as problem:
            problems = list(problem.problems)
        else:
            self._endpoints |= {column.endpoint: None for column in opened.suite.columns}
            if self._tell is not _nothing and not _errors(problems):
                say("ok ", style="green", end="")
                say(f" {shown(path)}: {_size(opened)}")
        self._say(problems)

    def _twin(self, opened: OpenSuite) -> Iterator[Problem]:
        from evals.errors import Place, Problem

        suite = opened.suite
        first = self._opened.setdefault(suite.id, suite.path)
        if first != suite.path:
            yield Problem(
                Place(suite.path),
                f"{first} has the id {suite.id!r} too.",
                ("Recordings are named by it: give one of them another `suite:`.",),
            )

    def _say(self, problems: Collection[Problem]) -> None:
        for problem in problems:
            self._tell(problem)
        self.problems += problems

    @property
    def errors(self) -> int:
        return _errors(self.problems)

    @property
    def warnings(self) -> int:
        return len(self.problems) - self.errors

    def notes(self, env: Mapping[str, str]) -> Iterator[str]:
        """What has to be done before these suites can be asked; replay needs none of it."""
        for name in self._endpoints:
            endpoint = self.config.endpoints[name]
            if endpoint.api_key_env and not env.get(endpoint.api_key_env):
                yield (
                    f"endpoint {name}: {endpoint.api_key_env} is not set; "
                    "it is needed to ask, not to replay"
                )
            yield from untrusted(endpoint, env)

    def summary(self, suites: int) -> str:
        from evals.comparison.words import plural

        found = (
            f"{plural(self.errors, 'error')}, {plural(self.warnings, 'warning')}"
            if self.errors or self.warnings
            else "no mistakes"
        )
        return f"{plural(suites, 'suite')}: {found}"


def _errors(problems: Collection[Problem]) -> int:
    return sum(problem.severity == "error" for problem in problems)


def _size(opened: OpenSuite) -> str:
    from evals.comparison.words import plural

    suite = opened.suite
    return ", ".join(
        (
            plural(len(suite.cases), "case"),
            plural(len(suite.columns), "column"),
            plural(opened.n_trials, "trial") + " at least" * opened.is_adaptive,
            plural(len(suite.gates), "gate"),
        )
    )

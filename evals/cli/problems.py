"""What is wrong with suites: for people, for editors, for pull requests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from evals.cli.terminal import say

if TYPE_CHECKING:
    from evals.errors import Problem

_COLOR = {"error": "red", "warning": "yellow"}
_ESCAPES = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_ESCAPES_IN_NAMES = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def say_problem(problem: Problem, *, error: bool = False) -> None:
    """Print all that is known of a problem; colour marks where and what."""
    color = _COLOR[problem.severity]
    head, *rest = problem.told.splitlines()
    carets = len(problem.excerpt)
    say(head, style=color, error=error)
    for number, line in enumerate(rest, 1):
        say(line, style=color if number == carets else None, error=error)


def say_json(problems: Iterable[Problem], *, suites: int) -> None:
    """Print one JSON document of them all."""
    import msgspec

    told = [
        {
            "path": problem.place.path,
            "line": problem.place.line or None,
            "column": problem.place.column or None,
            "severity": problem.severity,
            "message": problem.message,
            "details": problem.details,
            "excerpt": problem.excerpt,
            "section": problem.section or None,
        }
        for problem in problems
    ]
    document = msgspec.json.encode({"format": 1, "suites": suites, "problems": told})
    say(msgspec.json.format(document, indent=2).decode())


def annotate(problem: Problem) -> None:
    """Print a workflow command of GitHub's, which shows the problem in its file."""
    import click

    from evals.cli.terminal import redacted

    place = problem.place
    where = f"file={redacted(place.path).translate(_ESCAPES_IN_NAMES)}"
    if place.line:
        where += f",line={place.line},col={place.column}"
    text = redacted("\n".join((problem.message, *problem.details))).translate(_ESCAPES)
    click.echo(f"::{problem.severity} {where}::{text}")

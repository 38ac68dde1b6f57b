"""`evals audit checks`: which assertions would accept a wrong answer."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evals.cli.exits import Exit
from evals.cli.project import root
from evals.cli.suites import NONE_HERE, named_suites
from evals.cli.terminal import say, table

if TYPE_CHECKING:
    from evals.session.audit import Acceptance, Audit

_SHOWN = 20  # cases whose test still passes


@click.command()
@click.argument("paths", metavar="[SUITE]…", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def checks(paths: tuple[Path, ...], form: str) -> Exit:
    """Make recorded answers wrong, and see which assertions still pass.

    SUITE is a file or a folder; without one, every suite under the current folder is tried.
    Nothing is asked. Each recorded answer that its test passes is changed in six ways: emptied,
    halved, every number one larger, swapped with the answer to another case, replaced by a polite
    refusal, and by a text that tells a judge to let it pass. Assertions on times, tokens and
    log-probabilities are left out, as nothing changes for them, and those that ask a judge.

    A test that still passes is no proof of a mistake: a limit on words is met by an empty answer.
    But something else in the test should notice.

    \b
    Examples:
      evals audit checks
      evals audit checks suites/facts.eval.yaml --format json
    """
    suites = list(named_suites(paths))
    if not suites:
        say(NONE_HERE, error=True)
        return Exit.NOTHING
    audits, broken = _audits(suites)
    if form == "json":
        say(_json(audits))
    else:
        for each in audits:
            for line in _lines(each):
                say(line)
    return Exit.USAGE if broken else Exit.WELL


def _audits(paths: Sequence[Path]) -> tuple[list[Audit], bool]:
    from evals.errors import SuiteError
    from evals.session import Evaluation, Options
    from evals.session.audit import audit

    evaluation = Evaluation(Options(root=root(), run_id=""), env=os.environ)
    found, broken = [], False
    for path in paths:
        try:
            found.append(audit(evaluation.open(path)))
        except SuiteError as problem:
            say(problem.message, error=True, style="red")
            broken = True
    return found, broken


def _json(audits: Sequence[Audit]) -> str:
    from evals.session.mutation import MUTATIONS
    from evals.write import json_text

    content = {"format": 1, "changes": MUTATIONS, "suites": audits}
    return json_text(content)


def _lines(audit: Audit) -> Iterator[str]:
    from evals.comparison.words import plural
    from evals.session.mutation import MUTATIONS

    yield f"{audit.path}: {plural(audit.answers, 'answer')} changed"
    yield from (f"  left out: {n:,}: {why}" for why, n in audit.untried.items())
    if not audit.answers:
        yield ""
        return
    head = ("STILL PASSES", *(name.upper() for name in MUTATIONS), "AT")
    rows = [_row(each) for each in audit.assertions]
    rows.append((*_row(audit.tests)[:-1], ""))
    yield from table(rows, head=head, right=set(range(1, len(MUTATIONS) + 1)))
    shown = audit.survivors[:_SHOWN]
    if shown:
        yield ""
        yield "tests that still pass"
    for one in shown:
        yield f"  {one.change:<10}  {one.name} sample {one.sample}"
    if len(audit.survivors) > _SHOWN:
        yield f"  … and {len(audit.survivors) - _SHOWN:,} more: --format json has them all"
    yield ""


def _row(acceptance: Acceptance) -> tuple[str, ...]:
    cells = (
        f"{acceptance.accepted[change]} of {tried}" if tried else "–"
        for change, tried in acceptance.tried.items()
    )
    return acceptance.check, *cells, acceptance.place

"""`evals audit drift`: whether an endpoint still answers as it did when it was recorded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evals.cli.exits import Exit
from evals.cli.project import root, suites_in
from evals.cli.terminal import say, table
from evals.errors import RunError

if TYPE_CHECKING:
    from evals.comparison.drift import Drift
    from evals.session.drift import Again


@click.command()
@click.argument("suites", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="How many recorded requests are asked again.",
)
@click.option(
    "--max-cost", type=click.FloatRange(min=0), metavar="USD", help="Spend no more than this."
)
def drift(suites: tuple[Path, ...], sample: int, max_cost: float | None) -> Exit:
    """Ask a random sample of recorded requests again: has the endpoint changed?

    Requests and checks are those of the recordings, so that what differs beyond chance is the
    endpoint, not the suite. Compared are the share of passes, the length and the tokens of the
    answers, their log-probabilities where they were asked for, and the model's name. The new
    answers are kept as a run; recordings stay as they are. SUITES are files or folders; without,
    all below the current folder.

    Exits with 1 where a change is shown.

    \b
    Examples:
      evals audit drift --sample 20 --max-cost 0.10
      evals audit drift suites/facts.eval.yaml --sample 100
    """
    from evals.comparison.drift import drift_of
    from evals.session.drift import Again

    again = Again(root(), env=os.environ, max_cost_usd=max_cost)
    for path in suites_in(suites or (Path(),)):
        again.open(path.resolve())
    if not again.recorded:
        raise RunError(
            "No request of these suites is recorded.",
            remedy="Record them first: pytest --evals-mode record",
        )
    wanted = again.sample(sample)
    say(
        f"asking {len(wanted):,} of {len(again.recorded):,} recorded requests again "
        f"(run {again.run_id})",
        error=True,
    )
    found = drift_of(again.ask(wanted), seed=0)
    for line in _lines(found, again):
        say(line)
    if not found.n_compared:
        return Exit.ERRORS
    return Exit.FAILED if found.changed else Exit.WELL


def _lines(found: Drift, again: Again) -> Iterator[str]:
    from evals.comparison.words import p_value, plural

    rows = [
        (row.what, row.then, row.now, row.change, p_value(row.p_adjusted), str(row.n_cases))
        for row in found.rows
    ]
    if rows:
        yield from table(
            rows, head=("FIGURE", "RECORDED", "NOW", "CHANGE", "ADJUSTED P", "CASES"), right={5}
        )
        yield ""
    yield _counted(found)
    if found.models_then != found.models_now and found.n_compared:
        then, now = ", ".join(found.models_then), ", ".join(found.models_now)
        yield f"Another model answers: {then} then, {now} now."
    yield _conclusion(found)
    if again.unrecorded:
        yield (
            f"Not recorded as these suites make them now: {plural(again.unrecorded, 'request')}. "
            "That is a change of the suites, not of the endpoint."
        )


def _counted(found: Drift) -> str:
    from evals.comparison.words import plural

    told = f"{plural(found.n_requests, 'trial')} of {plural(found.n_cases, 'case')}"
    same = f"{found.n_same_texts} of {found.n_compared} answers are the same to the letter"
    errors = f"; {plural(found.n_errors, 'error')} now" if found.n_errors else ""
    return f"{told}: {same}{errors}."


def _conclusion(found: Drift) -> str:
    if not found.n_compared:
        return "Nothing can be said: no request was answered on both sides."
    if found.changed:
        return "The endpoint has changed: that is more than chance would explain."
    if found.n_same_texts == found.n_compared:
        return "The endpoint answers as it did."
    sees = ""
    if found.sees is not None:
        drop = f"{found.sees * 100:.0f} points"
        sees = (
            f" A drop of the pass rate of about {drop} could have been seen, n = {found.n_cases:,}."
        )
    return f"No change is shown; what differs could be chance.{sees}"

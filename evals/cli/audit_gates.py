"""`evals audit gates`: how often gates flip with nothing changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from evals.cli.project import complete_run, load
from evals.cli.terminal import say, table

if TYPE_CHECKING:
    from evals.comparison.halves import GateAudit
    from evals.model import TrialResult
    from evals.record import Run

_HEAD = ("GATE", "OF", "CASES", "SAMPLES", "ERRORS", "FLIPS", "COULD SEE")
_NUMBERS = {2, 3, 4, 5}


@click.command()
@click.argument("run", shell_complete=complete_run, default="latest")
@click.option(
    "--splits",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="How many times the samples are split.",
)
@click.option(
    "--format", "format_", type=click.Choice(["text", "markdown", "json"]), default="text"
)
def gates(run: str, splits: int, format_: str) -> None:
    """Show how often each gate of a run flips with nothing changed; asks nobody.

    The samples of every case are split at random into two halves. A gate that compares judges one
    half against the other: it flips where it fails. A gate with a limit is judged on both halves:
    it flips where they end differently. Suites with one sample a case have nothing to split: take
    more with --evals-repeat. RUN is an id, `latest` (which is the default) or the path of a run's
    folder.

    \b
    Examples:
      evals audit gates
      evals audit gates 20261123T101500Z-k3f9 --splits 1000 --format markdown
    """
    found = list(_audited(load(run), splits))
    if format_ == "json":
        from evals.write import json_text

        say(json_text(found))
        return
    rows = [_row(each) for each in found]
    if format_ == "markdown":
        for row in (_HEAD, ["---"] * len(_HEAD), *rows):
            say(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |")
        return
    if not rows:
        say("The run has no gates.")
    for line in table(rows, head=_HEAD, right=_NUMBERS):
        say(line)
    for line in _summary(found):
        say(line)


def _audited(run: Run, splits: int) -> Iterator[GateAudit]:
    from evals.comparison.halves import audit_gates

    manifest = run.manifest
    trials: dict[str, list[TrialResult]] = {}
    for trial in run.trials():
        trials.setdefault(trial.suite, []).append(trial)
    for record in manifest.suites:
        found = [finding for finding in manifest.findings if finding.suite == record.suite.id]
        yield from audit_gates(
            record.suite, trials.get(record.suite.id, []), found=found, splits=splits
        )


def _row(of: GateAudit) -> tuple[str, ...]:
    from evals.comparison.words import count

    flips = "one sample" if of.flips is None else f"{of.flips / of.splits:.1%}"
    place = f"{of.column}, {of.suite}"
    numbers = map(count, (of.n_cases, of.n_samples, of.n_errors))
    return of.gate, place, *numbers, flips, of.sees or "–"


def _summary(found: Sequence[GateAudit]) -> Iterator[str]:
    """How many splits there were, and how often comparing gates failed in all."""
    from evals.comparison.words import plural

    split = [each for each in found if each.flips is not None]
    compared = [each for each in split if each.compares]
    if split:
        yield ""
        yield f"{plural(split[0].splits, 'split')} of each suite; a half has half of the samples."
    if any(each.flips is None for each in found):
        yield "One sample: there is nothing to split; --evals-repeat 4 takes more."
    if any(not each.sees for each in found):
        yield "–: the run has no interval of it, or the same answers on both sides."
    if compared:
        flips = sum(each.flips or 0 for each in compared)
        of = sum(each.splits for each in compared)
        yield (
            f"Gates that compare failed in {flips} of {of} splits ({flips / of:.1%}) with nothing "
            "changed."
        )

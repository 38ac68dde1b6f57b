"""`evals rescore`: the stored answers of a run, judged again."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evals.cli.exits import Exit
from evals.cli.project import complete_run, load, root
from evals.cli.terminal import say

if TYPE_CHECKING:
    from evals.session.rescoring import Change, Rescored

_SHOWN = 30  # changes


@click.command()
@click.argument("run", shell_complete=complete_run, default="latest")
@click.option(
    "--suite",
    "suites",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Only this suite, which may stand in another file than it did. Repeatable.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How it is printed.",
)
def command(run: str, suites: tuple[Path, ...], form: str) -> Exit:
    """Check the stored answers of a run again; asks nobody.

    Each answer is judged by its suite as it is now, and a new run is written; what changed is
    said. RUN is an id, `latest` (which is the default) or the path of a run's folder. A case whose
    vars changed is not judged: the answer is one to another question.

    Exit codes are those of a run: 1 where a case or gate fails, 6 where there are more errors, or
    answers that are not there, than a suite allows.

    \b
    Examples:
      evals rescore
      evals rescore 20261123T101500Z-k3f9 --format json
    """
    done = _rescored(run, suites)
    if form == "json":
        say(_json(done))
    else:
        for line in _lines(done):
            say(line)
    return _exit(done)


def _rescored(name: str, suites: tuple[Path, ...]) -> Rescored:
    from datetime import UTC, datetime

    from evals.record import new_id
    from evals.session import Options
    from evals.session.rescoring import rescore

    run = load(name)
    started = datetime.now(UTC)
    options = Options(
        root=root(),
        run_id=new_id(started),
        mode=run.manifest.mode,
        command=f"evals rescore {run.manifest.id}",
        answers_from=run.manifest.answers_from or run.manifest.id,
    )
    paths = [path.resolve() for path in suites]
    return rescore(run, options=options, env=os.environ, started=started, suites=paths)


def _json(done: Rescored) -> str:
    from evals.write import json_text

    manifest = done.finished.manifest
    content = {
        "run": manifest.id,
        "answers_from": manifest.answers_from,
        "judged": done.judged,
        "unjudged": done.unjudged,
        "other_reasons": done.other_reasons,
        "counts": manifest.counts,
        "changes": done.changes,
    }
    return json_text(content)


def _lines(done: Rescored) -> Iterator[str]:
    from evals.comparison.words import plural

    manifest = done.finished.manifest
    trials = [change for change in done.changes if change.sample is not None]
    kinds = Counter(f"{change.before} → {change.after}" for change in trials)
    told = ", ".join(f"{n:,} {kind}" for kind, n in kinds.most_common())
    changed = f"{len(trials):,} changed: {told}" if trials else "none changed"
    yield f"{plural(done.judged, 'answer')} of {manifest.answers_from} judged again, {changed}"
    yield from map(_line, done.changes[:_SHOWN])
    if len(done.changes) > _SHOWN:
        yield f"… and {len(done.changes) - _SHOWN:,} more: --format json has them all"
    if done.other_reasons:
        same = plural(done.other_reasons, "trial")
        yield f"{same} with the same outcome for another reason, or with another score"
    for why, n in done.unjudged.items():
        yield f"not judged: {plural(n, 'trial')}: {why}"
    yield f"run {manifest.id}: evals show, evals report latest -o page.html"


def _line(change: Change) -> str:
    sample = "" if change.sample is None else f" sample {change.sample}"
    return f"  {change.before} → {change.after}  {change.name}{sample}  {change.why}"


def _exit(done: Rescored) -> Exit:
    from evals.session.failures import failures

    finished = done.finished
    if finished.too_many_errors or finished.nothing_to_compare:
        return Exit.ERRORS
    failed = any(f.outcome == "fail" for f in failures(finished.manifest, finished.trials))
    failed = failed or any(finding.outcome == "fail" for finding in finished.findings)
    return Exit.FAILED if failed else Exit.WELL

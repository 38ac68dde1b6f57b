"""`evals baseline`: what gates with `baseline` compare with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evals.cli.project import complete_run, load, root, secrets, shown
from evals.cli.terminal import say, table
from evals.errors import DamagedFile, RunError

if TYPE_CHECKING:
    from evals.comparison.baseline import Baseline
    from evals.model import Suite
    from evals.record import Run


@click.group()
def command() -> None:
    """Write and show what gates with `baseline` compare with.

    \b
    Examples:
      evals baseline set
      evals baseline show
    """


@command.command("set")
@click.argument("run", shell_complete=complete_run, default="latest")
@click.option("--suite", "only", metavar="ID", help="Of this suite of the run only.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where it is written, of a run with one suite; else baselines/ID.json beside the suite.",
)
def set_(run: str, only: str | None, output: Path | None) -> None:
    """Make a run the baseline of its suites.

    RUN is an id, `latest` (which is the default) or the path of a run's folder. The files are
    made to be committed.

    \b
    Examples:
      evals baseline set
      evals baseline set 20261123T101500Z-k3f9 --suite sums -o suites/releases/1.json
    """
    from evals.comparison.baseline import baseline_path

    loaded = load(run)
    suites = list(_whole_suites(loaded, only))
    if output is not None and len(suites) > 1:
        raise click.UsageError(
            f"One file is the baseline of one suite; the run has {len(suites)}: say --suite ID."
        )
    for suite in suites:
        path = _inside(baseline_path(suite, root()), loaded) if output is None else output.resolve()
        _write(suite, loaded, path)


def _inside(path: Path, run: Run) -> Path:
    """A path that a run names; it may be somebody else's, and is not to write where it likes."""
    from evals.reading import is_inside

    if path.parent.name != "baselines" or not is_inside(path.parent, root()):
        raise RunError(
            f"The run {run.manifest.id} is of a suite that is not in this project.",
            remedy="Say where its baseline is written: --suite ID -o FILE",
        )
    return path.parent.resolve() / path.name


def _whole_suites(run: Run, only: str | None) -> Iterator[Suite]:
    """The suites of a run; raises `RunError` where a part of one is all there is."""
    manifest = run.manifest
    records = [each for each in manifest.suites if only is None or each.suite.id == only]
    if not records:
        known = ", ".join(each.suite.id for each in manifest.suites)
        raise RunError(
            f"The run {manifest.id} has no suite{'' if only is None else f' {only!r}'}.",
            remedy=f"Its suites: {known}." if known else None,
        )
    for record in records:
        if not record.selected or not manifest.complete:
            raise RunError(
                f"The run {manifest.id} holds only a part of the suite {record.suite.id}.",
                remedy=f"Run the whole suite: pytest {record.suite.path}",
            )
        yield record.suite


def _write(suite: Suite, run: Run, path: Path) -> None:
    from evals.comparison.baseline import baseline_of, baseline_text
    from evals.write import publish

    baseline = baseline_of(suite, run.trials(), run=run.manifest.id)
    if run.damaged:
        raise RunError(
            f"The run {run.manifest.id} is damaged: {run.damaged[0]}",
            remedy=f"Run the suite again: pytest {suite.path}",
        )
    publish(path, secrets().redact_json(baseline_text(baseline)).encode(), replace=True)
    say(f"baseline: {shown(path)}", style="bold", end="")
    say(f"  {_size(baseline)}, of the run {baseline.run}")


def _size(baseline: Baseline) -> str:
    """`240 cases, 3 columns, 4 errors`."""
    from evals.comparison.words import plural

    cells = [cell for case in baseline.cases for cell in case.columns.values()]
    errors = sum(cell.passed.count(None) for cell in cells)
    told = [plural(len(baseline.cases), "case"), plural(len(baseline.columns), "column")]
    return ", ".join((*told, plural(errors, "error")) if errors else told)


@command.command("show")
@click.argument("suite", required=False, type=click.Path(exists=True, path_type=Path))
def show(suite: Path | None) -> None:
    """Show baselines: which run they are of, and what its columns passed.

    SUITE is the file of a suite, or a folder; without, the suites below the current folder.

    \b
    Examples:
      evals baseline show
      evals baseline show suites/arithmetic.eval.yaml
    """
    paths = list(_baselines(suite or Path()))
    if not paths:
        raise RunError(
            f"There is no baseline for {shown((suite or Path()).resolve())}.",
            remedy="evals baseline set writes those of the newest run.",
        )
    for path in paths:
        _show(path)


def _baselines(place: Path) -> Iterator[Path]:
    """The baselines beside suites; those of one suite where a file is given."""
    from evals.cli.project import suites_in

    suites = list(suites_in([place]))
    only = _id(place) if place.is_file() else None
    for folder in dict.fromkeys(path.resolve().parent for path in suites):
        for path in sorted((folder / "baselines").rglob("*.json")):
            if only is None or path.stem == only or _read(path).suite == only:
                yield path


def _id(suite: Path) -> str:
    from evals.session.extensions import configuration
    from evals.suite.load import load_suite

    config = configuration(root(), env=os.environ)
    return load_suite(suite.resolve(), config=config).suite.id


def _read(path: Path) -> Baseline:
    from evals.comparison.baseline import read_baseline

    try:
        return read_baseline(path, root=root())
    except DamagedFile as problem:
        raise DamagedFile(
            f"The baseline {shown(path)} {problem.message}.",
            remedy="evals baseline set writes it anew.",
        ) from problem


def _show(path: Path) -> None:
    baseline = _read(path)
    say(f"baseline: {shown(path)}", style="bold", end="")
    say(f"  {_size(baseline)}, of the run {baseline.run}")
    head = ("COLUMN", "ACCURACY", "CASES", "TRIALS", "ERRORS", "MEDIAN", "TOKENS")
    for line in table(list(_rows(baseline)), head=head, right=set(range(2, 7))):
        say(f"  {line}")


def _rows(baseline: Baseline) -> Iterator[tuple[str, ...]]:
    """Of each column: accuracy, what it rests on, the median latency, an answer's mean tokens."""
    import statistics

    from evals.comparison import words
    from evals.comparison.readings import Reading, estimate

    for column in baseline.columns:
        cells = [case.columns[column] for case in baseline.cases if column in case.columns]
        passed = [[float(p) for p in cell.passed if p is not None] for cell in cells]
        readings = [
            Reading(values, cell.passed.count(None), None)
            for values, cell in zip(passed, cells, strict=True)
        ]
        latency = [s for cell in cells for s in cell.latency_s if s is not None]
        tokens = [n for cell in cells for n in cell.completion_tokens if n is not None]
        accuracy = estimate(readings)
        yield (
            column,
            words.accuracy(accuracy),
            *map(words.count, (accuracy.n_cases, accuracy.n_trials, accuracy.n_errors)),
            words.seconds(statistics.median(latency) if latency else None),
            words.tokens(statistics.fmean(tokens) if tokens else None),
        )

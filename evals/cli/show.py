"""`evals show`: a run in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from evals.cli.project import complete_run, load, root, run_ids
from evals.cli.terminal import say, say_view, table

if TYPE_CHECKING:
    from evals.model import TrialResult
    from evals.record import Run

_FAILURES = 20
_EXTREMES = 5  # of the slowest and the dearest


@click.command()
@click.argument("run", shell_complete=complete_run, default="latest")
@click.option("--list", "listed", is_flag=True, help="List the runs there are, newest first.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text")
def command(run: str, listed: bool, format_: str) -> None:
    """Show a run: columns, gates, failures, the slowest, the dearest.

    RUN is an id, `latest` (which is the default) or the path of a run's folder.

    \b
    Examples:
      evals show
      evals show --list
      evals show latest --format json
    """
    if listed:
        _list()
    elif format_ == "json":
        _json(load(run))
    else:
        _text(load(run))


def _list() -> None:
    rows = []
    for name in run_ids():
        manifest = load(name).manifest
        counts = ", ".join(f"{count:,} {outcome}" for outcome, count in manifest.counts.items())
        rows.append((name, manifest.mode, counts if manifest.complete else "not complete"))
    for line in table(rows, head=("RUN", "MODE", "TRIALS")):
        say(line)


def _json(run: Run) -> None:
    from evals.cli.views import comparison_of
    from evals.session.failures import failures
    from evals.write import json_text

    manifest = run.manifest
    comparison = comparison_of([run])
    shown = {
        **{name: getattr(manifest, name) for name in ("id", "mode", "started", "ended")},
        **{name: getattr(manifest, name) for name in ("complete", "counts", "findings", "audits")},
        "suites": [
            {"suite": each.suite.id, "reference": each.reference, "columns": each.sides}
            for each in comparison.suites
        ],
        "failures": failures(manifest, run.trials()),
    }
    say(json_text(shown))


def _text(run: Run) -> None:
    from evals.cli.views import view_of
    from evals.comparison.words import money, seconds

    manifest = run.manifest
    say(f"run {manifest.id}", style="bold", end="")
    say(f"  {manifest.mode}, {manifest.started}{'' if manifest.complete else ', not complete'}")
    say_view(view_of([run], root()))
    _show_failures(run)
    trials = [trial for trial in run.trials() if trial.completion is not None]
    _show_largest("slowest", [(trial, _latency(trial)) for trial in trials], unit=seconds)
    _show_largest("dearest", [(trial, trial.cost_usd) for trial in trials], unit=money)


def _show_failures(run: Run) -> None:
    """What fails the run, under the names that pytest takes; allowed misses do not."""
    from evals.session.failures import failures

    found = [each for each in failures(run.manifest, run.trials()) if each.outcome != "missed"]
    if found:
        say()
        say(f"failures and errors: {len(found):,}", style="bold")
    for failure in found[:_FAILURES]:
        say(failure.outcome.upper().ljust(6), style="red", end="")
        say(f"{failure.nodeid}  {failure.why}")
    if len(found) > _FAILURES:
        say(f"… and {len(found) - _FAILURES:,} more: the page has them all")


def _latency(trial: TrialResult) -> float | None:
    return trial.timing.latency_s if trial.timing else None


def _show_largest(
    title: str,
    measured: Iterable[tuple[TrialResult, float | None]],
    *,
    unit: Callable[[float], str],
) -> None:
    known = [(value, trial) for trial, value in measured if value is not None]
    known.sort(key=lambda pair: -pair[0])
    rows = [
        (unit(value), trial.suite, f"{trial.case}[{trial.column}]", _sample(trial), _tokens(trial))
        for value, trial in known[:_EXTREMES]
    ]
    if rows:
        say()
        say(title, style="bold")
    for line in table(rows, right={0}):
        say(line)


def _sample(trial: TrialResult) -> str:
    return f"sample {trial.sample}"


def _tokens(trial: TrialResult) -> str:
    from evals.comparison.words import plural

    count = trial.completion.usage.completion_tokens if trial.completion else None
    return "" if count is None else plural(count, "token")

"""All runs at a glance: what each came to, and where each suite has been going.

A run leaves a summary of itself, so that the list is made from small files and no run is read anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from evals.comparison import words
from evals.model import Comparison, Estimate, Frozen
from evals.reading import read_file
from evals.record.reading import read_json
from evals.report import names, plots
from evals.report.marks import Mark
from evals.report.plots import Axis, Interval, px
from evals.report.texts import one_line
from evals.report.verdict import MODES, Verdict, date
from evals.write import publish

__all__ = ["History", "RunSummary", "history_of", "read_summaries", "summary_of", "write_summary"]

FORMAT = 1
MOST = 200
"""The newest runs that are listed."""

WIDTH, HEIGHT = 560, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 548.0, 12.0, 122.0
_IN_TREND = 60
_FILE = "summary.json"


class SuiteSummary(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """A suite's reference column in one run."""

    suite: str
    column: str
    accuracy: float | None
    low: float | None
    high: float | None
    n_cases: int
    n_trials: int
    errors: int
    median_s: float | None
    p95_s: float | None
    cost_usd: float | None
    icon: str


class RunSummary(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """`summary.json`: what a run came to."""

    format: int
    id: str
    started: str
    mode: str
    heading: str
    icon: str
    commit: str
    page: str  # relative to the folder of the run; empty where there is none
    suites: tuple[SuiteSummary, ...]


def summary_of(
    comparison: Comparison, verdict: Verdict, marks: Sequence[Mark]
) -> RunSummary | None:
    """Of a run whose columns are compared; `marks` are those of its suites."""
    if comparison.kind != "columns":
        return None
    run = names.newest(comparison)
    return RunSummary(
        format=FORMAT,
        id=run.id,
        started=run.started,
        mode=run.mode,
        heading=verdict.heading,
        icon=verdict.icon,
        commit=run.git_commit[:10] if run.git_commit else "",
        page="",
        suites=tuple(
            SuiteSummary(
                suite=suite.suite.id,
                column=side.column.id,
                accuracy=side.accuracy.value,
                low=side.accuracy.low,
                high=side.accuracy.high,
                n_cases=side.accuracy.n_cases,
                n_trials=side.accuracy.n_trials,
                errors=side.n_errors,
                median_s=side.latency.median,
                p95_s=side.latency.p95,
                cost_usd=side.cost_usd,
                icon=mark.icon,
            )
            for suite, mark in zip(comparison.suites, marks, strict=True)
            for side in suite.sides[:1]
        ),
    )


def write_summary(summary: RunSummary, folder: Path, *, redact: Callable[[str], str]) -> None:
    """Keep the summary with its run."""
    text = redact(msgspec.json.encode(summary).decode())
    publish(folder / _FILE, text.encode() + b"\n", replace=True)


def read_summaries(runs: Path) -> tuple[list[RunSummary], int]:
    """The newest runs, oldest first, and how many there are; unreadable ones are left out."""
    found = sorted(path for path in runs.glob(f"2*/{_FILE}"))
    decoder = msgspec.json.Decoder(RunSummary)
    summaries = []
    for path in found[-MOST:]:
        try:
            summary = read_json(read_file(path, follow=False), decoder)
        except (OSError, msgspec.DecodeError):
            continue
        if summary.format == FORMAT and summary.id == path.parent.name:
            summaries.append(summary)
    return summaries, len(found)


# ------------------------------------------------------------------------- as strings


class TrendPoint(Frozen, frozen=True, kw_only=True):
    x: str
    y: Interval
    failed: bool
    href: str
    title: str


class Trend(Frozen, frozen=True, kw_only=True):
    """A suite over runs, oldest on the left."""

    suite: str
    finding: str
    sentence: str
    line: str
    points: tuple[TrendPoint, ...]
    y_axis: Axis
    first: str
    last: str
    rows: tuple[tuple[str, ...], ...]  # date, column, accuracy, median, p95, errors, cost


class RunRow(Frozen, frozen=True, kw_only=True):
    mark: Mark
    href: str
    id: str
    heading: str
    when: str
    how: str
    suites: str
    commit: str


class History(Frozen, frozen=True, kw_only=True):
    heading: str
    icon: str
    sentence: str
    href: str  # of the newest run's page
    moved: str  # which suites' accuracy the newest run changed
    trends: tuple[Trend, ...]
    runs: tuple[RunRow, ...]
    left_out: str


def history_of(summaries: Sequence[RunSummary], n: int, *, base: str) -> History:
    """`summaries` are oldest first, of `n` runs; `base` is the folder of runs beside the list."""
    newest = summaries[-1] if summaries else None
    suites = dict.fromkeys(one.suite for run in reversed(summaries) for one in run.suites)
    return History(
        heading=newest.heading if newest else "No run yet",
        icon=newest.icon if newest else "skip",
        sentence=f"The newest of {words.plural(n, 'run')}: {one_line(newest.id, 40)}, "
        f"{date(newest.started)}."
        if newest
        else "Run pytest on a suite, and it is listed here.",
        href=_href(newest, base) if newest else "",
        moved=_moved(suites, summaries),
        trends=tuple(_trend(suite, summaries, base) for suite in suites),
        runs=tuple(_run(run, base) for run in reversed(summaries)),
        left_out=f"The newest {len(summaries)} of {words.plural(n, 'run')}."
        if n > len(summaries)
        else "",
    )


def _moved(suites: Iterable[str], summaries: Sequence[RunSummary]) -> str:
    """By how much each suite's newest accuracy is not that of the run before with its column."""
    told, known = [], 0
    for suite in suites:
        seen = [one for run in summaries for one in run.suites if one.suite == suite]
        last = seen.pop()
        before = next((one for one in reversed(seen) if one.column == last.column), None)
        if before is None or before.accuracy is None or last.accuracy is None:
            continue
        known += 1
        if before.accuracy != last.accuracy:
            points = words.points(last.accuracy - before.accuracy)
            points += f" ({words.numbers(last.n_cases, last.n_trials, last.errors)})"
            told.append((abs(last.accuracy - before.accuracy), f"{one_line(suite, 60)} {points}"))
    if not known:
        return "Accuracy of each suite’s reference, run by run"
    if not told:
        return "Each suite’s accuracy is as in its run before"
    listed = [each for _, each in sorted(told, key=lambda one: -one[0])]
    more = f" and {len(listed) - 3} more" if len(listed) > 3 else ""
    return f"Measured since the run before: {', '.join(listed[:3])}{more}"


def _run(run: RunSummary, base: str) -> RunRow:
    told = "; ".join(f"{one_line(one.suite, 40)} {_accuracy(one)}" for one in run.suites[:8])
    more = f"; and {len(run.suites) - 8} more" if len(run.suites) > 8 else ""
    return RunRow(
        mark=Mark(icon=run.icon, word=run.heading),  # type: ignore[arg-type] # of our own file
        href=_href(run, base),
        id=one_line(run.id, 60),
        heading=one_line(run.heading, 160),
        when=date(run.started),
        how=MODES.get(run.mode, run.mode).rstrip(","),
        suites=told + more,
        commit=one_line(run.commit, 12),
    )


def _href(run: RunSummary, base: str) -> str:
    """Below the folder of reports; a page elsewhere, or of another form, is not linked."""
    path = run.page
    plain = path and not os.path.isabs(path) and ":" not in path and "\\" not in path
    return f"{base}/{run.id}/{path}" if plain and ".." not in path.split("/") else ""


def _accuracy(of: SuiteSummary) -> str:
    """With what it rests on: `88.3 % [81.0, 93.1], 40 cases, 117 trials, 3 errors`."""
    measured = words.accuracy(
        Estimate(
            value=of.accuracy, low=of.low, high=of.high, n_cases=of.n_cases, n_trials=of.n_trials
        )
    )
    return f"{measured}, {words.numbers(of.n_cases, of.n_trials, of.errors)}"


def _trend(suite: str, summaries: Iterable[RunSummary], base: str) -> Trend:
    seen = [(run, one) for run in summaries for one in run.suites if one.suite == suite]
    seen = seen[-_IN_TREND:]
    ends = [end for _, one in seen for end in (one.low, one.accuracy, one.high)]
    axis = plots.share_axis(ends, left=_BOTTOM, right=_TOP)
    points = []
    for place, (run, one) in enumerate(seen):
        dot = plots.interval(axis, one.accuracy, one.low, one.high)
        if dot is None:
            continue
        share = (place + 0.5) / len(seen)
        points.append(
            TrendPoint(
                x=px(_LEFT + share * (_RIGHT - _LEFT)),
                y=dot,
                failed=one.icon in ("fail", "error"),
                href=_href(run, base),
                title=f"{date(run.started)}: {_accuracy(one)}",
            )
        )
    name = one_line(suite, 60)
    first, last = seen[0], seen[-1]
    return Trend(
        suite=name,
        finding=f"{_accuracy(last[1])} in the newest run",
        sentence=f"Accuracy of {name} over {words.plural(len(seen), 'run')}: first "
        f"{_accuracy(first[1])}, newest {_accuracy(last[1])}.",
        line="".join(f"{'L' if at else 'M'}{one.x} {one.y.at}" for at, one in enumerate(points)),
        points=tuple(points),
        y_axis=axis,
        first=date(first[0].started).partition(",")[0],
        last=date(last[0].started).partition(",")[0],
        rows=tuple(_trend_row(run, one) for run, one in reversed(seen)),
    )


def _trend_row(run: RunSummary, of: SuiteSummary) -> tuple[str, ...]:
    return (
        date(run.started),
        one_line(of.column, 40),
        _accuracy(of),
        words.seconds(of.median_s),
        words.seconds(of.p95_s),
        words.count(of.errors),
        words.money(of.cost_usd),
    )

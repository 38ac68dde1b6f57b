"""Whether the comparison can be trusted: notes, parameters side by side, provenance."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from evals.comparison import words
from evals.model import Comparison, Frozen, JsonObject, Manifest, Side, SuiteComparison
from evals.report import names
from evals.report.honoured import honoured_of
from evals.report.samples import taken
from evals.report.texts import listing, one_line, written
from evals.report.verdict import Count, date

_POWER = 1.96 + 0.8416  # of a two-sided test at 0.05 that sees a difference in 4 of 5 runs


class Note(Frozen, frozen=True, kw_only=True):
    good: bool
    text: str


class ParameterCell(Frozen, frozen=True, kw_only=True):
    text: str
    differs: bool
    sent: bool


class ParameterRow(Frozen, frozen=True, kw_only=True):
    name: str
    cells: tuple[ParameterCell, ...]


class Parameters(Frozen, frozen=True, kw_only=True):
    suite: str
    columns: tuple[str, ...]
    rows: tuple[ParameterRow, ...]


class Fact(Frozen, frozen=True, kw_only=True):
    name: str
    value: str
    is_code: bool = False


class Provenance(Frozen, frozen=True, kw_only=True):
    title: str
    facts: tuple[Fact, ...]


class Trust(Frozen, frozen=True, kw_only=True):
    heading: str
    notes: tuple[Note, ...]
    parameters: tuple[Parameters, ...]
    provenance: tuple[Provenance, ...]
    again: str


def trust_of(comparison: Comparison, counted: Count) -> Trust:
    notes = sorted(_notes(comparison, counted), key=lambda note: note.good)
    reservations = sum(not note.good for note in notes)
    ids = [run.id for run in comparison.runs]
    what = f"compare {ids[1]} {ids[0]}" if comparison.kind == "runs" else f"report {ids[0]}"
    return Trust(
        heading=_heading(reservations),
        notes=tuple(notes),
        parameters=tuple(_parameters(suite) for suite in comparison.suites),
        provenance=tuple(
            _provenance(comparison, run, counted) for run in reversed(comparison.runs)
        ),
        again=f"evals {what} -o report.html",
    )


def _heading(reservations: int) -> str:
    if not reservations:
        return "Nothing speaks against it"
    return f"With {words.plural(reservations, 'reservation')}"


def _notes(comparison: Comparison, counted: Count) -> Iterable[Note]:
    yield from _answers(comparison, counted)
    if counted.answered:
        yield _sources(comparison)
        yield _answering(comparison, counted)
    yield from (Note(good=each.good, text=each.text) for each in honoured_of(comparison))
    yield from _adaptive(comparison)
    yield from _same_cases(comparison)
    yield from _power(comparison)
    manifest = names.newest(comparison)
    if manifest.git_dirty:
        yield Note(good=False, text="The working tree had changes that are in no commit.")


def _answers(comparison: Comparison, counted: Count) -> Iterable[Note]:
    trials = words.plural(counted.trials, "trial")
    if counted.errors:
        errors = f"{words.count(counted.errors)} of {trials}"
        yield Note(
            good=False,
            text=f"{errors} are errors and in no accuracy: {listing(counted.causes)}.",
        )
    if counted.not_run:
        yield Note(good=False, text=f"{words.count(counted.not_run)} of {trials} were not run.")
    if counted.trials and not counted.errors and not counted.not_run:
        yield Note(good=True, text=f"All {trials} were answered.")
    if counted.skipped:
        skipped = f"{words.plural(counted.skipped, 'trial')} skipped, as the suites say."
        yield Note(good=True, text=skipped)
    if counted.unjudged:
        recorded = words.plural(counted.unjudged, "answer")
        yield Note(good=False, text=f"{recorded} recorded, not judged.")
    if not names.newest(comparison).complete:
        yield Note(good=False, text="The run was stopped before its end, or its files are damaged.")


def _sources(comparison: Comparison) -> Note:
    found = Counter(
        trial.source
        for suite in comparison.suites
        for row in suite.cases
        for trials in row.trials.values()
        for trial in trials
        if trial.completion
    )
    live, recorded = found["live"], found["recorded"]
    if not live:
        text = (
            f"All {words.plural(recorded, 'answer')} come from recordings; times are as recorded."
        )
    elif not recorded:
        text = f"All {words.plural(live, 'answer')} were asked live."
    else:
        text = (
            f"{words.count(recorded)} answers come from recordings, {words.count(live)} are live."
        )
    return Note(good=not (live and recorded), text=text)


def _answering(comparison: Comparison, counted: Count) -> Note:
    answered = counted.models
    asked = _asked(comparison)
    if not answered:
        return Note(good=False, text="No model answered.")
    strangers = [name for name, _ in answered if asked and name not in asked]
    if strangers:
        return Note(
            good=False,
            text=f"Asked: {listing(sorted(asked))}. Answered: {_counted(answered)}.",
        )
    total = words.plural(sum(n for _, n in answered), "answer")
    return Note(
        good=True, text=f"The model that answered is the one that was asked, in all {total}."
    )


def _counted(found: Iterable[tuple[str, int]]) -> str:
    return listing(f"{name} ({n:,})" for name, n in found)


def _asked(comparison: Comparison) -> set[str]:
    return {
        one_line(model, 80)
        for run in comparison.runs
        for record in run.suites
        for column in record.suite.columns
        if (model := names.endpoint_model(record.endpoints, column))
    }


def _adaptive(comparison: Comparison) -> Iterable[Note]:
    """How many samples were taken where the answers decide, and what that does to the shares."""
    found = [counts for suite in comparison.suites if (counts := taken(suite, suite.sides))]
    if found:
        n, most = (words.count(sum(counts)) for counts in zip(*found, strict=True))
        yield Note(
            good=False,
            text=f"Adaptive samples: {n} of at most {most} were taken. Shares of cases that were "
            "decided early lie further from min_pass_rate than they would with all samples. Gates "
            "take no part in how many are taken: more samples of a case say nothing of others.",
        )


def _same_cases(comparison: Comparison) -> Iterable[Note]:
    """Whether columns answered the same cases; the suites where they did in one note."""
    compared = [suite for suite in comparison.suites if len(suite.sides) > 1]
    several = len(comparison.suites) > 1
    same = []
    for suite in compared:
        shared = sum(len(row.trials) == len(suite.sides) for row in suite.cases)
        if shared == len(suite.cases):
            same.append(suite)
            continue
        of = f"{one_line(suite.suite.id, 60)}: " if several else ""
        yield Note(
            good=False,
            text=f"{of}{words.count(shared)} of {words.plural(len(suite.cases), 'case')} "
            "stand in every column; the others are compared where they can be.",
        )
    if several and same:
        suites = listing(one_line(suite.suite.id, 60) for suite in same)
        yield Note(good=True, text=f"All columns answered the same cases: {suites}.")
    elif same:
        (suite,) = same
        cases = words.plural(len(suite.cases), "case")
        text = f"{_every(len(suite.sides))} columns answered the same {cases}."
        yield Note(good=True, text=text)


def _every(n: int) -> str:
    return "Both" if n == 2 else f"All {n}"


def _power(comparison: Comparison) -> Iterable[Note]:
    """What a difference must be to be seen, from each suite's widest interval."""
    seen = [(suite, *found) for suite in comparison.suites if (found := _seen(suite))]
    if len(comparison.suites) > 1 and seen:
        told = listing(
            f"{words.points(gap).lstrip('+')} in {one_line(suite.suite.id, 60)} "
            f"({words.plural(n, 'case')})"
            for suite, gap, n in seen
        )
        yield Note(good=True, text=f"Seen in 4 of 5 runs are differences of about {told}.")
        return
    for _, gap, n in seen:
        needed = words.cases_needed(n * (gap / 0.01) ** 2)
        yield Note(
            good=True,
            text=f"With {words.plural(n, 'case')} a difference of about "
            f"{words.points(gap).lstrip('+')} is seen in 4 of 5 runs. "
            f"{needed} would be needed to see 1 point.",
        )


def _seen(suite: SuiteComparison) -> tuple[float, int] | None:
    """The difference that a suite sees in 4 of 5 runs, and its number of cases."""
    halves = [(half, side) for side in suite.sides if (half := _half_width(side)) is not None]
    if not halves:
        return None
    half, side = max(halves, key=lambda pair: pair[0])
    assert side.difference is not None
    return half / 1.96 * _POWER, side.difference.n_cases


def _half_width(side: Side) -> float | None:
    difference = side.difference
    if difference is None or difference.p is None:
        return None
    if difference.low is None or difference.high is None:
        return None
    return (difference.high - difference.low) / 2 or None


def _parameters(suite: SuiteComparison) -> Parameters:
    columns = list({side.column.id: side.column for side in suite.sides}.values())
    rows = []
    for name, values in names.fields(columns).items():
        common = Counter(written(value) for value in values).most_common(1)[0][0]
        if all(value is None for value in values):
            continue
        rows.append(
            ParameterRow(
                name=one_line(name, 60),
                cells=tuple(
                    ParameterCell(
                        text="not sent" if value is None else one_line(_value(value), 120),
                        differs=written(value) != common,
                        sent=value is not None,
                    )
                    for value in values
                ),
            )
        )
    return Parameters(
        suite=one_line(suite.suite.id, 60),
        columns=tuple(one_line(column.id, 60) for column in columns),
        rows=tuple(rows),
    )


def _value(value: Any) -> str:
    """A parameter as written; in quotes where it would not be seen as it is."""
    plain = isinstance(value, str) and value == value.strip() and value.isprintable() and value
    return value if plain else json.dumps(value, ensure_ascii=False, default=str)


def _provenance(comparison: Comparison, run: Manifest, counted: Count) -> Provenance:
    facts = [
        Fact(name="Run", value=run.id + ("" if run.complete else ", incomplete"), is_code=True),
        Fact(name="Mode", value=run.mode),
        Fact(name="Time", value=f"{one_line(run.started, 40)} to {one_line(run.ended or '–', 40)}"),
    ]
    asked = listing(sorted(_asked(comparison)))
    if asked:
        facts.append(Fact(name="Model asked", value=asked, is_code=True))
    facts.append(Fact(name="Model answered", value=_counted(counted.models) or words.MISSING))
    for name, config in _endpoints(run).items():
        where = one_line(str(config.get("base_url") or ""), 120)
        facts.append(Fact(name="Endpoint", value=f"{one_line(name, 40)} {where}".strip()))
    for record in run.suites:
        suite = record.suite
        facts.append(
            Fact(name="Suite", value=f"{one_line(suite.path, 160)}, sha256 {suite.sha256[:12]}")
        )
    if run.git_commit:
        state = {True: ", with changes", False: ", clean"}.get(bool(run.git_dirty), "")
        facts.append(Fact(name="Commit", value=f"{one_line(run.git_commit, 40)}{state}"))
    if run.answers_from:
        facts.append(Fact(name="Answers from", value=one_line(run.answers_from, 80)))
    facts.append(Fact(name="Prices", value=_prices(run.prices)))
    facts.append(Fact(name="Versions", value=_versions(run.versions)))
    if run.command:
        facts.append(Fact(name="Command", value=one_line(run.command, 300), is_code=True))
    title = "Provenance" if comparison.kind == "columns" else f"Run of {date(run.started)}"
    return Provenance(title=title, facts=tuple(facts))


def _endpoints(run: Manifest) -> dict[str, JsonObject]:
    return {name: config for record in run.suites for name, config in record.endpoints.items()}


def _prices(prices: Mapping[str, JsonObject]) -> str:
    if not prices:
        return "none set, so that no cost is known"
    told = (
        f"{one_line(model, 60)}: {one_line(written(price), 160)}" for model, price in prices.items()
    )
    return "; ".join(told)


def _versions(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{one_line(n, 40)} {one_line(v, 40)}" for n, v in versions.items())

"""Whether the comparison can be trusted: notes, parameters side by side, provenance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from evals.comparison import words
from evals.model import Comparison, Frozen, JsonObject, Manifest, Side, SuiteComparison
from evals.report import names
from evals.report.texts import listing, one_line, written
from evals.report.verdict import Count, date, models

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
        provenance=tuple(_provenance(comparison, run) for run in reversed(comparison.runs)),
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
        yield _answering(comparison)
    for suite in comparison.suites:
        yield from _cases(suite, several=len(comparison.suites) > 1)
        yield from _power(suite, several=len(comparison.suites) > 1)
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
    if counted.unjudged:
        recorded = words.plural(counted.unjudged, "answer")
        yield Note(good=False, text=f"{recorded} recorded, not judged.")
    if not names.newest(comparison).complete:
        yield Note(good=False, text="The run was stopped before its end.")


def _sources(comparison: Comparison) -> Note:
    found: Counter[str] = Counter()
    for suite in comparison.suites:
        for row in suite.cases:
            for trials in row.trials.values():
                found.update(t.source for t in trials if t.source and t.completion)
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


def _answering(comparison: Comparison) -> Note:
    answered = models(comparison)
    asked = _asked(comparison)
    if not answered:
        return Note(good=False, text="No model answered.")
    strangers = [name for name in answered if asked and name not in asked]
    if strangers:
        return Note(
            good=False,
            text=f"Asked: {listing(sorted(asked))}. Answered: {_counted(answered)}.",
        )
    total = words.plural(answered.total(), "answer")
    return Note(
        good=True, text=f"The model that answered is the one that was asked, in all {total}."
    )


def _counted(found: Counter[str]) -> str:
    return listing(f"{name} ({n:,})" for name, n in found.items())


def _asked(comparison: Comparison) -> set[str]:
    return {
        one_line(model, 80)
        for run in comparison.runs
        for record in run.suites
        for column in record.suite.columns
        if (model := names.endpoint_model(record.endpoints, column))
    }


def _cases(suite: SuiteComparison, *, several: bool) -> Iterable[Note]:
    if len(suite.sides) < 2:
        return
    shared = sum(len(row.trials) == len(suite.sides) for row in suite.cases)
    of = f"{one_line(suite.suite.id, 60)}: " if several else ""
    if shared == len(suite.cases):
        yield Note(
            good=True,
            text=f"{of}{_every(len(suite.sides))} columns answered the same "
            f"{words.plural(shared, 'case')}.",
        )
    else:
        yield Note(
            good=False,
            text=f"{of}{words.count(shared)} of {words.plural(len(suite.cases), 'case')} "
            "stand in every column; the others are compared where they can be.",
        )


def _every(n: int) -> str:
    return "Both" if n == 2 else f"All {n}"


def _power(suite: SuiteComparison, *, several: bool) -> Iterable[Note]:
    """What a difference must be for this many cases to show it, from the widest interval."""
    halves = [(half, side) for side in suite.sides if (half := _half_width(side)) is not None]
    if not halves:
        return
    half, side = max(halves, key=lambda pair: pair[0])
    assert side.difference is not None
    n, seen = side.difference.n_cases, half / 1.96 * _POWER
    of = f"{one_line(suite.suite.id, 60)}: " if several else ""
    points = words.points(seen).lstrip("+")
    needed = words.cases_needed(n * (seen / 0.01) ** 2)
    yield Note(
        good=True,
        text=f"{of}With {words.plural(n, 'case')} a difference of about {points} is seen in "
        f"4 of 5 runs. {needed} would be needed to see 1 point.",
    )


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
                        text="not sent" if value is None else one_line(written(value), 120),
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


def _provenance(comparison: Comparison, run: Manifest) -> Provenance:
    facts = [
        Fact(name="Run", value=run.id + ("" if run.complete else ", incomplete"), is_code=True),
        Fact(name="Mode", value=run.mode),
        Fact(name="Time", value=f"{one_line(run.started, 40)} to {one_line(run.ended or '–', 40)}"),
    ]
    asked = listing(sorted(_asked(comparison)))
    if asked:
        facts.append(Fact(name="Model asked", value=asked, is_code=True))
    facts.append(Fact(name="Model answered", value=_counted(models(comparison)) or words.MISSING))
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

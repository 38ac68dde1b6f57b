"""The verdict: one mark and one line, by rules from gates, cases and errors."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from evals.comparison import findings, words
from evals.model import (
    Comparison,
    Finding,
    Frozen,
    Limits,
    Mode,
    Suite,
    SuiteComparison,
    TrialResult,
)
from evals.report import names
from evals.report.marks import Icon, Tally
from evals.report.texts import listing, one_line


class Fact(Frozen, frozen=True, kw_only=True):
    """A figure and what it counts; a plain fact has no figure."""

    figure: str
    text: str


class Verdict(Frozen, frozen=True, kw_only=True):
    icon: Icon
    heading: str
    sentence: str
    facts: tuple[Fact, ...]
    has_answers: bool  # otherwise charts say nothing and are left out


class Count(Frozen, frozen=True, kw_only=True):
    """What the verdict is made of, over the run that is judged."""

    cases: int
    cells: int  # cases × columns that were judged
    failing: int  # of these, those that fail the run
    missed: int  # of these, those whose failures the suite allows
    trials: int
    answered: int
    errors: int
    not_run: int
    skipped: int  # as the suite says; of no trial in `trials`
    unjudged: int
    too_many_errors: bool
    causes: tuple[str, ...]  # the commonest error first
    models: tuple[tuple[str, int], ...]
    """Those that answered, with the number of their answers, commonest first; of all runs."""


def count(comparison: Comparison) -> Count:
    tallied: Counter[str] = Counter()
    causes: Counter[str] = Counter()
    too_many = False
    for suite in comparison.suites:
        here = _count_suite(comparison, suite, causes)
        too_many = too_many or beyond(
            suite.suite.limits, here["errors"] + here["not_run"], here["trials"]
        )
        tallied.update(here)
    return Count(
        cases=tallied["cases"],
        cells=tallied["cells"],
        failing=tallied["failing"],
        missed=tallied["missed"],
        trials=tallied["trials"],
        answered=tallied["answered"],
        errors=tallied["errors"],
        not_run=tallied["not_run"],
        skipped=tallied["skipped"],
        unjudged=tallied["unjudged"],
        too_many_errors=too_many,
        causes=tuple(cause for cause, _ in causes.most_common(3)),
        models=_models(comparison),
    )


def _count_suite(
    comparison: Comparison, suite: SuiteComparison, causes: Counter[str]
) -> Counter[str]:
    tallied: Counter[str] = Counter()
    sides = names.judged_sides(comparison, suite)
    known = {case.id: case for case in suite.suite.cases}
    tallied["cases"] = len(suite.cases)
    tallied["not_run"] = sum(side.n_not_run for side in sides)
    tallied["skipped"] = sum(side.n_skipped for side in sides)
    tallied["trials"] = sum(side.n_trials for side in sides)
    tallied["errors"] = sum(side.n_errors for side in sides)
    tallied["unjudged"] = sum(side.n_unjudged for side in sides)
    tallied["answered"] = tallied["trials"] - tallied["errors"] - tallied["not_run"]
    for row in suite.cases:
        for side in sides:
            trials = row.trials.get(side.id, ())
            tally = Tally(trials)
            tallied["cells"] += bool(tally.judged)
            if tally.fails:
                fails = tally.fails_run(known.get(row.id))
                tallied["failing" if fails else "missed"] += 1
            # What was not run tells of itself only where no error may have led to it.
            told = "error" if tallied["errors"] else "not_run"
            causes.update(cause(t) for t in trials if t.outcome == told)
    return tallied


def _models(comparison: Comparison) -> tuple[tuple[str, int], ...]:
    answered = Counter(
        trial.completion.model
        for suite in comparison.suites
        for row in suite.cases
        for trials in row.trials.values()
        for trial in trials
        if trial.completion is not None
    )
    shown: Counter[str] = Counter()
    for name, n in answered.items():
        shown[one_line(name, 80)] += n
    return tuple(shown.most_common())


def beyond(limits: Limits, unanswered: int, trials: int) -> bool:
    """Whether more trials have no answer than the suite allows, by count or by share.

    No suite allows that none has one: nothing would be shown by that.
    """
    if 0 < trials == unanswered:
        return True
    if isinstance(limits.errors, int):
        return unanswered > limits.errors
    return unanswered > limits.errors * trials


def cause(trial: TrialResult) -> str:
    """Why a trial is an error, in its first line."""
    if trial.error is not None:
        return one_line(trial.error.message.partition("\n")[0], 160)
    failed = next((check.reason for check in trial.checks if check.passed is None), "")
    return one_line(failed, 160) or "no reason was kept"


def verdict_of(comparison: Comparison, counted: Count) -> Verdict:
    icon, heading, sentence = _say(comparison, counted)
    return Verdict(
        icon=icon,
        heading=heading,
        sentence=sentence,
        facts=tuple(_facts(comparison, counted)),
        has_answers=counted.answered > 0,
    )


def _say(comparison: Comparison, counted: Count) -> tuple[Icon, str, str]:
    manifest = names.newest(comparison)
    if not counted.trials:
        return "skip", "Nothing was run", _nothing_run(comparison)
    if not counted.answered:
        cause = counted.causes[0] if counted.causes else "every trial was left out"
        none = f"None of {words.plural(counted.trials, 'trial')} was answered"
        return "error", "No result", f"{none}. The commonest cause: {cause}"
    if not manifest.complete:
        if manifest.ended is None and manifest.counts:
            return "error", "Incomplete", "Trials of the run are gone: its files are damaged."
        rest = f" {words.plural(counted.not_run, 'trial')} not run." if counted.not_run else ""
        return "error", "Incomplete", f"The run was stopped.{rest} {_AGAIN[manifest.mode]}"
    failed = _failed(comparison.findings)
    several = len(comparison.suites) > 1
    if failed or counted.failing or counted.too_many_errors:
        return (
            "fail",
            f"Failed: {_what_failed(comparison, counted)}",
            _why(failed, counted, several=several),
        )
    if not counted.cells and counted.unjudged:
        recorded = words.plural(counted.unjudged, "answer")
        return "none", f"Recorded: {recorded}, none judged", "No check that decides was made."
    return "pass", _passed(comparison, counted), _margin(comparison, counted)


_AGAIN: Mapping[Mode, str] = {
    "replay": "Run the same command again.",
    "record": "What was answered is recorded: the same command asks only what is missing.",
    "refresh": "What was answered is recorded: mode record asks only what is missing.",
    "live": "The same command asks everything again.",
}


def _nothing_run(comparison: Comparison) -> str:
    suites = [one_line(record.suite.id, 60) for record in names.newest(comparison).suites]
    if not suites:
        return "No trial was run."  # such as a suite that is live_only, in replay
    return f"No trial of {listing(suites)} was run."


def _failed(found: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.outcome in ("fail", "error")]


def _what_failed(comparison: Comparison, counted: Count) -> str:
    parts = []
    failed = len(_failed(comparison.findings))
    if failed:
        parts.append(f"{failed} of {words.plural(len(comparison.findings), 'gate')}")
    if counted.failing:
        parts.append(_of_cells(counted, counted.failing))
    if counted.too_many_errors:
        if counted.errors:
            parts.append(words.plural(counted.errors, "error"))
        if counted.not_run:
            parts.append(f"{words.plural(counted.not_run, 'trial')} not run")
    return listing(parts)


def _of_cells(counted: Count, n: int) -> str:
    """`3 of 20 cases`; where columns are compared a case has a result in each."""
    noun = "case" if counted.cells == counted.cases else "case result"
    return f"{words.count(n)} of {words.plural(counted.cells, noun)}"


def _result_of(counted: Count) -> str:
    """What a case result is, where there are any."""
    return "" if counted.cells == counted.cases else "A case has one result in each column."


def _why(failed: Sequence[Finding], counted: Count, *, several: bool) -> str:
    results = f" {_result_of(counted)}".rstrip() if counted.failing else ""
    if failed:
        said = [_gate(finding, several=several) for finding in failed[:2]]
        more = len(failed) - len(said)
        return "; ".join(said) + (f"; and {more} more." if more else ".") + results
    if counted.failing:
        return f"A failing case fails the run unless its suite allows misses.{results}"
    cause = counted.causes[0] if counted.causes else "not run"
    return f"More trials without an answer than allowed. The commonest cause: {cause}"


def _gate(finding: Finding, *, several: bool) -> str:
    of = f" in {one_line(finding.suite, 60)}" if several else ""
    measured = one_line(finding.reason.partition(";")[0], 160)
    # The errors stand beside what was measured.
    measured = measured.replace(findings.numbers(finding), findings.counted(finding), 1)
    return f"{one_line(finding.gate, 80)}{of}: {measured}"


def _passed(comparison: Comparison, counted: Count) -> str:
    evaluated = [f for f in comparison.findings if f.outcome not in ("not_evaluated",)]
    if not evaluated:
        return f"Passed: {words.plural(counted.cases, 'case')}"
    undecided = _undecided(evaluated)
    if len(evaluated) == undecided:
        return f"Passed: no gate failed, {undecided} undecided"
    passed = words.plural(len(evaluated) - undecided, "gate")
    return f"Passed: {passed}, {undecided} undecided" if undecided else f"Passed: {passed}"


def _undecided(found: Iterable[Finding]) -> int:
    return sum(finding.outcome == "undecided" for finding in found)


def _margin(comparison: Comparison, counted: Count) -> str:
    """The estimate that came nearest to failing its gate, and the misses that were allowed."""
    said = []
    several = len(comparison.suites) > 1
    passed = [f for f in comparison.findings if f.outcome == "pass" and f.value is not None]
    estimates = [f for f in passed if findings.certainty(f) in ("Clear", "Could be chance")]
    narrow = min(estimates, key=_distance, default=None)
    if narrow is not None and len(passed) > 1:
        of = f" in {one_line(narrow.suite, 60)}" if several else ""
        said.append(
            f"The narrowest margin: {one_line(narrow.gate, 80)}{of}, "
            f"measured {findings.measured(narrow)}."
        )
    if counted.missed:
        missed = f"{_of_cells(counted, counted.missed)} failed"
        said.append(f"{missed}, which the {'suites allow' if several else 'suite allows'}.")
        said.append(_result_of(counted))
    left = sum(finding.outcome == "not_evaluated" for finding in comparison.findings)
    if left:
        said.append(f"{words.plural(left, 'gate')} not evaluated.")
    if not comparison.findings:
        said.append(
            "No gates are set: such a case fails no run."
            if counted.missed
            else "No gates are set; every failing case would fail the run."
        )
    return " ".join(filter(None, said))


def _distance(finding: Finding) -> float:
    """How far the value is from the limit, against how far its interval reaches to there."""
    value = finding.value or 0.0
    bound = finding.low if finding.limit < value else finding.high
    reach = abs(value - bound) if bound is not None else 0.0
    return abs(value - finding.limit) / reach if reach else math.inf


def _facts(comparison: Comparison, counted: Count) -> Iterable[Fact]:
    manifest = names.newest(comparison)
    if len(comparison.suites) > 1:
        yield Fact(figure=str(len(comparison.suites)), text="suites")
    yield _counted(counted.cases, "case")
    judged = (names.judged_sides(comparison, suite) for suite in comparison.suites)
    columns = {side.column.id for sides in judged for side in sides}
    yield _counted(len(columns), "column")
    yield _counted(counted.trials, "trial")
    if counted.errors:
        yield _counted(counted.errors, "error")
    cost = [side.cost_usd for suite in comparison.suites for side in suite.sides]
    priced = [usd for usd in cost if usd is not None]
    if priced:
        unpriced = "≥ " if len(priced) < len(cost) else ""
        yield Fact(figure=f"{unpriced}{words.money(sum(priced))}", text="")
    yield Fact(figure="", text=f"{MODES[manifest.mode]} {date(manifest.started)}")
    for model, _ in counted.models[:2]:
        yield Fact(figure="", text=model)
    if manifest.git_commit:
        changed = ", with changes" if manifest.git_dirty else ""
        yield Fact(figure="", text=f"commit {one_line(manifest.git_commit[:10], 10)}{changed}")


def _counted(n: int, noun: str) -> Fact:
    figure, _, text = words.plural(n, noun).partition(" ")
    return Fact(figure=figure, text=text)


MODES = {
    "replay": "replayed from recordings,",
    "record": "recorded,",
    "refresh": "recorded anew,",
    "live": "asked live,",
}


def date(iso: str) -> str:
    """`23 Nov 2026, 10:15 UTC`; a text that is no date as it is."""
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        return one_line(iso, 40)
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return f"{moment.day} {months[moment.month - 1]} {moment.year}, {moment:%H:%M} UTC"


def gates_passed(found: Sequence[Finding], suite: Suite) -> str:
    """`2 of 3 gates`, `2 of 3 gates, 1 undecided`, of one suite."""
    here = [finding for finding in found if finding.suite == suite.id]
    if not here:
        return ""
    passed = sum(finding.outcome in ("pass", "same") for finding in here)
    undecided = _undecided(here)
    left = f", {undecided} undecided" if undecided else ""
    return f"{passed} of {words.plural(len(here), 'gate')}{left}"

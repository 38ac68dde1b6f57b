"""What failed, or between two runs what broke: worst first, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from evals.comparison import words
from evals.model import Comparison, Difference, Frozen, SuiteComparison, TrialResult, Verdict
from evals.report import names
from evals.report.cases import Judged
from evals.report.marks import Mark, Tally
from evals.report.texts import listing, one_line
from evals.report.verdict import cause

_SHOWN = 9

Suites = Sequence[tuple[SuiteComparison, Sequence[Judged]]]


class BrokenCase(Frozen, frozen=True, kw_only=True):
    before: Mark | None
    now: Mark
    id: str
    anchor: str
    suite: str  # where there are several
    column: str  # where it is one of several
    reason: str
    counts: str


class More(Frozen, frozen=True, kw_only=True):
    text: str
    href: str


class Broken(Frozen, frozen=True, kw_only=True):
    heading: str
    of: str
    sentence: str
    cases: tuple[BrokenCase, ...]
    more: tuple[More, ...]


def broken_of(comparison: Comparison, suites: Suites, places: Mapping[str, str]) -> Broken:
    """`places` are the sections of the suites' cases."""
    if comparison.kind == "runs":
        return _broke(comparison, suites, places)
    return _failed(suites, places)


def _failed(suites: Suites, places: Mapping[str, str]) -> Broken:
    several = len(suites) > 1
    bad = [
        (one, suite)
        for suite, judged in suites
        for one in judged
        if (one.failing or one.badness) and not _is_skipped(one)
    ]
    # A case that fails the run stands before one that the suite allows to fail.
    bad.sort(key=lambda pair: (not pair[0].failing, -_share_failed(pair[0])))
    total = sum(len(judged) for _, judged in suites)
    shown = bad[:_SHOWN]
    allow = "the suites allow misses" if several else "the suite allows misses"
    if any(suite.suite.gates for suite, _ in suites):
        allow += ", and the gates decide"
    return Broken(
        heading="What failed",
        of="worst first" if bad else "",
        sentence=_failed_sentence([one for one, _ in bad], total, allow=allow),
        cases=tuple(_failed_case(one, suite, several=several) for one, suite in shown),
        more=_more(suites, places, bad) if len(bad) > len(shown) else (),
    )


def _failed_sentence(bad: Sequence[Judged], total: int, *, allow: str) -> str:
    if not bad:
        return "Nothing failed: every answer that was judged passed."
    silent = sum(_is_silent(one) for one in bad)
    if silent == len(bad):
        have = "has" if silent == 1 else "have"
        return f"{words.count(silent)} of {words.plural(total, 'case')} {have} no answer."
    said = f"{words.count(len(bad))} of {words.plural(total, 'case')} did not pass everywhere"
    if silent:
        said += f", {words.count(silent)} of them without an answer"
    failing = sum(one.failing for one in bad)
    if not failing and not any(t.fails for one in bad for t in one.tallies.values()):
        have = "has" if len(bad) == 1 else "have"
        cases = words.plural(total, "case")
        return (
            f"{words.count(len(bad))} of {cases} {have} errors; no answer that was judged failed."
        )
    if not failing:
        return f"{said}; {allow}."
    return f"{said}; {words.count(failing)} of them {'fails' if failing == 1 else 'fail'} the run."


def _is_skipped(one: Judged) -> bool:
    """Whether the suite itself leaves the case out: that is no answer which is missing."""
    trials = (trial for side in one.row.trials.values() for trial in side)
    return all(trial.outcome == "skipped" for trial in trials)


def _is_silent(one: Judged) -> bool:
    """Nothing was judged and nothing went wrong: its trials were not run."""
    return not any(tally.judged or tally.errors for tally in one.tallies.values())


def _share_failed(one: Judged) -> float:
    judged = sum(tally.judged + tally.errors for tally in one.tallies.values())
    return sum(tally.fails + tally.errors for tally in one.tallies.values()) / (judged or 1)


def _failed_case(one: Judged, suite: SuiteComparison, *, several: bool) -> BrokenCase:
    passes = sum(tally.passes for tally in one.tallies.values())
    judged = sum(tally.judged for tally in one.tallies.values())
    side = _worst_side(one)
    return BrokenCase(
        before=None,
        now=_joined(one.tallies.values()),
        id=one_line(one.row.id, 60),
        anchor=one.anchor,
        suite=one_line(suite.suite.id, 40) if several else "",
        column="",
        reason=why(one.row.trials[side]),
        counts=f"{passes}/{judged}" if judged else "0 answers",
    )


def _joined(tallies: Iterable[Tally]) -> Mark:
    joined = Tally(())
    for tally in tallies:
        joined.passes += tally.passes
        joined.fails += tally.fails
        joined.errors += tally.errors
        joined.unjudged += tally.unjudged
    return joined.mark


def _worst_side(one: Judged) -> str:
    def share(side: str) -> float:
        tally = one.tallies[side]
        return tally.passes / tally.judged if tally.judged else -1.0 if tally.errors else 2.0

    return min(one.tallies, key=share)


def why(trials: Sequence[TrialResult]) -> str:
    """Why the first sample that did not pass did not: its first failed check, or its error."""
    for trial in trials:
        if trial.outcome == "error":
            return cause(trial)
        if trial.passed == 0:
            failed = next(_failing(trial.checks), None)
            if failed is not None:
                return f"{one_line(failed.name or failed.type, 40)}: {one_line(failed.reason, 140)}"
    return ""


def _failing(checks: Iterable[Verdict]) -> Iterator[Verdict]:
    """The failed checks, of a group those inside it."""
    return (
        leaf
        for check in checks
        if check.passed is False and check.weight
        for leaf in ([c for c in check.checks or () if c.passed is False][:1] or [check])
    )


def _more(
    suites: Suites, places: Mapping[str, str], bad: Sequence[tuple[Judged, SuiteComparison]]
) -> tuple[More, ...]:
    links = []
    for suite, _ in suites:
        n = sum(of is suite for _, of in bad)
        if n:
            text = f"All {n}" if len(suites) == 1 else f"{one_line(suite.suite.id, 40)} {n}"
            links.append(More(text=text, href=places[suite.suite.id]))
    return tuple(links)


def _broke(comparison: Comparison, suites: Suites, places: Mapping[str, str]) -> Broken:
    older = comparison.runs[0]
    flipped = [
        (suite, one, side.difference.reference, side.id)
        for suite, judged in suites
        for side in suite.sides
        if side.difference is not None
        for one in judged
        if one.row.id in side.difference.losses
    ]
    fixed = sum(len(of.gains) for suite, _ in suites for of in _differences(suite))
    several = len(suites) > 1
    columns = {difference.side for suite, _ in suites for difference in _differences(suite)}
    cases = [
        BrokenCase(
            before=one.tallies[reference].mark,
            now=one.tallies[side].mark,
            id=one_line(one.row.id, 60),
            anchor=one.anchor,
            suite=one_line(suite.suite.id, 40) if several else "",
            column=one_line(one.row.trials[side][0].column, 40) if len(columns) > 1 else "",
            reason=why(one.row.trials[side]),
            counts=f"{_passes(one.tallies[reference])} → {_passes(one.tallies[side])}",
        )
        for suite, one, reference, side in flipped
    ]
    return Broken(
        heading="What broke",
        of=f"since {names.run_tail(older.id)}",
        sentence=_broke_sentence(suites, len(cases), fixed),
        cases=tuple(cases[:_SHOWN]),
        more=_all_places(suites, places) if len(cases) > _SHOWN else (),
    )


def _differences(suite: SuiteComparison) -> Iterable[Difference]:
    return (side.difference for side in suite.sides if side.difference is not None)


def _broke_sentence(suites: Suites, broke: int, fixed: int) -> str:
    if not broke and not fixed:
        return "No case changed sides."
    compared = sum(1 for suite, _ in suites for _ in _differences(suite))
    # A case counts once in each column of the two runs.
    noun = "case" if compared == 1 else "result"
    said = f"{words.plural(broke, noun)} broke, {words.count(fixed)} fixed. "
    told = [
        f"{words.difference(d)}, {words.chance(d)[:1].lower()}{words.chance(d)[1:]}"
        for suite, _ in suites
        for d in _differences(suite)
        if d.value is not None
    ]
    return said + (f"Net {listing(told[:2])}." if len(told) <= 2 else "")


def _passes(tally: Tally) -> str:
    return f"{tally.passes}/{tally.judged}"


def _all_places(suites: Suites, places: Mapping[str, str]) -> tuple[More, ...]:
    return tuple(
        More(text=f"All cases of {one_line(suite.suite.id, 40)}", href=places[suite.suite.id])
        for suite, _ in suites
    )

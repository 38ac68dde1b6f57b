"""One view of a comparison: every number as the string that people read, made once.

Renderings loop over it and place its texts; they compute nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from evals.comparison import words
from evals.model import Comparison, Frozen, SuiteComparison, SuiteRecord
from evals.report import names
from evals.report.broken import Broken, broken_of
from evals.report.calibration import Calibrations, calibrations_of
from evals.report.cases import (
    COMPLETE_UP_TO,
    HELD_UP_TO,
    SHOWN_OF_LARGE,
    Cases,
    Judged,
    cases_of,
    judge,
    selected,
)
from evals.report.changes import Changes, changes_of
from evals.report.confusion import Matrix, heading_of, matrices_of
from evals.report.data import Evidence, PageData, SuiteData, Texts, Tokens, suite_data
from evals.report.details import Article, Requests, Source, article
from evals.report.gates import Gates, gates_of
from evals.report.history import RunSummary, summary_of
from evals.report.honoured import Honoured, honoured_of
from evals.report.marks import ERROR, SKIP, Mark, side_marks
from evals.report.samples import Samples, samples_of
from evals.report.settings import Settings, settings_of
from evals.report.texts import Anchors, one_line
from evals.report.tradeoff import TradeOff, first_front, trade_off_of
from evals.report.trust import Trust, trust_of
from evals.report.verdict import Count, Verdict, beyond, count, gates_passed, verdict_of
from evals.report.weak import Weak, weak_of

__all__ = ["Chapter", "SuiteRow", "View", "build"]

_TOLD_OF_LARGE = 300  # cases of a larger run with their details, read without the script
_UNFOLDED = 10  # the worst cases of a suite, whose answers are seen without opening them


class SuiteRow(Frozen, frozen=True, kw_only=True):
    """A suite in the list of suites; accuracy is that of its reference."""

    anchor: str
    name: str
    mark: Mark
    finding: str
    reference: str
    accuracy: str
    interval: str
    cases: str
    columns: str
    trials: str
    errors: str
    gates: str


class Chapter(Frozen, frozen=True, kw_only=True):
    """A suite's sections."""

    anchor: str
    name: str
    path: str
    description: str
    changes: Changes | None  # where two runs are compared
    settings: Settings
    samples: tuple[Samples, ...]
    trade_off: TradeOff | None
    cases: Cases
    weak: Weak
    confusions: tuple[Matrix, ...]
    confusion_heading: str
    calibration: Calibrations | None


class View(Frozen, frozen=True, kw_only=True):
    """A comparison as strings."""

    title: str
    name: str
    run: str
    several_columns: bool
    verdict: Verdict
    gates: Gates
    broken: Broken
    suites_heading: str
    suites: tuple[SuiteRow, ...]
    chapters: tuple[Chapter, ...]
    articles: tuple[Article, ...]
    articles_note: str
    trust: Trust
    honoured: tuple[Honoured, ...]  # by endpoints, as far as somebody has found out
    data: PageData
    summary: RunSummary | None  # of one run; None where two are compared


def build(
    comparison: Comparison, *, requests: Requests | None = None, tokens: Tokens | None = None
) -> View:
    """Make the view; what a trial sent and its tokens are shown where they are still known."""
    counted = count(comparison)
    anchors = Anchors()
    places = {suite.suite.id: anchors("suite", suite.suite.id) for suite in comparison.suites}
    judged = [(suite, judge(comparison, suite, anchors)) for suite in comparison.suites]
    verdict = verdict_of(comparison, counted)
    name = _name(comparison)
    page = _Page(comparison, counted.trials, Evidence(request=requests, tokens=tokens), Texts())
    chapters, articles, data = [], [], []
    for suite, cases in judged:
        chapter, told, packed = _chapter(page, suite, places[suite.suite.id], cases)
        chapters.append(chapter)
        articles += told
        data.append(packed)
    rows = tuple(
        _suite_row(comparison, chapter, suite, cases)
        for chapter, (suite, cases) in zip(chapters, judged, strict=True)
    )
    return View(
        title=f"{verdict.heading}: {name}",
        name=name,
        run=" against ".join(run.id for run in reversed(comparison.runs)),
        several_columns=any(len(suite.sides) > 1 for suite in comparison.suites),
        verdict=verdict,
        gates=gates_of(comparison, places),
        broken=broken_of(comparison, judged, {id: f"{at}-cases" for id, at in places.items()}),
        suites_heading=_suites_heading(rows),
        suites=rows,
        chapters=tuple(chapters),
        articles=tuple(articles),
        articles_note=_articles_note(articles, counted),
        trust=trust_of(comparison, counted),
        honoured=honoured_of(comparison),
        data=PageData(kind=comparison.kind, suites=tuple(data), texts=page.texts.all()),
        summary=summary_of(comparison, verdict, [row.mark for row in rows]),
    )


class _Page(NamedTuple):
    """What the chapters of one page share."""

    comparison: Comparison
    trials: int
    evidence: Evidence
    texts: Texts


def _suites_heading(rows: tuple[SuiteRow, ...]) -> str:
    passed = sum(row.mark.icon == "pass" for row in rows)
    if passed == len(rows):
        return f"All {words.plural(passed, 'suite')} passed"
    return f"{passed} of {words.plural(len(rows), 'suite')} passed"


def _name(comparison: Comparison) -> str:
    suites = comparison.suites
    if len(suites) == 1:
        return one_line(suites[0].suite.id, 60)
    return words.plural(len(suites), "suite")


def _chapter(
    page: _Page, suite: SuiteComparison, anchor: str, judged: list[Judged]
) -> tuple[Chapter, list[Article], SuiteData]:
    comparison = page.comparison
    side_names = names.side_names(comparison, suite)
    marks = side_marks(suite.sides, first_front(suite))
    record = _record(comparison, suite)
    complete = page.trials <= COMPLETE_UP_TO
    source = Source(
        suite=suite,
        names=side_names,
        marks=marks,
        place=f"{anchor}-cases",
        shown_suite=len(comparison.suites) > 1,
        brief=not complete,
        recordings=one_line(record.cassettes or "", 300) if record else "",
        requests=page.evidence.request,
    )
    held = selected(judged, everything=page.trials <= HELD_UP_TO)
    shown = selected(judged, everything=complete, most=SHOWN_OF_LARGE)
    told = shown if complete else shown[:_TOLD_OF_LARGE]
    chapter = Chapter(
        anchor=anchor,
        name=one_line(suite.suite.id, 80),
        path=one_line(suite.suite.path, 200),
        description=one_line(suite.suite.description or "", 300),
        changes=changes_of(comparison, suite, judged),
        settings=settings_of(comparison, suite, side_names, marks),
        samples=samples_of(suite, side_names),
        trade_off=trade_off_of(suite, side_names, marks),
        cases=cases_of(suite, judged, shown, side_names, marks, told=len(told)),
        weak=weak_of(suite, judged, side_names, marks),
        confusions=matrices_of(suite, side_names),
        confusion_heading=heading_of(suite),
        calibration=calibrations_of(suite, side_names, marks),
    )
    articles = [article(one, source, open=place < _UNFOLDED) for place, one in enumerate(told)]
    data = suite_data(comparison, (judged, held), source, page.texts, page.evidence)
    return chapter, articles, data


def _record(comparison: Comparison, suite: SuiteComparison) -> SuiteRecord | None:
    records = names.newest(comparison).suites
    return next((record for record in records if record.suite.id == suite.suite.id), None)


def _suite_row(
    comparison: Comparison, chapter: Chapter, suite: SuiteComparison, judged: list[Judged]
) -> SuiteRow:
    first = chapter.settings.rows[0]
    sides = names.judged_sides(comparison, suite)
    return SuiteRow(
        anchor=chapter.anchor,
        name=chapter.name,
        mark=_suite_mark(comparison, suite, judged),
        finding=chapter.settings.heading if len(suite.sides) > 1 else chapter.cases.heading,
        reference=first.name,
        accuracy=first.accuracy.value,
        interval=first.accuracy.interval,
        cases=words.count(len(judged)),
        columns=words.count(len(suite.sides)),
        trials=words.count(sum(side.n_trials for side in sides)),
        errors=words.count(sum(side.n_errors for side in sides)),
        gates=gates_passed(comparison.findings, suite.suite),
    )


def _suite_mark(comparison: Comparison, suite: SuiteComparison, judged: list[Judged]) -> Mark:
    """Failed by a gate or a case; an error by too many of them; else passed."""
    outcomes = {f.outcome for f in comparison.findings if f.suite == suite.suite.id}
    if outcomes & {"fail", "error"} or any(one.failing for one in judged):
        return Mark(icon="fail", word="failed")
    sides = names.judged_sides(comparison, suite)
    unanswered = sum(side.n_errors + side.n_not_run for side in sides)
    if beyond(suite.suite.limits, unanswered, sum(side.n_trials for side in sides)):
        return ERROR
    return Mark(icon="pass", word="passed") if judged else SKIP


def _articles_note(articles: list[Article], counted: Count) -> str:
    if counted.trials <= COMPLETE_UP_TO:
        return ""
    return (
        f"{words.plural(len(articles), 'case')} of {words.count(counted.cases)}, the worst first; "
        "with its script the page opens each case that its grid lists."
    )

"""Where a suite is weak: by tag, by named metric, by check, and where samples disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from evals.comparison import findings, words
from evals.model import Estimate, Frozen, Side, SuiteComparison, Verdict
from evals.report import plots
from evals.report.cases import Judged
from evals.report.marks import SideMark
from evals.report.measured import parted
from evals.report.plots import Axis, px
from evals.report.texts import listing, one_line

TAG_WIDTH, BAR_WIDTH = 220, 180
_FEWEST = 3
_CHECKS = 8


class Dot(Frozen, frozen=True, kw_only=True):
    at: str
    mark: SideMark


class TagRow(Frozen, frozen=True, kw_only=True):
    """Accuracy on the cases with a tag; the interval is the reference's."""

    tag: str
    cases: str
    value: str
    interval: str
    low: str
    width: str
    dots: tuple[Dot, ...]
    stands_out: bool


class Bar(Frozen, frozen=True, kw_only=True):
    label: str
    mark: SideMark | None
    count: str
    width: str


class MetricRow(Frozen, frozen=True, kw_only=True):
    name: str
    values: tuple[str, ...]


class Weak(Frozen, frozen=True, kw_only=True):
    heading: str
    tags: tuple[TagRow, ...]
    tags_of: str
    tags_note: str
    tag_axis: Axis
    metrics: tuple[MetricRow, ...]
    checks: tuple[Bar, ...]
    checks_of: str
    disagree: tuple[Bar, ...]
    disagree_of: str
    disagreeing: tuple[tuple[str, str], ...]  # cases: id and anchor


def weak_of(
    suite: SuiteComparison,
    judged: Sequence[Judged],
    names: Mapping[str, str],
    marks: Mapping[str, SideMark],
) -> Weak:
    reference = suite.sides[0]
    kept = {tag: of for tag, of in reference.tags.items() if of.n_cases >= _FEWEST}
    axis = plots.share_axis(_ends(suite, kept), left=6.0, right=TAG_WIDTH - 6.0)
    tags = tuple(
        _tag_row(tag, kept[tag], suite, marks, axis)
        for tag in sorted(kept, key=lambda tag: (kept[tag].value or 0.0, tag))
    )
    failed = _failed_checks(judged)
    flaky = [one for one in judged if any(t.passes and t.fails for t in one.tallies.values())]
    return Weak(
        heading=_heading(suite, judged, tags, failed),
        tags=tags,
        tags_of=names[reference.id],
        tags_note=_tags_note(len(reference.tags) - len(kept)),
        tag_axis=axis,
        metrics=_metrics(suite),
        checks=_bars([(name, None, n) for name, n in failed.most_common(_CHECKS)]),
        checks_of=words.plural(failed.total(), "failed check"),
        disagree=_bars([(names[s.id], marks[s.id], s.n_flaky) for s in suite.sides])
        if _sampled(suite)
        else (),
        disagree_of=f"of {words.plural(len(judged), 'case')}",
        disagreeing=tuple((one_line(one.row.id, 60), one.anchor) for one in flaky[:_CHECKS]),
    )


def _sampled(suite: SuiteComparison) -> bool:
    return any(side.accuracy.n_trials > side.accuracy.n_cases for side in suite.sides)


def _ends(suite: SuiteComparison, kept: Mapping[str, Estimate]) -> list[float | None]:
    ends = [end for of in kept.values() for end in (of.low, of.value, of.high)]
    return ends + [side.tags[tag].value for side in suite.sides for tag in kept if tag in side.tags]


def _tag_row(
    tag: str, of: Estimate, suite: SuiteComparison, marks: Mapping[str, SideMark], axis: Axis
) -> TagRow:
    value, interval = parted(words.accuracy(of))
    known = of.low is not None and of.high is not None
    low, high = axis.place(of.low or 0.0), axis.place(of.high or 0.0)
    return TagRow(
        tag=one_line(tag, 40),
        cases=_counted(of),
        value=value,
        interval=interval,
        low=px(low) if known else "",
        width=px(high - low),
        dots=tuple(
            Dot(at=px(axis.place(told.value)), mark=marks[side.id])
            for side in reversed(suite.sides)
            if (told := side.tags.get(tag)) is not None and told.value is not None
        ),
        stands_out=_stands_out(of, suite.sides[0]),
    )


def _counted(of: Estimate) -> str:
    """`40`, or `40, 3 errors`."""
    errors = f", {words.plural(of.n_errors, 'error')}" if of.n_errors else ""
    return f"{words.count(of.n_cases)}{errors}"


def _stands_out(of: Estimate, side: Side) -> bool:
    """Whether the tag's interval lies below that of all cases: rarer by chance than p = 0.05."""
    return (
        of.n_cases < side.accuracy.n_cases
        and of.high is not None
        and side.accuracy.low is not None
        and of.high < side.accuracy.low
    )


def _tags_note(left_out: int) -> str:
    said = "A tag stands out where its interval lies wholly below that of all cases."
    if left_out:
        said += f" {words.plural(left_out, 'tag')} with fewer than {_FEWEST} cases left out."
    return said


def _heading(
    suite: SuiteComparison, judged: Sequence[Judged], tags: Sequence[TagRow], failed: Counter[str]
) -> str:
    if judged and all(one.quiet for one in judged):
        return "No weak spot: every answer that was judged passed"
    out = [row.tag for row in tags if row.stands_out]
    if out:
        hard = "is harder" if len(out) == 1 else "are harder"
        return f"{listing(out)} {hard} than the rest"
    said = "No tag stands out" if tags else ""
    if failed:
        name, n = failed.most_common(1)[0]
        every = n == failed.total()
        most = f"{'all' if every else f'{n:,} of'} {failed.total():,} failed checks are {name}"
        if failed.total() == 1:
            most = f"the one failed check is {name}"
        return f"{said}; {most}" if said else f"{most[:1].upper()}{most[1:]}"
    return said or "Nothing was judged to be wrong"


def _failed_checks(judged: Sequence[Judged]) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in judged:
        if one.quiet:
            continue
        for trials in one.row.trials.values():
            for trial in trials:
                if trial.passed == 0:
                    found.update(_failed(trial.checks))
    return found


def _failed(checks: Sequence[Verdict]) -> list[str]:
    return [
        one_line(check.name or check.metric or check.type, 60)
        for check in checks
        if check.passed is False and check.weight
    ]


def _bars(counted: Sequence[tuple[str, SideMark | None, int]]) -> tuple[Bar, ...]:
    most = max((n for _, _, n in counted), default=0) or 1
    return tuple(
        Bar(label=label, mark=mark, count=words.count(n), width=px(BAR_WIDTH * n / most))
        for label, mark, n in counted
    )


def _metrics(suite: SuiteComparison) -> tuple[MetricRow, ...]:
    found = dict.fromkeys(name for side in suite.sides for name in side.metrics)
    own = {metric.name: metric.aggregates or metric.name for metric in suite.suite.metrics}
    return tuple(
        MetricRow(
            name=one_line(name, 60),
            values=tuple(
                _metric(side.metrics[name], own=own.get(name))
                if name in side.metrics
                else words.MISSING
                for side in suite.sides
            ),
        )
        for name in found
    )


def _metric(of: Estimate, *, own: str | None) -> str:
    """With its n and errors; of a metric of the suite itself, said where there is no interval."""
    cases = words.numbers(of.n_cases, of.n_cases, of.n_errors)
    if of.value is None:
        return f"{words.MISSING} (no value), {cases}" if own else words.MISSING
    bare = ", no interval" if own and of.low is None and of.high is None else ""
    shown = findings.in_unit(own, of) if own else words.score(of.value, of.low, of.high)
    return f"{shown}{bare}, {cases}"

"""The table of sides: what was measured of each, side by side, and what it means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from evals.comparison import words
from evals.comparison.words import SAME_ANSWERS
from evals.model import Comparison, Difference, Estimate, Finding, Frozen, Side, SuiteComparison
from evals.report import headings, measured, names, plots
from evals.report.marks import SideMark
from evals.report.measured import Accuracy, Compared, Latency, Ratios, TokenUse
from evals.report.plots import Axis

ACCURACY_WIDTH, POINTS_WIDTH, LATENCY_WIDTH = 168, 176, 176
_PAD = 6.0


class SideRow(Frozen, frozen=True, kw_only=True):
    """One side as strings; `compared` is None for a reference."""

    name: str
    mark: SideMark
    what: str
    tags: tuple[str, ...]
    accuracy: Accuracy
    compared: Compared | None
    latency: Latency
    tokens: TokenUse
    cost: str
    ratios: Ratios
    errors: str
    trials: str
    samples: str


class Settings(Frozen, frozen=True, kw_only=True):
    """The section; `reference` names what the others are compared with."""

    heading: str
    lead: str
    cheapest: str
    rows: tuple[SideRow, ...]
    reference: str
    accuracy_axis: Axis
    points_axis: Axis
    latency_axis: Axis
    has_limit: bool
    has_reasoning: bool
    note: str


class _Table(Frozen, frozen=True, kw_only=True):
    """What the rows of one table share."""

    kind: str
    sides: dict[str, Side]
    names: Mapping[str, str]
    marks: Mapping[str, SideMark]
    accuracy: Axis
    points: Axis
    latency: Axis
    most_tokens: float
    limits: dict[str, float]  # of gates on latency.p95, by column
    best: str


def settings_of(
    comparison: Comparison,
    suite: SuiteComparison,
    side_names: Mapping[str, str],
    marks: Mapping[str, SideMark],
) -> Settings:
    table = _table(comparison, suite, side_names, marks)
    told = names.differing([side.column for side in suite.sides])
    rows = tuple(
        _row(table, side, names.described(side.column, told, place))
        for place, side in enumerate(suite.sides)
    )
    return Settings(
        heading=headings.settings(suite, side_names),
        lead=headings.settings_lead(suite, side_names),
        cheapest=headings.cheapest(suite, side_names),
        rows=rows,
        reference="its reference" if comparison.kind == "runs" else side_names[suite.reference],
        accuracy_axis=table.accuracy,
        points_axis=table.points,
        latency_axis=table.latency,
        has_limit=bool(table.limits),
        has_reasoning=any(side.tokens.reasoning for side in suite.sides),
        note=_note(suite),
    )


def _table(
    comparison: Comparison,
    suite: SuiteComparison,
    side_names: Mapping[str, str],
    marks: Mapping[str, SideMark],
) -> _Table:
    sides = suite.sides
    limits = _latency_limits(comparison.findings, suite)
    ends = [side.latency.values[end] for side in sides if side.latency.values for end in (0, -1)]
    best = headings.best_side(suite)
    right = LATENCY_WIDTH - _PAD
    return _Table(
        kind=comparison.kind,
        sides={side.id: side for side in sides},
        names=side_names,
        marks=marks,
        accuracy=plots.share_axis(
            _ends(side.accuracy for side in sides), left=_PAD, right=ACCURACY_WIDTH - _PAD
        ),
        points=plots.points_axis(
            _ends(side.difference for side in sides), left=_PAD, right=POINTS_WIDTH - _PAD
        ),
        latency=plots.log_axis(
            [*ends, *limits.values()], left=_PAD, right=right, label=plots.time_label
        ),
        most_tokens=max((measured.all_tokens(side) or 0.0 for side in sides), default=0.0) or 1.0,
        limits=limits,
        best=best.id if best else "",
    )


def _ends(of: Iterable[Estimate | Difference | None]) -> list[float | None]:
    return [end for one in of if one is not None for end in (one.low, one.value, one.high)]


def _latency_limits(findings: Sequence[Finding], suite: SuiteComparison) -> dict[str, float]:
    return {
        finding.column: finding.limit
        for finding in findings
        if finding.suite == suite.suite.id and finding.metric == "latency.p95"
    }


def _row(table: _Table, side: Side, what: str) -> SideRow:
    difference = side.difference
    return SideRow(
        name=table.names[side.id],
        mark=table.marks[side.id],
        what=f"run {side.run}" if table.kind == "runs" else what,
        tags=_tags(table, side),
        accuracy=measured.accuracy(side.accuracy, table.accuracy),
        compared=None
        if difference is None
        else measured.compared(difference, table.points, table.names),
        latency=measured.latency(side, table.latency, table.limits.get(side.column.id)),
        tokens=measured.tokens(side, table.most_tokens),
        cost=words.money(side.cost_usd),
        ratios=measured.ratios(side),
        errors=words.count(side.n_errors),
        trials=f"of {words.plural(side.n_trials, 'trial')}",
        samples=_samples(side),
    )


def _tags(table: _Table, side: Side) -> tuple[str, ...]:
    tags = []
    if side.difference is None and len(table.sides) > 1:
        tags.append("reference")
    if side.id == table.best:
        tags.append("highest accuracy")
    return tuple(tags)


def _samples(side: Side) -> str:
    every, some, none = (words.count(n) for n in (side.cases_all, side.cases_some, side.cases_none))
    if side.accuracy.n_trials == side.accuracy.n_cases:
        return f"{every} passed, {none} failed"
    return f"{every} passed every sample, {some} some, {none} none"


def _note(suite: SuiteComparison) -> str:
    said = [
        "Accuracy is the share of samples that pass, averaged over cases, with its 95 % interval; "
        "the case is the unit. Errors are counted apart and never as failures."
    ]
    differences = [side.difference for side in suite.sides if side.difference is not None]
    tests = dict.fromkeys(of.test for of in differences if of.p is not None)
    if tests:
        comparisons = max(of.comparisons for of in differences)
        family = f", adjusted for {comparisons} comparisons (Holm)" if comparisons > 1 else ""
        said.append(
            "A case flips when the majority of its samples changes sides. p is from the "
            f"{' or '.join(tests)} on the same cases{family}; the words follow p."
        )
    if any(side.ratios for side in suite.sides):
        said.append(
            "Ratios (×) are to the reference on the same cases, with their 95 % intervals: latency "
            "of geometric means, tokens and cost of totals."
        )
    if any(of.test == SAME_ANSWERS for of in differences):
        said.append("Sides that are the same recorded answers are not tested.")
    if suite.set_aside:
        changed = words.plural(len(suite.set_aside), "case")
        said.append(f"{changed} changed between the runs and stand outside the comparison.")
    return " ".join(said)

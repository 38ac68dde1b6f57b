"""Cases × sides: what failed, the overview, and the grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

from evals.comparison import words
from evals.model import Case, CaseRow, Comparison, Frozen, SuiteComparison, TrialResult
from evals.report import headings, names
from evals.report.marks import Mark, SideMark, Tally
from evals.report.texts import Anchors, one_line, summary, written

COMPLETE_UP_TO = 2_000
"""Trials up to which a page shows every case without its script."""

HELD_UP_TO = 50_000
"""Trials up to which a page holds every case; beyond, those that did not pass and a sample."""

SAMPLE_OF_PASSES = 200
SHOWN_OF_LARGE = 1_000
"""Cases of a suite that a page of a larger run shows without its script."""

_BINS = 400
_STRIP_FROM = 12


class Cell(Frozen, frozen=True, kw_only=True):
    mark: Mark
    answer: str
    wrong: bool
    part: bool  # the answer is the wrong part of what was said
    counts: str
    measures: str


class GridRow(Frozen, frozen=True, kw_only=True):
    anchor: str  # of the case's details, where the page has them
    id: str
    tags: tuple[str, ...]
    snippet: str
    expected: str
    cells: tuple[Cell | None, ...]


class Strip(Frozen, frozen=True, kw_only=True):
    """One side's bars, a path for each outcome, in a drawing one unit wide for each case."""

    mark: SideMark
    name: str
    passed: str
    flaky: str
    failed: str
    errors: str


class Head(Frozen, frozen=True, kw_only=True):
    name: str
    mark: SideMark


class Cases(Frozen, frozen=True, kw_only=True):
    heading: str
    heads: tuple[Head, ...]
    has_expected: bool
    has_parts: bool
    rows: tuple[GridRow, ...]
    left_out: str
    strips: tuple[Strip, ...]
    strip_width: int
    strip_note: str


class Judged(NamedTuple):
    """A case with what its samples came to on each side that has any."""

    row: CaseRow
    case: Case | None
    tallies: dict[str, Tally]
    anchor: str
    badness: float  # higher is worse
    failing: bool  # on a side of the run that is judged

    @property
    def quiet(self) -> bool:
        """All samples of all sides passed, or were only recorded."""
        return self.badness == 0.0


def judge(comparison: Comparison, suite: SuiteComparison, anchors: Anchors) -> list[Judged]:
    """The suite's cases, worst first: failures of the run, then shares, errors after failures."""
    known = {case.id: case for case in suite.suite.cases}
    current = {side.id for side in names.judged_sides(comparison, suite)}
    judged = [_judged(row, known.get(row.id), current, suite, anchors) for row in suite.cases]
    judged.sort(key=lambda one: (not one.failing, -one.badness))
    return judged


def _judged(
    row: CaseRow,
    case: Case | None,
    current: set[str],
    suite: SuiteComparison,
    anchors: Anchors,
) -> Judged:
    tallies = {side: Tally(trials) for side, trials in row.trials.items()}
    bad, failing = 0.0, False
    for side, tally in tallies.items():
        if not (tally.fails or tally.errors or not (tally.passes or tally.unjudged)):
            continue
        samples = tally.judged + tally.errors
        bad += (tally.fails + 0.5 * tally.errors) / samples if samples else 0.001
        failing = failing or (side in current and tally.fails_run(case))
    return Judged(row, case, tallies, anchors("case", suite.suite.id, row.id), bad, failing)


def selected(
    judged: Sequence[Judged], *, everything: bool, most: int | None = None
) -> list[Judged]:
    """The cases that are held: all, or those that did not pass, the worst first, and a sample."""
    if everything:
        return list(judged)
    loud = [one for one in judged if not one.quiet][:most]
    quiet = [one for one in judged if one.quiet]
    step = max(1, -(-len(quiet) // SAMPLE_OF_PASSES))
    return [*loud, *quiet[::step]]


def cases_of(
    suite: SuiteComparison,
    judged: Sequence[Judged],
    held: Sequence[Judged],
    side_names: Mapping[str, str],
    marks: Mapping[str, SideMark],
    *,
    told: int | None = None,
) -> Cases:
    """The section; of `held` as many as `told` have their details on the page, else all."""
    told = len(held) if told is None else told
    sides = [side.id for side in suite.sides]
    everywhere = sum(one.quiet for one in judged)
    nowhere = sum(_nowhere(one) for one in judged)
    only = suite.sides[0] if len(sides) == 1 else None
    rows = tuple(_grid_row(one, sides, linked=place < told) for place, one in enumerate(held))
    return Cases(
        heading=headings.cases(
            len(judged), everywhere, nowhere, only, judged=any(_is_judged(one) for one in judged)
        ),
        heads=tuple(Head(name=side_names[side], mark=marks[side]) for side in sides),
        has_expected=any(one.row.expected is not None for one in held),
        has_parts=any(cell and cell.part for row in rows for cell in row.cells),
        rows=rows,
        left_out=left_out(judged, held),
        strips=_strips(judged, sides, side_names, marks),
        strip_width=min(len(judged), _BINS),
        strip_note=_strip_note(len(judged)),
    )


def _is_judged(one: Judged) -> bool:
    return any(tally.judged for tally in one.tallies.values())


def _nowhere(one: Judged) -> bool:
    return _is_judged(one) and not any(tally.passes for tally in one.tallies.values())


def left_out(judged: Sequence[Judged], held: Sequence[Judged]) -> str:
    """What a page says of cases that it does not hold; empty where it holds all."""
    if len(judged) == len(held):
        return ""
    loud = sum(not one.quiet for one in judged)
    kept = sum(not one.quiet for one in held)
    those = "every one" if kept == loud else f"the worst {words.count(kept)} of {loud:,}"
    return (
        f"{words.count(len(held))} of {words.plural(len(judged), 'case')}: {those} that failed, "
        "erred or disagrees, and a sample of those that passed. All are in the run's folder."
    )


def _grid_row(one: Judged, sides: Sequence[str], *, linked: bool) -> GridRow:
    row = one.row
    expected = row.expected
    longest = 70 if len(sides) > 1 else 160
    return GridRow(
        anchor=one.anchor if linked else "",
        id=one_line(row.id, 80),
        tags=row.tags,
        snippet=summary(row.vars, 120) if row.vars else "",
        expected="" if expected is None else one_line(written(expected), 60),
        cells=tuple(
            cell_of(row.trials[side], one.tallies[side], longest) if side in row.trials else None
            for side in sides
        ),
    )


def cell_of(trials: Sequence[TrialResult], tally: Tally, longest: int) -> Cell:
    """What one column said to one case, in a line and a few figures."""
    mark = tally.mark
    worst = next((t for t in trials if t.passed == 0), trials[0])
    wrong = bool(tally.fails)
    part = _wrong_part(worst) if wrong else ""
    return Cell(
        mark=mark,
        answer=one_line(part, longest) if part else _answer(worst, longest),
        wrong=wrong,
        part=bool(part),
        counts=tally.counts,
        measures=_measures(trials),
    )


def _wrong_part(trial: TrialResult) -> str:
    """What the first failed check took from the answer, if it took a part."""
    if trial.completion is None:
        return ""
    failed = (check for check in trial.checks if check.passed is False and check.weight)
    return next((check.extracted for check in failed if check.extracted), "")


def _answer(trial: TrialResult, longest: int) -> str:
    """The beginning of what was said; for an error its cause."""
    said = trial.completion
    if said is None:
        return one_line(trial.error.message.partition("\n")[0], longest) if trial.error else ""
    if not said.text and said.tool_calls:
        return one_line(f"{said.tool_calls[0].name}({said.tool_calls[0].arguments})", longest)
    return one_line(said.text, longest) or "(no text)"


def _measures(trials: Sequence[TrialResult]) -> str:
    """The median latency of the samples, and their mean of completion tokens."""
    times = [t.timing.latency_s for t in trials if t.timing and t.completion]
    told = [t.completion.usage.completion_tokens for t in trials if t.completion]
    tokens = [n for n in told if n is not None]
    said = [words.seconds(median(times))] if times else []
    if tokens:
        mean = round(sum(tokens) / len(tokens))
        said.append(f"{mean:,} tokens" if mean != 1 else "1 token")
    return ", ".join(said)


def _strips(
    judged: Sequence[Judged],
    sides: Sequence[str],
    side_names: Mapping[str, str],
    marks: Mapping[str, SideMark],
) -> tuple[Strip, ...]:
    ordered = strip_order(judged)
    return tuple(
        _strip(
            [one.tallies[side].mark.icon if side in one.tallies else "" for one in ordered],
            side_names[side],
            marks[side],
        )
        for side in sides
        if ordered
    )


def strip_order(judged: Sequence[Judged]) -> list[Judged]:
    """The cases as the overview has them, hardest first; none where the grid is overview enough."""
    return sorted(judged, key=lambda one: -one.badness) if len(judged) >= _STRIP_FROM else []


def _strip(icons: Sequence[str], name: str, mark: SideMark) -> Strip:
    paths = _single(icons) if len(icons) <= _BINS else _binned(icons)
    return Strip(
        mark=mark,
        name=name,
        passed=paths["pass"],
        flaky=paths["flaky"],
        failed=paths["fail"],
        errors=paths["error"],
    )


def _single(icons: Sequence[str]) -> dict[str, str]:
    """Full height fails, half disagrees, a broken bar is an error, a low tick passes."""
    return {
        icon: "".join(f"M{at} {shape}" for at, found in enumerate(icons) if found == icon)
        for icon, shape in _SHAPES.items()
    }


def _binned(icons: Sequence[str]) -> dict[str, str]:
    """Groups of neighbours as stacked shares; a low tick where all pass."""
    paths = dict.fromkeys(_SHAPES, "")
    for at in range(_BINS):
        here = icons[at * len(icons) // _BINS : (at + 1) * len(icons) // _BINS]
        top = 22.0
        for icon in ("fail", "error", "flaky"):
            height = 22 * here.count(icon) / len(here)
            if height:
                top -= height
                paths[icon] += f"M{at} {top:.1f}h.8v{height:.1f}h-.8z"
        if top == 22.0 and "pass" in here:
            paths["pass"] += f"M{at} {_SHAPES['pass']}"
    return paths


_SHAPES = {
    "fail": "0h.8v22h-.8z",
    "flaky": "11h.8v11h-.8z",
    "error": "0h.8v9h-.8zm0 13h.8v9h-.8z",
    "pass": "19h.8v3h-.8z",
}


def _strip_note(n: int) -> str:
    if n > _BINS:
        groups = f"{words.plural(n, 'case')} in {_BINS} groups"
        return f"{groups}, hardest on the left; height is the share."
    return (
        f"{words.plural(n, 'case')}, hardest on the left. Full bar: fail. Half: samples disagree. "
        "Broken bar: error. Low tick: pass."
    )

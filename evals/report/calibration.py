"""Do stated probabilities come true? A square for each side, and for all that states some."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from evals.comparison import words
from evals.comparison.stated import OPTIONS, stated
from evals.model import Estimate, Frozen, SuiteComparison
from evals.report import plots
from evals.report.marks import SideMark
from evals.report.plots import Axis, Interval, px
from evals.report.texts import one_line
from evals.stats import auroc, brier, calibration, wilson_interval

__all__ = ["SIZE", "Calibrations", "calibrations_of"]

SIZE = (250, 270)
_X = Axis(low=0.0, high=1.0, left=34.0, right=240.0)
_Y = Axis(low=0.0, high=1.0, left=212.0, right=8.0)
_FOOT, _HIGHEST = 240.0, 22.0
_FEWEST, _IN_BIN, _BINS, _STEPS = 20, 10, 10, 20


class Point(Frozen, frozen=True, kw_only=True):
    x: str
    y: Interval


class Bar(Frozen, frozen=True, kw_only=True):
    x: str
    y: str
    width: str
    height: str


class Row(Frozen, frozen=True, kw_only=True):
    """A bin as text."""

    between: str
    answers: str
    confidence: str
    accuracy: str


class Square(Frozen, frozen=True, kw_only=True):
    """One side; `missing` says why there is nothing to draw."""

    name: str
    mark: SideMark
    error: str = ""
    figures: str = ""  # Brier, ECE, AUROC with their n
    sentence: str = ""
    points: tuple[Point, ...] = ()
    bars: tuple[Bar, ...] = ()
    rows: tuple[Row, ...] = ()
    missing: str = ""


class Calibrations(Frozen, frozen=True, kw_only=True):
    heading: str
    squares: tuple[Square, ...]
    ticks: tuple[tuple[str, str, str], ...]  # label, x, y
    diagonal: str


def calibrations_of(
    suite: SuiteComparison, names: Mapping[str, str], marks: Mapping[str, SideMark]
) -> Calibrations | None:
    """None where nothing states probabilities: of options, of passing, as a judge's score."""
    found = {
        side.id: stated(row.trials.get(side.id, ()) for row in suite.cases) for side in suite.sides
    }
    sources = sorted({source for of_side in found.values() for source in of_side})
    if not sources:
        return None
    squares = tuple(
        _square(_name(names[side.id], source), marks[side.id], found[side.id].get(source, ()))
        for source in sources
        for side in suite.sides
    )
    ticks = tuple(
        (str(percent), px(_X.place(percent / 100)), px(_Y.place(percent / 100)))
        for percent in (0, 25, 50, 75, 100)
    )
    return Calibrations(
        heading=_heading([square for square in squares if square.error]),
        squares=squares,
        ticks=ticks,
        diagonal=f"M{px(_X.left)} {px(_Y.left)}L{px(_X.right)} {px(_Y.right)}",
    )


def _name(side: str, source: str) -> str:
    return side if source == OPTIONS else f"{side}, {one_line(source, 80)}"


def _square(name: str, mark: SideMark, pairs: Sequence[tuple[float, int]]) -> Square:
    n = len(pairs)
    if n < _FEWEST:
        few = f"{words.plural(n, 'answer')} with probabilities; {_FEWEST} are needed."
        missing = few if n else "No answer has probabilities of its options."
        return Square(
            name=name,
            mark=mark,
            error="",
            sentence="",
            points=(),
            bars=(),
            rows=(),
            missing=missing,
        )
    confidences, outcomes = [p for p, _ in pairs], [came for _, came in pairs]
    told = calibration(confidences, outcomes, bins=max(2, min(_BINS, n // _IN_BIN)), scheme="mass")
    points, rows = [], []
    for of in told.bins:
        right = round(of.accuracy * of.n)
        around = wilson_interval(right, of.n)
        estimate = Estimate(
            value=of.accuracy, low=around.low, high=around.high, n_cases=of.n, n_trials=of.n
        )
        dot = plots.interval(_Y, of.accuracy, around.low, around.high)
        assert dot is not None
        points.append(Point(x=px(_X.place(of.confidence)), y=dot))
        rows.append(
            Row(
                between=f"{words.share(of.low)} to {words.share(of.high)}",
                answers=words.count(of.n),
                confidence=words.share(of.confidence),
                accuracy=words.accuracy(estimate),
            )
        )
    error = words.points(told.ece).lstrip("+")
    return Square(
        name=name,
        mark=mark,
        error=error,
        figures=_figures(confidences, outcomes, told.ece, len(told.bins)),
        sentence=f"{name}, calibration: "
        + "; ".join(f"stated {row.confidence}, right {row.accuracy}" for row in rows)
        + f". Expected calibration error {error}.",
        points=tuple(points),
        bars=tuple(_histogram(confidences)),
        rows=tuple(rows),
    )


def _figures(p: Sequence[float], came: Sequence[int], ece: float | None, bins: int) -> str:
    """`Brier 0.182, ECE 0.071 (4 bins of equal mass), AUROC 0.812 (SE 0.064); 40 answers`."""
    area = auroc(p, came)
    se = "" if area.se_delong is None else f" (SE {words.score(area.se_delong)})"
    return (
        f"Brier {words.score(brier(p, came))}, ECE {words.score(ece)} "
        f"({words.plural(bins, 'bin')} of equal mass), AUROC {words.score(area.value)}{se}; "
        f"{words.plural(len(p), 'answer')}"
    )


def _histogram(confidences: Sequence[float]) -> Iterable[Bar]:
    """How often each probability was stated, in steps of five points."""
    counts = Counter(min(_STEPS - 1, int(p * _STEPS)) for p in confidences)
    width = (_X.right - _X.left) / _STEPS
    for step, n in sorted(counts.items()):
        height = max(1.0, _HIGHEST * n / max(counts.values()))
        yield Bar(
            x=px(_X.left + step * width),
            y=px(_FOOT - height),
            width=px(width - 1),
            height=px(height),
        )


def _heading(squares: Sequence[Square]) -> str:
    if not squares:
        return "Too few probabilities to tell whether they come true"
    told = (f"{square.name} {square.error}" for square in squares)
    return f"Stated probabilities are off by, on average: {', '.join(told)}"

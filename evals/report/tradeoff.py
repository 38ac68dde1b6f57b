"""Accuracy against latency, tokens or cost; and how soon answers arrive."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from evals.comparison import words
from evals.model import Frozen, Side, SuiteComparison
from evals.report import headings, plots
from evals.report.marks import SideMark
from evals.report.measured import all_tokens
from evals.report.plots import Axis, Interval

WIDTH, HEIGHT = 560, 330
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 540.0, 16.0, 270.0
_FEW_FOR_NAMES = 12
_LETTER = 6.8  # the width of one in a name, about


class Point(Frozen, frozen=True, kw_only=True):
    name: str
    mark: SideMark
    x: str
    y: Interval
    name_x: str
    name_y: str
    anchor: str


class Scatter(Frozen, frozen=True, kw_only=True):
    """One choice of what accuracy is held against."""

    key: str
    label: str
    title: str  # of the axis
    sentence: str
    heading: str
    points: tuple[Point, ...]
    front: str  # the line of the front
    rows: tuple[tuple[str, str, str, str], ...]  # name, value, accuracy, whether on the front
    x_axis: Axis
    y_axis: Axis


class Arrival(Frozen, frozen=True, kw_only=True):
    """One side's line: the share of its answers that have arrived by each time."""

    name: str
    mark: SideMark
    line: str
    x: str
    y: str
    anchor: str
    name_x: str
    row: tuple[str, str, str, str]  # name, answers, median, p95


class TradeOff(Frozen, frozen=True, kw_only=True):
    heading: str
    scatters: tuple[Scatter, ...]
    arrivals: tuple[Arrival, ...]
    arrivals_sentence: str
    arrivals_axis: Axis


class _Against(Frozen, frozen=True, kw_only=True):
    key: str
    label: str
    title: str
    read: Callable[[Side], float | None]
    tick: Callable[[float], str]


def _per_trial(side: Side) -> float | None:
    if not side.cost_usd or not side.n_trials:
        return None
    return side.cost_usd / side.n_trials * 1000


_CHOICES = (
    _Against(
        key="cost",
        label="cost",
        title="Cost per 1,000 trials, US$",
        read=_per_trial,
        tick=words.money,
    ),
    _Against(
        key="latency",
        label="latency",
        title="Median latency",
        read=lambda side: side.latency.median or None,
        tick=plots.time_label,
    ),
    _Against(
        key="tokens",
        label="tokens",
        title="Tokens per answer, mean",
        read=lambda side: all_tokens(side) or None,
        tick=words.count,
    ),
)


def front_of(sides: Sequence[Side], read: Callable[[Side], float | None]) -> list[Side]:
    """The sides that no other beats on one count without losing on the other, cheapest first."""
    known = [
        (value, side.accuracy.value, side)
        for side in sides
        if (value := read(side)) is not None and side.accuracy.value is not None
    ]
    front = [
        (value, accuracy, side)
        for value, accuracy, side in known
        if not any(
            x <= value and y >= accuracy and (x < value or y > accuracy) for x, y, _ in known
        )
    ]
    return [side for _, _, side in sorted(front, key=lambda one: one[:2])]


def first_front(suite: SuiteComparison) -> set[str]:
    """The sides on the front of the first choice that all sides can be placed on."""
    choices = _possible(suite)
    return {side.id for side in front_of(suite.sides, choices[0].read)} if choices else set()


def _possible(suite: SuiteComparison) -> list[_Against]:
    sides = suite.sides
    if len(sides) < 2 or any(side.accuracy.value is None for side in sides):
        return []
    return [choice for choice in _CHOICES if all(choice.read(side) for side in sides)]


def trade_off_of(
    suite: SuiteComparison, names: Mapping[str, str], marks: Mapping[str, SideMark]
) -> TradeOff | None:
    """None where there is nothing to choose between."""
    choices = _possible(suite)
    if not choices:
        return None
    scatters = tuple(_scatter(suite, choice, names, marks) for choice in choices)
    axis = _arrivals_axis(suite.sides)
    return TradeOff(
        heading=scatters[0].heading,
        scatters=scatters,
        arrivals=_arrivals(suite.sides, axis, names, marks),
        arrivals_sentence=_arrivals_sentence(suite.sides, names),
        arrivals_axis=axis,
    )


def _scatter(
    suite: SuiteComparison,
    choice: _Against,
    names: Mapping[str, str],
    marks: Mapping[str, SideMark],
) -> Scatter:
    sides = suite.sides
    values = [choice.read(side) for side in sides]
    x_axis = plots.log_axis(values, left=_LEFT + 16, right=_RIGHT, label=choice.tick, room=60)
    ends = [end for s in sides for end in (s.accuracy.low, s.accuracy.value, s.accuracy.high)]
    y_axis = plots.share_axis(ends, left=_BOTTOM, right=_TOP)
    front = front_of(sides, choice.read)
    on_front = [names[side.id] for side in front]
    beaten = [names[side.id] for side in sides if side not in front]
    return Scatter(
        key=choice.key,
        label=choice.label,
        title=choice.title,
        sentence=_scatter_sentence(sides, choice, names),
        heading=headings.trade_off(on_front, beaten, choice.label),
        points=_points(sides, choice, (x_axis, y_axis), names, marks),
        front=_front_line(front, choice, x_axis, y_axis),
        rows=tuple(
            (
                names[side.id],
                choice.tick(choice.read(side) or 0.0),
                words.accuracy(side.accuracy),
                "yes" if side in front else "no",
            )
            for side in sides
        ),
        x_axis=x_axis,
        y_axis=y_axis,
    )


def _scatter_sentence(sides: Sequence[Side], choice: _Against, names: Mapping[str, str]) -> str:
    told = (
        f"{names[side.id]} {words.accuracy(side.accuracy)} at {choice.tick(choice.read(side) or 0)}"
        for side in sides
    )
    return f"Accuracy against {choice.label}: {'; '.join(told)}."


def _points(
    sides: Sequence[Side],
    choice: _Against,
    axes: tuple[Axis, Axis],
    names: Mapping[str, str],
    marks: Mapping[str, SideMark],
) -> tuple[Point, ...]:
    x_axis, y_axis = axes
    places = [
        (x_axis.place(choice.read(side) or 0.0), y_axis.place(side.accuracy.value or 0.0))
        for side in sides
    ]
    taken = [_Box(x - 7, x + 7, y - 7, y + 7) for x, y in places]
    points = []
    for side, (x, y) in zip(sides, places, strict=True):
        name_x, name_y, anchor = _name_place(names[side.id], x, y, taken)
        dot = plots.interval(y_axis, side.accuracy.value, side.accuracy.low, side.accuracy.high)
        assert dot is not None
        points.append(
            Point(
                name=names[side.id] if len(sides) <= _FEW_FOR_NAMES else "",
                mark=marks[side.id],
                x=plots.px(x),
                y=dot,
                name_x=plots.px(name_x),
                name_y=plots.px(name_y),
                anchor=anchor,
            )
        )
    return tuple(points)


class _Box(NamedTuple):
    left: float
    right: float
    top: float
    bottom: float

    def covers(self, other: _Box) -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


def _name_place(name: str, x: float, y: float, taken: list[_Box]) -> tuple[float, float, str]:
    """Beside its point, as near as it covers no point and no name before it; and its anchor."""
    wide = _LETTER * len(name)
    lefts = (x - 9 - wide, x + 9) if x > (_LEFT + _RIGHT) * 0.62 else (x + 9, x - 9 - wide)
    places = [
        (left, base, _Box(left, left + wide, base - 11, base + 3))
        for shift in sorted(range(-90, 91, 5), key=abs)
        for left in lefts
        if _TOP < (base := y - 9 + shift) < _BOTTOM and left >= 0 and left + wide <= WIDTH
    ]
    free = (place for place in places if not any(place[2].covers(box) for box in taken))
    left, base, box = next(free, (lefts[0], y - 9, _Box(lefts[0], lefts[0] + wide, y - 20, y - 6)))
    taken.append(box)
    return (left, base, "start") if left > x else (left + wide, base, "end")


def _front_line(front: Sequence[Side], choice: _Against, x_axis: Axis, y_axis: Axis) -> str:
    """From the floor up to the first, then by steps, then to the right edge."""
    path = ""
    for side in front:
        x = plots.px(x_axis.place(choice.read(side) or 0.0))
        y = plots.px(y_axis.place(side.accuracy.value or 0.0))
        path += f"H{x}V{y}" if path else f"M{x} {plots.px(_BOTTOM)}V{y}"
    return f"{path}H{plots.px(_RIGHT)}"


def _arrivals_axis(sides: Sequence[Side]) -> Axis:
    ends = [side.latency.values[end] for side in sides if side.latency.values for end in (0, -1)]
    return plots.log_axis(ends, left=_LEFT, right=_RIGHT, label=plots.time_label, room=60)


def _arrivals(
    sides: Sequence[Side],
    axis: Axis,
    names: Mapping[str, str],
    marks: Mapping[str, SideMark],
) -> tuple[Arrival, ...]:
    lines = []
    shown = [side for side in sides if side.latency.values]
    for place, side in enumerate(shown):
        share = 0.2 + 0.6 * (place + 0.5) / len(shown)
        values = side.latency.values
        x = axis.place(values[min(len(values) - 1, int(share * len(values)))])
        left = x > (_LEFT + _RIGHT) * 0.62
        lines.append(
            Arrival(
                name=names[side.id] if len(shown) <= _FEW_FOR_NAMES else "",
                mark=marks[side.id],
                line=plots.arrivals(values, axis, top=_TOP, bottom=_BOTTOM),
                x=plots.px(x),
                y=plots.px(_BOTTOM - share * (_BOTTOM - _TOP)),
                anchor="end" if left else "start",
                name_x=plots.px(x - 10 if left else x + 10),
                row=(
                    names[side.id],
                    words.count(side.latency.n),
                    words.seconds(side.latency.median),
                    words.seconds(side.latency.p95),
                ),
            )
        )
    return tuple(lines)


def _arrivals_sentence(sides: Sequence[Side], names: Mapping[str, str]) -> str:
    told = (
        f"{names[side.id]} half by {words.seconds(side.latency.median)} "
        f"({words.plural(side.latency.n, 'answer')})"
        for side in sides
        if side.latency.n
    )
    return f"Share of answers that have arrived: {'; '.join(told)}."

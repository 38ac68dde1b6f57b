"""Numbers as places in a drawing. Nothing here knows what is drawn, or how it looks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from evals.comparison import words
from evals.model import Frozen

Number = float | None


class Tick(Frozen, frozen=True, kw_only=True):
    at: str
    label: str
    strong: bool = False


class Axis(Frozen, frozen=True, kw_only=True):
    """A scale from `low` … `high` to `left` … `right`, with its ticks."""

    low: float
    high: float
    left: float
    right: float
    ticks: tuple[Tick, ...] = ()
    log: bool = False

    def place(self, value: float) -> float:
        """Where a value stands; beyond the ends it stands at the end."""
        low, high = self.low, self.high
        if self.log:
            value, low, high = math.log(max(value, 1e-9)), math.log(low), math.log(high)
        share = (min(max(value, low), high) - low) / ((high - low) or 1.0)
        return self.left + share * (self.right - self.left)


class Interval(Frozen, frozen=True, kw_only=True):
    """A dot, and its whisker where there is an interval."""

    at: str
    low: str = ""
    high: str = ""


def px(value: float) -> str:
    """A coordinate, to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")


def interval(axis: Axis, value: Number, low: Number, high: Number) -> Interval | None:
    if value is None:
        return None
    if low is None or high is None:
        return Interval(at=px(axis.place(value)))
    return Interval(at=px(axis.place(value)), low=px(axis.place(low)), high=px(axis.place(high)))


def share_axis(values: Iterable[Number], *, left: float, right: float) -> Axis:
    """An axis of shares, cut to the data in steps of five points."""
    low, high = _span(values, (0.0, 1.0))
    first = max(0, math.floor(round(low * 20, 9)) * 5)
    last = min(100, math.ceil(round(high * 20, 9)) * 5)
    first, last = (first, last) if last > first else (max(0, first - 5), min(100, last + 5))
    return _linear(first, last, left=left, right=right, label=str)


def points_axis(values: Iterable[Number], *, left: float, right: float) -> Axis:
    """An axis of differences in points, which always shows 0."""
    low, high = _span([0.0, *values], (-0.05, 0.05))
    first, last = math.floor(round(low * 20, 9)) * 5, math.ceil(round(high * 20, 9)) * 5
    first, last = (first, last) if last > first else (-5, 5)
    return _linear(first, last, left=left, right=right, label=_signed)


def _signed(percent: int) -> str:
    return f"{'+' if percent > 0 else '−' if percent < 0 else ''}{abs(percent)}"


def _linear(
    first: int, last: int, *, left: float, right: float, label: Callable[[int], str]
) -> Axis:
    room = max(2, int(abs(right - left) / 30))
    step = next(s for s in (5, 10, 20, 25, 50, 100) if (last - first) / s <= room or s == 100)
    first, last = math.floor(first / step) * step, math.ceil(last / step) * step
    axis = Axis(low=first / 100, high=last / 100, left=left, right=right)
    ticks = tuple(
        Tick(at=px(axis.place(at / 100)), label=label(at), strong=at == 0 and first < 0)
        for at in range(first, last + 1, step)
    )
    return Axis(low=axis.low, high=axis.high, left=left, right=right, ticks=ticks)


def log_axis(
    values: Iterable[Number],
    *,
    left: float,
    right: float,
    label: Callable[[float], str],
    room: float = 44,
) -> Axis:
    """An axis of positive values, logarithmic, with ticks at 1, 2 and 5 of each power of ten.

    Where these are too few to read a value from, there are ticks between them.
    """
    low, high = _span((v for v in values if v is not None and v > 0), (0.1, 10.0))
    low, high = low / 1.15, high * 1.15
    if high / low < 2:
        low, high = low / math.sqrt(2), high * math.sqrt(2)
    axis = Axis(low=low, high=high, left=left, right=right, log=True)
    ticks: list[Tick] = []
    last = -math.inf
    numbers = list(_round_numbers(low, high, _COARSE))
    for at in numbers if len(numbers) > 2 else _round_numbers(low, high, _FINE):
        x = axis.place(at)
        if x - last >= room:
            ticks.append(Tick(at=px(x), label=label(at)))
            last = x
    return Axis(low=low, high=high, left=left, right=right, ticks=tuple(ticks), log=True)


_COARSE, _FINE = (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)


def _round_numbers(low: float, high: float, digits: Sequence[float]) -> Iterable[float]:
    for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1):
        for digit in digits:
            value = digit * 10.0**power
            if low <= value <= high:
                yield value


def _span(values: Iterable[Number], default: tuple[float, float]) -> tuple[float, float]:
    known = [value for value in values if value is not None]
    return (min(known), max(known)) if known else default


def time_label(seconds: float) -> str:
    """A tick of an axis of time: `200 ms`, `5 s`."""
    return words.seconds_limit(seconds)


def density(values: Sequence[float], axis: Axis, *, height: float, steps: int = 44) -> str:
    """The outline of a distribution along an axis: smoothed, its highest point at the top."""
    width = (axis.right - axis.left) / steps
    bins = [0] * (steps + 1)
    for value in values:
        bins[round((axis.place(value) - axis.left) / width)] += 1
    spread = max(1.0, _deviation(bins) * 1.06 * len(values) ** -0.2)
    kernel = [math.exp(-0.5 * (k / spread) ** 2) for k in range(steps + 1)]
    heights = [
        math.fsum(n * kernel[abs(i - j)] for j, n in enumerate(bins) if n) for i in range(steps + 1)
    ]
    top = max(heights) or 1.0
    outline = (
        f"L{px(axis.left + i * width)} {px(height * (1 - h / top))}" for i, h in enumerate(heights)
    )
    return f"M{px(axis.left)} {px(height)}{''.join(outline)}V{px(height)}z"


def _deviation(bins: Sequence[int]) -> float:
    n = sum(bins)
    mean = sum(i * count for i, count in enumerate(bins)) / n
    return math.sqrt(sum(count * (i - mean) ** 2 for i, count in enumerate(bins)) / n)


def arrivals(values: Sequence[float], axis: Axis, *, top: float, bottom: float) -> str:
    """The share of values up to each point, as a line of steps (an ECDF); values are sorted."""
    n = len(values)
    stride = max(1, n // 120)
    points = [(values[i], (i + 1) / n) for i in range(stride - 1, n, stride)]
    if points[-1][1] < 1:
        points.append((values[-1], 1.0))
    steps = [f"M{px(axis.place(values[0]))} {px(bottom)}"]
    for value, share in points:
        steps.append(f"H{px(axis.place(value))}V{px(bottom - share * (bottom - top))}")
    return "".join(steps)

"""The difference of a figure that is reckoned from several, on the same cases of two sides.

A figure here is any function of means, sums and quantiles over cases: F1 of precision and recall,
dollars a pass. There is no closed form; what is known is how it changes with the cases.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import NamedTuple, TypeAlias

from evals.model import Frozen
from evals.stats.bootstrap import MOST_DRAWN, Pool, pool_of, pooled_quantile, resamples
from evals.stats.clusters import Clusters, grouped
from evals.stats.jackknife import jackknife_interval
from evals.stats.quantiles import sorted_quantile
from evals.stats.special import norm_ppf

Figure: TypeAlias = Callable[[Sequence[float]], float | None]
"""The figure from its parts, in their order; None where it has no value."""

EXACT_UNITS = 12  # changed clusters, of which every choice of swaps is listed
DRAWS = 10_000
DRAWN_WORK = 2 * 10**7  # changed clusters × draws
FEW_CHANGED = 6  # clusters, below which a standard error says too little


class Part(NamedTuple):
    """One of what a figure is made from: values of each case, none where the case has none."""

    by: str | float  # mean (over cases, of their means), sum, or a quantile of all values
    a: Sequence[Sequence[float]]  # the reference
    b: Sequence[Sequence[float]]


class Contrast(Frozen, frozen=True, kw_only=True):
    """b − a; no interval of one cluster, or where the figure is not defined without some."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None  # of no difference, two-sided
    changed: int = 0  # clusters in which a part differs


def contrast(
    parts: Sequence[Part],
    figure: Figure,
    *,
    seed: int,
    clusters: Clusters = None,
    confidence: float = 0.95,
) -> Contrast:
    """The difference of the figure between two sides, with its interval and p.

    Of means and sums the interval is the jackknife's over clusters, value ± t·SE (Miller 1974);
    with fewer than six clusters that changed, the hull of that and value ± z²/(G + z²)·Σ|∂f/∂x|·
    range(x), which for a share is what Tango's interval is without a change. Where a part is a
    quantile the interval is the percentile bootstrap's over clusters, up to 2,000 of them.

    p is that of a randomisation test: if nothing differs, each cluster's two sides may be swapped.
    Every choice is listed up to 12 changed clusters, else 10,000 are drawn, of more than 2,000
    fewer. Give cases in an order of their own (by id), since the draws follow it.
    """
    count = len(parts[0].a)
    units = grouped(range(count), clusters)
    data: _Additive | _Pooled
    if all(isinstance(part.by, str) for part in parts):
        data = _Additive(parts, figure, units)
    else:
        data = _Pooled(parts, figure, units)
    value = data.difference()
    if value is None:
        return Contrast()
    changed = [at for at, unit in enumerate(units) if _differs(parts, unit)]
    low, high = data.interval(value, confidence, seed) if len(units) > 1 else (None, None)
    if low is not None and high is not None and len(changed) < FEW_CHANGED:
        reach = data.reach(confidence)
        low, high = min(low, value - reach), max(high, value + reach)
    return Contrast(
        value=value,
        low=low,
        high=high,
        p=_swapped(data, changed, value, seed) if len(units) > 1 else None,
        changed=len(changed),
    )


def _differs(parts: Sequence[Part], unit: Sequence[int]) -> bool:
    return any(list(part.a[case]) != list(part.b[case]) for part in parts for case in unit)


class _Additive:
    """Figures of means and sums: what each cluster adds to each part on either side."""

    def __init__(self, parts: Sequence[Part], figure: Figure, units: list[list[int]]) -> None:
        self._parts, self._figure, self._units = parts, figure, units
        self._a = [[_added(part, part.a, unit) for unit in units] for part in parts]
        self._b = [[_added(part, part.b, unit) for unit in units] for part in parts]
        self._counts = [[sum(1 for c in unit if part.a[c]) for unit in units] for part in parts]
        self._totals = [
            (math.fsum(a), math.fsum(b), sum(counts))
            for a, b, counts in zip(self._a, self._b, self._counts, strict=True)
        ]
        self._cases = sum(map(len, units))

    def difference(self) -> float | None:
        return self._between([(a, b) for a, b, _ in self._totals])

    def _between(self, sums: Sequence[tuple[float, float]]) -> float | None:
        """From the sums of the parts on both sides, over all cases."""
        found = []
        for side in (0, 1):
            values = [
                _scaled(part, pair[side], total[2])
                for part, pair, total in zip(self._parts, sums, self._totals, strict=True)
            ]
            known = [value for value in values if value is not None]
            found.append(self._figure(known) if len(known) == len(values) else None)
        a, b = found
        return None if a is None or b is None else b - a

    def interval(
        self, value: float, confidence: float, seed: int
    ) -> tuple[float | None, float | None]:
        del seed  # nothing is drawn
        without = []
        for at, unit in enumerate(self._units):
            left = self._without(at, len(unit))
            if left is None:
                return None, None
            without.append(left)
        found = jackknife_interval(value, without, confidence=confidence)
        return (value, value) if found is None else found

    def _without(self, at: int, size: int) -> float | None:
        sides = []
        for side, added in enumerate((self._a, self._b)):
            values: list[float] = []
            for number, part in enumerate(self._parts):
                total = self._totals[number][side] - added[number][at]
                if part.by == "sum":
                    values.append(total * self._cases / (self._cases - size))
                    continue
                count = self._totals[number][2] - self._counts[number][at]
                if not count:
                    return None
                values.append(total / count)
            sides.append(self._figure(values))
        a, b = sides
        return None if a is None or b is None else b - a

    def reach(self, confidence: float) -> float:
        """How far the figure moves where one cluster in (G + z²)/z² moves by its part's range."""
        z2 = norm_ppf(0.5 + confidence / 2) ** 2
        share = z2 / (len(self._units) + z2)
        middle = [_scaled(p, (a + b) / 2, n) for p, (a, b, n) in self._told()]
        moved = 0.0
        for number, (part, (_, _, n)) in enumerate(self._told()):
            if middle[number] is None:
                continue
            step = _range(part) * share * (n if part.by == "sum" else 1)
            low, high = (self._at(middle, number, sign * step / 2) for sign in (-1, 1))
            if low is not None and high is not None:
                moved += abs(high - low)
        return moved

    def _told(self) -> list[tuple[Part, tuple[float, float, int]]]:
        return list(zip(self._parts, self._totals, strict=True))

    def _at(self, middle: Sequence[float | None], number: int, step: float) -> float | None:
        values = [value or 0.0 for value in middle]
        values[number] += step
        return self._figure(values)

    def swaps(self, changed: Sequence[int], seed: int) -> Iterator[float | None]:
        """The difference after each choice of swaps; eight clusters are looked up at a time."""
        steps = [
            [self._b[number][at] - self._a[number][at] for at in changed]
            for number in range(len(self._parts))
        ]
        tables = [
            [_subset_sums(each[start : start + 8]) for start in range(0, len(each), 8)]
            for each in steps
        ]
        for choice in _choices(len(changed), seed, draws=_draws(len(changed))):
            moved = [sum(map(operator.getitem, table, choice)) for table in tables]
            yield self._between(
                [(a + m, b - m) for (a, b, _), m in zip(self._totals, moved, strict=True)]
            )


class _Pooled:
    """Figures with quantiles: units of both sides, each counted as often as a draw has it."""

    def __init__(self, parts: Sequence[Part], figure: Figure, units: list[list[int]]) -> None:
        self._parts, self._figure, self._n = parts, figure, len(units)
        self._pools: list[Pool | None] = []
        self._added: list[list[tuple[float, int]]] = []
        for part in parts:
            sides = [(side, unit) for side in (part.a, part.b) for unit in units]
            if isinstance(part.by, str):
                self._pools.append(None)
            else:
                self._pools.append(pool_of([[v for c in u for v in side[c]] for side, u in sides]))
            self._added.append(
                [(_added(part, side, u), sum(1 for c in u if side[c])) for side, u in sides]
            )

    def _side(self, counts: Sequence[int]) -> float | None:
        values: list[float] = []
        for part, pool, added in zip(self._parts, self._pools, self._added, strict=True):
            if pool is not None:
                assert not isinstance(part.by, str)
                if not any(counts[unit] for unit in pool[1]):
                    return None
                values.append(pooled_quantile(pool, counts, part.by))
                continue
            told = [(c * total, c * n) for c, (total, n) in zip(counts, added, strict=True) if c]
            total, n = math.fsum(t for t, _ in told), sum(n for _, n in told)
            value = _scaled(part, total, n)
            if value is None:
                return None
            values.append(value)
        return self._figure(values)

    def _between(self, a: Sequence[int], b: Sequence[int]) -> float | None:
        """`a` and `b`: how often each unit counts on a side, the reference's units first."""
        of_a, of_b = self._side(a), self._side(b)
        return None if of_a is None or of_b is None else of_b - of_a

    def difference(self) -> float | None:
        ones, none = [1] * self._n, [0] * self._n
        return self._between(ones + none, none + ones)

    def interval(
        self, value: float, confidence: float, seed: int
    ) -> tuple[float | None, float | None]:
        del value
        if self._n > MOST_DRAWN:
            return None, None
        none = [0] * self._n
        found = [self._between(c + none, none + c) for c in resamples(self._n, seed)]
        known = sorted(each for each in found if each is not None)
        if len(known) < len(found):
            return None, None
        half = (1 - confidence) / 2
        return sorted_quantile(known, half), sorted_quantile(known, 1 - half)

    def reach(self, confidence: float) -> float:
        """Not known of a quantile: what draws of few changed clusters say is all there is."""
        del confidence
        return 0.0

    def swaps(self, changed: Sequence[int], seed: int) -> Iterator[float | None]:
        for choice in _choices(len(changed), seed, draws=min(2000, _draws(len(changed)))):
            a, b = [1] * self._n + [0] * self._n, [0] * self._n + [1] * self._n
            for place, at in enumerate(changed):
                if choice[place // 8] >> (place % 8) & 1:
                    a[at], a[self._n + at], b[at], b[self._n + at] = 0, 1, 1, 0
            yield self._between(a, b)


def _added(part: Part, side: Sequence[Sequence[float]], unit: Sequence[int]) -> float:
    """What a cluster adds to a part: means of its cases, or all it has."""
    told = (side[case] for case in unit if side[case])
    if part.by == "sum":
        return math.fsum(value for values in told for value in values)
    return math.fsum(math.fsum(values) / len(values) for values in told)


def _scaled(part: Part, total: float, count: int) -> float | None:
    if part.by == "sum":
        return total
    return total / count if count else None


def _range(part: Part) -> float:
    """What a case's value can move by: 1 of shares and scores, else as seen."""
    of = [
        (math.fsum(values) if part.by == "sum" else math.fsum(values) / len(values))
        for side in (part.a, part.b)
        for values in side
        if values
    ]
    low, high = min(of, default=0.0), max(of, default=0.0)
    return 1.0 if part.by == "mean" and low >= 0 and high <= 1 else high - low


def _draws(changed: int) -> int:
    return max(999, min(DRAWS, DRAWN_WORK // max(1, changed)))


def _choices(changed: int, seed: int, *, draws: int) -> Iterator[bytes]:
    """Which clusters are swapped, a bit each: every choice, or so many that are drawn."""
    width = (changed + 7) // 8
    if changed <= EXACT_UNITS:
        for number in range(1 << changed):
            yield number.to_bytes(width, "little")
        return
    random = Random(seed).randbytes
    for _ in range(draws):
        yield random(width)


def _swapped(data: _Additive | _Pooled, changed: Sequence[int], value: float, seed: int) -> float:
    if not changed:
        return 1.0
    far = abs(value) - 1e-9 * max(1.0, abs(value))
    found = list(data.swaps(changed, seed))
    hits = sum(each is None or abs(each) >= far for each in found)
    if len(changed) <= EXACT_UNITS:
        return hits / len(found)
    return (1 + hits) / (1 + len(found))


def _subset_sums(eight: Sequence[float]) -> list[float]:
    """Σ of each of the 256 choices; bits beyond the values change nothing."""
    sums = [0.0]
    for value in eight:
        sums += [each + value for each in sums]
    return sums * (256 // len(sums))

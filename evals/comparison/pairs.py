"""The difference of two columns on the same cases: interval, test, and the cases that flipped."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import msgspec

from evals.comparison.cells import Cells
from evals.comparison.readings import CONFIDENCE, Clusters, Reading, clusters_of
from evals.comparison.words import SAME_ANSWERS, UNPAIRED
from evals.model import Difference, Estimate, TrialResult

__all__ = ["Compared", "accuracy_difference", "adjusted"]


class Compared(NamedTuple):
    """What there is to compare of a side; its accuracy alone where no case is shared."""

    id: str
    cells: Cells
    passes: Mapping[str, Reading]
    accuracy: Estimate


class _Pairs(NamedTuple):
    """The shared cases: passes and failures of the reference (a) and of the side (b)."""

    cases: Sequence[str]
    a: Sequence[Sequence[float]]
    b: Sequence[Sequence[float]]
    clusters: Clusters


def accuracy_difference(
    side: Compared,
    reference: Compared,
    *,
    seed: int,
    set_aside: Collection[str] = (),
    of: int = 1,
) -> Difference:
    """Side − reference over the cases that both have judged trials of, but those set aside.

    `seed` is that of the draws which very large tests resort to, `of` the number of differences
    that `low_of_all` is to hold for.
    `p_adjusted` waits for `adjusted`, which knows the table.
    """
    pairs = _pairs(side, reference, set_aside)
    sides = map(_majority, pairs.a), map(_majority, pairs.b)
    majorities = list(zip(pairs.cases, *sides, strict=True))
    bare = Difference(
        side=side.id,
        reference=reference.id,
        metric="accuracy",
        value=None,
        low=None,
        high=None,
        p=None,
        p_adjusted=None,
        comparisons=0,
        n_cases=len(pairs.cases),
        gains=tuple(case for case, a, b in majorities if b > 0 > a),
        losses=tuple(case for case, a, b in majorities if b < 0 < a),
    )
    if not pairs.cases:
        return _unpaired(bare, side.accuracy, reference.accuracy)
    if all(_same_answers(reference.cells[case], side.cells[case]) for case in pairs.cases):
        return msgspec.structs.replace(bare, value=_mean_difference(pairs), test=SAME_ANSWERS)
    return _tested(bare, pairs, seed, of)


def adjusted(differences: Sequence[Difference]) -> list[Difference]:
    """The differences of one table, their p adjusted for each other (Holm)."""
    from evals.stats import holm

    p = [difference.p for difference in differences]
    comparisons = sum(1 for value in p if value is not None)
    return [
        msgspec.structs.replace(difference, p_adjusted=value, comparisons=comparisons)
        for difference, value in zip(differences, holm(p=p).adjusted, strict=True)
    ]


def _pairs(side: Compared, reference: Compared, set_aside: Collection[str]) -> _Pairs:
    cases, a, b, clusters = [], [], [], []
    for case, now in side.passes.items():
        then = reference.passes.get(case)
        if then and now.values and then.values and case not in set_aside:
            cases.append(case)
            a.append(then.values)
            b.append(now.values)
            clusters.append(now.cluster)
    return _Pairs(cases, a, b, clusters_of(clusters))


def _majority(outcomes: Sequence[float]) -> float:
    """Positive where most samples passed, negative where most failed, 0 for a tie."""
    return 2 * sum(outcomes) - len(outcomes)


def _mean_difference(pairs: _Pairs) -> float:
    sides = zip(pairs.a, pairs.b, strict=True)
    return math.fsum(sum(b) / len(b) - sum(a) / len(a) for a, b in sides) / len(pairs.cases)


def _tested(bare: Difference, pairs: _Pairs, seed: int, of: int) -> Difference:
    from evals.stats import paired_interval

    _, a, b, clusters = pairs
    interval = paired_interval(a, b, clusters=clusters, confidence=CONFIDENCE)
    of_all = interval
    if of > 1:
        level = 1 - (1 - CONFIDENCE) / of
        of_all = paired_interval(a, b, clusters=clusters, confidence=level)
    p, test = (None, "") if interval.method == "none" else _test(pairs, seed)
    return msgspec.structs.replace(
        bare,
        value=interval.diff,
        low=interval.low,
        high=interval.high,
        p=p,
        test=test,
        low_of_all=of_all.low,
    )


def _test(pairs: _Pairs, seed: int) -> tuple[float, str]:
    """p of no difference, and the test's name."""
    from evals.stats import mcnemar, net_differences, sign_flip

    _, a, b, clusters = pairs
    if clusters is None and {*map(len, a), *map(len, b)} == {1}:
        changed = [now[0] - then[0] for then, now in zip(a, b, strict=True)]
        gains, losses = changed.count(1), changed.count(-1)
        return mcnemar(losses=losses, gains=gains).p_two_sided, "exact McNemar test"
    flipped = sign_flip(net_differences(a, b, clusters=clusters), seed=seed)
    return flipped.p_two_sided, _SIGN_FLIPS[flipped.method]


_SIGN_FLIPS = {
    "exact": "exact sign-flip test",
    "monte carlo": "sign-flip test, 10,000 draws",
    "normal": "sign-flip test, normal approximation",
}


def _same_answers(a: Sequence[TrialResult], b: Sequence[TrialResult]) -> bool:
    """Whether both sides are the same recorded answers, key and take and all."""
    return len(a) == len(b) and all(
        bool(x.asked) and (x.asked, x.timing, x.completion) == (y.asked, y.timing, y.completion)
        for x, y in zip(a, b, strict=True)
    )


def _unpaired(bare: Difference, side: Estimate, reference: Estimate) -> Difference:
    """No shared case: the interval of two independent shares, square-and-add (Newcombe 1998)."""
    bare = msgspec.structs.replace(bare, test=UNPAIRED)
    if side.value is None or reference.value is None:
        return bare
    value = side.value - reference.value
    bare = msgspec.structs.replace(bare, value=value)
    if side.low is None or side.high is None or reference.low is None or reference.high is None:
        return bare
    down = math.hypot(side.value - side.low, reference.high - reference.value)
    up = math.hypot(side.high - side.value, reference.value - reference.low)
    return msgspec.structs.replace(bare, low=max(-1.0, value - down), high=min(1.0, value + up))

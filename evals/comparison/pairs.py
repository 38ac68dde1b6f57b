"""The difference of two columns on the same cases: interval, test, and the cases that flipped."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec

from evals.comparison.cells import Cells, judged
from evals.comparison.readings import CONFIDENCE, Clusters, clusters_of
from evals.comparison.words import SAME_ANSWERS, UNPAIRED
from evals.model import Difference, Estimate, TrialResult

__all__ = ["accuracy_difference", "adjusted"]


class _Pair(NamedTuple):
    """One case: passes and failures of the reference (a) and of the side (b)."""

    case: str
    a: list[int]
    b: list[int]
    cluster: str | None


def accuracy_difference(
    side: tuple[str, Cells, Estimate],
    reference: tuple[str, Cells, Estimate],
    *,
    seed: int,
    set_aside: Collection[str] = (),
    of: int = 1,
) -> Difference:
    """Side − reference over the cases that both have judged trials of, but those set aside.

    Each side is given as its id, its cells and its accuracy, which is all there is to compare
    where no case is shared. `seed` is that of the draws which very large tests resort to, `of` the
    number of differences that `low_of_all` is to hold for.
    `p_adjusted` waits for `adjusted`, which knows the table.
    """
    cells_a, cells_b = reference[1], side[1]
    shared = [case for case in cells_b if case in cells_a and case not in set_aside]
    pairs = [pair for case in shared if (pair := _pair(case, cells_a[case], cells_b[case]))]
    bare = Difference(
        side=side[0],
        reference=reference[0],
        metric="accuracy",
        value=None,
        low=None,
        high=None,
        p=None,
        p_adjusted=None,
        comparisons=0,
        n_cases=len(pairs),
        gains=tuple(pair.case for pair in pairs if _majority(pair.b) > 0 > _majority(pair.a)),
        losses=tuple(pair.case for pair in pairs if _majority(pair.b) < 0 < _majority(pair.a)),
    )
    if not pairs:
        return _unpaired(bare, side[2], reference[2])
    if all(_same_answers(cells_a[pair.case], cells_b[pair.case]) for pair in pairs):
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


def _pair(case: str, a: Sequence[TrialResult], b: Sequence[TrialResult]) -> _Pair | None:
    outcomes_a, outcomes_b = _outcomes(a), _outcomes(b)
    if not outcomes_a or not outcomes_b:
        return None
    return _Pair(case, outcomes_a, outcomes_b, b[0].cluster)


def _outcomes(trials: Sequence[TrialResult]) -> list[int]:
    return [trial.passed or 0 for trial in trials if judged(trial)]


def _majority(outcomes: Sequence[int]) -> int:
    """Positive where most samples passed, negative where most failed, 0 for a tie."""
    return 2 * sum(outcomes) - len(outcomes)


def _mean_difference(pairs: Sequence[_Pair]) -> float:
    return math.fsum(sum(p.b) / len(p.b) - sum(p.a) / len(p.a) for p in pairs) / len(pairs)


def _tested(bare: Difference, pairs: Sequence[_Pair], seed: int, of: int) -> Difference:
    from evals.stats import paired_interval

    clusters = clusters_of(pair.cluster for pair in pairs)
    sides = {"a": [pair.a for pair in pairs], "b": [pair.b for pair in pairs]}
    interval = paired_interval(**sides, clusters=clusters, confidence=CONFIDENCE)
    of_all = interval
    if of > 1:
        level = 1 - (1 - CONFIDENCE) / of
        of_all = paired_interval(**sides, clusters=clusters, confidence=level)
    p, test = (None, "") if interval.method == "none" else _test(pairs, clusters, seed)
    return msgspec.structs.replace(
        bare,
        value=interval.diff,
        low=interval.low,
        high=interval.high,
        p=p,
        test=test,
        low_of_all=of_all.low,
    )


def _test(pairs: Sequence[_Pair], clusters: Clusters, seed: int) -> tuple[float, str]:
    """p of no difference, and the test's name."""
    from evals.stats import mcnemar, net_differences, sign_flip

    if clusters is None and all(len(pair.a) == len(pair.b) == 1 for pair in pairs):
        gains = sum(1 for pair in pairs if pair.b > pair.a)
        losses = sum(1 for pair in pairs if pair.b < pair.a)
        return mcnemar(losses=losses, gains=gains).p_two_sided, "exact McNemar test"
    a, b = [pair.a for pair in pairs], [pair.b for pair in pairs]
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

"""The numbers of a comparison on the same cases: difference, interval, p, what could be seen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

from evals.comparison.readings import Clusters, clusters_of
from evals.comparison.sameness import Answers

__all__ = ["End", "Pairs", "Tested", "chance_of_drop", "detectable_drop", "pairs_of", "tested"]

End: TypeAlias = Literal["left out", "worst", "best"]
"""What errors count as: nothing; what is worst for the judged side, on both; what is best."""

POWER = 0.8  # how often a detectable drop is found


class Pairs(NamedTuple):
    """The shared cases: values of the reference (a) and of the judged side (b)."""

    a: list[Sequence[float]]
    b: list[Sequence[float]]
    clusters: Clusters


class Tested(NamedTuple):
    """The difference b − a; None where it is not defined."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None


def pairs_of(
    judged: Mapping[str, Answers],
    reference: Mapping[str, Answers],
    shared: Sequence[str],
    end: End = "left out",
) -> Pairs:
    """Cases with a value on both sides, errors counted as `end` says."""
    a, b, clusters = [], [], []
    for case in shared:
        values_a = _values(reference[case], {"worst": 1.0, "best": 0.0}.get(end))
        values_b = _values(judged[case], {"worst": 0.0, "best": 1.0}.get(end))
        if values_a and values_b:
            a.append(values_a)
            b.append(values_b)
            clusters.append(judged[case].cluster)
    return Pairs(a, b, clusters_of(clusters))


def _values(answers: Answers, error: float | None) -> Sequence[float]:
    if error is None or not answers.errors:
        return answers.values
    return [*answers.values, *([error] * answers.errors)]


def tested(pairs: Pairs, *, confidence: float, seed: int) -> Tested:
    """The interval that gates read, and the exact test of no difference."""
    from evals.stats import net_differences, paired_interval, sign_flip

    a, b, clusters = pairs
    interval = paired_interval(a=a, b=b, clusters=clusters, confidence=confidence)
    p = None
    if interval.method != "none":
        p = sign_flip(net_differences(a, b, clusters=clusters), seed=seed).p_two_sided
    return Tested(interval.diff, interval.low, interval.high, p)


def detectable_drop(pairs: Pairs, *, alpha: float) -> float | None:
    """The smallest true drop that the test at level `alpha` would find in 80 % of runs.

    By the spread of the differences here (Miller 2024). Of passes and failures a drop δ spreads
    them further, by up to δ(1 − δ), and the exact test moves in steps of a case; both count, as
    else a suite that nearly always passes would seem sharper than it is.
    """
    from evals.stats import mde_paired, net_differences, paired_t

    a, b, clusters = pairs
    n = len(net_differences(a, b, clusters=clusters))
    means = [[math.fsum(values) / len(values) for values in side] for side in (a, b)]
    se = paired_t(*means, clusters=clusters).se
    if n < 2 or se is None:
        return None
    found = mde_paired(n, 1.0, alpha=alpha, power=POWER)
    unit = found.normal if found.t is None else found.t  # times the spread: the drop
    drop = unit * se * math.sqrt(n)
    if all(value in (0, 1) for side in (a, b) for values in side for value in values):
        # δ = unit · √(sd² + δ(1 − δ)), solved for δ
        square = unit**2
        root = math.sqrt(square**2 + 4 * (1 + square) * drop**2)
        drop = max((square + root) / (2 * (1 + square)) + 1 / n, _least_drop(n, alpha))
    return drop if drop < 1 else None


def _least_drop(n: int, alpha: float) -> float:
    """The drop at which in 80 % of runs enough of `n` cases are lost, if none is gained."""
    from evals.stats import binom_tail

    needed = math.ceil(1 - math.log2(alpha) - 1e-9)  # of so many losses p is 2^(1 − needed)
    if needed > n:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (low, middle) if binom_tail(needed, n, middle) >= POWER else (middle, high)
    return high


def chance_of_drop(pairs: Pairs, margin: float) -> float:
    """How often a drop of more than `margin` is measured where nothing changed.

    Then every cluster's difference is as likely as its opposite. Exact where the sums are whole
    and few enough, by the normal approximation otherwise.
    """
    from evals.stats import net_differences, norm_cdf
    from evals.stats.randomization import subset_sums

    a, b, clusters = pairs
    net = [abs(diff) for diff in net_differences(a, b, clusters=clusters) if diff]
    if not net:
        return 0.0
    whole = [diff for diff in net if isinstance(diff, int)]
    is_whole = len(whole) == len(net)
    scale = math.lcm(*(len(values) for side in (a, b) for values in side)) if is_whole else 1
    least = margin * scale * len(a)  # a sum below −least is such a drop
    if not is_whole or len(net) ** 2 * sum(whole) > _EXACT_WORK:
        return norm_cdf(-least / math.sqrt(math.fsum(diff * diff for diff in net)))
    fields, width = subset_sums(whole)
    total = sum(whole)
    # Σ ±D = 2·(sum of those with +) − Σ D
    below = sum(
        int.from_bytes(fields[plus * width : (plus + 1) * width], "little")
        for plus in range(total + 1)
        if 2 * plus - total < -least - 1e-9
    )
    return below / (1 << len(whole))


_EXACT_WORK = 10**8  # a few hundredths of a second

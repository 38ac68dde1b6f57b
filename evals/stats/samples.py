"""Several samples of a case: metrics over k of them, and how much they disagree."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from evals.model import Frozen

REPEATS = (1, 2, 3, 5, 10)
"""Numbers of samples a case for which plans are made."""


class CaseFlakiness(Frozen, frozen=True, kw_only=True):
    """How much the trials of one case disagree; None where too few trials can say."""

    n: int
    passes: int
    rate: float | None
    variance: float | None  # of one trial, unbiased
    disagreement: float | None  # chance that two of its trials differ, unbiased
    flaky: bool | None  # some pass and some fail


class VarianceComponents(Frozen, frozen=True, kw_only=True):
    """Where the variance of a trial comes from; None without a case of two trials."""

    var_between: float | None  # of the cases' true rates
    var_within: float | None  # of trials of one case
    icc: float | None  # share of the variance that lies between cases
    m0: float | None  # effective trials a case
    noise_share: dict[int, float | None] | None  # by k: what more samples could still remove
    se_k: dict[int, float] | None  # by k: standard error of accuracy with k samples a case


def pass_at_k(*, n: int, c: int, k: int) -> float | None:
    """Chance that any of k samples passes, from c passes in n: 1 − C(n−c, k)/C(n, k).

    Unbiased (Chen et al. 2021, HumanEval). None unless 1 ≤ k ≤ n.
    """
    if not 1 <= k <= n:
        return None
    return float(1 - Fraction(math.comb(n - c, k), math.comb(n, k)))


def pass_hat_k(*, n: int, c: int, k: int) -> float | None:
    """Chance that all of k samples pass, from c passes in n: C(c, k)/C(n, k).

    Unbiased, which (c/n)^k is not (Yao et al. 2024, tau-bench). None unless 1 ≤ k ≤ n.
    """
    if not 1 <= k <= n:
        return None
    return math.comb(c, k) / math.comb(n, k)


def majority_at_k(*, n: int, c: int, k: int) -> float | None:
    """Chance that most of k samples pass, an exact half counting ½; None unless 1 ≤ k ≤ n.

    Of outcomes only; where the answers are known, `plurality_at_k`. Hypergeometric in c of n.
    """
    if not 1 <= k <= n:
        return None
    # twice the ways, so that a half stays an integer
    twice = sum(
        math.comb(c, j) * math.comb(n - c, k - j) * (1 if 2 * j == k else 2)
        for j in range((k + 1) // 2, min(c, k) + 1)
    )
    return twice / (2 * math.comb(n, k))


def plurality_at_k(counts: Sequence[int], *, right: int | None, k: int) -> float | None:
    """Chance that the most frequent answer among k samples is the right one; ties split evenly.

    `counts`: how often each distinct answer was given; `right`: the position of the right one,
    None if it never was. None unless 1 ≤ k ≤ all answers. Exact, by counting draws.
    """
    n = sum(counts)
    if not 1 <= k <= n:
        return None
    if right is None:
        return 0.0
    others = [count for position, count in enumerate(counts) if position != right]
    won = sum(
        math.comb(counts[right], votes) * _weighted_ways(others, votes, k - votes)
        for votes in range(1, min(k, counts[right]) + 1)
    )
    return float(won / math.comb(n, k))


def case_flakiness(outcomes: Sequence[int]) -> CaseFlakiness:
    """How much the trials of one case disagree: 1 a pass, 0 a fail.

    One trial cannot tell: None, not "stable". disagreement = 2c(m−c)/(m(m−1)), the unbiased chance
    that two trials of the case differ; variance = half of it.
    """
    m, c = len(outcomes), int(sum(outcomes))
    pairs = m * (m - 1)
    return CaseFlakiness(
        n=m,
        passes=c,
        rate=c / m if m else None,
        variance=c * (m - c) / pairs if pairs else None,
        disagreement=2 * c * (m - c) / pairs if pairs else None,
        flaky=0 < c < m if pairs else None,
    )


def minority_bound(n: int, *, confidence: float = 0.95) -> float | None:
    """The largest rate of the other outcome that `n` equal trials leave possible: 1 − α^(1/n).

    The exact form of the rule of three; one-sided. None without a trial.
    """
    return 1 - (1 - confidence) ** (1 / n) if n else None


def variance_components(outcomes: Sequence[Sequence[float]]) -> VarianceComponents:
    """One-way analysis of variance of trials by case, unequal numbers of trials allowed.

    var_within = MSW, var_between = max(0, (MSB − MSW)/m₀). `noise_share[k]` is the share of the
    variance of a mean over cases with k samples that still more samples could remove (Miller 2024:
    law of total variance); the rest needs more cases.
    """
    if not all(outcomes):
        raise ValueError("a case without trials has no rate: leave it out and count it")
    cases, trials = len(outcomes), sum(map(len, outcomes))
    if cases < 2 or trials == cases:
        return VarianceComponents(
            var_between=None, var_within=None, icc=None, m0=None, noise_share=None, se_k=None
        )
    between, within, m0 = _mean_squares(outcomes, cases, trials)
    shared = max(0.0, (between - within) / m0)
    shared = shared if shared >= 1e-15 else 0.0  # nothing but rounding
    total = shared + within
    return VarianceComponents(
        var_between=shared,
        var_within=within,
        icc=shared / total if total > 0 else None,
        m0=m0,
        noise_share={k: within / k / (shared + within / k) if total > 0 else None for k in REPEATS},
        se_k={k: math.sqrt((shared + within / k) / cases) for k in REPEATS},
    )


def _mean_squares(
    outcomes: Sequence[Sequence[float]], cases: int, trials: int
) -> tuple[float, float, float]:
    """MSB, MSW and m₀."""
    grand = math.fsum(math.fsum(case) for case in outcomes) / trials
    means = [math.fsum(case) / len(case) for case in outcomes]
    between = math.fsum(
        len(case) * (mean - grand) ** 2 for case, mean in zip(outcomes, means, strict=True)
    )
    within = math.fsum(
        (value - mean) ** 2 for case, mean in zip(outcomes, means, strict=True) for value in case
    )
    squares = sum(len(case) ** 2 for case in outcomes)
    m0 = (trials - squares / trials) / (cases - 1)
    return between / (cases - 1), within / (trials - cases), m0


def _weighted_ways(others: Sequence[int], most: int, drawn: int) -> Fraction:
    """Ways to draw `drawn` other answers, none above `most`; each way over 1 + its ties."""
    ways: dict[tuple[int, int], int] = {(0, 0): 1}  # (drawn so far, tied with `most`) -> ways
    for count in others:
        grown: dict[tuple[int, int], int] = {}
        for (so_far, ties), number in ways.items():
            for take in range(min(count, most, drawn - so_far) + 1):
                key = so_far + take, ties + (take == most)
                grown[key] = grown.get(key, 0) + number * math.comb(count, take)
        ways = grown
    finished = (
        Fraction(number, 1 + ties) for (so_far, ties), number in ways.items() if so_far == drawn
    )
    return sum(finished, Fraction(0))

"""Tests of no difference between two sides on the same cases."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from itertools import chain
from typing import Literal, TypeAlias

from evals.model import Frozen
from evals.stats.binomial import binom_pmf, fair_tail
from evals.stats.clusters import Clusters, grouped
from evals.stats.special import norm_cdf

EXACT_WORK = 10**10  # m²·Σ|D|: about two seconds
DRAWN_WORK = 2 * 10**7  # differences × draws
DRAWS = 10_000

Method: TypeAlias = Literal["exact", "monte carlo", "normal"]


class McNemar(Frozen, frozen=True, kw_only=True):
    """Exact p-values of as many losses and gains; `mid_p` is informational."""

    p_two_sided: float
    p_worse: float  # small: the candidate is shown to be worse
    p_better: float
    mid_p: float


class SignFlip(Frozen, frozen=True, kw_only=True):
    """Exact p-values of the sum of the differences."""

    p_two_sided: float
    p_worse: float  # small: the candidate is shown to be worse
    p_better: float
    n_nonzero: int  # differences that are not 0: what the test counts


class SignFlipTest(SignFlip, frozen=True, kw_only=True):
    """The same, and how they were computed."""

    method: Method


def mcnemar(*, losses: int, gains: int) -> McNemar:
    """The exact McNemar test: is a changed case as likely a gain as a loss?

    `losses` passed in the baseline and fail in the candidate. A binomial test with p = ½ on the
    changed cases; cases that agree say nothing. Nothing changed: every p is 1.
    """
    changed = losses + gains
    if changed == 0:
        return McNemar(p_two_sided=1.0, p_worse=1.0, p_better=1.0, mid_p=1.0)
    two_sided = 1.0 if losses == gains else min(1.0, 2 * fair_tail(max(losses, gains), changed))
    mid_p = 1.0 if losses == gains else two_sided - binom_pmf(losses, changed, 0.5)
    return McNemar(
        p_two_sided=two_sided,
        p_worse=fair_tail(losses, changed),
        p_better=fair_tail(gains, changed),
        mid_p=mid_p,
    )


def net_differences(
    a: Sequence[Sequence[float]], b: Sequence[Sequence[float]], *, clusters: Clusters = None
) -> tuple[int, ...] | tuple[float, ...]:
    """b − a for each cluster of paired cases, as the sign-flip test wants them.

    `a` and `b` hold the outcomes of each case's trials. Where all are 0 or 1, rates are scaled by
    the least common multiple of the numbers of trials, so that the sums are exact integers; scores
    between give floats.
    """
    if not all(a) or not all(b):
        raise ValueError("a case without trials on a side is not shared: leave it out")
    pairs = zip(a, b, strict=True)
    if {0, 1}.issuperset(chain.from_iterable((*a, *b))):
        scale = math.lcm(*set(map(len, a)), *set(map(len, b)))
        whole = [scale // len(y) * int(sum(y)) - scale // len(x) * int(sum(x)) for x, y in pairs]
        return tuple(sum(group) for group in grouped(whole, clusters))
    rates = [math.fsum(y) / len(y) - math.fsum(x) / len(x) for x, y in pairs]
    return tuple(math.fsum(group) for group in grouped(rates, clusters))


def sign_flip_exact(diffs: Sequence[int]) -> SignFlip:
    """The exact distribution of Σ ±D_g when every sign is a fair coin (Fisher's randomisation).

    `diffs` are integers, candidate − baseline, one a case or cluster. Two-sided: the share of all
    2^m sign choices with |Σ| at least the observed. With one trial a case this is McNemar's test.
    Time grows with m²·Σ|D|; `sign_flip` keeps within bounds.
    """
    nonzero = [diff for diff in diffs if diff]
    divisor = math.gcd(*nonzero)
    steps = sorted(abs(diff) // divisor for diff in nonzero)
    if not steps or steps[-1] == 1:
        gains = sum(diff > 0 for diff in nonzero)
        test = mcnemar(losses=len(nonzero) - gains, gains=gains)
        return SignFlip(
            p_two_sided=test.p_two_sided,
            p_worse=test.p_worse,
            p_better=test.p_better,
            n_nonzero=len(nonzero),
        )
    observed = sum(nonzero) // divisor
    at, beyond = _upper_tail(steps, abs(observed))
    everything = 1 << len(steps)
    far, near = (at + beyond) / everything, (everything - beyond) / everything
    return SignFlip(
        p_two_sided=1.0 if observed == 0 else 2 * (at + beyond) / everything,
        p_worse=far if observed < 0 else near,
        p_better=far if observed > 0 else near,
        n_nonzero=len(nonzero),
    )


def sign_flip(diffs: Sequence[int] | Sequence[float], *, seed: int) -> SignFlipTest:
    """The sign-flip test by the best method that the size of the data allows.

    Exact for integers while m²·Σ|D| ≤ 10¹⁰, or where all |D| are equal. Else, and for real-valued
    differences, 10,000 draws from `random.Random(seed)` with p = (1 + hits)/(1 + draws), up to 2000
    differences. Beyond, the normal approximation with variance ΣD², corrected for continuity where
    D are integers.
    """
    whole = [diff for diff in diffs if isinstance(diff, int) and diff]
    nonzero = [float(diff) for diff in diffs if diff]
    integers = len(whole) == len(nonzero)
    if integers and _work(whole) <= EXACT_WORK:
        method: Method = "exact"
        test = sign_flip_exact(whole)
    elif len(nonzero) * DRAWS <= DRAWN_WORK:
        method, test = "monte carlo", _drawn(nonzero, seed)
    else:
        method, test = "normal", _normal(nonzero, math.gcd(*whole) if integers else 0)
    return SignFlipTest(
        p_two_sided=test.p_two_sided,
        p_worse=test.p_worse,
        p_better=test.p_better,
        n_nonzero=len(nonzero),
        method=method,
    )


def subset_sums(steps: Sequence[int]) -> tuple[bytes, int]:
    """How many subsets of `steps` (positive integers) have each sum 0 … Σ.

    Little-endian fields and their width in bytes. One big integer holds Π(1 + x^step), x being one
    field up; a count never exceeds 2^m, so fields never touch, and each factor is a shift and an
    addition in C. Small steps first: the number grows late.
    """
    width = len(steps) // 8 + 1
    product = 1
    for step in sorted(steps):
        product += product << (8 * step * width)
    return product.to_bytes(width * (sum(steps) + 1), "little"), width


def _upper_tail(steps: Sequence[int], observed: int) -> tuple[int, int]:
    """How many sign choices have Σ ±step = `observed` (≥ 0), and how many more than that."""
    fields, width = subset_sums(steps)
    # Σ ±step = 2·(sum of those with +) − Σ step
    first = (sum(steps) + observed) // 2 * width
    at = int.from_bytes(fields[first : first + width], "little")
    beyond = sum(
        int.from_bytes(fields[start : start + width], "little")
        for start in range(first + width, len(fields), width)
    )
    return at, beyond


def _work(whole: Sequence[int]) -> int:
    """m²·Σ|D|, D without common factor; none where all |D| are equal, as a formula serves there."""
    if len(set(map(abs, whole))) < 2:
        return 0
    return len(whole) ** 2 * sum(map(abs, whole)) // math.gcd(*whole)


def _drawn(nonzero: Sequence[float], seed: int) -> SignFlip:
    from random import Random

    # Eight signs at a time: each byte picks the sum of its eight differences from a table.
    tables = [_signed_sums(nonzero[start : start + 8]) for start in range(0, len(nonzero), 8)]
    draw = Random(seed).randbytes
    sums = [sum(map(operator.getitem, tables, draw(len(tables)))) for _ in range(DRAWS)]
    observed = math.fsum(nonzero)
    tie = 1e-12

    def share(hits: int) -> float:
        return (1 + hits) / (1 + DRAWS)

    return SignFlip(
        p_two_sided=share(sum(abs(value) >= abs(observed) - tie for value in sums)),
        p_worse=share(sum(value <= observed + tie for value in sums)),
        p_better=share(sum(value >= observed - tie for value in sums)),
        n_nonzero=len(nonzero),
    )


def _signed_sums(eight: Sequence[float]) -> list[float]:
    """Σ ±d for each of the 256 bytes; bits beyond the differences change nothing."""
    sums = [0.0]
    for diff in eight:
        sums = [value + diff for value in sums] + [value - diff for value in sums]
    return sums * (256 // len(sums))


def _normal(nonzero: Sequence[float], spacing: float) -> SignFlip:
    """`spacing`: half the distance between neighbouring sums, 0 for real values."""
    deviation = math.sqrt(math.fsum(diff * diff for diff in nonzero))
    observed = math.fsum(nonzero)
    return SignFlip(
        p_two_sided=min(1.0, 2 * norm_cdf((spacing - abs(observed)) / deviation)),
        p_worse=norm_cdf((observed + spacing) / deviation),
        p_better=norm_cdf((spacing - observed) / deviation),
        n_nonzero=len(nonzero),
    )

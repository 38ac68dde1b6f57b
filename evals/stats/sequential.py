"""Evidence that may be looked at after every case, and stopped at.

An e-value's chance of ever reaching 1/α is at most α if nothing changed (Ville's inequality): stop
when it does. Logarithms are natural; the always-valid p-value is min(1, 1/largest e-value so far).
Estimates after an early stop are biased away from 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from evals.model import Frozen
from evals.stats.special import log_beta_inc


class DiscordantEvalue(Frozen, frozen=True, kw_only=True):
    """ln of the e-values of changed cases."""

    log_evalue: float  # against gains and losses being as likely
    log_evalue_worse: float  # the same, for losses being likelier only


class BettingEvalue(Frozen, frozen=True, kw_only=True):
    """ln of the e-value at the end, the largest on the way, and where it first sufficed."""

    log_evalue: float
    log_max: float
    stop_at: int | None  # from 1


class RateEvalue(Frozen, frozen=True, kw_only=True):
    """ln of the e-values for a pass rate below, and above, the one in question."""

    log_evalue_below: float
    log_evalue_above: float


_SHARES = (0.1, 0.25, 0.5, 0.75, 0.9, 0.99)


def evalue_discordant(*, gains: int, losses: int) -> DiscordantEvalue:
    """Changed cases only, one trial a side: a Beta(½, ½) mixture against an even chance.

    E = 2^(g+l)·B(g+½, l+½)/B(½, ½); one-sided for losses E·2·I_½(g+½, l+½).
    """
    more, less = gains + 0.5, losses + 0.5
    log_beta = math.lgamma(more) + math.lgamma(less) - math.lgamma(more + less)
    evalue = log_beta - math.log(math.pi) + (gains + losses) * math.log(2)  # B(½, ½) = π
    return DiscordantEvalue(
        log_evalue=evalue,
        log_evalue_worse=evalue + math.log(2) + log_beta_inc(more, less, 0.5),
    )


def betting_evalue(
    x: Sequence[float], *, null_mean: float, bets: Sequence[float], alpha: float = 0.05
) -> BettingEvalue:
    """Evidence that values in 0 … 1 have a mean below `null_mean` (Waudby-Smith & Ramdas 2024).

    The mean over fixed `bets` λ in 0 < λ < 1/(1 − null_mean) of Π(1 + λ(null_mean − x)). Paired
    differences d enter as x = (d + 1)/2 with null_mean (1 − margin)/2, one a case or cluster, in an
    order fixed before any outcome was seen.
    """
    most = math.inf if null_mean >= 1 else 1 / (1 - null_mean)
    if not bets or not all(0 < bet < most for bet in bets):
        raise ValueError(f"bets must lie between 0 and {most:.6g}, both excluded; got {bets}")
    wealth = [0.0] * len(bets)
    log_evalue, log_max, stop_at = 0.0, 0.0, None
    for number, value in enumerate(x, start=1):
        wealth = [
            log + math.log1p(bet * (null_mean - value))
            for log, bet in zip(wealth, bets, strict=True)
        ]
        log_evalue = _log_mean(wealth)
        log_max = max(log_max, log_evalue)
        if stop_at is None and log_evalue >= -math.log(alpha):
            stop_at = number
    return BettingEvalue(log_evalue=log_evalue, log_max=log_max, stop_at=stop_at)


def rate_evalue(*, passes: int, fails: int, rate: float) -> RateEvalue:
    """`betting_evalue` of independent passes and fails against a pass rate, both ways.

    Of the counts alone: the order does not matter. Bets are 0.1, 0.25, 0.5, 0.75, 0.9 and 0.99 of
    the most that can be lost at once; a rate of 0 or 1 can be contradicted on one side only.
    """
    return RateEvalue(
        log_evalue_below=_rate_evidence(fails, passes, rate),
        log_evalue_above=_rate_evidence(passes, fails, 1 - rate),
    )


def _rate_evidence(won: int, lost: int, null_mean: float) -> float:
    """ln E against a mean of at least `null_mean`, of `won` zeros and `lost` ones."""
    if null_mean <= 0:
        return 0.0
    if null_mean >= 1:
        return math.inf if won else 0.0
    odds = null_mean / (1 - null_mean)
    return _log_mean(
        [won * math.log1p(share * odds) + lost * math.log1p(-share) for share in _SHARES]
    )


def _log_mean(logs: Sequence[float]) -> float:
    """ln of the mean of exp, without overflow."""
    most = max(logs)
    return most + math.log(math.fsum(math.exp(log - most) for log in logs) / len(logs))

"""What a suite could see: detectable differences, and how many cases they take."""

from __future__ import annotations

import math
from functools import lru_cache

from evals.model import Frozen
from evals.stats.binomial import binom_cdf, binom_pmf
from evals.stats.quantiles import last_rank
from evals.stats.samples import REPEATS
from evals.stats.special import norm_cdf, norm_ppf, t_ppf

_NODES = 800  # of Simpson's rule
_SIXTEEN_DIGITS = 37.0  # e^-37: what may be left out on either side of an integral


class Detectable(Frozen, frozen=True, kw_only=True):
    """The smallest difference that would probably be found, in the unit of `sd`."""

    normal: float
    t: float | None  # larger, and right for few cases; None for one


class RequiredCases(Frozen, frozen=True, kw_only=True):
    """How many shared cases a comparison needs: at least 2."""

    n_unrounded: float
    n: int


class McNemarPairs(Frozen, frozen=True, kw_only=True):
    """How many pairs of single trials, and the exact test's power with them."""

    n: int
    exact_power: float  # a little below the power asked for


class Plan(Frozen, frozen=True, kw_only=True):
    """Cases needed with `k` samples a case and side; `trials` is None for infinitely many."""

    k: float
    n: int
    trials: int | None  # n·k, a side


class Plans(Frozen, frozen=True, kw_only=True):
    """Plans for several numbers of samples, and the one with the fewest trials."""

    plans: tuple[Plan, ...]
    cheapest: Plan


def mde_paired(n: int, sd: float, *, alpha: float = 0.05, power: float = 0.8) -> Detectable:
    """The smallest difference found with chance `power` at two-sided level `alpha`.

    `sd`: standard deviation of the difference of one case (√n times its cluster-robust standard
    error, over n cases). Miller 2024: (z_{1−α/2} + z_power)·sd/√n, and the same for the t test,
    which it exceeds by 12 % at n = 10 and 1.7 % at 60.
    """
    normal = (norm_ppf(1 - alpha / 2) + norm_ppf(power)) * sd / math.sqrt(n)
    if n < 2:
        return Detectable(normal=normal, t=None)
    return Detectable(normal=normal, t=_detectable_by_t(n, alpha, power) * sd)


def required_cases(
    *,  # eight figures, each a quantity of its own: a struct around them would only rename them
    delta: float,
    var_case: float,
    var_a: float,
    k_a: float,
    var_b: float,
    k_b: float,
    alpha: float = 0.05,
    power: float = 0.8,
) -> RequiredCases:
    """Cases needed to find a difference `delta` (Miller 2024).

    `var_case`: variance over cases of the true difference. `var_a`, `var_b`: mean variance of one
    trial within a case. `k_a`, `k_b`: samples a case, `math.inf` allowed. `delta` is one that
    matters, never the observed difference.
    """
    if delta == 0:
        raise ValueError("no number of cases shows a difference of 0")
    variance = var_case + var_a / k_a + var_b / k_b
    n = (norm_ppf(1 - alpha / 2) + norm_ppf(power)) ** 2 * variance / delta**2
    return RequiredCases(n_unrounded=n, n=max(2, math.ceil(n - 1e-9)))


def plan_samples(
    *,  # as in `required_cases`
    delta: float,
    var_case: float,
    var_a: float,
    var_b: float,
    alpha: float = 0.05,
    power: float = 0.8,
) -> Plans:
    """`required_cases` with 1, 2, 3, 5, 10 and infinitely many samples a case on both sides.

    Where the last hardly needs fewer cases than the first, samples do not pay.
    """

    def plan(k: float) -> Plan:
        needed = required_cases(
            delta=delta,
            var_case=var_case,
            var_a=var_a,
            k_a=k,
            var_b=var_b,
            k_b=k,
            alpha=alpha,
            power=power,
        )
        return Plan(k=k, n=needed.n, trials=None if math.isinf(k) else needed.n * int(k))

    finite = [plan(k) for k in REPEATS]
    cheapest = min(finite, key=lambda plan: plan.n * plan.k)
    return Plans(plans=(*finite, plan(math.inf)), cheapest=cheapest)


def case_variance(*, sd: float, var_a: float, k_a: float, var_b: float, k_b: float) -> float:
    """var_case of `required_cases`, from a previous run: max(0, sd² − var_a/k_a − var_b/k_b).

    `sd`: standard deviation of the observed differences of case rates.
    """
    return max(0.0, sd * sd - var_a / k_a - var_b / k_b)


def mcnemar_pairs(
    *, p_loss: float, p_gain: float, alpha: float = 0.05, power: float = 0.8
) -> McNemarPairs:
    """Cases needed for McNemar's test, one trial a side (Connor 1987), and its exact power.

    `p_loss`, `p_gain`: chances that a case changes from pass to fail, and from fail to pass.
    """
    changed, delta = p_loss + p_gain, p_gain - p_loss
    if delta == 0:
        raise ValueError("losses and gains are as likely: no number of cases shows a difference")
    reach = norm_ppf(1 - alpha / 2) * math.sqrt(changed)
    reach += norm_ppf(power) * math.sqrt(changed - delta * delta)
    n = math.ceil(reach**2 / delta**2 - 1e-9)
    return McNemarPairs(n=n, exact_power=_mcnemar_power(n, p_loss, p_gain, alpha))


def _mcnemar_power(n: int, p_loss: float, p_gain: float, alpha: float) -> float:
    """P(reject), summed over the number of changed cases."""
    changed = p_loss + p_gain
    total = 0.0
    for m in range(1, n + 1):
        weight = binom_pmf(m, n, changed)
        if weight < 1e-18:
            continue
        critical = _critical(m, alpha)
        if critical >= 0:
            few_gains = binom_cdf(critical, m, p_gain / changed)
            few_losses = binom_cdf(critical, m, p_loss / changed)
            total += weight * (few_gains + few_losses)
    return total


def _critical(m: int, alpha: float) -> int:
    """The most cases on the smaller side with which the exact test rejects; −1: it never does."""
    return last_rank(lambda k: k == 0 or 2 * binom_cdf(k - 1, m, 0.5) <= alpha + 1e-12, m // 2) - 1


@lru_cache(maxsize=64)  # gates of one suite ask for few n, and each takes tens of milliseconds
def _detectable_by_t(n: int, alpha: float, power: float) -> float:
    """The effect in standard deviations at which the two-sided t test has `power`."""
    critical = t_ppf(1 - alpha / 2, n - 1)
    deviations = _sample_deviations(n - 1)

    def reached(effect: float) -> float:
        shift = effect * math.sqrt(n)
        return math.fsum(
            weight * (norm_cdf(shift - critical * s) + norm_cdf(-critical * s - shift))
            for s, weight in deviations
        )

    low, high = 0.0, 1.0
    while reached(high) < power:
        low, high = high, 2 * high
    while high - low > 1e-11 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if reached(middle) < power else (low, middle)
    return (low + high) / 2


def _sample_deviations(df: int) -> list[tuple[float, float]]:
    """Nodes and weights over s/σ, the sample's standard deviation by the true one: χ_df/√df."""
    spread = 2 * math.sqrt(_SIXTEEN_DIGITS / df)
    low = math.sqrt(max(0.0, 1 - spread))
    high = math.sqrt(1 + spread + 2 * _SIXTEEN_DIGITS / df)  # bounds of Laurent & Massart 2000
    step = (high - low) / _NODES
    scale = math.log(2) + df / 2 * math.log(df / 2) - math.lgamma(df / 2)

    def weighted(node: int) -> tuple[float, float]:
        s = low + node * step
        simpson = 1 if node in (0, _NODES) else 4 if node % 2 else 2
        log_density = scale + (df - 1) * math.log(s) - df * s * s / 2 if s else -math.inf
        if s == 0 and df == 1:
            log_density = scale
        return s, simpson * step / 3 * math.exp(log_density)

    return [weighted(node) for node in range(_NODES + 1)]

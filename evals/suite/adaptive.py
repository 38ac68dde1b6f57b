"""Adaptive samples: how many more a case takes in a column, by the ones it has.

The rule reads the outcomes in order of take and nothing else, so that recordings give as many
samples as recording did. As many are asked at once as it takes at least to decide: no batch has a
sample that asking one by one would have left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from evals.checks.asking import together
from evals.model import Asks, Case, Repeat, TrialResult
from evals.suite.cell import Cell
from evals.suite.results import broken

ALPHA: Final = 0.05
"""The most that a rate on the limit's one side is taken, before `max`, to be on the other."""


def sampling(
    cell: Cell, trial: Callable[[int], Asks[TrialResult]]
) -> Asks[tuple[TrialResult, ...]]:
    """The samples of a cell, until they decide; `trial` is the script of one."""
    results: tuple[TrialResult, ...] = ()
    while more := further(cell.case, results):
        start = len(results)
        samples = range(start, start + more)
        made = yield from together(_whole(cell, sample, trial) for sample in samples)
        results = (*results, *made)
    return results


def _whole(cell: Cell, sample: int, trial: Callable[[int], Asks[TrialResult]]) -> Asks[TrialResult]:
    try:
        return (yield from trial(sample))
    except Exception as problem:  # noqa: BLE001 # whatever it is: it costs this trial alone
        return broken(cell, sample, problem)


def further(case: Case, results: Sequence[TrialResult]) -> int:
    """How many samples to ask next: none where they are decided, or one has no verdict."""
    outcomes = [result.passed for result in results]
    if None in outcomes:
        return 0
    passes = sum(outcome == 1 for outcome in outcomes)
    return wanted(case.repeat, case.min_pass_rate, passes, len(outcomes) - passes)


def wanted(repeat: Repeat, limit: float, passes: int, fails: int) -> int:
    taken, least, most = passes + fails, repeat.least or repeat.samples, repeat.samples
    if taken >= least and is_decided(passes, fails, limit=limit, most=most):
        return 0
    left = most - taken
    for more in range(max(1, least - taken), left):
        if is_decided(passes + more, fails, limit=limit, most=most):
            return more
        if is_decided(passes, fails + more, limit=limit, most=most):
            return more
    return left


def is_decided(passes: int, fails: int, *, limit: float, most: int) -> bool:
    """Whether the pass rate is known to reach `limit`, or not to.

    Either the samples still to come cannot change what `most` samples would say, or an always-valid
    bound of confidence 1 − ALPHA has the rate on one side of the limit.
    """
    left = most - passes - fails
    if passes / most >= limit or (passes + left) / most < limit:
        return True
    from evals.stats.sequential import rate_evalue

    evidence = rate_evalue(passes=passes, fails=fails, rate=limit)
    return max(evidence.log_evalue_below, evidence.log_evalue_above) >= -math.log(ALPHA)

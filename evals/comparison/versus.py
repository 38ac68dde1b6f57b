"""Gates that compare a column with another, or with a baseline, on the same cases.

`worse`: a drop beyond the margin is shown. `not_worse`: it is ruled out. `inconclusive`: neither.
The mode of the gate makes an outcome of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from evals.comparison import findings, words
from evals.comparison.change import Change
from evals.comparison.contest import Contest, ended
from evals.comparison.paired import (
    End,
    Pairs,
    Tested,
    chance_of_drop,
    detectable_drop,
    pairs_of,
    tested,
)
from evals.comparison.readings import CONFIDENCE
from evals.model import Against, Finding, Found, Gate, GateOutcome

__all__ = ["compare"]

_ENDS: tuple[End, ...] = ("left out", "worst", "best")


def compare(gate: Gate, contests: Sequence[Contest], *, seed: int) -> list[Finding]:
    """A finding for each contest, p adjusted for the others (Holm)."""
    from evals.stats import holm

    level = CONFIDENCE if gate.confidence is None else gate.confidence
    pairs = [pairs_of(c.judged, c.reference, c.shared) for c in contests]
    wanted = [bool(p.a) and not c.is_same for p, c in zip(pairs, contests, strict=True)]
    tests: list[dict[End, Tested]] = [{} for _ in contests]
    for end in _ENDS if any(contest.n_errors for contest in contests) else _ENDS[:1]:
        found = [
            tested(_at(end, contest, each), confidence=level, seed=seed) if has_test else Tested()
            for contest, each, has_test in zip(contests, pairs, wanted, strict=True)
        ]
        adjusted = holm(p=[test.p for test in found]).adjusted
        for own, test, p in zip(tests, found, adjusted, strict=True):
            own[end] = test._replace(p=p)
    alpha = (1 - level) / max(1, sum(wanted))
    return [
        _finding(gate, contest, _Result(each, own, level, alpha))
        for contest, each, own in zip(contests, pairs, tests, strict=True)
    ]


def _at(end: End, contest: Contest, pairs: Pairs) -> Pairs:
    if end == "left out" or not contest.n_errors:
        return pairs
    return pairs_of(contest.judged, contest.reference, contest.shared, end)


class _Result(NamedTuple):
    pairs: Pairs
    tests: Mapping[End, Tested]
    level: float
    alpha: float  # two-sided, shared between the comparisons of the gate


def _finding(gate: Gate, contest: Contest, result: _Result) -> Finding:
    against = gate.against or Against()
    finding = msgspec.structs.replace(
        contest.blank,
        n_errors=contest.n_errors,
        n_set_aside=contest.changed + contest.alone,
        found="no_data",
    )
    if not result.pairs.a:
        reason = f"no case is shared with {against.name}"
        if contest.shared:
            reason = f"no case was judged both here and in {against.name}"
        return ended(finding, "error", (reason, contest.set_aside()))
    test = result.tests["left out"]
    losses, gains = contest.flips() if gate.metric == "accuracy" else ((), ())
    finding = msgspec.structs.replace(
        finding,
        losses=losses,
        gains=gains,
        value=_mean_difference(result.pairs) if test.value is None else test.value,
        low=test.low,
        high=test.high,
        p=test.p,
        n_cases=len(result.pairs.a),
        n_trials=sum(map(len, result.pairs.b)),
    )
    measured = f"{findings.measured(finding)} against {against.name}, {findings.numbers(finding)}"
    if contest.is_same:
        finding = msgspec.structs.replace(finding, found="same")
        told = f"same answers{contest.judged_differently()}"
        aside = contest.set_aside(), contest.judged_anew()
        return ended(finding, "same", (measured, told, *aside))
    change = Change(gate)
    found = _found(test, against, result.level, change)
    finding = msgspec.structs.replace(finding, found=found)
    outcome, by_errors = _outcome(finding, against, contest, result)
    said = (
        measured,
        _errors(contest, result, by_errors=by_errors) if contest.n_errors else "",
        "" if by_errors else change.said(finding, against, outcome),
        _evidence(finding, against, result, outcome),
        contest.set_aside(),
        contest.first_samples(),
        contest.judged_anew(),
    )
    return ended(finding, outcome, said)


def _mean_difference(pairs: Pairs) -> float:
    means = [[math.fsum(values) / len(values) for values in side] for side in (pairs.a, pairs.b)]
    return math.fsum(y - x for x, y in zip(*means, strict=True)) / len(pairs.a)


def _found(test: Tested, against: Against, level: float, change: Change) -> Found:
    return change.found(test.low, test.high, test.p, against.margin, level)


def _outcome(
    finding: Finding, against: Against, contest: Contest, result: _Result
) -> tuple[GateOutcome, bool]:
    """The outcome, and whether it is a failure only because errors leave it open."""
    change = Change(finding)
    if not contest.n_errors:
        return change.outcome(finding.found, finding.value, against), False
    found = [
        change.outcome(_found(test, against, result.level, change), test.value, against)
        for test in result.tests.values()
    ]
    fails = [outcome == "fail" for outcome in found]
    if any(fails):
        return "fail", not all(fails)
    return found[0], False


def _evidence(finding: Finding, against: Against, result: _Result, outcome: GateOutcome) -> str:
    """What the gate could have seen, and how many cases would decide."""
    change = Change(finding)
    if against.mode == "measured":
        return change.by_chance(chance_of_drop(result.pairs, against.margin), against.margin)
    said = []
    if against.mode == "regression" and outcome != "fail":
        drop = detectable_drop(result.pairs, alpha=result.alpha)
        seen = None if drop is None or drop + against.margin >= 1 else drop + against.margin
        said.append(change.detectable(finding, seen))
    needed = findings.cases_to_settle(finding)
    if finding.found == "inconclusive" and needed is not None:
        said.append(f"{words.cases_needed(needed).lower()} would decide")
    return "; ".join(said)


def _errors(contest: Contest, result: _Result, *, by_errors: bool) -> str:
    ends = [result.tests[end].value for end in ("worst", "best")]
    low, high = (words.points(end).removesuffix(f"{words.SPACE}points") for end in ends)
    errors = words.plural(contest.n_errors, "error")
    told = f"{low} … {high}{words.SPACE}points with {errors} either way"
    return f"undecided by errors: {told}" if by_errors else told

"""Gates that compare a column with another, or with a baseline, on the same cases.

`worse`: a drop beyond the margin is shown. `not_worse`: it is ruled out. `inconclusive`: neither.
The mode of the gate makes an outcome of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import msgspec

from evals.comparison import findings, words
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
from evals.comparison.sameness import Answers
from evals.model import Against, Finding, Found, Gate, GateOutcome

__all__ = ["Contest", "compare"]

_ENDS: tuple[End, ...] = ("left out", "worst", "best")


@dataclass(frozen=True)
class Contest:
    """One comparison of a gate: what its column answered, and what the other side did."""

    blank: Finding  # of the column, not evaluated
    judged: Mapping[str, Answers]
    reference: Mapping[str, Answers]

    @cached_property
    def shared(self) -> list[str]:
        """Cases of one id whose vars and turns are the same."""
        sides = self.judged, self.reference
        return [case for case, one in sides[0].items() if _hash(sides[1], case) == one.hash]

    @property
    def changed(self) -> int:
        return sum(case in self.reference for case in self.judged) - len(self.shared)

    @property
    def alone(self) -> int:
        """Cases that one side alone has."""
        return len(self.judged.keys() ^ self.reference.keys())

    @cached_property
    def n_errors(self) -> int:
        return sum(self.judged[case].errors + self.reference[case].errors for case in self.shared)

    @cached_property
    def is_same(self) -> bool:
        """Whether both sides are the same recorded answers, to the last trial."""
        return all(
            self.judged[case].recordings
            and self.judged[case].recordings == self.reference[case].recordings
            for case in self.shared
        )


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
        return _ended(finding, "error", reason, _set_aside(contest))
    test = result.tests["left out"]
    finding = msgspec.structs.replace(
        finding,
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
        told = f"same answers{_judged_differently(contest)}"
        return _ended(finding, "same", measured, told, _set_aside(contest), _judged_anew(contest))
    finding = msgspec.structs.replace(finding, found=_found(test, against, result.level))
    outcome, by_errors = _outcome(finding, against, contest, result)
    return _ended(
        finding,
        outcome,
        measured,
        _errors(contest, result, by_errors=by_errors) if contest.n_errors else "",
        "" if by_errors else _said(finding, against, outcome),
        _evidence(finding, against, result, outcome),
        _set_aside(contest),
        _judged_anew(contest),
    )


def _ended(finding: Finding, outcome: GateOutcome, *said: str) -> Finding:
    return msgspec.structs.replace(finding, outcome=outcome, reason="; ".join(filter(None, said)))


def _mean_difference(pairs: Pairs) -> float:
    means = [[math.fsum(values) / len(values) for values in side] for side in (pairs.a, pairs.b)]
    return math.fsum(y - x for x, y in zip(*means, strict=True)) / len(pairs.a)


def _found(test: Tested, against: Against, level: float) -> Found:
    from evals.stats import gate

    judged = gate(
        low=test.low, high=test.high, p_equal=test.p, margin=against.margin, confidence=level
    )
    return judged.finding


def _outcome(
    finding: Finding, against: Against, contest: Contest, result: _Result
) -> tuple[GateOutcome, bool]:
    """The outcome, and whether it is a failure only because errors leave it open."""
    if not contest.n_errors:
        return _of(finding.found, finding.value, against), False
    found = [
        _of(_found(test, against, result.level), test.value, against)
        for test in result.tests.values()
    ]
    fails = [outcome == "fail" for outcome in found]
    if any(fails):
        return "fail", not all(fails)
    return found[0], False


def _of(found: Found | None, value: float | None, against: Against) -> GateOutcome:
    if against.mode == "measured":
        return "fail" if value is not None and value < -against.margin - 1e-12 else "pass"
    if against.mode == "non-inferiority":
        return "pass" if found == "not_worse" else "fail"
    regression: Mapping[Found | None, GateOutcome] = {
        "worse": "fail",
        "not_worse": "pass",
        "inconclusive": "undecided",
    }
    return regression.get(found, "not_evaluated")


def _said(finding: Finding, against: Against, outcome: GateOutcome) -> str:
    """What the comparison shows, in words."""
    margin = _points(against.margin)
    p = words.p_value(finding.p)
    if against.mode == "measured":
        more = f"a drop of more than {margin}" if against.margin else "a drop"
        return f"{more} was measured" if outcome == "fail" else ""
    if finding.found == "no_data":
        return f"no interval can be made of {findings.numbers(finding)}"
    if finding.found == "worse":
        more = f"a drop of more than {margin}" if against.margin else "a drop"
        return f"{more} is shown, {p}"
    drop = f"a drop of {margin} or more" if against.margin else "a drop"
    if finding.found == "not_worse":
        return f"{drop} is ruled out"
    return f"undecided: {drop} is neither shown nor ruled out, {p}"


def _points(margin: float) -> str:
    """`5 points`, `1 point`."""
    text = words.plain(margin * 100)
    return f"{text} {'point' if text == '1' else 'points'}"


def _evidence(finding: Finding, against: Against, result: _Result, outcome: GateOutcome) -> str:
    """What the gate could have seen, and how many cases would decide."""
    if against.mode == "measured":
        share = words.share(chance_of_drop(result.pairs, against.margin))
        more = f" of more than {_points(against.margin)}" if against.margin else ""
        return f"with nothing changed a drop{more} is measured in {share} of runs"
    said = []
    if against.mode == "regression" and outcome != "fail":
        said.append(_detectable(finding, against, result))
    needed = findings.cases_to_settle(finding)
    if finding.found == "inconclusive" and needed is not None:
        said.append(f"{words.cases_needed(needed).lower()} would decide")
    return "; ".join(said)


def _detectable(finding: Finding, against: Against, result: _Result) -> str:
    drop = detectable_drop(result.pairs, alpha=result.alpha)
    n = f"n = {words.count(finding.n_cases)}"
    if drop is None or drop + against.margin >= 1:
        return f"too few cases to see any drop, {n}"
    points = (drop + against.margin) * 100
    shown = f"{points:.1f}" if points < 1.95 else f"{points:.0f}"
    return f"could have seen a drop of about {shown} points, {n}"


def _errors(contest: Contest, result: _Result, *, by_errors: bool) -> str:
    ends = [result.tests[end].value for end in ("worst", "best")]
    low, high = (words.points(end).removesuffix(f"{words.SPACE}points") for end in ends)
    errors = words.plural(contest.n_errors, "error")
    told = f"{low} … {high}{words.SPACE}points with {errors} either way"
    return f"undecided by errors: {told}" if by_errors else told


def _set_aside(contest: Contest) -> str:
    parts = [
        f"{words.count(n)} {what}"
        for n, what in ((contest.changed, "changed"), (contest.alone, "on one side only"))
        if n
    ]
    if not parts:
        return ""
    aside = words.plural(contest.changed + contest.alone, "case")
    told = f"{aside} set aside ({', '.join(parts)})"
    most = max(len(contest.judged), len(contest.reference))
    shared = len(contest.shared)
    if shared and shared < 0.9 * most:
        told += f": only {words.count(shared)} of {words.count(most)} are shared"
    return told


def _judged_differently(contest: Contest) -> str:
    n = sum(
        list(contest.judged[case].values) != list(contest.reference[case].values)
        for case in contest.shared
    )
    if not n:
        return ""
    return (
        f", judged differently in {words.count(n)} of {words.plural(len(contest.shared), 'case')}"
    )


def _judged_anew(contest: Contest) -> str:
    """`judged by other checks: 12 of 300 cases`."""
    shared = contest.shared
    n = sum(contest.judged[case].checks != contest.reference[case].checks for case in shared)
    if not n:
        return ""
    return f"judged by other checks: {words.count(n)} of {words.plural(len(shared), 'case')}"


def _hash(answers: Mapping[str, Answers], case: str) -> str | None:
    return answers[case].hash if case in answers else None

"""Gates that compare metrics of the suite itself: F1 of two metrics, dollars a pass.

Both sides are reckoned over the same cases; the difference is in the metric's own unit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import msgspec

from evals.comparison import circumstances, findings, words
from evals.comparison.change import Change
from evals.comparison.contest import Contest, ended
from evals.comparison.fields import FIELD_READS
from evals.comparison.paired import POWER
from evals.comparison.parts import evaluated, leaves
from evals.comparison.quotients import compare_ratios
from evals.comparison.readings import CONFIDENCE, clusters_of, seed_of
from evals.comparison.sameness import Values
from evals.comparison.versus import compare
from evals.model import Against, Derived, Finding, Found, Gate, GateOutcome, Suite
from evals.model.metric import has_ratio
from evals.model.parts import part_of
from evals.stats import holm, norm_cdf, norm_ppf, t_ppf
from evals.stats.contrasts import Contrast, Part, contrast

__all__ = ["compare_any"]

_MOST_CORNERS = 3  # parts with errors, of which every combination of ends is tried


def compare_any(
    gate: Gate, contests: Sequence[Contest], suite: Suite, derived: Mapping[str, Derived]
) -> list[Finding]:
    """A finding for each contest of a gate, whatever its metric is."""
    seed = seed_of(suite, gate.metric)
    if gate.metric in derived:
        return _compare(gate, contests, derived, seed=seed)
    judge = compare_ratios if has_ratio(gate.metric) else compare
    return judge(gate, contests, seed=seed)


class _Result(NamedTuple):
    tests: Sequence[Contrast]  # errors left out, then at each of their ends
    level: float
    alpha: float  # two-sided, shared between the comparisons of the gate
    lacks: str
    n_cases: int
    n_trials: int


def _compare(
    gate: Gate, contests: Sequence[Contest], known: Mapping[str, Derived], *, seed: int
) -> list[Finding]:
    level = CONFIDENCE if gate.confidence is None else gate.confidence
    alpha = (1 - level) / max(1, sum(not contest.is_same for contest in contests))
    results = [_tested(gate, contest, known, level, alpha, seed) for contest in contests]
    for end in range(max((len(result.tests) for result in results), default=0)):
        at = [result.tests[min(end, len(result.tests) - 1)] for result in results]
        wanted = [None if c.is_same else t.p for c, t in zip(contests, at, strict=True)]
        for number, p in enumerate(holm(p=wanted).adjusted):
            tests = list(results[number].tests)
            if end < len(tests):
                tests[end] = msgspec.structs.replace(tests[end], p=p)
                results[number] = results[number]._replace(tests=tests)
    return [_finding(gate, *each) for each in zip(contests, results, strict=True)]


def _tested(
    gate: Gate,
    contest: Contest,
    known: Mapping[str, Derived],
    level: float,
    alpha: float,
    seed: int,
) -> _Result:
    names = leaves(known[gate.metric], known)
    cases = sorted(contest.shared)
    sides = [_by_leaf(names, contest, cases, None)]
    erring = [name for name in names if _has_errors(name, contest, cases, known)]
    if erring:
        ends = [(1.0, 0.0), (0.0, 1.0)]
        combined = (
            product(ends, repeat=len(erring))
            if len(erring) <= _MOST_CORNERS
            else [[end] * len(erring) for end in ends]
        )
        for combination in combined:
            corner = dict(zip(erring, combination, strict=True))
            sides.append(_by_leaf(names, contest, cases, corner))
    lacks = next((n for n, (a, _) in sides[0].items() if not any(a)), "")
    clusters = clusters_of(contest.judged[case].cluster for case in cases)
    tests = [Contrast()]
    if not lacks:
        tests = [
            contrast(
                [Part(_by(name, known), *side[name]) for name in names],
                _figure(known[gate.metric], names, known),
                seed=seed,
                clusters=clusters,
                confidence=level,
            )
            for side in sides
        ]
    whole = sides[0].values()
    used = {at for a, _ in whole for at, values in enumerate(a) if values}
    n_trials = max((sum(map(len, b)) for _, b in whole), default=0)
    return _Result(tests, level, alpha, lacks, len(used), n_trials)


def _by(name: str, known: Mapping[str, Derived]) -> str | float:
    part = part_of(name, known)
    assert part is not None  # gates on others are refused when the suite is read
    return part.by


def _figure(
    of: Derived, names: Sequence[str], known: Mapping[str, Derived]
) -> Callable[[Sequence[float]], float | None]:
    def figure(values: Sequence[float]) -> float | None:
        return evaluated(of, dict(zip(names, values, strict=True)), known)[0]

    return figure


_Sides = tuple[list[Sequence[float]], list[Sequence[float]]]
_NOTHING = Values((), 0)


def _by_leaf(
    names: Sequence[str],
    contest: Contest,
    cases: Sequence[str],
    corner: Mapping[str, tuple[float, float]] | None,
) -> dict[str, _Sides]:
    """Values of both sides by leaf and case; none where one side has none. `corner`: of errors."""
    found: dict[str, _Sides] = {}
    for name in names:
        a, b = [], []
        end = (corner or {}).get(name)
        for case in cases:
            pair = [
                side[case].parts.get(name, _NOTHING) for side in (contest.reference, contest.judged)
            ]
            told = [
                one.values if end is None else (*one.values, *([end[at]] * one.errors))
                for at, one in enumerate(pair)
            ]
            both = all(told)
            a.append(told[0] if both else ())
            b.append(told[1] if both else ())
        found[name] = a, b
    return found


def _has_errors(
    name: str, contest: Contest, cases: Sequence[str], known: Mapping[str, Derived]
) -> bool:
    """Whether errors leave open what a share or a mean score is."""
    part = part_of(name, known)
    if part is None or part.by != "mean" or part.read in (*FIELD_READS, "error_rate"):
        return False
    sides = (contest.judged, contest.reference)
    told = [side[case].parts.get(name, _NOTHING) for side in sides for case in cases]
    return any(t.errors for t in told) and all(0 <= v <= 1 for t in told for v in t.values)


def _finding(gate: Gate, contest: Contest, result: _Result) -> Finding:
    against, test = gate.against or Against(), result.tests[0]
    finding = msgspec.structs.replace(
        contest.blank,
        n_errors=contest.n_errors,
        n_set_aside=contest.changed + contest.alone,
        found="no_data",
        n_cases=result.n_cases,
        n_trials=result.n_trials,
        value=test.value,
        low=test.low,
        high=test.high,
        p=test.p,
    )
    if test.value is None:
        reason = f"no case is shared with {against.name}"
        if contest.shared:
            lacks = result.lacks or gate.metric
            reason = f"{lacks} is not known both here and in {against.name}"
        return ended(finding, "error", (reason, contest.set_aside()))
    measured = f"{findings.measured(finding)} against {against.name}, {findings.numbers(finding)}"
    if contest.is_same:
        finding = msgspec.structs.replace(finding, found="same")
        told = f"same answers{contest.judged_differently()}"
        return ended(finding, "same", (measured, told, contest.set_aside(), contest.judged_anew()))
    if not against.across_hosts and circumstances.differ(contest.here, contest.there):
        here, there = circumstances.told(contest.here), circumstances.told(contest.there)
        why = f"not judged, as the circumstances differ: recorded {here}; against {there}"
        return ended(finding, "not_evaluated", (measured, why, "across_hosts: true judges it"))
    change = Change(finding)
    finding = msgspec.structs.replace(finding, found=_found(test, against, result.level, change))
    outcome, by_errors = _outcome(finding, against, result)
    said = (
        measured,
        _errors(contest, result, by_errors=by_errors),
        "" if by_errors else change.said(finding, against, outcome),
        _evidence(finding, against, result, outcome),
        contest.set_aside(),
        contest.first_samples(),
        contest.judged_anew(),
    )
    return ended(finding, outcome, said)


def _found(test: Contrast, against: Against, level: float, change: Change) -> Found:
    return change.found(test.low, test.high, test.p, against.margin, level)


def _outcome(finding: Finding, against: Against, result: _Result) -> tuple[GateOutcome, bool]:
    """The outcome, and whether it is a failure only because errors leave it open."""
    change = Change(finding)
    found = [
        change.outcome(_found(test, against, result.level, change), test.value, against)
        for test in result.tests
    ]
    fails = [outcome == "fail" for outcome in found]
    return ("fail", not all(fails)) if any(fails) else (found[0], False)


def _errors(contest: Contest, result: _Result, *, by_errors: bool) -> str:
    if not contest.n_errors:
        return ""
    errors = words.plural(contest.n_errors, "error")
    ends = [test.value for test in result.tests[1:] if test.value is not None]
    if not ends:
        return f"{errors} left out"
    told = f"{words.change(min(ends))} … {words.change(max(ends))} with {errors} either way"
    return f"undecided by errors: {told}" if by_errors else told


def _evidence(finding: Finding, against: Against, result: _Result, outcome: GateOutcome) -> str:
    """What the gate could have seen, and how many cases would decide."""
    change = Change(finding)
    se = _error(finding, result.level)
    if se is None:
        return ""
    if against.mode == "measured":
        chance = norm_cdf(-against.margin / se) if se else 0.0
        return change.by_chance(chance, against.margin)
    said = []
    if against.mode == "regression" and outcome != "fail" and se:
        reach = norm_ppf(1 - result.alpha / 2) + norm_ppf(POWER)
        said.append(change.detectable(finding, reach * se + against.margin))
    needed = findings.cases_to_settle(finding)
    if finding.found == "inconclusive" and needed is not None:
        said.append(f"{words.cases_needed(needed).lower()} would decide")
    return "; ".join(said)


def _error(of: Finding, level: float) -> float | None:
    """The standard error, from the width of the interval."""
    if of.low is None or of.high is None or of.n_cases < 2:
        return None
    half = (of.high - of.low) / 2
    return half / t_ppf(0.5 + level / 2, of.n_cases - 1) if math.isfinite(half) else None

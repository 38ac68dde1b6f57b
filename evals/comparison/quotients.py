"""Gates that compare times, tokens or cost: judged by the interval of the ratio alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from evals.comparison import circumstances, findings, words
from evals.comparison.change import Change
from evals.comparison.contest import Contest, ended
from evals.comparison.paired import POWER
from evals.comparison.ratios import Measures, Quotient, quotient
from evals.comparison.readings import CONFIDENCE, clusters_of
from evals.model import Against, Finding, Found, Gate
from evals.model.metric import TIMES

__all__ = ["compare_ratios"]


def compare_ratios(gate: Gate, contests: Sequence[Contest], *, seed: int) -> list[Finding]:
    """A finding for each contest.

    A rise is shown by an interval that holds for all of them at once (Bonferroni), as no p is
    made that could be adjusted. That it is ruled out needs no adjustment: all have to rule it out.
    """
    several = sum(not contest.is_same for contest in contests)
    return [_finding(gate, contest, seed=seed, of=max(1, several)) for contest in contests]


def _measures(contest: Contest) -> Measures:
    judged, reference = contest.judged, contest.reference
    # By their ids, as what is drawn follows the order.
    cases = sorted(c for c in contest.shared if judged[c].values and reference[c].values)
    return Measures(
        [reference[case].values for case in cases],
        [judged[case].values for case in cases],
        clusters_of(judged[case].cluster for case in cases),
    )


def _finding(gate: Gate, contest: Contest, *, seed: int, of: int) -> Finding:
    against = gate.against or Against()
    level = CONFIDENCE if gate.confidence is None else gate.confidence
    finding = msgspec.structs.replace(
        contest.blank,
        n_errors=contest.n_errors,
        n_set_aside=contest.changed + contest.alone,
        found="no_data",
    )
    sides = _measures(contest)
    if not sides.a:
        reason = f"no case is shared with {against.name}"
        if contest.shared:
            reason = f"{gate.metric} is not known both here and in {against.name}"
        return ended(finding, "error", (reason, contest.set_aside()))
    shown = quotient(gate.metric, sides, seed=seed, confidence=level)
    finding = msgspec.structs.replace(
        finding,
        value=shown.value,
        low=shown.low,
        high=shown.high,
        n_cases=len(sides.a),
        n_trials=sum(map(len, sides.b)),
    )
    if shown.value is None:
        return ended(finding, "error", (f"no ratio can be made: {shown.why}", contest.set_aside()))
    return _judged(gate, contest, finding, _Ratio(sides, shown, level, seed, of))


class _Ratio(NamedTuple):
    sides: Measures
    shown: Quotient
    level: float
    seed: int
    of: int  # comparisons of the gate

    @property
    def strict_level(self) -> float:
        return 1 - (1 - self.level) / self.of

    def strict(self, metric: str) -> Quotient:
        """With the interval that holds for all comparisons of the gate at once."""
        if self.of == 1:
            return self.shown
        return quotient(metric, self.sides, seed=self.seed, confidence=self.strict_level)


def _judged(gate: Gate, contest: Contest, finding: Finding, ratio: _Ratio) -> Finding:
    against, change = gate.against or Against(), Change(gate)
    measured = f"{findings.measured(finding)} against {against.name}, {findings.numbers(finding)}"
    if contest.is_same:
        finding = msgspec.structs.replace(finding, found="same")
        return ended(finding, "same", (measured, "same answers", contest.set_aside()))
    where = _circumstances(gate, contest)
    if _elsewhere(gate, contest, against):
        why = f"not judged, as the circumstances differ: {where}"
        return ended(finding, "not_evaluated", (measured, why, "across_hosts: true judges it"))
    strict = ratio.strict(gate.metric)
    finding = msgspec.structs.replace(finding, found=_found(ratio.shown, strict, against, change))
    outcome = change.outcome(finding.found, finding.value, against)
    alone = _found(ratio.shown, ratio.shown, against, change) == "worse" != finding.found
    said = (
        measured,
        f"{words.plural(contest.n_errors, 'error')} left out" if contest.n_errors else "",
        change.said(finding, against, outcome),
        f"could be chance, after adjusting for {ratio.of} comparisons" if alone else "",
        _evidence(finding, against, strict, level=ratio.strict_level),
        where,
        contest.set_aside(),
        contest.first_samples(),
    )
    return ended(finding, outcome, said)


def _elsewhere(gate: Gate, contest: Contest, against: Against) -> bool:
    is_time = gate.metric.partition(".")[0] in TIMES
    return (
        is_time and not against.across_hosts and circumstances.differ(contest.here, contest.there)
    )


def _circumstances(gate: Gate, contest: Contest) -> str:
    """`recorded 2026-11-23, 127.0.0.1, 4 at once, both`."""
    if gate.metric.partition(".")[0] not in TIMES:
        return ""
    here, there = circumstances.told(contest.here), circumstances.told(contest.there)
    if not here or not there:
        return ""
    return f"both recorded {here}" if here == there else f"recorded {here}; against {there}"


def _found(shown: Quotient, strict: Quotient, against: Against, change: Change) -> Found:
    """`strict` has the interval that has to show a rise, `shown` that which has to rule it out."""
    if shown.value is None:
        return "no_data"
    if shown.low is None or shown.high is None:
        # Every case the same ratio: nothing to estimate, if it is no worse.
        return "not_worse" if not shown.why and _unchanged(shown.value) else "no_data"
    best, worst = sorted(map(change.worse_by, (shown.low, shown.high)))
    if strict.low is not None and strict.high is not None:
        best = min(map(change.worse_by, (strict.low, strict.high)))
    if best > against.margin:
        return "worse"
    return "not_worse" if worst < against.margin else "inconclusive"


def _unchanged(ratio: float) -> bool:
    return math.isclose(ratio, 1.0, rel_tol=1e-9)


def _evidence(finding: Finding, against: Against, strict: Quotient, *, level: float) -> str:
    """What the gate could have seen, and how many cases would decide."""
    from evals.stats import norm_cdf

    change = Change(finding)
    se = _log_error(strict, level=level, n=finding.n_cases)
    if se is None:
        return ""
    if against.mode == "measured":
        least = math.log1p(against.margin if change.rises else -against.margin)
        return change.by_chance(norm_cdf(-abs(least) / se) if se else 0.0, against.margin)
    said = []
    if against.mode == "regression" and finding.found in ("not_worse", "inconclusive"):
        said.append(change.detectable(finding, _detectable(se, against, change, 1 - level)))
    needed = findings.cases_to_settle(finding)
    if finding.found == "inconclusive" and needed is not None:
        said.append(f"{words.cases_needed(needed).lower()} would decide")
    return "; ".join(said)


def _log_error(of: Quotient, *, level: float, n: int) -> float | None:
    """The standard error of ln of the ratio, from the width of its interval."""
    from evals.stats import t_ppf

    if not of.low or of.high is None or n < 2:
        return None
    return (math.log(of.high) - math.log(of.low)) / (2 * t_ppf(0.5 + level / 2, n - 1))


def _detectable(se: float, against: Against, change: Change, alpha: float) -> float:
    """The rise that would be shown in 80 % of runs: the limit and 2.8 standard errors more."""
    from evals.stats import norm_ppf

    reach = (norm_ppf(1 - alpha / 2) + norm_ppf(POWER)) * se
    if change.rises:
        return (1 + against.margin) * math.exp(reach) - 1
    return 1 - (1 - against.margin) * math.exp(-reach)

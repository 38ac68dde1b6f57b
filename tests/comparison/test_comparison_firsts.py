"""Adaptive samples against others: only those are compared that were taken in any case."""

from __future__ import annotations

from random import Random

import msgspec
from comparison_builders import suite, trial

from benchmarks.adaptive import is_alarm, taken
from evals.comparison.baseline import Baseline, baseline_of, baseline_text
from evals.comparison.gates import judge_gates
from evals.model import Against, Case, Finding, Gate, Repeat, Suite, TrialResult

GATE = Gate(
    text="accuracy versus baseline",
    metric="accuracy",
    op=">=",
    limit=0.0,
    against=Against(baseline="baselines/sums.json"),
)
RULE = Repeat(least=2, samples=10)
FIXED = Repeat(samples=10)


def a_suite(repeat: Repeat, n: int = 12) -> Suite:
    return suite([Case(id=f"c{i}", repeat=repeat) for i in range(n)], gates=[GATE])


def rows(of: Suite, *outcomes: int, take: str) -> list[TrialResult]:
    return [
        trial(case.id, passed, sample=n, take=f"{take}-{case.id}-{n}")
        for case in of.cases
        for n, passed in enumerate(outcomes)
    ]


def judged(of: Suite, found: list[TrialResult], baseline: Baseline) -> Finding:
    known = msgspec.json.decode(baseline_text(baseline), type=Baseline)
    (only,) = judge_gates(of, found, selected=True, baselines={"baselines/sums.json": known})
    return only


def test_against_fixed_samples_only_the_first_of_an_adaptive_case_count() -> None:
    before, now = a_suite(FIXED), a_suite(RULE)
    fixed = rows(before, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, take="old")
    stopped = rows(now, 1, 0, take="new")  # at the first failure
    finding = judged(now, stopped, baseline_of(before, fixed, run="r"))
    assert (finding.value, finding.n_trials) == (0.0, 24)
    assert "of 12 cases only the first samples" in finding.reason


def test_an_adaptive_baseline_is_known_as_one() -> None:
    before, now = a_suite(RULE), a_suite(FIXED)
    stopped = rows(before, 1, 0, take="old")
    fixed = rows(now, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, take="new")
    assert judged(now, fixed, baseline_of(before, stopped, run="r")).value == 0.0


def test_of_one_rule_all_samples_are_compared() -> None:
    of = a_suite(RULE)
    baseline = baseline_of(of, rows(of, 1, 1, 0, take="old"), run="r")
    finding = judged(of, rows(of, 1, 0, take="new"), baseline)
    assert finding.value is not None
    assert round(finding.value, 3) == -0.167
    assert "first samples" not in finding.reason


def test_with_nothing_changed_the_first_samples_raise_few_alarms_where_all_raise_many() -> None:
    random, rule = Random(5), Repeat(least=3, samples=10)
    first = every = 0
    for _ in range(25):
        rates = [random.betavariate(4, 1.2) for _ in range(30)]
        old, new = ([[random.random() < q for _ in range(10)] for q in rates] for _ in "ab")
        stopped = [outcomes[: taken(outcomes, rule, 1.0)] for outcomes in new]
        every += is_alarm(old, stopped)
        first += is_alarm([each[:3] for each in old], [each[:3] for each in stopped])
    assert first <= 3  # 2.5 %, and what 25 runs vary
    assert every > first

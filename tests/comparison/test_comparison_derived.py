"""Metrics of the suite itself: values, intervals by the case, and what errors leave open."""

from __future__ import annotations

import math

import comparison_builders
import msgspec
import pytest
from comparison_builders import manifest, measured_case, suite, trial, verdict

from evals.comparison.baseline import baseline_of
from evals.comparison.compare import compare_columns
from evals.comparison.gates import judge_gates
from evals.model import (
    Against,
    Case,
    Check,
    Derived,
    Estimate,
    Finding,
    Gate,
    Suite,
    TrialResult,
    Usage,
)

F1 = Derived(name="f1", expression="2 * precision * recall / (precision + recall)")


def a_suite(n: int, *derived: Derived, gate: str = "f1 >= 0.5") -> Suite:
    checks = tuple(Check(type="regex", metric=name) for name in ("precision", "recall"))
    whole = suite(
        [Case(id=f"c{i}", checks=checks) for i in range(n)],
        gates=[comparison_builders.gate(gate)],
    )
    return msgspec.structs.replace(whole, metrics=derived)


def rows(*scores: tuple[float, float], **fields: object) -> list[TrialResult]:
    return [
        trial(
            f"c{i}",
            1,
            latency=i + 1.0,
            checks=(verdict("precision", p), verdict("recall", r)),
            **fields,
        )
        for i, (p, r) in enumerate(scores)
    ]


def metrics(of: Suite, found: list[TrialResult]) -> dict[str, Estimate]:
    return compare_columns(manifest(of), found).suites[0].sides[0].metrics


def finding(of: Suite, found: list[TrialResult]) -> Finding:
    (only,) = judge_gates(of, found, selected=True)
    return only


def test_f1_of_precision_and_recall_with_the_jackknifes_interval() -> None:
    found = metrics(a_suite(3, F1), rows((1, 0), (1, 1), (0, 1)))["f1"]
    assert (found.value, found.n_cases, found.n_trials) == (pytest.approx(2 / 3), 3, 3)

    def f1(p: float, r: float) -> float:
        return 2 * p * r / (p + r)

    without = [f1(0.5, 1), f1(0.5, 0.5), f1(1, 0.5)]
    mean = sum(without) / 3
    error = math.sqrt(2 / 3 * sum((each - mean) ** 2 for each in without))
    assert found.low == pytest.approx(2 / 3 - 4.302652729911275 * error)
    assert found.high == pytest.approx(2 / 3 + 4.302652729911275 * error)


def test_the_interval_of_a_mean_is_the_usual_one() -> None:
    mean = Derived(name="f1", expression="latency.mean * 1")
    found = metrics(a_suite(4, mean), rows((1, 1), (1, 1), (1, 1), (1, 1)))["f1"]
    half = 3.182446305284263 * math.sqrt(5 / 3 / 4)
    assert (found.low, found.high) == (pytest.approx(2.5 - half), pytest.approx(2.5 + half))


def test_a_ratio_of_sums_does_not_depend_on_their_scale() -> None:
    ratio = Derived(name="f1", expression="latency.sum / hits")
    hits = Derived(name="hits", of="recall", by="sum")
    found = metrics(a_suite(3, ratio, hits), rows((1, 1), (1, 1), (1, 0)))
    assert (found["hits"].value, found["hits"].low) == (2, None)
    assert (found["f1"].value, found["f1"].low is not None) == (3, True)


def test_cases_of_a_cluster_are_left_out_together() -> None:
    same = rows((1, 0), (1, 1), (0, 1), cluster="one document")
    found = metrics(a_suite(3, F1), same)["f1"]
    assert (found.value, found.low) == (pytest.approx(2 / 3), None)


def test_a_division_by_zero_is_no_value_and_the_gate_says_why() -> None:
    none = rows((0, 0), (0, 0))
    assert metrics(a_suite(2, F1), none)["f1"].value is None
    judged = finding(a_suite(2, F1), none)
    assert (judged.outcome, judged.value) == ("error", None)
    assert "recall): a division by zero (column 24), 2 cases" in judged.reason


def test_quantiles_have_no_interval_by_an_expression_but_one_by_aggregation() -> None:
    slow = Derived(name="f1", expression="latency.median / 2")
    half = Derived(name="middle", of="latency", by="median")
    found = metrics(a_suite(8, slow, half), rows(*[(1.0, 1.0)] * 8))
    assert (found["f1"].value, found["f1"].low) == (2.25, None)
    assert (found["middle"].value, found["middle"].low is not None) == (4.5, True)


def test_any_statistic_of_a_metrics_scores() -> None:
    least = Derived(name="least", of="recall", by="min")
    share = Derived(name="share", of="recall", by="rate")
    found = metrics(a_suite(3, least, share), rows((1, 0.25), (1, 0.5), (1, 0.75)))
    assert found["least"].value == 0.25
    assert found["share"].value == pytest.approx(2 / 3)


def test_a_gate_holds_only_if_it_does_with_errors_either_way() -> None:
    found = [*rows((1, 1), (1, 1)), trial("c2", "error")]
    judged = finding(a_suite(3, F1, gate="f1 >= 0.9"), found)
    assert (judged.outcome, judged.n_errors) == ("fail", 1)
    assert "undecided by errors: 0.667 … 1.000 with 1 error either way" in judged.reason
    assert finding(a_suite(3, F1, gate="f1 >= 0.6"), found).outcome == "pass"


def test_many_clusters_are_left_out_in_groups() -> None:
    whole = msgspec.structs.replace(
        suite([measured_case(f"c{i}", "recall") for i in range(2_500)]),
        metrics=(Derived(name="twice", expression="2 * recall"),),
    )
    found = metrics(
        whole, [trial(f"c{i}", checks=(verdict("recall", i % 2),)) for i in range(2_500)]
    )
    half = found["twice"].high - 1  # type: ignore[operator] # it has an interval
    assert half == pytest.approx(2 * 1.96 * math.sqrt(0.25 / 2_500), rel=0.1)


def versus(mode: str = "regression", *, better: str = "higher", margin: float = 0.0) -> Gate:
    against = Against(column="plain", margin=margin, mode=mode)  # type: ignore[arg-type] # one of its texts
    op, limit = (">=", -margin) if better == "higher" else ("<=", margin)
    return Gate(
        text="f1 versus plain",
        metric="f1",
        op=op,  # type: ignore[arg-type] # one of its texts
        limit=limit,
        column="warm",
        against=against,
    )


def two_columns(gate: Gate, derived: Derived, worse: int, n: int = 40) -> Finding:
    """`warm` loses the recall of `worse` of n cases, which have 0.9 of it everywhere else."""
    whole = a_suite(n, derived)
    cases = whole.cases
    of = msgspec.structs.replace(
        suite(cases, ("plain", "warm"), gates=[gate]),  # type: ignore[arg-type] # a list will do
        metrics=(derived,),
    )
    found = [
        trial(
            f"c{i}",
            1,
            column=column,
            usage=Usage(prompt_tokens=5, completion_tokens=20),
            take=f"{column}-{i}",
            checks=(
                verdict("precision", 1.0),
                verdict("recall", 0.0 if column == "warm" and i < worse else 0.9),
            ),
        )
        for i in range(n)
        for column in ("plain", "warm")
    ]
    return finding(of, found)


def test_a_drop_of_a_reckoned_metric_is_shown_where_it_is_more_than_chance() -> None:
    judged = two_columns(versus(), F1, worse=12)
    assert (judged.outcome, judged.found, judged.n_cases) == ("fail", "worse", 40)
    assert judged.p is not None
    assert judged.p < 0.01
    assert judged.reason.startswith("warm: −0.174 [")
    assert "a drop is shown, p < 0.001" in judged.reason.replace("\u00a0", " ")


def test_a_drop_that_could_be_chance_is_undecided_and_says_what_it_could_have_seen() -> None:
    judged = two_columns(versus(), F1, worse=2)
    assert (judged.outcome, judged.found) == ("undecided", "inconclusive")
    assert "could have seen a drop of about 0." in judged.reason
    assert judged.p == pytest.approx(0.5)


def test_where_lower_is_better_more_is_worse() -> None:
    cost = Derived(name="f1", expression="tokens.completion.sum / recall", better="lower")
    judged = two_columns(versus(better="lower"), cost, worse=12)
    assert (judged.outcome, judged.found) == ("fail", "worse")
    assert "a rise is shown" in judged.reason


def test_non_inferiority_needs_the_drop_ruled_out() -> None:
    assert two_columns(versus("non-inferiority", margin=0.3), F1, worse=2).outcome == "pass"
    assert two_columns(versus("non-inferiority", margin=0.02), F1, worse=2).outcome == "fail"


def test_the_measured_mode_says_how_often_chance_does_that() -> None:
    judged = two_columns(versus("measured", margin=0.01), F1, worse=2)
    assert judged.outcome == "fail"
    assert "with nothing changed a drop of more than 0.01 is measured in" in judged.reason


def test_a_baseline_that_lacks_a_part_is_an_error_that_says_which() -> None:
    of = a_suite(3, msgspec.structs.replace(F1, better="higher"))
    plain = rows((1, 1), (1, 1), (0, 1))
    without = msgspec.structs.replace(
        of, cases=tuple(Case(id=c.id, checks=c.checks[:1]) for c in of.cases), metrics=()
    )
    known = baseline_of(without, plain, run="r")
    gate = Gate(
        text="f1 versus baseline",
        metric="f1",
        op=">=",
        limit=0.0,
        against=Against(baseline="baselines/sums.json"),
    )
    gated = msgspec.structs.replace(of, gates=(gate,))
    (judged,) = judge_gates(gated, plain, selected=True, baselines={"baselines/sums.json": known})
    assert judged.outcome == "error"
    assert "recall is not known both here and in the baseline" in judged.reason
    assert "`evals baseline set` writes it" in judged.reason
    (same,) = judge_gates(
        gated,
        plain,
        selected=True,
        baselines={"baselines/sums.json": baseline_of(of, plain, run="r")},
    )
    assert same.outcome == "same"

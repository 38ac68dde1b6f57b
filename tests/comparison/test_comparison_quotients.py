"""Gates that compare times, tokens, cost and errors: ratios with intervals, in three modes."""

from __future__ import annotations

import random
from typing import Any

import pytest
from comparison_builders import names, suite, trial

from evals.comparison.baseline import baseline_of
from evals.comparison.gates import judge_gates
from evals.model import Against, Finding, Gate, TrialResult, TrialTiming, Usage
from evals.model.metric import lower_is_better
from evals.stats import geometric_mean_ratio, ratio_of_medians, ratio_of_totals

N = 40


def gate(metric: str, mode: Any = "regression", margin: float = 0.0, **fields: Any) -> Gate:
    """`new` against `old`."""
    across = fields.pop("across_hosts", False)
    limit = 1 + margin if lower_is_better(metric) else 1 - margin
    return Gate(
        text=f"{metric} versus old",
        metric=metric,
        op="<=" if lower_is_better(metric) else ">=",
        limit=limit,
        column=fields.pop("column", "new"),
        against=Against(column="old", margin=margin, mode=mode, across_hosts=across),
        **fields,
    )


def rows(factor: float, *, samples: int = 1, noise: float = 0.05, **fields: Any) -> Any:
    """The same cases in both columns; `new` takes `factor` times as long, give or take noise."""
    draw = random.Random(7)
    made = []
    for case in names(N):
        usual = draw.lognormvariate(0, 0.5)
        for column, times in (("old", 1.0), ("new", factor)):
            for sample in range(samples):
                took = usual * times * draw.lognormvariate(0, noise)
                made.append(row(case, column, sample, took, **fields))
    return made


def row(case: str, column: str, sample: int, took: float, **fields: Any) -> TrialResult:
    return trial(
        case,
        column=column,
        sample=sample,
        latency=took,
        usage=Usage(prompt_tokens=10, completion_tokens=round(100 * took)),
        cost_usd=took / 1000,
        **fields,
    )


def found(one: Gate, trials: list[TrialResult], columns: Any = ("old", "new")) -> list[Finding]:
    cases = dict.fromkeys(each.case for each in trials)
    return list(judge_gates(suite(cases, columns, gates=[one]), trials, selected=True))


def said(finding: Finding) -> str:
    return finding.reason.replace("\u202f", " ").replace("\u00a0", " ")


@pytest.mark.parametrize("metric", ["latency", "latency.median", "tokens.completion", "cost_usd"])
@pytest.mark.parametrize(
    ("factor", "mode", "margin", "finding", "outcome"),
    [
        (1.3, "regression", 0.0, "worse", "fail"),
        (1.4, "regression", 0.1, "worse", "fail"),
        (1.3, "regression", 1.5, "not_worse", "pass"),
        (1.4, "measured", 0.1, "worse", "fail"),
        (1.3, "measured", 0.5, "not_worse", "pass"),
        (1.02, "non-inferiority", 0.2, "not_worse", "pass"),
        (1.3, "non-inferiority", 0.1, "worse", "fail"),
        (0.7, "regression", 0.0, "not_worse", "pass"),
    ],
)
def test_the_interval_of_the_ratio_decides(
    metric: str, factor: float, mode: str, margin: float, finding: str, outcome: str
) -> None:
    (judged,) = found(gate(metric, mode, margin), rows(factor))
    assert (judged.found, judged.outcome) == (finding, outcome)
    assert judged.value == pytest.approx(factor, rel=0.1)
    assert judged.n_cases == N


def test_little_noise_in_few_cases_leaves_it_undecided_and_says_what_could_have_been_seen() -> None:
    (judged,) = found(gate("latency", margin=0.3), rows(1.3, noise=0.4))
    assert judged.outcome == "undecided"
    text = said(judged)
    assert "undecided: a rise of 30 % or more is neither shown nor ruled out" in text
    assert "could have seen a rise of about" in text
    assert "n = 40" in text


def test_the_ratio_is_of_geometric_means_of_case_medians() -> None:
    trials = rows(1.3, samples=3)
    (judged,) = found(gate("latency"), trials)
    medians = {
        column: [
            sorted(t.timing.latency_s for t in trials if (t.case, t.column) == (case, column))[1]
            for case in sorted(names(N))
        ]
        for column in ("old", "new")
    }
    expected = geometric_mean_ratio(medians["old"], medians["new"])
    assert (judged.value, judged.low, judged.high) == pytest.approx(
        (expected.ratio, expected.low, expected.high)
    )
    (median,) = found(gate("latency.median"), trials)
    assert median.value == ratio_of_medians(medians["old"], medians["new"], seed=1).estimate


def test_tokens_and_cost_are_ratios_of_totals_over_cases() -> None:
    trials = rows(1.3)
    (judged,) = found(gate("cost_usd"), trials)
    sides = [[t.cost_usd for t in trials if t.column == column] for column in ("new", "old")]
    expected = ratio_of_totals(*sides)
    assert (judged.value, judged.low, judged.high) == pytest.approx(
        (expected.ratio, expected.low, expected.high)
    )


def test_a_high_percentile_is_compared_over_all_trials() -> None:
    (judged,) = found(gate("latency.p95"), rows(1.5, samples=3))
    assert judged.outcome == "fail"
    assert judged.low < judged.value < judged.high
    assert judged.n_trials == 3 * N


def test_speed_is_worse_where_it_falls() -> None:
    slower = [
        row_of_speed(case, column, 100 if column == "old" else 60 + i % 5)
        for i, case in enumerate(names(N))
        for column in ("old", "new")
    ]
    (judged,) = found(gate("tokens_per_s", margin=0.2), slower)
    assert (judged.outcome, judged.found) == ("fail", "worse")
    assert "a drop of more than 20 % is shown" in said(judged)


def row_of_speed(case: str, column: str, tokens: int) -> TrialResult:
    return trial(case, column=column, usage=Usage(prompt_tokens=1, completion_tokens=tokens))


def test_of_several_columns_a_rise_has_to_show_in_an_interval_for_all_at_once() -> None:
    """Twenty columns, the first slower by what one comparison alone would show."""
    draw = random.Random(3)
    columns = ["old", *(f"new-{i}" for i in range(20))]
    times = {
        (case, column): draw.lognormvariate(0.24 if column == "new-0" else 0, 0.4)
        for case in names(N)
        for column in columns
    }
    trials = [trial(case, column=column, latency=t) for (case, column), t in times.items()]
    (alone,) = found(gate("latency", column="new-0"), trials, columns)
    of_all = found(gate("latency", column="all"), trials, columns)
    assert alone.outcome == "fail"
    first = next(each for each in of_all if each.column == "new-0")
    assert first.outcome == "undecided"
    assert "could be chance, after adjusting for 20 comparisons" in said(first)


def test_where_every_case_takes_as_long_nothing_is_worse() -> None:
    trials = [trial(c, column=column, latency=2.0) for c in names(9) for column in ("old", "new")]
    (judged,) = found(gate("latency"), trials)
    assert (judged.outcome, judged.value, judged.low) == ("pass", 1.0, None)


def test_one_case_makes_no_interval() -> None:
    trials = [
        trial("a", column="old", latency=1.0),
        trial("a", column="new", latency=2.0),
    ]
    (judged,) = found(gate("latency"), trials)
    assert judged.outcome == "not_evaluated"
    assert "no interval can be made of 1 case" in said(judged)


def test_without_a_price_there_is_no_ratio_of_cost() -> None:
    trials = [trial(c, column=column) for c in names(9) for column in ("old", "new")]
    (judged,) = found(gate("cost_usd"), trials)
    assert judged.outcome == "error"
    assert "cost_usd is not known both here and in old" in said(judged)


def at(host: str, in_flight: int, took: float = 1.0) -> TrialTiming:
    return TrialTiming(latency_s=took, in_flight=in_flight, host=host, at="2026-11-23T10:00:00Z")


@pytest.mark.parametrize(
    ("host", "in_flight", "judged"),
    [
        ("a.example", 4, True),
        ("a.example", 7, True),
        ("b.example", 4, False),
        ("a.example", 8, False),
    ],
)
def test_times_of_other_circumstances_are_told_but_not_judged(
    host: str, in_flight: int, judged: bool
) -> None:
    draw = random.Random(1)
    trials = [
        trial(case, column=column, timing=at(*where, took=draw.uniform(1, 2) * factor))
        for case in names(N)
        for column, where, factor in (("old", ("a.example", 4), 1), ("new", (host, in_flight), 2))
    ]
    (finding,) = found(gate("latency"), trials)
    assert finding.outcome == ("fail" if judged else "not_evaluated")
    assert finding.value == pytest.approx(2, rel=0.2)
    if not judged:
        assert f"2026-11-23, {host}, {in_flight} at once; against 2026-11-23, a.example" in said(
            finding
        )
    (anyway,) = found(gate("latency", across_hosts=True), trials)
    assert anyway.outcome == "fail"


def test_more_errors_are_worse() -> None:
    trials = [
        trial(case, "error" if column == "new" and i < 9 else 1, column=column)
        for i, case in enumerate(names(60))
        for column in ("old", "new")
    ]
    (judged,) = found(gate("error_rate"), trials)
    assert (judged.outcome, judged.found) == ("fail", "worse")
    assert judged.value == pytest.approx(0.15)
    assert "a rise is shown, p = 0.004" in said(judged)
    (allowed,) = found(gate("error_rate", margin=0.4, mode="non-inferiority"), trials)
    assert allowed.outcome == "pass"


@pytest.mark.parametrize(
    "metric",
    ["latency", "latency.p95", "tokens.total", "tokens.prompt", "cost_usd", "tokens_per_s"],
)
def test_against_a_baseline_the_ratio_is_that_against_the_run_it_was_made_of(metric: str) -> None:
    trials = rows(1.3, samples=2)
    ((versus),) = found(gate(metric), trials)
    old = [row(t.case, "new", t.sample, t.timing.latency_s) for t in trials if t.column == "old"]
    one = suite(names(N), ("old", "new"))
    baseline = baseline_of(one, old, run="before")
    against = Against(baseline="b.json")
    gated = suite(names(N), ("old", "new"), gates=[_replaced(gate(metric), against)])
    (finding,) = judge_gates(gated, trials, selected=True, baselines={"b.json": baseline})
    assert (finding.value, finding.low, finding.high) == pytest.approx(
        (versus.value, versus.low, versus.high)
    )


def _replaced(one: Gate, against: Against) -> Gate:
    import msgspec

    return msgspec.structs.replace(one, against=against)

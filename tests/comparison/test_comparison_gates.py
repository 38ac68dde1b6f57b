"""Gates as thresholds: what they measure, when they hold, and what they say."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from comparison_builders import (
    gate,
    measured_case,
    names,
    singles,
    suite,
    trial,
    trials,
    verdict,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.comparison import findings
from evals.comparison.gates import judge_gates
from evals.model import Case, Finding, Gate, TrialResult, Usage
from evals.stats import ratio_of_totals


def found(
    one: Gate | str,
    rows: list[TrialResult],
    *,
    cases: list[str] | list[Case] | None = None,
    columns: tuple[str, ...] = ("plain",),
) -> Finding:
    one = gate(one) if isinstance(one, str) else one
    (finding,) = judge_gates(suite(cases or names(240), columns, gates=[one]), rows, selected=True)
    return finding


def said(finding: Finding) -> str:
    """The reason, with ordinary spaces."""
    return finding.reason.replace("\u202f", " ").replace("\u00a0", " ")


def test_a_plain_threshold_compares_the_measured_value() -> None:
    finding = found("accuracy >= 0.8", singles(198, 42))
    assert finding.outcome == "pass"
    assert (finding.value, finding.n_cases, finding.n_trials) == (0.825, 240, 240)
    assert (finding.suite, finding.gate, finding.column) == ("sums", "accuracy >= 0.8", "plain")
    assert said(finding) == "82.5 % [77.2, 86.8], 240 cases; limit 80 %; could be chance"


def test_a_limit_outside_the_interval_is_no_chance() -> None:
    finding = found("accuracy >= 0.9", singles(198, 42))
    assert finding.outcome == "fail"
    assert said(finding) == "82.5 % [77.2, 86.8], 240 cases; limit 90 %"
    assert findings.certainty(finding) == "Clear"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("accuracy >= 0.75", "pass"),
        ("accuracy > 0.75", "fail"),
        ("accuracy <= 0.75", "pass"),
        ("accuracy < 0.75", "fail"),
        ("accuracy == 0.75", "pass"),
        ("accuracy != 0.75", "fail"),
        ("accuracy > 0.74", "pass"),
        ("accuracy < 0.76", "pass"),
        ("accuracy != 0.76", "pass"),
        ("accuracy == 0.76", "fail"),
    ],
)
def test_comparisons_are_strict_as_written(text: str, outcome: str) -> None:
    assert found(text, singles(15, 5)).outcome == outcome


def test_a_mean_that_floating_point_puts_beside_its_limit_meets_it() -> None:
    # The mean of 0.1 over ten cases of ten samples is 0.09999999999999999 when added naively.
    rows = trials({name: [1] + [0] * 9 for name in names(3)})
    assert found("accuracy >= 0.1", rows).outcome == "pass"
    assert found("accuracy > 0.1", rows).outcome == "fail"


def test_a_miss_too_small_to_be_seen_is_said() -> None:
    finding = found("latency.max <= 1", [trial("case-0", 1, latency=1.001)])
    assert finding.outcome == "fail"
    assert said(finding) == "1.00 s, 1 case; limit 1 s; missed by less than is shown"


def test_samples_are_counted_beside_cases_and_few_cases_read_as_counts() -> None:
    finding = found("accuracy >= 0.5", trials({"case-0": [1, 1], "case-1": [1, 0]}))
    assert said(finding).startswith("75.0 % [")
    assert ", 2 cases, 4 trials; limit 50 %" in said(finding)
    assert said(found("accuracy >= 0.5", singles(3, 4))).startswith(
        "3 of 7 [15.8, 75.0 %], 7 cases"
    )


def test_errors_that_could_decide_leave_the_gate_undecided_and_it_fails() -> None:
    rows = [*singles(16, 3), trial("case-19", "error")]
    finding = found("accuracy >= 0.83", rows)
    assert finding.outcome == "fail"
    assert finding.value == pytest.approx(16 / 19)
    assert finding.n_errors == 1
    assert "undecided by errors: 80.0 … 85.0 % with 1 error either way" in said(finding)


def test_errors_that_cannot_decide_leave_the_outcome_and_are_told() -> None:
    rows = [*singles(16, 3), trial("case-19", "error")]
    low, high = found("accuracy >= 0.8", rows), found("accuracy >= 0.86", rows)
    assert (low.outcome, high.outcome) == ("pass", "fail")
    assert "80.0 … 85.0 % with 1 error either way" in said(low)
    assert "undecided" not in said(low) + said(high)


def test_nothing_but_errors_fails_and_says_so() -> None:
    finding = found("accuracy >= 0.8", trials({"case-0": ["error"], "case-1": ["error"]}))
    assert finding.outcome == "fail"
    assert (finding.value, finding.n_cases, finding.n_errors) == (None, 0, 2)
    assert said(finding) == (
        "no trial was judged; limit 80 %; "
        "undecided by errors: 0.0 … 100.0 % with 2 errors either way"
    )


def test_with_confidence_the_bound_of_the_interval_must_hold() -> None:
    rows = singles(198, 42)
    assert found(gate("accuracy >= 0.77", confidence=0.95), rows).outcome == "pass"
    finding = found(gate("accuracy >= 0.8", confidence=0.95), rows)
    assert finding.outcome == "fail"
    assert said(finding) == (
        "82.5 % [77.2, 86.8], 240 cases; limit 80 % for the 95 % interval; "
        "the interval reaches beyond the limit"
    )
    assert found(gate("accuracy <= 0.86", confidence=0.95), rows).outcome == "fail"
    assert found(gate("accuracy <= 0.87", confidence=0.95), rows).outcome == "pass"


def test_the_interval_is_that_of_the_confidence_asked_for() -> None:
    wide = found(gate("accuracy >= 0.5", confidence=0.99), singles(198, 42))
    usual = found(gate("accuracy >= 0.5"), singles(198, 42))
    assert wide.low is not None
    assert usual.low is not None
    assert wide.low < usual.low


def test_with_confidence_the_bound_must_hold_with_errors_counted_either_way() -> None:
    rows = singles(190, 10)
    assert found(gate("accuracy >= 0.9", confidence=0.95), rows).outcome == "pass"
    rows += [trial(f"case-{n}", "error") for n in range(200, 240)]
    finding = found(gate("accuracy >= 0.9", confidence=0.95), rows)
    assert finding.outcome == "fail"
    assert "undecided by errors" in said(finding)


def test_with_confidence_a_gate_without_an_interval_fails() -> None:
    finding = found(gate("accuracy >= 0.1", confidence=0.95), trials({"case-0": [1, 1, 1]}))
    assert finding.outcome == "fail"
    assert "no interval can be made of 1 case" in said(finding)


def test_no_trial_is_an_error_and_not_a_verdict() -> None:
    finding = found("accuracy >= 0.8", [])
    assert (finding.outcome, finding.value) == ("error", None)
    assert said(finding) == "no trial was judged; limit 80 %"


def test_answers_that_are_only_recorded_are_no_data_for_accuracy() -> None:
    assert found("accuracy >= 0.8", trials({"case-0": ["unjudged"]})).outcome == "error"


def test_a_partial_selection_is_not_evaluated() -> None:
    the_suite = suite(names(2), ("a", "b"), gates=[gate("accuracy >= 0.8", column="all")])
    partial = judge_gates(the_suite, singles(2, 0, column="a"), selected=False)
    assert [one.outcome for one in partial] == ["not_evaluated", "not_evaluated"]
    assert [one.column for one in partial] == ["a", "b"]
    assert partial[0].reason == "a: not evaluated: only a part of the suite was selected"
    assert partial[0].value is None


def test_a_suite_that_was_skipped_is_not_evaluated() -> None:
    finding = found("accuracy >= 0.8", trials({"case-0": ["skipped"]}))
    assert finding.outcome == "not_evaluated"
    assert finding.reason == "not evaluated: every trial was skipped"


def test_a_gate_judges_the_reference_column_unless_it_says_otherwise() -> None:
    rows = singles(8, 2, column="a") + singles(5, 5, column="b")
    gates = [
        gate("accuracy >= 0.6"),
        gate("accuracy >= 0.6", column="a"),
        gate("accuracy >= 0.6", column="all"),
    ]
    the_suite = suite(names(10), ("a", "b"), gates=gates, reference="b")
    judged = judge_gates(the_suite, rows, selected=True)
    assert [(one.column, one.outcome) for one in judged] == [
        ("b", "fail"),
        ("a", "pass"),
        ("a", "pass"),
        ("b", "fail"),
    ]
    assert not judged[0].reason.startswith("b: ")
    assert judged[3].reason.startswith("b: 50.0")


def test_tag_and_cases_name_a_part_of_the_suite() -> None:
    rows = [trial(f"case-{n}", n % 2, tags=("odd",) if n % 2 else ()) for n in range(10)]
    tagged = found(gate("accuracy == 1", tag="odd"), rows)
    assert (tagged.outcome, tagged.n_cases) == ("pass", 5)
    listed = found(gate("accuracy == 0", cases=("case-0", "case-2")), rows)
    assert (listed.outcome, listed.n_cases) == ("pass", 2)
    assert found(gate("accuracy == 1", tag="none"), rows).outcome == "error"


def test_errors_are_a_count_and_their_rate_has_an_interval() -> None:
    rows = [*singles(9, 0), trial("case-9", "error"), trial("case-10", "skipped")]
    count = found("errors == 0", rows)
    assert (count.outcome, count.value, count.n_trials, count.low) == ("fail", 1, 10, None)
    assert said(count) == "1, 10 cases; must be 0"
    rate = found("error_rate <= 0.2", rows)
    assert (rate.outcome, rate.value, rate.n_errors) == ("pass", 0.1, 1)
    assert rate.low is not None
    assert found("errors <= 0", [trial("case-0", None)]).outcome == "error", "nothing was asked"


def test_latency_statistics_are_of_answered_trials() -> None:
    rows = [trial(f"case-{n}", 1, latency=(n + 1) / 10) for n in range(20)]
    rows.append(trial("case-20", "error"))
    values = {
        metric: found(f"latency.{metric} <= 100", rows).value
        for metric in ("mean", "median", "p50", "p90", "min", "max", "sum")
    }
    assert values == pytest.approx(
        {"mean": 1.05, "median": 1.05, "p50": 1.05, "p90": 1.81, "min": 0.1, "max": 2.0, "sum": 21}
    )
    # The sample's deviation: √(Σ(k − 10.5)²/19)/10 over k = 1 … 20.
    assert found("latency.std <= 100", rows).value == pytest.approx((665 / 19) ** 0.5 / 10)
    finding = found("latency.p90 <= 1.5", rows)
    assert (finding.outcome, finding.n_trials, finding.n_errors) == ("fail", 20, 1)
    assert "1 error left out" in said(finding)


def test_a_quantile_of_few_trials_says_so() -> None:
    rows = [trial(f"case-{n}", 1, latency=1.0) for n in range(99)]
    assert "few trials for p95" in said(found("latency.p95 <= 5", rows))
    rows.append(trial("case-99", 1, latency=1.0))
    assert "few trials" not in said(found("latency.p95 <= 5", rows))


def test_a_tail_over_samples_of_cases_has_an_interval_by_resampling_cases() -> None:
    rows = [
        trial(f"case-{n}", 1, sample=sample, latency=1 + n / 10 + sample / 100)
        for n in range(40)
        for sample in range(3)
    ]
    finding = found("latency.p90 <= 5", rows)
    assert finding.value is not None
    assert finding.low is not None
    assert finding.high is not None
    assert finding.low < finding.value < finding.high
    again = found("latency.p90 <= 5", list(reversed(rows)))
    assert again == finding, "drawn from the suite's hash, whatever the order"


def test_time_to_first_token_of_answers_that_were_not_streamed_is_no_data() -> None:
    finding = found("ttft.median <= 1", singles(5, 0))
    assert finding.outcome == "error"
    assert said(finding) == "too few answered trials tell it; limit 1 s"


def with_usage(n: int, **usage: int) -> list[TrialResult]:
    return [trial(f"case-{i}", 1, usage=Usage(**usage)) for i in range(n)]


@pytest.mark.parametrize(
    ("kind", "value"),
    [("prompt", 10), ("completion", 30), ("visible", 10), ("reasoning", 20), ("total", 40)],
)
def test_tokens_are_gated_by_kind_and_statistic(kind: str, value: int) -> None:
    rows = with_usage(12, prompt_tokens=10, completion_tokens=30, reasoning_tokens=20)
    finding = found(f"tokens.{kind}.mean <= 100", rows)
    assert (finding.value, finding.outcome) == (value, "pass")
    assert found(f"tokens.{kind}.sum <= 100", rows).value == 12 * value


def test_tokens_that_the_service_did_not_tell_are_no_data_and_not_0() -> None:
    rows = with_usage(12, prompt_tokens=10, completion_tokens=30)
    assert found("tokens.reasoning.mean <= 100", rows).outcome == "error"
    assert found("tokens.visible.mean <= 100", rows).outcome == "error"


def test_time_per_token_is_that_of_the_tokens_after_the_first() -> None:
    """Only a stream of several tokens has one."""
    streamed = trial("case-0", 1, latency=1.3, usage=Usage(completion_tokens=11))
    assert streamed.timing is not None
    timing = msgspec.structs.replace(streamed.timing, ttft_s=0.3)
    single = trial("case-1", 1, latency=1.0, usage=Usage(completion_tokens=1))
    whole = trial("case-2", 1, latency=1.0, usage=Usage(completion_tokens=20))
    rows = [
        msgspec.structs.replace(streamed, timing=timing),
        msgspec.structs.replace(single, timing=timing),
        whole,
    ]
    finding = found("tpot.median <= 0.15", rows)
    assert finding.value == pytest.approx(0.1)
    assert (finding.n_cases, finding.n_trials) == (1, 1)
    assert "100 ms" in said(finding)


def test_speed_is_tokens_by_seconds_and_not_the_mean_of_ratios() -> None:
    rows = [
        trial("case-0", 1, latency=1.0, usage=Usage(completion_tokens=10)),
        trial("case-1", 1, latency=9.0, usage=Usage(completion_tokens=360)),
    ]
    finding = found("tokens_per_s.mean >= 20", rows)
    ratio = ratio_of_totals([10, 360], [1, 9])
    assert finding.value == pytest.approx(37.0)
    assert finding.high == pytest.approx(ratio.high)
    assert said(finding).startswith("37.0 tokens/s [")
    assert found("tokens_per_s.median >= 20", rows).value == pytest.approx(25.0)


def test_cost_is_the_sum_of_the_column_and_exact() -> None:
    rows = [trial(f"case-{n}", 1, cost_usd=0.125) for n in range(4)]
    finding = found("cost_usd <= 0.4", rows)
    assert (finding.outcome, finding.value) == ("fail", 0.5)
    assert said(finding) == "$0.50, 4 cases; limit $0.40"
    assert findings.certainty(finding) == "Exact"


def test_an_answer_without_a_price_makes_the_cost_unknown() -> None:
    rows = [trial("case-0", 1, cost_usd=0.125), trial("case-1", 1)]
    finding = found("cost_usd <= 0.4", rows)
    assert finding.outcome == "error"
    assert said(finding) == "a model that answered has no price, 2 cases; limit $0.40"


def with_format(scores: list[float | None]) -> tuple[list[Case], list[TrialResult]]:
    cases = [measured_case(name, "format") for name in names(len(scores))]
    rows = [
        trial(case.id, 1, checks=(verdict("format", score),))
        for case, score in zip(cases, scores, strict=True)
    ]
    return cases, rows


def test_a_named_metric_is_its_mean_score_and_rate_its_share_of_passes() -> None:
    cases, rows = with_format([1.0] * 9 + [0.9, 0.8, 0.1])
    mean = found("format >= 0.85", rows, cases=cases)
    assert mean.value == pytest.approx(10.8 / 12)
    assert said(mean).startswith("0.900 [")
    assert "limit 0.85" in said(mean)
    assert found("format.rate >= 0.9", rows, cases=cases).value == pytest.approx(11 / 12)


def test_a_named_metric_must_hold_whatever_its_errors_were() -> None:
    cases, rows = with_format([1.0] * 11 + [None])
    assert found("format >= 0.9", rows, cases=cases).outcome == "pass"
    finding = found("format >= 0.95", rows, cases=cases)
    assert (finding.outcome, finding.n_errors) == ("fail", 1)
    assert "undecided by errors: 0.917 … 1.000 with 1 error either way" in said(finding)


def test_a_named_metric_that_no_check_gave_is_no_data() -> None:
    finding = found("format >= 0.9", singles(3, 0))
    assert (finding.outcome, finding.value) == ("error", None)
    assert said(finding) == "no check gave format; limit 0.9"


def test_how_many_cases_would_settle_a_gate() -> None:
    finding = found("accuracy >= 0.8", singles(198, 42))
    # (0.825 − 0.772)²/(0.825 − 0.8)² times 240.
    assert findings.cases_to_settle(finding) == pytest.approx(240 * (0.053 / 0.025) ** 2, rel=0.05)
    assert findings.cases_to_settle(found("accuracy >= 0.5", singles(198, 42))) is None
    assert findings.cases_to_settle(found("accuracy >= 0.5", singles(10, 10))) is None


@settings(max_examples=60, deadline=None)
@given(
    outcomes=st.lists(st.sampled_from([1, 0, "error", None]), max_size=30),
    limit=st.floats(0.05, 0.95),
    random=st.randoms(use_true_random=False),
)
def test_a_gate_passes_only_if_it_would_whatever_the_errors_were(
    outcomes: list[int | str | None], limit: float, random: Any
) -> None:
    cells = {f"case-{n}": [outcome] for n, outcome in enumerate(outcomes)}
    rows = trials(cells)
    finding = found(gate(f"accuracy >= {limit}"), rows)
    random.shuffle(rows)
    assert found(gate(f"accuracy >= {limit}"), rows) == finding
    settled = {
        found(gate(f"accuracy >= {limit}"), trials(replaced(cells, as_))).outcome for as_ in (0, 1)
    }
    if "error" in outcomes:
        assert (finding.outcome == "pass") == (settled == {"pass"})
    else:
        assert settled == {finding.outcome}
    assert "\n" not in finding.reason
    assert re.match(r"no trial was judged|\S", finding.reason)


def replaced(
    cells: dict[str, list[int | str | None]], as_: int
) -> dict[str, list[int | str | None]]:
    return {
        case: [as_ if outcome == "error" else outcome for outcome in samples]
        for case, samples in cells.items()
    }

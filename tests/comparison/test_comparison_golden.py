"""Whole comparisons against tables whose figures were computed by scipy and statsmodels."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from comparison_builders import manifest, names, suite, trial

from evals.comparison.compare import compare_columns, compare_runs
from evals.comparison.gates import judge_gates
from evals.model import Gate, Side, Suite, TrialResult, Usage

TABLES = json.loads((Path(__file__).parent / "golden_tables.json").read_text(encoding="utf-8"))


@pytest.fixture(params=TABLES, ids=[table["name"] for table in TABLES])
def table(request: pytest.FixtureRequest) -> dict[str, Any]:
    return request.param


def cases_of(table: dict[str, Any]) -> list[str]:
    return names(len(table["cells"]["a"]))


def trials_of(table: dict[str, Any], side: str, *, column: str) -> list[TrialResult]:
    rows = zip(
        cases_of(table),
        table["clusters"] or [None] * len(table["cells"]["a"]),
        table["cells"][side],
        table["latency_ms"][side],
        table["tokens_out"][side],
        strict=True,
    )
    return [
        trial(
            case,
            written,
            column=column,
            sample=sample,
            cluster=cluster,
            latency=milliseconds[sample] / 1000,
            usage=Usage(prompt_tokens=10, completion_tokens=tokens[sample]),
        )
        for case, cluster, outcomes, milliseconds, tokens in rows
        for sample, written in enumerate(outcomes)
    ]


def both(table: dict[str, Any]) -> tuple[Suite, list[TrialResult]]:
    return suite(cases_of(table), ("a", "b")), [
        *trials_of(table, "b", column="b"),
        *trials_of(table, "a", column="a"),
    ]


def check_side(side: Side, expected: dict[str, Any]) -> None:
    accuracy = expected["accuracy"]
    assert side.accuracy.value == pytest.approx(accuracy["accuracy"], rel=1e-9)
    assert side.accuracy.low == pytest.approx(accuracy["low"], rel=1e-9)
    assert side.accuracy.high == pytest.approx(accuracy["high"], rel=1e-9)
    assert side.accuracy.n_cases == accuracy["n_cases"]
    assert side.accuracy.n_trials == accuracy["n_trials"]
    assert side.accuracy.n_errors == side.n_errors == expected["n_errors"]
    assert side.n_not_run == expected["n_not_run"]
    assert side.n_flaky == side.cases_some == expected["n_flaky"]
    assert side.cases_all + side.cases_some + side.cases_none == accuracy["n_cases"]
    assert side.latency.median == pytest.approx(expected["p50"] / 1000, rel=1e-9)
    assert side.latency.median_low == pytest.approx(expected["median_low"] / 1000, rel=1e-9)
    assert side.latency.median_high == pytest.approx(expected["median_high"] / 1000, rel=1e-9)
    assert side.tokens.completion == pytest.approx(expected["tokens"], rel=1e-9)


def check_difference(side: Side, expected: dict[str, Any]) -> None:
    difference = side.difference
    assert difference is not None
    assert difference.value == pytest.approx(expected["value"], abs=1e-9)
    assert difference.low == pytest.approx(expected["low"], rel=1e-6)
    assert difference.high == pytest.approx(expected["high"], rel=1e-6)
    assert difference.p == pytest.approx(expected["p"], rel=1e-9)
    assert difference.p_adjusted == difference.p, "one comparison needs no adjustment"
    assert difference.n_cases == expected["n_cases"]


def test_columns_agree_with_the_tables(table: dict[str, Any]) -> None:
    the_suite, trials = both(table)
    found = compare_columns(manifest(the_suite), trials).suites[0]
    reference, side = found.sides
    check_side(reference, table["expected"]["a"])
    check_side(side, table["expected"]["b"])
    check_difference(side, table["expected"]["difference"])


def test_runs_agree_with_the_tables(table: dict[str, Any]) -> None:
    one = suite(cases_of(table), ("plain",))
    found = compare_runs(
        (manifest(one, id="new"), trials_of(table, "b", column="plain")),
        (manifest(one, id="old"), trials_of(table, "a", column="plain")),
    )
    old, new = found.suites[0].sides
    check_side(old, table["expected"]["a"])
    check_side(new, table["expected"]["b"])
    check_difference(new, table["expected"]["difference"])


def test_the_lower_end_that_errors_leave_open_counts_them_as_failures() -> None:
    table = TABLES[2]
    the_suite, trials = both(table)
    for side in compare_columns(manifest(the_suite), trials).suites[0].sides:
        lower = table["expected"][side.id]["if_errors_fail"]
        assert side.accuracy.if_errors_fail == pytest.approx(lower, rel=1e-9)
        assert side.accuracy.if_errors_pass is not None
        assert side.accuracy.value is not None
        assert side.accuracy.if_errors_fail < side.accuracy.value <= side.accuracy.if_errors_pass


def test_a_95th_percentile_is_shown_from_100_trials_on() -> None:
    shown = [_p95(table) for table in TABLES]
    assert shown[0] == pytest.approx(TABLES[0]["expected"]["a"]["p95"] / 1000)
    assert shown[1:] == [None, None]


def _p95(table: dict[str, Any]) -> float | None:
    the_suite, trials = both(table)
    return compare_columns(manifest(the_suite), trials).suites[0].sides[0].latency.p95


def test_gates_measure_what_the_tables_say(table: dict[str, Any]) -> None:
    expected = table["expected"]["a"]
    the_suite, trials = both(table)
    wanted = {
        "accuracy": _ends(expected["accuracy"], ("accuracy", "low", "high")),
        "latency.median": _ends(expected, ("p50", "median_low", "median_high"), 1000),
        "tokens.completion.mean": _ends(expected, ("tokens", "tokens_low", "tokens_high")),
    }
    for metric, ends in wanted.items():
        gate = Gate(text=metric, metric=metric, op=">=", limit=0.0)
        gated = suite(cases_of(table), ("a", "b"), gates=[gate])
        (finding,) = judge_gates(gated, trials, selected=True)
        assert (finding.value, finding.low, finding.high) == pytest.approx(ends, rel=1e-9)
        assert finding.outcome == "pass"
    assert the_suite.reference == "a"


def _ends(values: dict[str, Any], keys: Sequence[str], scale: float = 1) -> tuple[float, ...]:
    return tuple(values[key] / scale for key in keys)

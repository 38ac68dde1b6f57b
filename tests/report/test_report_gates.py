"""The table of gates: order, drawing, and how sure a gate is."""

from __future__ import annotations

import re

import pytest
import report_data as data

from evals.model import Finding
from evals.report.gates import LIMIT_AT, Gates


def finding(**fields: object) -> Finding:
    known: dict[str, object] = {
        "suite": "arithmetic",
        "gate": "accuracy >= 0.8",
        "column": "greedy",
        "outcome": "pass",
        "metric": "accuracy",
        "op": ">=",
        "limit": 0.8,
        "value": 0.9,
        "low": 0.85,
        "high": 0.94,
        "n_cases": 100,
        "n_trials": 100,
        "n_errors": 0,
        "reason": "",
    }
    return Finding(**{**known, **fields})  # type: ignore[arg-type] # any field


AT_MOST = {"metric": "latency.p95", "op": "<="}


def gates_of(*findings: Finding) -> Gates:
    return data.view_of(data.simple(data.all_pass, findings=findings)).gates


def test_gates_stand_failed_first_and_not_evaluated_last() -> None:
    gates = gates_of(
        finding(outcome="not_evaluated", value=None, low=None, high=None, gate="d"),
        finding(gate="c"),
        finding(gate="b", low=0.78),
        finding(gate="u", outcome="undecided"),
        finding(gate="a", outcome="fail", value=0.7, low=0.6, high=0.79),
    )
    assert [row.gate for row in gates.rows] == ["a", "u", "b", "c", "d"]


def test_many_clear_passes_are_folded() -> None:
    clear = [finding(gate=f"clear {i}") for i in range(12)]
    gates = gates_of(*clear, finding(gate="failed", outcome="fail", value=0.7))
    assert [row.gate for row in gates.rows] == ["failed"]
    assert len(gates.folded) == 12
    assert gates.folded_note == "12 more passed clearly"


def test_of_many_gates_that_all_passed_some_are_shown_what_could_be_chance_first() -> None:
    clear = [finding(gate=f"clear {i}") for i in range(12)]
    gates = gates_of(*clear, finding(gate="narrow", low=0.78))
    assert [row.gate for row in gates.rows] == ["narrow"]
    gates = gates_of(*clear, finding(gate="clear too"))
    assert len(gates.rows) == 8
    assert gates.folded_note == "5 more passed clearly"


def test_where_very_many_are_left_passes_that_could_be_chance_are_folded_and_counted() -> None:
    narrow = [finding(gate=f"narrow {i}", low=0.78) for i in range(13)]
    failed = finding(gate="failed", outcome="fail", value=0.7)
    gates = gates_of(*narrow, finding(gate="clear"), failed)
    assert [row.gate for row in gates.rows] == ["failed"]
    assert gates.folded_note == "14 more passed, 13 of them could be chance"
    few = gates_of(*narrow[:11], *[finding(gate=f"clear {i}") for i in range(9)], failed)
    assert len(few.rows) == 12


def test_undecided_is_an_outcome_only_and_is_not_counted_as_passed() -> None:
    narrow = [finding(gate=f"narrow {i}", low=0.78) for i in range(13)]
    same = finding(gate="same", outcome="same", value=0.0, low=None, high=None, against="cold")
    found = [*narrow, same, finding(gate="u", outcome="undecided")]
    view = data.view_of(data.simple(data.all_pass, findings=found))
    assert view.verdict.heading == "Passed: 14 gates, 1 undecided"
    assert [row.mark.word for row in view.gates.rows] == ["Undecided"]
    assert view.gates.folded_note == (
        "14 more passed, 13 of them could be chance, 1 of them with the same answers"
    )


@pytest.mark.parametrize(
    ("fields", "better"),
    [
        ({"op": ">=", "limit": 0.8, "value": 0.9, "low": 0.85, "high": 0.94}, True),
        ({"op": ">=", "limit": 0.8, "value": 0.7, "low": 0.6, "high": 0.75}, False),
        ({**AT_MOST, "limit": 8.0, "value": 5.0, "low": 4.0, "high": 6.0}, True),
        ({**AT_MOST, "limit": 8.0, "value": 11.0, "low": 9.0, "high": 12.0}, False),
        ({"metric": "errors", "op": "<=", "limit": 0, "value": 0, "low": None, "high": None}, True),
    ],
)  # fmt: skip
def test_right_of_the_limit_is_better_whatever_the_metric(fields: dict, better: bool) -> None:
    plot = gates_of(finding(**fields)).rows[0].plot
    assert plot is not None
    ends = [float(end) for end in (plot.at, plot.low, plot.high) if end]
    assert all((end >= LIMIT_AT) is better for end in ends)
    assert not plot.low or float(plot.low) <= float(plot.high)


def test_an_interval_around_the_limit_says_how_many_cases_would_settle_it() -> None:
    row = gates_of(finding(value=0.82, low=0.74, high=0.9)).rows[0]
    assert row.certainty == "Could be chance"
    assert re.search(r"About [\d,]+ cases would settle it", row.sure)


@pytest.mark.parametrize(
    ("gate", "of"),
    [
        ("accuracy >= 0.8", "greedy"),
        ("accuracy >= 0.8 (column greedy)", ""),
        ("accuracy >= 0.8 (confidence 0.95, column greedy, tag long)", ""),
        ("accuracy >= 0.8 (column all)", "greedy"),
        ("accuracy >= 0.8 (cases greedy)", "greedy"),
    ],
)
def test_the_column_is_named_once(gate: str, of: str) -> None:
    assert gates_of(finding(gate=gate)).rows[0].of == of


def test_a_comparison_shows_points_and_says_with_what_and_what_it_could_have_seen() -> None:
    said = "−4.0 points [−12.5, +4.2] against cold, 100 cases; undecided: it may be a drop; more"
    compared = {"against": "cold", "found": "inconclusive", "reason": f"warm: {said}"}
    (row,) = gates_of(
        finding(outcome="undecided", limit=0.0, value=-0.04, low=-0.125, high=0.042, **compared)
    ).rows
    assert (row.value, row.interval) == ("−4.0\u00a0points", "[−12.5, +4.2]")
    assert row.sure == "Against cold, 100 cases: undecided: it may be a drop; more."
    assert (row.compared, row.certainty) == (True, "")
    assert row.plot is not None


def test_a_comparison_that_was_not_made_says_why() -> None:
    (row,) = gates_of(
        finding(
            outcome="error",
            against="the baseline b.json",
            reason="the baseline b.json does not exist; a command writes it",
            value=None,
            low=None,
            high=None,
        )
    ).rows
    assert row.sure == "The baseline b.json does not exist; a command writes it."
    assert row.value == "–"


def test_the_id_of_a_column_keeps_its_small_letters() -> None:
    reason = "greedy: not evaluated: only a part of the suite was selected"
    gates = gates_of(finding(outcome="not_evaluated", value=None, gate="a", reason=reason))
    assert gates.rows[0].of == "greedy"
    assert gates.rows[0].sure == "Not evaluated: only a part of the suite was selected."

"""A `confidence` with a metric against what came true."""

from __future__ import annotations

import pytest
from comparison_builders import found, metrics, trial, verdict

from evals.model import Case, Check, Group, TrialResult

SURE = Check(type="confidence", metric="sure", weight=0.0)


def a_trial(case: str, passed: int, said: float | None) -> TrialResult:
    check = verdict("sure", said, type="confidence", values={"confidence": said})
    return trial(case, passed, checks=(check,))


# (0.9 right, 0.8 right, 0.6 wrong, 0.2 wrong)
SAID = [(1, 0.9), (1, 0.8), (0, 0.6), (0, 0.2)]


def four() -> tuple[list[Case], list[TrialResult]]:
    cases = [Case(id=f"case-{n}", checks=(SURE,)) for n in range(4)]
    return cases, [a_trial(f"case-{n}", *pair) for n, pair in enumerate(SAID)]


def test_brier_ece_and_auroc_by_hand() -> None:
    values = {name: estimate.value for name, estimate in metrics(*four()).items()}
    assert values == pytest.approx(
        {
            "sure": 2.5 / 4,
            "sure.brier": (0.01 + 0.04 + 0.36 + 0.04) / 4,
            "sure.ece": (0.1 + 0.2 + 0.6 + 0.2) / 4,  # each in a bin of its own
            "sure.auroc": 1.0,
        }
    )


def test_they_are_gated_by_name() -> None:
    assert found("sure.brier <= 0.2", *four()).outcome == "pass"
    finding = found("sure.ece <= 0.2", *four())
    assert (finding.outcome, finding.n_trials) == ("fail", 4)


def test_where_all_came_true_there_is_no_auroc() -> None:
    cases, rows = four()
    assert "sure.auroc" not in metrics(cases[:2], rows[:2])
    assert found("sure.auroc >= 0.5", cases[:2], rows[:2]).outcome == "error"


def test_trials_without_a_confidence_are_left_out() -> None:
    cases, rows = four()
    rows[3] = a_trial("case-3", 1, None)
    assert metrics(cases, rows)["sure.brier"].n_trials == 3


def test_one_in_a_group_counts_too() -> None:
    cases, rows = four()
    grouped = [Case(id=case.id, checks=(Group(kind="all", of=(SURE,)),)) for case in cases]
    assert metrics(grouped, rows)["sure.brier"] == metrics(cases, rows)["sure.brier"]

"""Calibration: whether stated probabilities come true, drawn and as text."""

from __future__ import annotations

import io

import report_data as data

from evals.model import Comparison, Suite, TrialResult, Verdict
from evals.report import markdown
from evals.report.calibration import Calibrations
from evals.report.html import render
from evals.report.view import build


def stated(*shares: float, wrong: int, only: str = "") -> Comparison:
    """Forty answers a column with these probabilities in turn, the first `wrong` of them wrong."""

    def answers(suite: Suite) -> list[TrialResult]:
        return [
            data.trial(
                suite, case, column, passed=i >= wrong,
                checks=(
                    Verdict(
                        type="choice-logprob", passed=i >= wrong, score=0.5, reason="",
                        values={"p.a": shares[i % len(shares)], "p.b": 0.1, "mass": 0.99}
                        if only in ("", column.id) else None,
                    ),
                ),
            )
            for i, case in enumerate(suite.cases)
            for column in suite.columns
        ]  # fmt: skip

    columns = [data.column("greedy", temperature=0), data.column("warm", temperature=1)]
    return data.simple(answers, n_cases=40, columns=columns)


def found(comparison: Comparison) -> Calibrations:
    made = build(comparison).chapters[0].calibration
    assert made is not None
    return made


def test_the_error_is_the_distance_from_what_came_true() -> None:
    made = found(stated(0.9, wrong=20))
    assert [square.error for square in made.squares] == ["40.0\u00a0points"] * 2
    assert "on average: greedy 40.0\u00a0points, warm" in made.heading


def test_each_group_stands_in_drawing_table_and_sentence() -> None:
    (square, _) = found(stated(0.6, 0.9, wrong=0)).squares
    assert len(square.points) == len(square.rows) == 2
    assert [row.confidence.replace("\u202f", " ") for row in square.rows] == ["60.0 %", "90.0 %"]
    assert square.rows[0].accuracy in square.sentence
    assert len(square.bars) == 2


def test_a_column_without_probabilities_says_so() -> None:
    (_, square) = found(stated(0.9, wrong=3, only="greedy")).squares
    assert square.missing == "No answer has probabilities of its options."
    assert square.points == ()


def test_few_probabilities_draw_nothing() -> None:
    def answers(suite: Suite) -> list[TrialResult]:
        check = Verdict(type="x", passed=True, score=1.0, reason="", values={"p.a": 0.8})
        return [data.trial(suite, case, suite.columns[0], checks=(check,)) for case in suite.cases]

    made = found(data.simple(answers, n_cases=5))
    assert made.squares[0].missing == "5 answers with probabilities; 20 are needed."


def test_without_probabilities_there_is_no_such_section() -> None:
    view = build(data.simple(data.all_pass))
    assert view.chapters[0].calibration is None
    assert "calibration" not in render(view).partition("<script")[0].partition("<body>")[2]


def test_brier_ece_and_auroc_are_told_with_their_n_in_terminal_and_markdown() -> None:
    from rich.console import Console

    from evals.report import markdown, terminal

    comparison = stated(0.6, 0.9, wrong=10)
    view = build(comparison)
    console = Console(width=200, record=True, file=open_nothing())
    for each in terminal.renderables(view):
        console.print(each)
    text = " ".join((console.export_text() + markdown.render(comparison, view)).split())
    assert text.count("Brier 0.210, ECE 0.150") == 4, "two columns in two renderings"
    assert "40 answers" in text
    assert "AUROC 0.500" in text


def open_nothing() -> io.StringIO:
    return io.StringIO()


def graded(*scores: float, own: bool = True) -> Comparison:
    """Forty answers with these scores of a judge; every second passes its other check."""

    def answers(suite: Suite) -> list[TrialResult]:
        return [
            data.trial(
                suite, case, column, passed=True,
                checks=(
                    Verdict(
                        type="llm-rubric", passed=True, score=scores[i % len(scores)], reason="",
                        metric="polite",
                    ),
                    *(
                        [Verdict(type="equals", passed=i % 2 == 0, score=0.0, reason="")]
                        if own else []
                    ),
                ),
            )
            for i, case in enumerate(suite.cases)
            for column in suite.columns
        ]  # fmt: skip

    columns = [data.column("greedy", temperature=0), data.column("warm", temperature=1)]
    return data.simple(answers, n_cases=40, columns=columns)


def test_a_judges_scores_are_held_against_the_checks_that_ask_nobody() -> None:
    made = found(graded(0.9, 0.2))
    (square, _) = made.squares
    assert square.name == "greedy, llm-rubric (polite) against the other checks"
    assert "Brier 0.025, " in square.figures  # (0.1² + 0.2²)/2
    assert "AUROC 1.000" in square.figures
    assert square.figures.endswith("40 answers")


def test_nothing_is_held_against_the_judges_own_verdict() -> None:
    assert build(graded(0.9, 0.2, own=False)).chapters[0].calibration is None


def test_a_judge_of_yes_and_no_states_no_probabilities() -> None:
    assert build(graded(1.0, 0.0)).chapters[0].calibration is None


def test_markdown_has_the_judges_calibration() -> None:
    comparison = graded(0.9, 0.2)
    told = markdown.render(comparison, build(comparison))
    assert "Calibration of `greedy, llm-rubric (polite) against the other checks`: Brier" in told


def test_a_judge_over_columns_states_no_probability() -> None:
    """Its score is a share among columns: of two that tie, each has a half."""

    def answers(suite: Suite) -> list[TrialResult]:
        knows = Verdict(type="contains", passed=True, score=1.0, reason="", weight=1.0)
        judged = Verdict(type=kind, passed=True, score=0.5, reason="", weight=0.0)
        return [
            data.trial(suite, case, suite.columns[0], checks=(knows, judged))
            for case in suite.cases
        ]

    made = {}
    for kind in ("llm-rubric", "select-best"):
        made[kind] = build(data.simple(answers, n_cases=40)).chapters[0].calibration
    assert made["llm-rubric"] is not None
    assert made["select-best"] is None

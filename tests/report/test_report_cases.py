"""Cases: the grid, and each case in full."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
import pytest
import report_data as data

from evals.model import Limits, Suite, TrialResult, Verdict
from evals.report import html


def samples(passes: str) -> Callable[[Suite], list[TrialResult]]:
    """Trials of one case: `+` passes, `-` fails, `!` errs."""

    def answers(suite: Suite) -> list[TrialResult]:
        column = suite.columns[0]
        return [
            data.trial(
                suite,
                suite.cases[0],
                column,
                sample,
                passed=mark == "+",
                text="5" if mark == "+" else "six",
                error="timeout" if mark == "!" else None,
            )
            for sample, mark in enumerate(passes)
        ]

    return answers


@pytest.mark.parametrize(
    ("passes", "icon", "counts"),
    [
        ("+++", "pass", ""),
        ("---", "fail", "0/3"),
        ("+--", "flaky", "1/3"),
        ("--!", "error", "0/2, 1 error"),
        ("!!", "error", "2 errors"),
    ],
)
def test_a_cell_tells_pass_fail_disagreement_and_error(passes: str, icon: str, counts: str) -> None:
    comparison = data.simple(samples(passes), n_cases=1, limits=Limits(errors=9))
    cell = data.view_of(comparison).chapters[0].cases.rows[0].cells[0]
    assert cell is not None
    assert (cell.mark.icon, cell.counts) == (icon, counts)


def test_a_cell_marks_the_wrong_part_of_an_answer() -> None:
    def answers(suite: Suite) -> list[TrialResult]:
        checked = data.trial(suite, suite.cases[0], suite.columns[0], passed=False, text="It is 6")
        (check,) = checked.checks
        parted = msgspec.structs.replace(check, extracted="6")
        whole = data.trial(suite, suite.cases[1], suite.columns[0], passed=False, text="It is 6")
        return [msgspec.structs.replace(checked, checks=(parted,)), whole]

    view = data.view_of(data.simple(answers, n_cases=2))
    cells = [row.cells[0] for row in view.chapters[0].cases.rows]
    assert [(cell.answer, cell.wrong, cell.part) for cell in cells if cell] == [
        ("6", True, True),
        ("It is 6", True, False),
    ]
    page = html.render(view)
    assert '<div class="cell w">' in page
    assert "not what was expected" in page


def test_a_cell_tells_the_median_latency_of_an_even_number_of_samples() -> None:
    def answers(suite: Suite) -> list[TrialResult]:
        case, column = suite.cases[0], suite.columns[0]
        return [
            data.trial(suite, case, column, sample, latency_s=seconds)
            for sample, seconds in enumerate((3.0, 1.0))
        ]

    cell = data.view_of(data.simple(answers, n_cases=1)).chapters[0].cases.rows[0].cells[0]
    assert cell is not None
    assert cell.measures.replace("\u00a0", " ").startswith("2.00 s")


def test_cases_stand_worst_first() -> None:
    rows = data.view_of(data.simple(data.failing(2), n_cases=4)).chapters[0].cases.rows
    assert [row.id for row in rows] == ["case-2", "case-0", "case-1", "case-3"]


def test_equal_answers_are_shown_once_with_their_samples() -> None:
    article = data.view_of(data.simple(samples("+-++-"), n_cases=1)).articles[0]
    answers = article.panels[0].answers
    assert [answer.samples for answer in answers] == [
        "2 samples agree: #1, #4",
        "3 samples agree: #0, #2, #3",
    ]
    assert [answer.text.text for answer in answers] == ["six", "5"]


def test_a_failing_case_gives_its_reason_prompt_recording_and_command() -> None:
    article = data.view_of(data.simple(data.failing(0), n_cases=1)).articles[0]
    answer = article.panels[0].answers[0]
    assert article.finding == "contains: 5 is not in the answer"
    assert [message.role for message in article.prompts[0].messages] == ["system", "user"]
    assert answer.checks[0].reason == "5 is not in the answer"
    assert re.fullmatch(r"suites/cassettes/arithmetic/[0-9a-f]{32}\.0\.json", answer.recording)
    assert article.panels[0].command == 'pytest "suites/arithmetic.eval.yaml::case-0[greedy]"'


def test_failing_members_of_a_group_stand_below_it() -> None:
    group = Verdict(
        type="all", passed=False, score=0.5, reason="1 of 2",
        checks=(
            Verdict(type="is-json", passed=True, score=1.0, reason="valid"),
            Verdict(type="regex", passed=False, score=0.0, reason="no match"),
        ),
    )  # fmt: skip

    def answers(suite: Suite) -> list[TrialResult]:
        return [data.trial(suite, suite.cases[0], suite.columns[0], passed=False, checks=(group,))]

    checks = data.view_of(data.simple(answers, n_cases=1)).articles[0].panels[0].answers[0].checks
    assert [(check.label, check.depth) for check in checks] == [("all", 0), ("regex", 1)]


def test_a_large_run_holds_all_failures_and_a_stated_sample_of_passes() -> None:
    n = 2_400
    view = data.view_of(data.simple(data.failing(7, 2_399), n_cases=n))
    grid = view.chapters[0].cases
    assert [row.id for row in grid.rows[:2]] == ["case-7", "case-2399"]
    assert 2 < len(grid.rows) <= 210
    assert f"{len(grid.rows)} of 2,400 cases" in grid.left_out
    assert len(view.articles) == len(grid.rows)
    assert view.chapters[0].cases.strip_width == 400


def test_a_small_run_is_complete() -> None:
    view = data.view_of(data.simple(data.all_pass, n_cases=300))
    assert len(view.articles) == len(view.chapters[0].cases.rows) == 300
    assert view.chapters[0].cases.left_out == ""


def test_a_page_of_a_very_large_run_holds_failures_and_says_what_it_leaves_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("evals.report.view.HELD_UP_TO", 2_000)
    view = data.view_of(data.simple(data.failing(3, 5), n_cases=2_400))
    (suite,) = view.data.suites
    assert [case.id for case in suite.cases if case.failing] == ["case-3", "case-5"]
    assert len(suite.cases) == 2 + 200
    assert suite.left_out.startswith(
        "202 of 2,400 cases: every one that failed, erred or disagrees"
    )


def test_a_large_run_is_whole_in_the_data_and_in_part_without_the_script() -> None:
    view = data.view_of(data.simple(data.failing(*range(1_500)), n_cases=2_400))
    (suite,) = view.data.suites
    assert len(suite.cases) == 2_400
    assert suite.left_out == ""
    assert len(view.articles) == 300
    grid = view.chapters[0].cases
    assert grid.left_out.startswith("1,180 of 2,400 cases: the worst 1,000 of 1,500 that failed")
    assert [bool(row.anchor) for row in grid.rows[299:301]] == [True, False]

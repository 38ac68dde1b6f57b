"""The view: a comparison as the strings that people read."""

from __future__ import annotations

import re

import pytest
import report_data as data
from hypothesis import given
from hypothesis import strategies as st

from evals.comparison.compare import compare_runs
from evals.model import Comparison, Finding, Gate, Limits, Suite, TrialResult, Verdict
from evals.report import plots
from evals.report.gates import LIMIT_AT
from evals.report.texts import Anchors, command, one_line, shown
from evals.report.view import View, build

HALF = Gate(text="accuracy >= 0.5", metric="accuracy", op=">=", limit=0.5)
MOST = Gate(text="accuracy >= 0.9", metric="accuracy", op=">=", limit=0.9)
SOON = Gate(text="latency.median <= 1s", metric="latency.median", op="<=", limit=1.0)


def failing(*bad: int):
    """Answers of which the cases at these places fail."""

    def answers(suite: Suite) -> list[TrialResult]:
        return [
            data.trial(suite, case, column, passed=i not in bad, text="six" if i in bad else "5")
            for i, case in enumerate(suite.cases)
            for column in suite.columns
        ]

    return answers


def refused(suite: Suite) -> list[TrialResult]:
    message = "Connection refused by http://127.0.0.1:8080.\nStart it with: evals local"
    return [data.trial(suite, case, suite.columns[0], error=message) for case in suite.cases]


def view_of(comparison: Comparison) -> View:
    return build(comparison, requests=data.request)


# ---------------------------------------------------------------------------------- the verdict


def test_a_run_whose_gates_hold_passed() -> None:
    verdict = view_of(data.simple(data.all_pass, gates=[HALF])).verdict
    assert (verdict.icon, verdict.heading) == ("pass", "Passed: 1 gate")


def test_a_passed_run_names_its_narrowest_margin() -> None:
    cases = [data.case(f"c{i}", misses="allowed") for i in range(20)]
    verdict = view_of(data.simple(failing(0), cases=cases, gates=[HALF, MOST])).verdict
    assert "The narrowest margin: accuracy >= 0.9, measured 95.0 %" in verdict.sentence.replace(
        "\u202f", " "
    )


def test_a_failed_gate_fails_the_verdict_with_what_it_measured() -> None:
    cases = [data.case(f"c{i}", misses="allowed") for i in range(20)]
    comparison = data.simple(failing(*range(15)), cases=cases, gates=[HALF, SOON])
    verdict = view_of(comparison).verdict
    assert (verdict.icon, verdict.heading) == ("fail", "Failed: 1 of 2 gates")
    assert verdict.sentence.startswith("accuracy >= 0.5: 25.0")


def test_without_gates_failing_cases_fail_the_verdict() -> None:
    verdict = view_of(data.simple(failing(1))).verdict
    assert (verdict.icon, verdict.heading) == ("fail", "Failed: 1 of 3 cases")


def test_without_gates_a_run_that_passed_says_so_in_cases() -> None:
    assert view_of(data.simple(data.all_pass)).verdict.heading == "Passed: 3 cases"


def test_misses_that_a_suite_allows_do_not_fail_the_verdict() -> None:
    cases = [data.case(f"c{i}", misses="allowed") for i in range(12)]
    verdict = view_of(data.simple(failing(3), cases=cases, gates=[HALF])).verdict
    assert verdict.icon == "pass"
    assert "1 of 12 cases failed, which the suites allow." in verdict.sentence


def test_a_run_of_errors_has_no_result_but_a_cause() -> None:
    view = view_of(data.simple(refused))
    assert (view.verdict.icon, view.verdict.heading) == ("error", "No result")
    assert "Connection refused by http://127.0.0.1:8080." in view.verdict.sentence
    assert not view.verdict.has_answers


def test_an_error_beyond_the_allowance_fails_an_otherwise_good_run() -> None:
    def answers(suite: Suite) -> list[TrialResult]:
        return [*refused(suite)[:1], *data.all_pass(suite)[1:]]

    assert view_of(data.simple(answers)).verdict.heading == "Failed: 1 error"
    allowed = view_of(data.simple(answers, limits=Limits(errors=1)))
    assert allowed.verdict.icon == "pass"


def test_a_stopped_run_is_incomplete_and_says_how_to_resume() -> None:
    verdict = view_of(data.simple(data.all_pass, complete=False)).verdict
    assert verdict.heading == "Incomplete"
    assert f"pytest --evals-resume {data.RUN}" in verdict.sentence


@pytest.mark.parametrize(
    "comparison",
    [data.simple(lambda suite: []), data.compare([], [])],
    ids=["no trial", "no suite"],
)
def test_a_run_of_nothing_says_so(comparison: Comparison) -> None:
    assert view_of(comparison).verdict.heading == "Nothing was run"


def test_answers_that_are_only_recorded_are_no_pass() -> None:
    def answers(suite: Suite) -> list[TrialResult]:
        return [data.trial(suite, case, suite.columns[0], passed=None) for case in suite.cases]

    view = view_of(data.simple(answers))
    assert view.verdict.heading == "Recorded: 3 answers, none judged"
    assert view.chapters[0].cases.heading == "3 cases, none judged"


def test_the_title_says_what_the_verdict_says() -> None:
    view = view_of(data.simple(failing(1)))
    assert view.title == f"{view.verdict.heading}: arithmetic"


# ---------------------------------------------------------------------------------- gates


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
    return Finding(**{**known, **fields})  # type: ignore[arg-type]


AT_MOST = {"metric": "latency.p95", "op": "<="}


def gates_of(*findings: Finding):
    return view_of(data.simple(data.all_pass, findings=findings)).gates


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


def test_an_undecided_interval_says_how_many_cases_would_settle_it() -> None:
    row = gates_of(finding(value=0.82, low=0.74, high=0.9)).rows[0]
    assert row.certainty == "Undecided"
    assert re.search(r"About [\d,]+ cases would settle it", row.sure)


# ---------------------------------------------------------------------------------- columns


def two(**answers: float) -> Comparison:
    """Two columns of 40 cases that pass these shares of them."""

    def trials(suite: Suite) -> list[TrialResult]:
        return [
            data.trial(suite, case, column, passed=i < answers[column.id] * len(suite.cases))
            for i, case in enumerate(suite.cases)
            for column in suite.columns
        ]

    columns = [data.column(id, temperature=i) for i, id in enumerate(answers)]
    return data.simple(trials, n_cases=40, columns=columns)


def test_the_heading_names_a_better_column_only_where_p_allows() -> None:
    assert (
        view_of(two(a=0.5, b=0.8)).chapters[0].settings.heading == "b beats a by 30.0\u00a0points"
    )
    close = view_of(two(a=0.5, b=0.525)).chapters[0].settings.heading
    assert close == "b cannot be told from a"


def test_a_row_holds_estimate_interval_numbers_and_words() -> None:
    row = view_of(two(a=0.5, b=0.8)).chapters[0].settings.rows[1]
    assert (row.accuracy.value, row.accuracy.numbers) == ("80.0\u202f%", "40 cases")
    assert row.accuracy.interval.startswith("[65.2")
    assert row.compared is not None
    assert (row.compared.direction, row.compared.gains, row.compared.losses) == (
        "Better",
        "+12",
        "−0",
    )
    assert "40 cases" in row.compared.p
    assert row.latency.note.startswith("40 answers")


def test_one_column_has_nothing_to_be_compared_with() -> None:
    chapter = view_of(data.simple(data.all_pass)).chapters[0]
    assert chapter.trade_off is None
    assert chapter.settings.rows[0].compared is None
    assert chapter.settings.heading.startswith("greedy passes 3 of 3 cases [")


def test_beyond_four_columns_only_the_reference_and_the_front_have_colours() -> None:
    columns = [data.column(f"c{i}", temperature=i / 10) for i in range(7)]

    def answers(suite: Suite) -> list[TrialResult]:
        return [
            data.trial(suite, case, column, latency_s=2 - i / 10 if i < 5 else 3.0)
            for case in suite.cases
            for i, column in enumerate(suite.columns)
        ]

    rows = view_of(data.simple(answers, columns=columns)).chapters[0].settings.rows
    assert [row.mark.css for row in rows] == ["s1", "sn", "sn", "sn", "s2", "sn", "sn"]
    assert [row.mark.number for row in rows] == ["", "2", "3", "4", "", "6", "7"]


def test_the_pareto_front_leaves_out_what_is_beaten_and_keeps_ties() -> None:
    speeds = {"slow": 2.0, "fast": 0.5, "twin": 0.5}
    columns = [data.column(id, note=id) for id in speeds]

    def answers(suite: Suite) -> list[TrialResult]:
        return [
            data.trial(suite, case, column, latency_s=speeds[column.id])
            for case in suite.cases
            for column in suite.columns
        ]

    trade_off = view_of(data.simple(answers, columns=columns)).chapters[0].trade_off
    assert trade_off is not None
    assert trade_off.heading == "On the Pareto front of accuracy and latency: fast and twin"


# ---------------------------------------------------------------------------------- cases


def samples(passes: str, case: str = "case-0"):
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
    cell = view_of(comparison).chapters[0].cases.rows[0].cells[0]
    assert cell is not None
    assert (cell.mark.icon, cell.counts) == (icon, counts)


def test_cases_stand_worst_first() -> None:
    rows = view_of(data.simple(failing(2), n_cases=4)).chapters[0].cases.rows
    assert [row.id for row in rows] == ["case-2", "case-0", "case-1", "case-3"]


def test_equal_answers_are_shown_once_with_their_samples() -> None:
    article = view_of(data.simple(samples("+-++-"), n_cases=1)).articles[0]
    answers = article.panels[0].answers
    assert [answer.samples for answer in answers] == [
        "2 samples agree: #1, #4",
        "3 samples agree: #0, #2, #3",
    ]
    assert [answer.text.text for answer in answers] == ["six", "5"]


def test_a_failing_case_gives_its_reason_prompt_recording_and_command() -> None:
    article = view_of(data.simple(failing(0), n_cases=1)).articles[0]
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

    checks = view_of(data.simple(answers, n_cases=1)).articles[0].panels[0].answers[0].checks
    assert [(check.label, check.depth) for check in checks] == [("all", 0), ("regex", 1)]


def test_a_large_run_holds_all_failures_and_a_stated_sample_of_passes() -> None:
    n = 2_400
    view = view_of(data.simple(failing(7, 2_399), n_cases=n))
    grid = view.chapters[0].cases
    assert [row.id for row in grid.rows[:2]] == ["case-7", "case-2399"]
    assert 2 < len(grid.rows) <= 210
    assert f"{len(grid.rows)} of 2,400 cases" in grid.left_out
    assert len(view.articles) == len(grid.rows)
    assert view.chapters[0].cases.strip_width == 400


def test_a_small_run_is_complete() -> None:
    view = view_of(data.simple(data.all_pass, n_cases=300))
    assert len(view.articles) == len(view.chapters[0].cases.rows) == 300
    assert view.chapters[0].cases.left_out == ""


# ---------------------------------------------------------------------------------- two runs


def test_between_two_runs_what_broke_is_named_with_both_sides() -> None:
    cases = [data.case(f"case-{i}") for i in range(20)]
    made = data.suite("arithmetic", cases=cases, columns=[data.column("greedy", temperature=0)])

    def run(id: str, *bad: int):
        trials = failing(*bad)(made)
        return data.manifest([made], trials, id=id), trials

    new, old = run("20261124T101500Z-zzzz", *range(8)), run("20261123T101500Z-k3f9", 0)
    view = view_of(compare_runs(new, old))
    assert view.broken.heading == "What broke"
    assert view.broken.sentence.startswith("7 cases broke, 0 fixed. Net −35.0")
    first = view.broken.cases[0]
    assert first.before is not None
    assert (first.id, first.before.icon, first.now.icon) == ("case-1", "pass", "fail")
    assert [row.name for row in view.chapters[0].settings.rows] == [
        "greedy @ k3f9",
        "greedy @ zzzz",
    ]
    assert view.trust.again.startswith("evals compare 20261124T101500Z-zzzz 20261123T101500Z-k3f9")


# ---------------------------------------------------------------------------------- trust


def test_another_model_than_asked_is_a_reservation() -> None:
    def answers(suite: Suite) -> list[TrialResult]:
        return [data.trial(suite, c, suite.columns[0], model="cheaper-1") for c in suite.cases]

    trust = view_of(data.simple(answers)).trust
    assert trust.heading == "With 1 reservation"
    assert trust.notes[0].text == f"Asked: {data.MODEL}. Answered: cheaper-1 (3)."


def test_differing_parameters_are_told_apart() -> None:
    table = view_of(two(a=0.5, b=0.5)).trust.parameters[0]
    differing = {row.name: [c.differs for c in row.cells] for row in table.rows}
    assert differing["temperature"] == [False, True]
    assert differing["model"] == [False, False]


# ---------------------------------------------------------------------------------- texts


def test_long_texts_are_cut_with_their_length() -> None:
    text = shown("x" * 1_000_000)
    assert len(text.text) == 2_000
    assert text.note == "The first 2,000 of 1,000,000 characters."


@given(st.text(), st.integers(1, 200))
def test_one_line_is_one_short_line_without_controls(text: str, longest: int) -> None:
    line = one_line(text, longest)
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", line)
    assert line == line.strip() or "[" in line


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("small-sum", 'pytest "s.yaml::small-sum[greedy]"'),
        ("$(rm -rf ~)", "pytest 's.yaml::$(rm -rf ~)[greedy]'"),
        ("it's `x`", "pytest 's.yaml::it'\"'\"'s `x`[greedy]'"),
    ],
)
def test_the_command_is_quoted_for_a_shell(case: str, expected: str) -> None:
    assert command("s.yaml", case, "greedy") == expected


@given(st.lists(st.text(), max_size=20))
def test_anchors_are_unique_and_plain(names: list[str]) -> None:
    anchors = Anchors()
    made = [anchors("case", name) for name in names]
    assert len(set(made)) == len(made)
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+", anchor) for anchor in made)


# ---------------------------------------------------------------------------------- plots

shares = st.floats(0, 1)


@given(st.lists(shares, min_size=1, max_size=10))
def test_an_axis_of_shares_holds_its_data_between_round_ends(values: list[float]) -> None:
    axis = plots.share_axis(values, left=6, right=162)
    assert 0 <= axis.low <= min(values)
    assert max(values) <= axis.high <= 1.0
    assert 2 <= len(axis.ticks) <= 8


@given(st.lists(st.floats(1e-3, 1e4), min_size=1, max_size=200))
def test_a_density_stays_inside_its_box(values: list[float]) -> None:
    axis = plots.log_axis(values, left=6, right=170, label=plots.time_label)
    path = plots.density(sorted(values), axis, height=26)
    heights = [float(y) for y in re.findall(r"L[\d.]+ ([\d.]+)", path)]
    assert heights
    assert min(heights) == 0
    assert max(heights) <= 26


@given(st.lists(st.floats(1e-3, 1e4), min_size=1, max_size=300))
def test_arrivals_never_fall_and_end_complete(values: list[float]) -> None:
    axis = plots.log_axis(values, left=44, right=540, label=plots.time_label)
    path = plots.arrivals(sorted(values), axis, top=16, bottom=270)
    ys = [float(y) for y in re.findall(r"V([\d.]+)", path)]
    assert ys == sorted(ys, reverse=True)
    assert ys[-1] == 16

"""The verdict: one line, by rules from gates, cases and errors."""

from __future__ import annotations

import pytest
import report_data as data
from msgspec.structs import replace

from evals.model import Comparison, Gate, Limits, Suite, TrialResult

MOST = Gate(text="accuracy >= 0.9", metric="accuracy", op=">=", limit=0.9)
SOON = Gate(text="latency.median <= 1s", metric="latency.median", op="<=", limit=1.0)


def test_a_run_whose_gates_hold_passed() -> None:
    verdict = data.view_of(data.simple(data.all_pass, gates=[data.HALF])).verdict
    assert (verdict.icon, verdict.heading) == ("pass", "Passed: 1 gate")


def passed(n_cases: int, *gates: Gate) -> str:
    """What is said of a run of which one case misses, as its suite allows."""
    cases = [data.case(f"c{i}", misses="allowed") for i in range(n_cases)]
    verdict = data.view_of(data.simple(data.failing(0), cases=cases, gates=gates)).verdict
    assert verdict.icon == "pass"
    return verdict.sentence.replace("\u202f", " ")


def test_allowed_misses_without_gates_are_not_said_to_fail_a_run() -> None:
    assert passed(20) == (
        "1 of 20 cases failed, which the suite allows. No gates are set: such a case fails no run."
    )
    cases = [data.case("c0", misses="allowed")]
    view = data.view_of(data.simple(data.failing(0), cases=cases))
    assert view.broken.sentence.endswith("the suite allows misses.")
    gated = data.view_of(data.simple(data.failing(0), cases=cases, gates=[data.HALF]))
    assert gated.broken.sentence.endswith("the suite allows misses, and the gates decide.")


def test_a_passed_run_names_its_narrowest_margin() -> None:
    said = passed(20, data.HALF, MOST)
    assert "The narrowest margin: accuracy >= 0.9, measured 95.0 %" in said


def test_the_margin_is_measured_by_the_interval_not_by_the_limits_size() -> None:
    latency = Gate(text="latency.mean <= 0.5s", metric="latency.mean", op="<=", limit=0.5)
    assert "The narrowest margin: accuracy >= 0.5" in passed(20, latency, data.HALF)


def test_what_is_exact_has_no_margin() -> None:
    none = Gate(text="errors == 0", metric="errors", op="==", limit=0)
    assert "The narrowest margin: accuracy >= 0.9" in passed(20, none, MOST)
    assert "margin" not in passed(20, none, replace(none, text="errors <= 0", op="<="))


def test_a_failed_gate_fails_the_verdict_with_what_it_measured() -> None:
    cases = [data.case(f"c{i}", misses="allowed") for i in range(20)]
    comparison = data.simple(data.failing(*range(15)), cases=cases, gates=[data.HALF, SOON])
    verdict = data.view_of(comparison).verdict
    assert (verdict.icon, verdict.heading) == ("fail", "Failed: 1 of 2 gates")
    assert verdict.sentence.startswith("accuracy >= 0.5: 25.0")


def test_without_gates_failing_cases_fail_the_verdict() -> None:
    verdict = data.view_of(data.simple(data.failing(1))).verdict
    assert (verdict.icon, verdict.heading) == ("fail", "Failed: 1 of 3 cases")


def test_without_gates_a_run_that_passed_says_so_in_cases() -> None:
    assert data.view_of(data.simple(data.all_pass)).verdict.heading == "Passed: 3 cases"


def test_misses_that_a_suite_allows_do_not_fail_the_verdict() -> None:
    assert "1 of 12 cases failed, which the suite allows." in passed(12, data.HALF)


def test_with_several_columns_a_case_has_a_result_in_each_and_that_is_said_once() -> None:
    columns = [data.column("greedy", temperature=0), data.column("warm", temperature=1)]
    verdict = data.view_of(data.simple(data.failing(0, 1), columns=columns)).verdict
    assert verdict.heading == "Failed: 4 of 6 case results"
    assert verdict.sentence.count("A case has one result in each column.") == 1
    alone = data.view_of(data.simple(data.failing(0, 1))).verdict
    assert "in each column" not in alone.heading + alone.sentence


def test_allowed_misses_in_several_columns_are_explained_too() -> None:
    cases = [data.case(f"c{i}", misses="allowed") for i in range(12)]
    columns = [data.column("greedy", temperature=0), data.column("warm", temperature=1)]
    comparison = data.simple(data.failing(3), cases=cases, columns=columns, gates=[data.HALF])
    assert data.view_of(comparison).verdict.sentence == (
        "2 of 24 case results failed, which the suite allows. A case has one result in each column."
    )


def test_a_run_of_errors_has_no_result_but_a_cause() -> None:
    view = data.view_of(data.simple(data.refused))
    assert (view.verdict.icon, view.verdict.heading) == ("error", "No result")
    assert "Connection refused by http://127.0.0.1:8080." in view.verdict.sentence
    assert not view.verdict.has_answers


def test_an_error_beyond_the_allowance_fails_an_otherwise_good_run() -> None:
    def answers(suite: Suite) -> list[TrialResult]:
        return [*data.refused(suite)[:1], *data.all_pass(suite)[1:]]

    assert data.view_of(data.simple(answers)).verdict.heading == "Failed: 1 error"
    allowed = data.view_of(data.simple(answers, limits=Limits(errors=1)))
    assert allowed.verdict.icon == "pass"


@pytest.mark.parametrize(
    ("mode", "asked_again"),
    [
        ("replay", "Run the same command again."),
        ("record", "the same command asks only what is missing."),
        ("refresh", "mode record asks only what is missing."),
        ("live", "The same command asks everything again."),
    ],
)
def test_a_stopped_run_is_incomplete_and_says_what_a_second_one_asks(
    mode: str, asked_again: str
) -> None:
    verdict = data.view_of(data.simple(data.all_pass, complete=False, mode=mode)).verdict
    assert verdict.heading == "Incomplete"
    assert verdict.sentence.endswith(asked_again)
    assert "resume" not in verdict.sentence.lower()


@pytest.mark.parametrize(
    "comparison",
    [data.simple(lambda suite: []), data.compare([], [])],
    ids=["no trial", "no suite"],
)
def test_a_run_of_nothing_says_so(comparison: Comparison) -> None:
    assert data.view_of(comparison).verdict.heading == "Nothing was run"


def test_a_run_of_skipped_suites_does_not_say_that_none_was_found() -> None:
    assert data.view_of(data.compare([], [])).verdict.sentence == "No trial was run."


def test_answers_that_are_only_recorded_are_no_pass() -> None:
    def answers(suite: Suite) -> list[TrialResult]:
        return [data.trial(suite, case, suite.columns[0], passed=None) for case in suite.cases]

    view = data.view_of(data.simple(answers))
    assert view.verdict.heading == "Recorded: 3 answers, none judged"
    assert view.chapters[0].cases.heading == "3 cases, none judged"


def test_the_title_says_what_the_verdict_says() -> None:
    view = data.view_of(data.simple(data.failing(1)))
    assert view.title == f"{view.verdict.heading}: arithmetic"

"""The text of one failed or unanswered case."""

from __future__ import annotations

import report_data as data

from evals.model import Suite, TrialResult
from evals.report.failure import explain


def explained(suite: Suite, *results: TrialResult, why: str) -> list[str]:
    text = explain(
        suite,
        "case-0[greedy]",
        results,
        why=why,
        body=data.request(results[0]),
        recording=lambda trial: None,
    )
    return text.splitlines()


def one_case() -> Suite:
    return data.suite("sums", cases=[data.case("case-0")], columns=[data.column("greedy")])


def test_a_missing_recording_is_told_once_and_with_how_to_record_it() -> None:
    suite = one_case()
    error = "no recording for sums/case-0: prompt edited\nRecord it: pytest --evals-mode record"
    result = data.trial(suite, suite.cases[0], suite.columns[0], error=error)
    assert explained(suite, result, why=error) == [
        *error.splitlines(),
        'again     pytest "suites/sums.eval.yaml::case-0[greedy]"',
    ]


def test_a_failure_begins_with_its_reason_and_tells_prompt_answer_and_checks() -> None:
    suite = one_case()
    result = data.trial(suite, suite.cases[0], suite.columns[0], passed=False, text="six")
    assert explained(suite, result, why="contains: 5 is not in the answer") == [
        "contains: 5 is not in the answer",
        "system    Answer with the number only.",
        "user      What is case-0?",
        "sample 0  six",
        "  FAIL  contains: 5 is not in the answer",
        "expected  5",
        'again     pytest "suites/sums.eval.yaml::case-0[greedy]"',
    ]

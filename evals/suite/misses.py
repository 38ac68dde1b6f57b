"""`misses: allowed` takes the judgement from cases: gates must have it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from evals.model import Case, Gate
from evals.suite.problems import Problems
from evals.suite.written import WrittenSuite, each_test

_NAMED = 3  # cases
_DETAILS = ("add a gate over the suite, such as accuracy >= 0.9",)


def check_misses(
    written: WrittenSuite,
    judging: Sequence[Gate],
    problems: Problems,
    *,
    cases: Iterable[Case],
    reference: str,
) -> None:
    """Refuse allowed misses where no gate looks at answers; warn of cases that none covers.

    `judging` are the gates that look at answers.
    """
    if not judging:
        _refuse(written, problems)
    elif problems.errors:
        return  # a gate or a case may be in what was left out
    elif all(gate.column not in (None, "all", reference) for gate in judging):
        if any(case.misses == "allowed" for case in cases):
            message = f"misses are allowed, but no gate judges the reference column, {reference}"
            problems.warn(("gates",), message, _DETAILS)
    elif all(gate.tag is not None or gate.cases is not None for gate in judging):
        _warn_of_cases(judging, problems, cases)


def _warn_of_cases(judging: Sequence[Gate], problems: Problems, cases: Iterable[Case]) -> None:
    left = [
        case.id
        for case in cases
        if case.misses == "allowed" and not any(_covers(gate, case) for gate in judging)
    ]
    if left:
        more = f" … and {len(left) - _NAMED:,} more" if len(left) > _NAMED else ""
        message = f"misses are allowed in cases that no gate judges: {', '.join(left[:_NAMED])}"
        problems.warn(("gates",), message + more, _DETAILS)


def _covers(gate: Gate, case: Case) -> bool:
    in_cases = gate.cases is None or case.id in gate.cases
    return in_cases and (gate.tag is None or gate.tag in case.tags)


def _refuse(written: WrittenSuite, problems: Problems) -> None:
    message = "misses are allowed, but no gate judges accuracy or a named metric"
    details = ("nothing would judge the suite: add a gate such as accuracy >= 0.9",)
    if written.misses == "allowed":
        problems.error(("misses",), message, details)
    if written.defaults.misses == "allowed":
        problems.error(("defaults", "misses"), message, details)
    for path, test in each_test(written.tests):
        if test.misses == "allowed":
            problems.error((*path, "misses"), message, details)

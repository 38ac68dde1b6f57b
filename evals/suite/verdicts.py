"""The checks of a trial on its answers, and what they have to ask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from evals.checks.asking import Context, together
from evals.checks.judge import Prepared
from evals.checks.ordered import is_last, judge_all, judging_all
from evals.model import Asks, Completion, Verdict
from evals.suite.spending import Spent, metered


class Exam(NamedTuple):
    """Checks, and the answer that they look at."""

    checks: tuple[Prepared, ...]
    completion: Completion
    context: Context


def verdicts(exams: Sequence[Exam]) -> Asks[tuple[tuple[Verdict, ...], Spent]]:
    """What all checks find, in their order, and what those that ask have spent."""
    if not any(check.asks for exam in exams for check in exam.checks):
        return tuple(chain.from_iterable(judge_all(*exam) for exam in exams)), Spent()
    found, spent = yield from metered(together(judging_all(*exam) for exam in exams))
    return tuple(chain.from_iterable(found)), spent


def asked_by(exams: Iterable[Exam]) -> Asks[None]:
    """The asking part: nothing but what checks ask."""
    yield from together(judging_all(*exam) for exam in _asking(exams))


def asks(checks: Iterable[Prepared]) -> bool:
    """Whether any of the checks needs answers of its own."""
    return any(check.asks for check in checks)


def _asking(exams: Iterable[Exam]) -> Iterator[Exam]:
    """The checks that ask; all of them, where such a one reads the scores of the others."""
    for exam in exams:
        asking = tuple(check for check in exam.checks if check.asks)
        if asking:
            yield exam if any(map(is_last, asking)) else exam._replace(checks=asking)

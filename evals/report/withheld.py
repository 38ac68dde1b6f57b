"""A comparison without what must not be shown: the same figures, but not the texts behind them."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec.structs import replace

from evals.model import Answer, CaseRow, Comparison, TrialError, TrialResult, TurnResult, Verdict

Part: TypeAlias = Literal["vars", "answers"]
PARTS: tuple[Part, ...] = ("vars", "answers")

_WITHHELD = "(withheld)"


def withheld(comparison: Comparison, parts: frozenset[Part]) -> Comparison:
    """Without the texts of cases (`vars`), of models (`answers`), or both.

    Reasons quote both and go with either, as do requests and tokens. Ids, tags, prompts as
    written in the suite and every figure stay.
    """
    return replace(
        comparison,
        suites=tuple(
            replace(suite, cases=tuple(_row(row, parts) for row in suite.cases))
            for suite in comparison.suites
        ),
    )


def _row(row: CaseRow, parts: frozenset[Part]) -> CaseRow:
    numbers: dict[str, int] = {}  # equal answers of a case stay equal
    trials = {
        side: tuple(_trial(trial, parts, numbers) for trial in of)
        for side, of in row.trials.items()
    }
    if "vars" in parts:
        return replace(row, vars={}, expected=None, trials=trials)
    return replace(row, trials=trials)


def _trial(trial: TrialResult, parts: frozenset[Part], numbers: dict[str, int]) -> TrialResult:
    shown = replace(
        trial,
        asked=(),  # by which requests and tokens would be found
        judges_asked=(),
        checks=tuple(_verdict(verdict) for verdict in trial.checks),
        error=None if trial.error is None else _error(trial.error),
        turns=tuple(_turn(turn, parts, numbers) for turn in trial.turns),
    )
    if "vars" in parts:
        shown = replace(shown, vars={}, expected=None)
    if "answers" in parts:
        shown = replace(shown, completion=_answer(trial.completion, numbers))
    return shown


def _verdict(verdict: Verdict) -> Verdict:
    inner = None if verdict.checks is None else tuple(_verdict(one) for one in verdict.checks)
    return replace(verdict, reason=_WITHHELD, extracted=None, checks=inner)


def _error(error: TrialError) -> TrialError:
    """Services quote what they were asked."""
    return TrialError(
        kind=error.kind, message=_WITHHELD, status=error.status, retryable=error.retryable
    )


def _turn(turn: TurnResult, parts: frozenset[Part], numbers: dict[str, int]) -> TurnResult:
    if "vars" in parts:
        turn = replace(turn, user=None if turn.user is None else _WITHHELD, tool=())
    if "answers" in parts:
        turn = replace(turn, completion=_answer(turn.completion, numbers))
    return replace(turn, not_run=None if turn.not_run is None else _WITHHELD)


def _answer(answer: Answer | None, numbers: dict[str, int]) -> Answer | None:
    if answer is None:
        return None
    number = numbers.setdefault(answer.text, len(numbers) + 1)
    return replace(answer, text=f"(answer {number}, withheld)", reasoning=None, tool_calls=())

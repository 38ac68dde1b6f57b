"""All checks of a test on one answer: those that read the scores of others come last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from evals.checks.asking import NO_CONTEXT, Context, together
from evals.checks.judge import Prepared, PreparedGroup
from evals.model import Asks, Completion, Verdict


def judge_all(
    checks: Sequence[Prepared], completion: Completion, context: Context = NO_CONTEXT
) -> tuple[Verdict, ...]:
    """The verdicts, in the order of the checks."""
    late = [is_last(check) for check in checks]
    if not any(late):
        return tuple(check.judge(completion, context) for check in checks)
    verdicts = {
        place: check.judge(completion, context)
        for place, check in enumerate(checks)
        if not late[place]
    }
    informed = with_metrics(context, verdicts.values())
    for place, check in enumerate(checks):
        if late[place]:
            verdicts[place] = check.judge(completion, informed)
    return tuple(verdicts[place] for place in range(len(checks)))


def judging_all(
    checks: Sequence[Prepared], completion: Completion, context: Context = NO_CONTEXT
) -> Asks[tuple[Verdict, ...]]:
    """As `judge_all`, of any checks: those that ask do so side by side."""
    verdicts: dict[int, Verdict] = {}
    for late in (False, True):
        places = [place for place, check in enumerate(checks) if is_last(check) is late]
        if late and places:
            context = with_metrics(context, verdicts.values())
        rulings = yield from together(checks[p].ruling(completion, context) for p in places)
        verdicts |= {place: ruling.verdict for place, ruling in zip(places, rulings, strict=True)}
    return tuple(verdicts[place] for place in range(len(checks)))


def is_last(check: Prepared) -> bool:
    """Whether it reads the scores of the others, or is a group with a member that does."""
    if isinstance(check, PreparedGroup):
        return any(is_last(member) for member in check.members)
    return check.type.last


def with_metrics(context: Context, verdicts: Iterable[Verdict]) -> Context:
    """The context with the scores by metric; None where the check is in error."""
    return msgspec.structs.replace(context, metrics=dict(_metrics(verdicts)))


def _metrics(verdicts: Iterable[Verdict]) -> Iterable[tuple[str, float | None]]:
    for verdict in verdicts:
        if verdict.metric is not None:
            yield verdict.metric, verdict.score
        yield from _metrics(verdict.checks or ())

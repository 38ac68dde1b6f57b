"""Three-valued logic: None is a check that could not be made, which matters only if it decides."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from evals.model import Group, Verdict

Truth: TypeAlias = bool | None


class Ruling(NamedTuple):
    """A verdict and what it counts for: as written, and where a group around it is negated.

    The two are opposites, but for a check that found nothing to judge: it fails both ways.
    """

    verdict: Verdict
    holds: Truth
    denied: Truth
    asked: bool = True  # False: not asked, since the others may decide


def unasked(label: str, weight: float) -> Ruling:
    """Stands for a member until it is asked."""
    verdict = Verdict(type=label, passed=None, score=None, reason="not asked", weight=weight)
    return Ruling(verdict, None, None, asked=False)


def all_of(truths: Sequence[Truth]) -> Truth:
    """False if any is false, whatever the others say; else None if any is unknown."""
    return at_least(len(truths), truths)


def any_of(truths: Sequence[Truth]) -> Truth:
    """True if any is true, whatever the others say; else None if any is unknown."""
    return at_least(1, truths)


def at_least(n: int, truths: Sequence[Truth]) -> Truth:
    """True once `n` are true, False once `n` cannot be reached, else None."""
    sure = sum(truth is True for truth in truths)
    possible = sum(truth is not False for truth in truths)
    if sure >= n:
        return True
    return False if possible < n else None


def weighted_mean(verdicts: Sequence[Verdict]) -> float:
    """The mean of the scores by weight; a verdict without a score counts 0."""
    total = math.fsum(verdict.weight for verdict in verdicts)
    return math.fsum(verdict.weight * (verdict.score or 0.0) for verdict in verdicts) / total


def decide(group: Group, rulings: Sequence[Ruling]) -> Ruling:
    """The group's ruling; members of weight 0 are shown and decide nothing."""
    deciding, need = _deciding(group, rulings)
    holds, denied = _truths(need, deciding)
    passed = denied if group.negate else holds
    verdict = Verdict(
        type=group.label,
        passed=passed,
        score=None if passed is None else _score(group, need, deciding, holds or passed),
        reason=_reason(group, need, deciding, passed),
        metric=group.metric,
        weight=group.weight,
        name=group.name,
        turn=group.turn,
        checks=tuple(ruling.verdict for ruling in rulings if ruling.asked),
    )
    return Ruling(verdict, passed, holds if group.negate else denied)


def is_decided(group: Group, rulings: Sequence[Ruling]) -> bool:
    """Whether nothing that is not known yet could change what the group counts for."""
    deciding, need = _deciding(group, rulings)
    return None not in _truths(need, deciding)


def _deciding(group: Group, rulings: Sequence[Ruling]) -> tuple[list[Ruling], int]:
    """The members that decide, and how many of them must hold."""
    deciding = [ruling for ruling in rulings if ruling.verdict.weight > 0]
    return deciding, {"all": len(deciding), "any": 1}.get(group.kind, group.n)


def _truths(need: int, deciding: Sequence[Ruling]) -> tuple[Truth, Truth]:
    """Whether enough members hold, and whether enough are denied."""
    holds = at_least(need, [ruling.holds for ruling in deciding])
    denied = at_least(len(deciding) - need + 1, [ruling.denied for ruling in deciding])
    return holds, denied


def _score(group: Group, need: int, deciding: Sequence[Ruling], some_way: Truth) -> float:
    """Mean, maximum, or share of `n` reached; a member in error counts 0, one not asked nothing.

    A group that fails as written and under `not-` (nothing to judge) scores 0.
    """
    verdicts = [ruling.verdict for ruling in deciding if ruling.asked]
    if group.kind == "all":
        score = weighted_mean(verdicts)
    elif group.kind == "any":
        score = max(verdict.score or 0.0 for verdict in verdicts)
    else:
        score = min(1.0, sum(verdict.passed is True for verdict in verdicts) / need)
    if not group.negate:
        return score
    return 1.0 - score if some_way else 0.0


def _reason(group: Group, need: int, deciding: Sequence[Ruling], passed: Truth) -> str:
    verdicts = [ruling.verdict for ruling in deciding if ruling.asked]
    unneeded = [ruling.verdict.type for ruling in deciding if not ruling.asked]
    met = sum(verdict.passed is True for verdict in verdicts)
    errors = [verdict for verdict in verdicts if verdict.passed is None]
    told = f"{met} of {len(verdicts)} passed"
    if group.kind == "at-least":
        told += f", {need} needed"
    if unneeded:
        told += f", {', '.join(unneeded)} not asked: the others decide"
    if errors:
        told += f", {len(errors)} in error"
    if passed is None:
        return f"{told}; undecided without {errors[0].type}: {errors[0].reason}"
    if passed is False:
        wrong = [r.verdict for r in deciding if (r.denied if group.negate else r.holds) is False]
        return f"{told}; " + "; ".join(f"{v.type}: {v.reason}" for v in wrong[:3])
    return told

"""Samples that were taken whatever the answers were: what sides of unlike sampling can share.

A case of adaptive samples stops where chance was on the way to the decision, so that its share lies
further from its limit than its rate does. Against a side that was sampled in the same way that is
no matter, against any other it would be taken for a change.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from evals.comparison.sameness import Answers
from evals.model import Case

__all__ = ["Rule", "alike", "rule_of"]

Rule: TypeAlias = tuple[int, int, float]
"""At least, at most, and the pass rate that is decided about."""


def rule_of(case: Case) -> Rule | None:
    """How its samples are decided upon; None where their number is fixed."""
    least = case.repeat.least
    return None if least is None else (least, case.repeat.samples, case.min_pass_rate)


def alike(
    judged: Mapping[str, Answers],
    reference: Mapping[str, Answers],
    rules: Mapping[str, tuple[Rule | None, Rule | None]],
) -> tuple[Mapping[str, Answers], Mapping[str, Answers], int]:
    """Both sides, cases of unlike rules with their first samples only, and how many those are."""
    if not rules:
        return judged, reference, 0
    sides = dict(judged), dict(reference)
    cut = 0
    for case, (here, there) in rules.items():
        if here == there or not all(case in side for side in sides):
            continue
        least = min(rule[0] for rule in (here, there) if rule is not None)
        known = [side[case] for side in sides]
        sides[0][case], sides[1][case] = (_first(one, least) for one in known)
        cut += [*sides[0][case].values, *sides[1][case].values] != [
            value for one in known for value in one.values
        ]
    return *sides, cut


def _first(answers: Answers, count: int) -> Answers:
    parts = {
        leaf: part._replace(values=part.values[:count]) for leaf, part in answers.parts.items()
    }
    return answers._replace(values=answers.values[:count], parts=parts)

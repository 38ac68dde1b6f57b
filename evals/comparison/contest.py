"""One comparison of a gate: two sides' answers to the same cases, and what is set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec

from evals.comparison import words
from evals.comparison.circumstances import UNKNOWN, Circumstances
from evals.comparison.sameness import Answers
from evals.model import Derived, Finding, Gate, GateOutcome

__all__ = ["Contest", "blank", "ended"]


@dataclass(frozen=True)
class Contest:
    """What the gate's column answered, and what the other side did."""

    blank: Finding  # of the column, not evaluated
    judged: Mapping[str, Answers]
    reference: Mapping[str, Answers]
    here: Circumstances = UNKNOWN
    there: Circumstances = UNKNOWN
    cut: int = 0  # cases of which only the first samples are compared

    @cached_property
    def shared(self) -> list[str]:
        """Cases of one id whose vars and turns are the same."""
        sides = self.judged, self.reference
        return [case for case, one in sides[0].items() if _hash(sides[1], case) == one.hash]

    @property
    def changed(self) -> int:
        return sum(case in self.reference for case in self.judged) - len(self.shared)

    @property
    def alone(self) -> int:
        """Cases that one side alone has."""
        return len(self.judged.keys() ^ self.reference.keys())

    @cached_property
    def n_errors(self) -> int:
        return sum(self.judged[case].errors + self.reference[case].errors for case in self.shared)

    @cached_property
    def is_same(self) -> bool:
        """Whether both sides are the same recorded answers, to the last trial."""
        return all(
            self.judged[case].recordings
            and self.judged[case].recordings == self.reference[case].recordings
            for case in self.shared
        )

    def set_aside(self) -> str:
        """`9 cases set aside (4 changed, 5 on one side only)`."""
        counted = ((self.changed, "changed"), (self.alone, "on one side only"))
        parts = [f"{words.count(n)} {what}" for n, what in counted if n]
        if not parts:
            return ""
        aside = words.plural(self.changed + self.alone, "case")
        told = f"{aside} set aside ({', '.join(parts)})"
        most = max(len(self.judged), len(self.reference))
        if self.shared and len(self.shared) < 0.9 * most:
            told += f": only {words.count(len(self.shared))} of {words.count(most)} are shared"
        return told

    def flips(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The cases that were lost and gained: the majority of their samples changed sides."""
        sides = [
            (case, _majority(self.reference[case]), _majority(self.judged[case]))
            for case in self.shared
        ]
        lost = tuple(case for case, before, now in sides if now < 0 < before)
        return lost, tuple(case for case, before, now in sides if before < 0 < now)

    def judged_differently(self) -> str:
        """`, judged differently in 2 of 300 cases`."""
        n = sum(
            list(self.judged[case].values) != list(self.reference[case].values)
            for case in self.shared
        )
        of = words.plural(len(self.shared), "case")
        return f", judged differently in {words.count(n)} of {of}" if n else ""

    def first_samples(self) -> str:
        """`of 40 cases only the first samples, as adaptive ones are no fixed number`."""
        if not self.cut:
            return ""
        of = words.plural(self.cut, "case")
        return f"of {of} only the first samples, as the sides took theirs by unlike rules"

    def judged_anew(self) -> str:
        """`judged by other checks: 12 of 300 cases`."""
        sides = self.judged, self.reference
        n = sum(sides[0][case].checks != sides[1][case].checks for case in self.shared)
        of = words.plural(len(self.shared), "case")
        return f"judged by other checks: {words.count(n)} of {of}" if n else ""


def blank(suite: str, gate: Gate, column: str, *, derived: Derived | None = None) -> Finding:
    """The finding of a gate that was not evaluated."""
    return Finding(
        suite=suite,
        gate=gate.text,
        column=column,
        outcome="not_evaluated",
        metric=gate.metric,
        op=gate.op,
        limit=gate.limit,
        value=None,
        low=None,
        high=None,
        n_cases=0,
        n_trials=0,
        n_errors=0,
        reason="",
        against=None if gate.against is None else gate.against.name,
        derived=derived is not None,
        of=None if derived is None else derived.aggregates,
    )


def ended(finding: Finding, outcome: GateOutcome, said: Sequence[str]) -> Finding:
    """With its outcome, and a reason made of what is not empty."""
    return msgspec.structs.replace(finding, outcome=outcome, reason="; ".join(filter(None, said)))


def _majority(answers: Answers) -> float:
    """Positive where most samples passed, negative where most failed, 0 for a tie."""
    return 2 * sum(answers.values) - len(answers.values)


def _hash(answers: Mapping[str, Answers], case: str) -> str | None:
    return answers[case].hash if case in answers else None

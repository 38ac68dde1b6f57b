"""Marks: outcomes have a shape and a colour, sides have a shape, a colour and a dash."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, TypeAlias

from evals.model import Case, Frozen, GateOutcome, Side, TrialResult

Icon: TypeAlias = Literal["pass", "fail", "flaky", "error", "skip", "none", "undecided"]

_COLOURS = 4


class Mark(Frozen, frozen=True, kw_only=True):
    """An outcome: what is drawn, and the word that says the same."""

    icon: Icon
    word: str


PASS = Mark(icon="pass", word="pass")
FAIL = Mark(icon="fail", word="fail")
FLAKY = Mark(icon="flaky", word="samples disagree")
ERROR = Mark(icon="error", word="error")
SKIP = Mark(icon="skip", word="not run")
RECORDED = Mark(icon="none", word="recorded, not judged")

GATES: dict[GateOutcome, Mark] = {
    "fail": Mark(icon="fail", word="Failed"),
    "error": Mark(icon="error", word="Error"),
    "undecided": Mark(icon="undecided", word="Undecided"),
    "pass": Mark(icon="pass", word="Passed"),
    "same": Mark(icon="pass", word="Same"),
    "not_evaluated": Mark(icon="skip", word="Not evaluated"),
}


class SideMark(Frozen, frozen=True, kw_only=True):
    """How a side is told from the others; sides beyond the colours are grey with a number."""

    shape: Literal["circle", "square", "diamond", "triangle", "number"]
    css: str
    dash: str = ""
    number: str = ""


_SIDES = (
    SideMark(shape="circle", css="s1"),
    SideMark(shape="square", css="s2", dash="6 3"),
    SideMark(shape="diamond", css="s3", dash="1.5 2.5"),
    SideMark(shape="triangle", css="s4", dash="8 3 1.5 3"),
)


def side_marks(sides: Sequence[Side], front: Collection[str]) -> dict[str, SideMark]:
    """A mark for each side; with many sides only the reference and the front have colours."""
    if len(sides) <= _COLOURS:
        return {side.id: mark for side, mark in zip(sides, _SIDES, strict=False)}
    coloured = [sides[0].id, *(side.id for side in sides[1:] if side.id in front)][:_COLOURS]
    marks = dict(zip(coloured, _SIDES, strict=False))
    for number, side in enumerate(sides, start=1):
        grey = SideMark(shape="number", css="sn", dash="2 2", number=str(number))
        marks.setdefault(side.id, grey)
    return marks


class Tally:
    """What the samples of one case on one side came to."""

    __slots__ = ("errors", "fails", "passes", "unjudged")

    def __init__(self, trials: Sequence[TrialResult]) -> None:
        self.passes = self.fails = self.errors = self.unjudged = 0
        for trial in trials:
            if trial.outcome == "error":
                self.errors += 1
            elif trial.passed is not None:
                if trial.passed:
                    self.passes += 1
                else:
                    self.fails += 1
            elif trial.outcome == "pass":
                self.unjudged += 1

    @property
    def judged(self) -> int:
        return self.passes + self.fails

    @property
    def mark(self) -> Mark:
        if self.errors:
            return ERROR
        if self.fails:
            return FLAKY if self.passes else FAIL
        if self.passes:
            return PASS
        return RECORDED if self.unjudged else SKIP

    @property
    def counts(self) -> str:
        """`1/3` where samples disagree, `0/2, 1 error`; empty where the mark says it all."""
        if self.errors:
            errors = "1 error" if self.errors == 1 else f"{self.errors} errors"
            return f"{self.passes}/{self.judged}, {errors}" if self.judged else errors
        return f"{self.passes}/{self.judged}" if self.judged > 1 and self.fails else ""

    def fails_run(self, case: Case | None) -> bool:
        """Whether the case fails the run: fewer passes than it asks for, and not allowed to."""
        if not self.judged or (case is not None and case.misses == "allowed"):
            return False
        asked = 1.0 if case is None else case.min_pass_rate
        return self.passes / self.judged < asked - 1e-9

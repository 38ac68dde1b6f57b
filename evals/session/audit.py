"""Which assertions would accept a wrong answer: recorded answers are made wrong and judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from evals.answer import candidate
from evals.checks.judge import Prepared, PreparedCheck, PreparedGroup, conclude
from evals.checks.ordered import judge_all
from evals.errors import EvalsError, Place
from evals.model import Completion, Verdict
from evals.session.mutation import MUTATIONS, mutated
from evals.session.sources import Source
from evals.suite.cell import Cell

__all__ = ["Acceptance", "Audit", "Survivor", "audit"]

_TOUCHED = ("text", "tools")  # what the changes are made to


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """How often one assertion of a suite still passed, of the answers it passed before."""

    place: str
    check: str
    tried: dict[str, int]
    accepted: dict[str, int]


class Survivor(msgspec.Struct, frozen=True, kw_only=True):
    """A case whose test as a whole still passes with an answer that was made wrong."""

    name: str  # as pytest takes it
    sample: int
    change: str
    answer: str


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in one suite."""

    suite: str
    path: str
    answers: int  # recorded answers that were changed
    untried: dict[str, int]  # why answers were not tried, and how many
    assertions: tuple[Acceptance, ...]
    tests: Acceptance  # each test as a whole
    survivors: tuple[Survivor, ...]


@dataclass
class _Count:
    check: str
    tried: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MUTATIONS, 0))
    accepted: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MUTATIONS, 0))

    def add(self, change: str, passed: bool) -> None:
        self.tried[change] += 1
        self.accepted[change] += passed

    def acceptance(self, place: str) -> Acceptance:
        return Acceptance(
            place=place,
            check=self.check,
            tried=self.tried,
            accepted=self.accepted,
        )


def audit(source: Source) -> Audit:
    """Try every recorded answer that its test passes; asks nobody."""
    found = _Found()
    for cell, answers, others in _columns(source, found.untried):
        for sample, completion in answers:
            tried = _Tried(cell, completion)
            if not tried.touched:
                found.untried["nothing that decides looks at the text or the calls"] += 1
                continue
            if tried.whole and not tried.passes:
                found.untried["the answer fails as it is"] += 1
                continue
            found.answers += 1
            for change, wrong in mutated(completion, _another(completion, others)).items():
                if found.add(tried, change, tried.judged(wrong)):
                    name = f"{source.suite.path}::{cell.name}"
                    found.survivors.append(
                        Survivor(name=name, sample=sample, change=change, answer=wrong.text)
                    )
    return Audit(
        suite=source.suite.id,
        path=source.suite.path,
        answers=found.answers,
        untried=dict(found.untried),
        assertions=tuple(
            found.counts[name].acceptance(str(name[0])) for name in sorted(found.counts, key=_order)
        ),
        tests=found.tests.acceptance(source.suite.path),
        survivors=tuple(found.survivors),
    )


@dataclass
class _Found:
    """What was found so far in a suite."""

    answers: int = 0
    untried: Counter[str] = field(default_factory=Counter)
    counts: dict[tuple[Place, str], _Count] = field(default_factory=dict)
    tests: _Count = field(default_factory=lambda: _Count("the whole test"))
    survivors: list[Survivor] = field(default_factory=list)

    def add(self, tried: _Tried, change: str, verdicts: tuple[Verdict, ...]) -> bool:
        """Count what the assertions say of a wrong answer; whether the whole test passes it."""
        for check, before, after in zip(tried.checks, tried.verdicts, verdicts, strict=True):
            if _is_tried(check, before):
                name = _named(check)
                self.counts.setdefault(name, _Count(name[1])).add(change, after.passed is True)
        passed = tried.whole and conclude(tried.case, verdicts).outcome == "pass"
        if tried.whole:
            self.tests.add(change, passed)
        return passed


class _Tried:
    """A cell's checks on one answer, and on what was made of it; those that ask are left out."""

    def __init__(self, cell: Cell, completion: Completion) -> None:
        self.case = cell.case
        self.checks = tuple(check for check in cell.checks if not check.asks)
        self._context = cell.context
        self.verdicts = self.judged(completion)
        self.passes = conclude(self.case, self.verdicts).outcome == "pass"
        self.touched = any(check.weight > 0 and _touches(check) for check in cell.checks)
        self.whole = not any(check.asks and check.weight > 0 for check in cell.checks)

    def judged(self, completion: Completion) -> tuple[Verdict, ...]:
        return judge_all(self.checks, completion, self._context)


Sampled = tuple[int, Completion]


def _columns(
    source: Source, untried: Counter[str]
) -> Iterator[tuple[Cell, list[Sampled], Sequence[Completion]]]:
    """Every judged cell with its recorded answers, and the first answers of its column."""
    columns: dict[str, list[tuple[Cell, list[Sampled]]]] = {}
    for cell in source.opened.cells:
        if cell.turns:
            untried["it is a conversation"] += cell.least
        elif cell.case.skip is None and cell.case.judged:
            answers = list(_answers(source, cell, untried))
            columns.setdefault(cell.column.id, []).append((cell, answers))
    for cells in columns.values():
        firsts = [answers[0][1] for _, answers in cells if answers]
        for place, (cell, answers) in enumerate(cells):
            yield cell, answers, firsts[place + 1 :] + firsts[: place + 1]


def _answers(source: Source, cell: Cell, untried: Counter[str]) -> Iterator[Sampled]:
    for sample in range(cell.samples):
        try:
            answer = source.lookup(cell.request(sample // cell.candidates))
            yield sample, candidate(answer, sample % cell.candidates)
        except EvalsError:
            untried["nothing is recorded"] += sample < cell.least


def _another(completion: Completion, others: Sequence[Completion]) -> Completion | None:
    """The next answer of the column that says something else."""
    own = _plain(completion.text), completion.tool_calls
    return next((one for one in others if (_plain(one.text), one.tool_calls) != own), None)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _is_tried(check: Prepared, before: Verdict) -> bool:
    """Whether the changes concern the check, and it passed the answer as it was."""
    return before.passed is True and before.weight > 0 and _touches(check)


def _touches(check: Prepared) -> bool:
    if isinstance(check, PreparedGroup):
        return any(map(_touches, check.members))
    return check.type.judges in _TOUCHED


def _named(check: Prepared) -> tuple[Place, str]:
    """Where the assertion stands, and its type as written."""
    written = check.check if isinstance(check, PreparedCheck) else check.group
    return written.place or Place(""), written.label


def _order(name: tuple[Place, str]) -> tuple[str, int, int, str]:
    place, label = name
    return place.path, place.line, place.column, label

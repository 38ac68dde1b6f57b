"""How often gates flip with nothing changed: recorded samples against samples of the same run.

The samples of every case are split at random into two halves, many times over; nothing is asked. A
gate that compares judges one half against the other, a gate with a limit is judged on both. As
nothing changed between the halves, whatever it finds is chance.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from evals.comparison import findings
from evals.comparison.cells import Cells, answered, columns_of, errored
from evals.comparison.contest import Contest, blank
from evals.comparison.figures import compare_any
from evals.comparison.gates import judge_gates
from evals.comparison.metrics import Metrics, metrics_of
from evals.comparison.readings import seed_of
from evals.comparison.sameness import answers_of
from evals.model import Finding, Frozen, Gate, Suite, TrialResult

__all__ = ["GateAudit", "audit_gates"]


class GateAudit(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """One gate in one column; `flips` counts splits, None where there is nothing to split."""

    suite: str
    gate: str
    column: str
    compares: bool
    splits: int
    flips: int | None
    sees: str  # what the gate could detect, with all samples
    n_cases: int
    n_samples: int  # of a case, at most; each half has half of them
    n_errors: int  # of all samples, on both sides of a gate that compares


def audit_gates(
    suite: Suite, trials: Sequence[TrialResult], *, found: Sequence[Finding], splits: int
) -> list[GateAudit]:
    """A line for each gate and column of `found`, the findings of the run."""
    halves = _Halves(suite, trials)
    draw = random.Random(seed_of(suite, "halves"))
    flips: dict[tuple[str, str], int] = {}
    if halves.samples > 1:
        for _ in range(splits):
            for gate, column, flipped in halves.judged(draw):
                flips[gate, column] = flips.get((gate, column), 0) + flipped
    return [_line(finding, suite, flips, halves.samples, splits) for finding in found]


def _line(
    finding: Finding,
    suite: Suite,
    flips: Mapping[tuple[str, str], int],
    samples: int,
    splits: int,
) -> GateAudit:
    return GateAudit(
        suite=suite.id,
        gate=finding.gate,
        column=finding.column,
        compares=finding.against is not None,
        splits=splits,
        flips=flips.get((finding.gate, finding.column)),
        sees=_sees(finding),
        n_cases=finding.n_cases,
        n_samples=samples,
        n_errors=finding.n_errors,
    )


def _sees(finding: Finding) -> str:
    """`a drop of about 9 points`; of a limit, how far from it a value has to be."""
    if finding.against is not None:
        parts = (part for part in finding.reason.split("; ") if part.startswith("could have seen "))
        return next(parts, "").removeprefix("could have seen ").partition(",")[0]
    if finding.value is None or finding.low is None or finding.high is None:
        return "a fact" if findings.is_fact(finding.metric) else ""
    # Half the interval is 1.96 standard errors; 80 % of runs see 2.8 of them.
    reach = (finding.high - finding.low) / 2 * (1.96 + 0.8416) / 1.96
    return f"{findings.distance(finding, reach)} from its limit"


class _Halves:
    """The answered and errored trials of a suite, split case by case."""

    def __init__(self, suite: Suite, trials: Sequence[TrialResult]) -> None:
        self._suite = suite
        self._metrics: Metrics = metrics_of(suite)
        self._columns = columns_of(suite, (t for t in trials if answered(t) or errored(t)))
        sizes = (len(each) for cells in self._columns.values() for each in cells.values())
        self.samples = max(sizes, default=0)
        limits = tuple(gate for gate in suite.gates if gate.against is None)
        self._limited = msgspec.structs.replace(suite, gates=limits)

    def judged(self, draw: random.Random) -> Iterator[tuple[str, str, bool]]:
        """Of one split: gate, column, and whether the gate flipped."""
        pairs = {column: _split(cells, draw) for column, cells in self._columns.items()}
        one, other = ([pair[i] for pair in pairs.values()] for i in (0, 1))
        both = zip(self._outcomes(one), self._outcomes(other), strict=True)
        yield from ((a.gate, a.column, a.outcome != b.outcome) for a, b in both)
        for gate in self._suite.gates:
            if gate.against is not None:
                for finding in self._compared(gate, pairs):
                    yield gate.text, finding.column, finding.outcome == "fail"

    def _outcomes(self, half: Sequence[Cells]) -> tuple[Finding, ...]:
        trials = [trial for cells in half for each in cells.values() for trial in each]
        return judge_gates(self._limited, trials, selected=True)

    def _compared(self, gate: Gate, pairs: Mapping[str, tuple[Cells, Cells]]) -> list[Finding]:
        contests = []
        for column in _columns(gate, self._suite):
            old, new = (
                answers_of(gate.metric, _part(gate, half), self._metrics, {})
                for half in pairs[column]
            )
            derived = self._metrics.derived.get(gate.metric)
            nothing = blank(self._suite.id, gate, column, derived=derived)
            contests.append(Contest(nothing, new, old))
        return compare_any(gate, contests, self._suite, self._metrics.derived)


def _columns(gate: Gate, suite: Suite) -> list[str]:
    if gate.column != "all":
        return [gate.column or suite.reference]
    versus = None if gate.against is None else gate.against.column
    return [column.id for column in suite.columns if column.id != versus]


def _part(gate: Gate, cells: Cells) -> Cells:
    return Cells(
        (case, trials)
        for case, trials in cells.items()
        if (gate.cases is None or case in gate.cases)
        and (gate.tag is None or gate.tag in trials[0].tags)
    )


def _split(cells: Cells, draw: random.Random) -> tuple[Cells, Cells]:
    """Two halves of the samples of each case; of an odd number one is left out."""
    halves = Cells(), Cells()
    for case, trials in cells.items():
        shuffled = draw.sample(trials, len(trials))
        half = len(shuffled) // 2
        if half:
            halves[0][case], halves[1][case] = shuffled[:half], shuffled[half : 2 * half]
    return halves

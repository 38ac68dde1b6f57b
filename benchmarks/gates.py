"""Whether comparing gates and intervals do what they say, by simulation with a fixed seed.

python -m benchmarks.gates            # 1,000 runs a line: some minutes
python -m benchmarks.gates --quick    # 60 runs a line: whether it runs at all

A line draws cases of different difficulty and asks them twice. Nothing changed: how often does the
`regression` gate fail? Then the candidate gets truly worse, by just the drop that the gate said it
could have seen: how often does it fail now? It is worse in two ways: a share of cases "breaks" and
never passes again, or every case passes "less" often.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from evals.comparison.contest import Contest, blank
from evals.comparison.paired import Pairs, detectable_drop, pairs_of
from evals.comparison.sameness import Answers
from evals.comparison.versus import compare
from evals.model import Against, Finding, Gate
from evals.stats import accuracy_interval, paired_interval

GATE = Gate(
    text="accuracy versus old",
    metric="accuracy",
    op=">=",
    limit=0.0,
    column="new",
    against=Against(column="old"),
)
ALPHA, POWER, COVERAGE = 0.05, 0.8, 0.95
SEED = 20261123

Rates: TypeAlias = Sequence[float]
"""The chance of each case to pass."""

Outcomes: TypeAlias = Sequence[Sequence[float]]


class Design(NamedTuple):
    cases: int
    samples: int
    shape: tuple[float, float]  # of the Beta distribution of the cases' chances
    clusters: int = 0

    @property
    def mean(self) -> float:
        return self.shape[0] / sum(self.shape)

    @property
    def label(self) -> str:
        """For the table; steady cases pass nearly always or nearly never."""
        steady = ", steady cases" if self.shape == STEADY else ""
        return f"{self}{steady}".replace(" x ", " × ").replace("%", " %")

    def __str__(self) -> str:
        clusters = f" in {self.clusters} clusters" if self.clusters else ""
        return f"{self.cases:,} x {self.samples}{clusters}, {self.mean:.0%}"


STEADY, USUAL, NEARLY_ALL = (1.2, 0.3), (4.0, 1.0), (19.0, 1.0)
DESIGNS = (
    Design(60, 1, USUAL),
    Design(100, 1, USUAL),
    Design(300, 1, USUAL),
    Design(300, 1, STEADY),
    Design(300, 1, NEARLY_ALL),
    Design(1000, 1, USUAL),
    Design(60, 3, USUAL),
    Design(100, 5, STEADY),
    Design(300, 3, NEARLY_ALL),
    Design(200, 1, USUAL, clusters=20),
)


class Line(NamedTuple):
    """What came of one design: shares of runs, and the median of the drops that were stated."""

    design: Design
    false_alarms: float
    stated: float
    found_broken: float
    found_less: float
    covers_accuracy: float
    covers_difference: float


def rates_of(design: Design, draw: random.Random) -> list[float]:
    """Cases of one cluster are equally difficult."""
    if not design.clusters:
        return [draw.betavariate(*design.shape) for _ in range(design.cases)]
    levels = [draw.betavariate(*design.shape) for _ in range(design.clusters)]
    return [levels[i % design.clusters] for i in range(design.cases)]


def ask(rates: Rates, design: Design, draw: random.Random) -> list[list[float]]:
    return [[float(draw.random() < rate) for _ in range(design.samples)] for rate in rates]


def broken(rates: Rates, drop: float, design: Design, draw: random.Random) -> list[float]:
    """A share of the cases, or of the clusters, never passes again."""
    share = drop / design.mean
    if design.clusters:
        gone = [draw.random() < share for _ in range(design.clusters)]
        return [0.0 if gone[i % design.clusters] else rate for i, rate in enumerate(rates)]
    return [0.0 if draw.random() < share else rate for rate in rates]


def less(rates: Rates, drop: float, design: Design, draw: random.Random) -> list[float]:
    """Every case passes less often."""
    return [rate * (1 - drop / design.mean) for rate in rates]


Worsen: TypeAlias = Callable[[Rates, float, Design, random.Random], list[float]]


def sides(old: Outcomes, new: Outcomes, design: Design) -> Contest:
    return Contest(blank("s", GATE, "new"), _answers(new, design), _answers(old, design))


def _answers(outcomes: Outcomes, design: Design) -> dict[str, Answers]:
    return {
        str(i): Answers("", "", values, 0, str(i % design.clusters) if design.clusters else None)
        for i, values in enumerate(outcomes)
    }


def judged(contest: Contest) -> Finding:
    """As the gate of a suite is judged."""
    return compare(GATE, [contest], seed=1)[0]


def pairs(contest: Contest) -> Pairs:
    return pairs_of(contest.judged, contest.reference, contest.shared)


def simulated(design: Design, runs: int) -> Line:
    draw = random.Random(f"{SEED} {design}")
    alarms, stated, covered, covered_d = 0, [], 0, 0
    found: dict[Worsen, list[bool]] = {broken: [], less: []}
    for _ in range(runs):
        rates = rates_of(design, draw)
        old = ask(rates, design, draw)
        contest = sides(old, ask(rates, design, draw), design)
        finding = judged(contest)
        alarms += finding.outcome == "fail"
        covered += _covers_accuracy(old, design)
        drop = detectable_drop(pairs(contest), alpha=ALPHA)
        if drop is None or drop >= design.mean:
            continue
        stated.append(drop)
        for worsen, results in found.items():
            worse = ask(worsen(rates, drop, design, draw), design, draw)
            results.append(judged(sides(old, worse, design)).outcome == "fail")
            covered_d += _covers_drop(old, worse, drop, design)
    return Line(
        design=design,
        false_alarms=alarms / runs,
        stated=sorted(stated)[len(stated) // 2],
        found_broken=sum(found[broken]) / len(stated),
        found_less=sum(found[less]) / len(stated),
        covers_accuracy=covered / runs,
        covers_difference=covered_d / (len(stated) * len(found)),
    )


def _clusters(design: Design) -> list[str] | None:
    return [str(i % design.clusters) for i in range(design.cases)] if design.clusters else None


def _covers_accuracy(outcomes: Outcomes, design: Design) -> bool:
    found = accuracy_interval(outcomes, clusters=_clusters(design))
    assert found.low is not None
    assert found.high is not None
    return found.low <= design.mean <= found.high


def _covers_drop(old: Outcomes, new: Outcomes, drop: float, design: Design) -> bool:
    found = paired_interval(a=old, b=new, clusters=_clusters(design))
    assert found.low is not None
    assert found.high is not None
    return found.low <= -drop <= found.high


HEADS = (
    *("cases x samples, accuracy", "false alarms", "could see", "found: broken", "found: less"),
    *("covers accuracy", "covers difference"),
)


def table(lines: Sequence[Line]) -> Iterator[str]:
    """As Markdown, for the documentation."""
    yield f"| {' | '.join(HEADS)} |"
    yield f"| {' | '.join(['---'] * len(HEADS))} |"
    for line in lines:
        shares = (line.found_broken, line.found_less, line.covers_accuracy, line.covers_difference)
        cells = (
            line.design.label,
            f"{line.false_alarms * 100:.1f} %",
            f"{line.stated * 100:.1f} points",
            *(f"{share * 100:.0f} %" for share in shares[:2]),
            *(f"{share * 100:.1f} %" for share in shares[2:]),
        )
        yield f"| {' | '.join(cells)} |"


def out_of_bounds(lines: Sequence[Line], runs: int) -> list[str]:
    """What is not as promised, by more than 2.6 standard errors of a simulation of so many runs."""

    def slack(share: float) -> float:
        return 2.6 * math.sqrt(share * (1 - share) / runs)

    wrong = []
    for line in lines:
        if line.false_alarms > ALPHA + slack(ALPHA):
            wrong.append(f"{line.design}: false alarms in {line.false_alarms:.1%} of runs")
        wrong += [
            f"{line.design}: the stated drop is found in {share:.1%} of runs"
            for share in (line.found_broken, line.found_less)
            if share < POWER - slack(POWER)
        ]
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="60 runs a line, three lines")
    parser.add_argument("--runs", type=int, default=1000)
    options = parser.parse_args()
    runs = 60 if options.quick else options.runs
    lines = [simulated(design, runs) for design in (DESIGNS[:3] if options.quick else DESIGNS)]
    print(f"{runs:,} runs a line, seed {SEED}")
    for text in table(lines):
        print(text)
    wrong = out_of_bounds(lines, runs)
    for text in wrong:
        print(f"not as promised: {text}")
    return len(wrong)


if __name__ == "__main__":
    raise SystemExit(main())

"""What the samples of a column show: the cases that disagree, and what more samples would help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evals.comparison import words
from evals.model import Frozen, Noise, Side, SuiteComparison
from evals.report.texts import one_line

__all__ = ["Samples", "samples_of"]

_SHOWN = 5


class Samples(Frozen, frozen=True, kw_only=True):
    """One column; `cases` are id and counts, those that disagree most first."""

    name: str
    heading: str
    cases: tuple[tuple[str, str], ...]
    more: str  # how many adaptive ones were taken, what more samples would help


def samples_of(suite: SuiteComparison, names: Mapping[str, str]) -> tuple[Samples, ...]:
    """A line for each column with several samples a case."""
    return tuple(
        _of(side, side.noise, names[side.id], _adaptive(suite, side))
        for side in suite.sides
        if side.noise is not None
    )


def taken(suite: SuiteComparison, sides: Sequence[Side]) -> tuple[int, int] | None:
    """The samples of adaptive cases in some columns, and how many they were at most."""
    most = {
        case.id: case.repeat.samples for case in suite.suite.cases if case.repeat.least is not None
    }
    found = [
        (len(trials), most[row.id])
        for row in suite.cases
        if row.id in most
        for side in sides
        if (trials := row.trials.get(side.id)) and trials[0].outcome != "skipped"
    ]
    return (sum(n for n, _ in found), sum(n for _, n in found)) if found else None


def _adaptive(suite: SuiteComparison, side: Side) -> str:
    """`Adaptive: 27 of at most 40 samples were taken.`"""
    found = taken(suite, (side,))
    if found is None:
        return ""
    n, most = found
    return f"Adaptive: {words.count(n)} of at most {words.count(most)} samples were taken."


def _of(side: Side, noise: Noise, name: str, adaptive: str) -> Samples:
    of = words.plural(side.accuracy.n_cases, "case")
    flaky = f"{words.count(len(side.flaky))} of {of} disagree with themselves"
    return Samples(
        name=name,
        heading=flaky if side.flaky else f"the samples of each of {of} agree",
        cases=tuple(
            (one_line(each.id, 60), f"{each.passes}/{each.samples}") for each in side.flaky[:_SHOWN]
        ),
        more=" ".join(filter(None, (adaptive, _more(noise, side) if side.flaky else ""))),
    )


def _more(noise: Noise, side: Side) -> str:
    """`twice the samples would narrow the interval by 9 %, ever more by 21 % at most`."""
    doubled, most = (1 - se / noise.se for se in (noise.se_doubled, noise.se_least))
    if most < 0.005:
        return "More samples would not narrow the interval of its accuracy; more cases would."
    return (
        f"Twice the samples would narrow the interval of its accuracy by about "
        f"{doubled * 100:.0f}{words.NARROW}%, ever more samples by {most * 100:.0f}{words.NARROW}% "
        f"at most (n = {words.count(side.accuracy.n_cases)}); the rest takes more cases."
    )

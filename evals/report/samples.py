"""What the samples of a column show: the cases that disagree, and what more samples would help."""

from __future__ import annotations

from collections.abc import Mapping

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
    more: str  # what more samples would help


def samples_of(suite: SuiteComparison, names: Mapping[str, str]) -> tuple[Samples, ...]:
    """A line for each column with several samples a case."""
    return tuple(
        _of(side, side.noise, names[side.id]) for side in suite.sides if side.noise is not None
    )


def _of(side: Side, noise: Noise, name: str) -> Samples:
    of = words.plural(side.accuracy.n_cases, "case")
    flaky = f"{words.count(len(side.flaky))} of {of} disagree with themselves"
    return Samples(
        name=name,
        heading=flaky if side.flaky else f"the samples of each of {of} agree",
        cases=tuple(
            (one_line(each.id, 60), f"{each.passes}/{each.samples}") for each in side.flaky[:_SHOWN]
        ),
        more=_more(noise, side) if side.flaky else "",
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

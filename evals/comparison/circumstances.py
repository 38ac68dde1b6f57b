"""Under which circumstances times were recorded: when, from which host, how many at once.

Latency depends on all of them. Times that were recorded under others are shown, not judged.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from operator import attrgetter

from evals.comparison import words
from evals.model import Frozen, TrialResult

__all__ = ["UNKNOWN", "Circumstances", "circumstances_of", "differ", "told"]

_APART = 2.0  # times as many requests in flight are other circumstances


class Circumstances(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    """Of the answered trials of a side; empty where older runs do not tell."""

    hosts: tuple[str, ...] = ()
    in_flight: float | None = None  # median over trials
    first: str = ""  # day of the first answer, and of the last
    last: str = ""


UNKNOWN = Circumstances()


def circumstances_of(answers: Iterable[TrialResult]) -> Circumstances:
    times = [trial.timing for trial in answers if trial.timing is not None]
    days = sorted({at[:10] for at in set(map(attrgetter("at"), times)) if at})
    in_flight = list(filter(None, map(attrgetter("in_flight"), times)))
    if not days and not in_flight:
        return UNKNOWN
    return Circumstances(
        hosts=tuple(sorted({timing.host for timing in times if timing.host})),
        in_flight=statistics.median(in_flight) if in_flight else None,
        first=days[0] if days else "",
        last=days[-1] if days else "",
    )


def differ(a: Circumstances, b: Circumstances) -> bool:
    """Other hosts, or twice as many requests at once; days are told, and decide nothing."""
    if a.hosts and b.hosts and a.hosts != b.hosts:
        return True
    if a.in_flight is None or b.in_flight is None:
        return False
    return max(a.in_flight, b.in_flight) >= _APART * min(a.in_flight, b.in_flight)


def told(of: Circumstances) -> str:
    """`2026-11-23, api.evolink.ai, 16 at once`; empty where nothing is known."""
    days = of.first if of.first == of.last else f"{of.first} … {of.last}"
    at_once = "" if of.in_flight is None else f"{words.plain(of.in_flight)} at once"
    return ", ".join(part for part in (days, *of.hosts, at_once) if part)

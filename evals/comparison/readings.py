"""Shares and mean scores over cases, with what errors leave open.

A case counts once, however many samples it has. Errors are left out of the headline and stand
beside it: every errored trial counted as 0, and as 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Literal, TypeAlias

from evals.comparison.cells import Cells, Reading, answered, errored
from evals.model import Estimate, Suite

__all__ = [
    "CONFIDENCE",
    "Clusters",
    "Errors",
    "Reading",
    "clusters_of",
    "error_rate_of",
    "estimate",
    "seed_of",
]

CONFIDENCE = 0.95

Clusters: TypeAlias = Sequence[str | None] | None
Errors: TypeAlias = Literal["left out", "as 0", "as 1"]


def error_rate_of(cells: Cells) -> dict[str, Reading]:
    """1 for each errored trial, 0 for each answered one."""
    readings = {}
    for case, trials in cells.items():
        flags = [int(errored(trial)) for trial in trials if errored(trial) or answered(trial)]
        if flags:
            readings[case] = Reading(flags, 0, trials[0].cluster)
    return readings


def estimate(
    readings: Collection[Reading], *, confidence: float = CONFIDENCE, errors: Errors = "left out"
) -> Estimate:
    """The mean over cases of the mean over samples, with its interval.

    The range that errors leave open is given where errors are left out.
    """
    from evals.stats import accuracy_interval, wilson_interval

    n_errors = sum(reading.errors for reading in readings)
    kept = [reading for reading in map(_OF_ERRORS[errors], readings) if reading.values]
    interval = accuracy_interval(
        [reading.values for reading in kept],
        clusters=clusters_of(reading.cluster for reading in kept),
        confidence=confidence,
    )
    n_trials = sum(len(reading.values) for reading in kept)
    low, high = interval.low, interval.high
    if n_trials == 1 and interval.accuracy is not None:
        # One trial of one case is no cluster of repeats: Wilson's interval is defined for it.
        alone = wilson_interval(interval.accuracy, 1, confidence=confidence)
        low, high = alone.low, alone.high
    open_ends = n_errors > 0 and errors == "left out"
    return Estimate(
        value=interval.accuracy,
        low=low,
        high=high,
        n_cases=len(kept),
        n_trials=n_trials,
        n_errors=n_errors,
        if_errors_fail=_mean(map(_errors_as_0, readings)) if open_ends else None,
        if_errors_pass=_mean(map(_errors_as_1, readings)) if open_ends else None,
    )


def _errors_as_0(reading: Reading) -> Reading:
    return _replaced(reading, 0.0)


def _errors_as_1(reading: Reading) -> Reading:
    return _replaced(reading, 1.0)


def _replaced(reading: Reading, value: float) -> Reading:
    if not reading.errors:
        return reading
    return Reading([*reading.values, *([value] * reading.errors)], 0, reading.cluster)


_OF_ERRORS: Mapping[Errors, Callable[[Reading], Reading]] = {
    "left out": lambda reading: reading,
    "as 0": _errors_as_0,
    "as 1": _errors_as_1,
}


def _mean(readings: Iterable[Reading]) -> float:
    means = [math.fsum(reading.values) / len(reading.values) for reading in readings]
    return math.fsum(means) / len(means)


def clusters_of(keys: Iterable[str | None]) -> Clusters:
    """One key a case, a case without one being its own cluster; None where none has one."""
    found = list(keys)
    return None if all(key is None for key in found) else found


def seed_of(suite: Suite, metric: str) -> int:
    """For what has to be drawn: the same suite draws the same numbers, on every machine."""
    return int.from_bytes(sha256(f"{suite.sha256} {metric}".encode()).digest()[:8], "big")

"""Cases whose samples disagree, and what more samples would help."""

from __future__ import annotations

import math
from collections.abc import Mapping

from evals.comparison.readings import Reading
from evals.model import FlakyCase, Noise

__all__ = ["flaky_cases", "noise_of"]


def flaky_cases(readings: Mapping[str, Reading]) -> tuple[FlakyCase, ...]:
    """Those that disagree most first, then in the suite's order; one sample cannot disagree."""
    from evals.stats import case_flakiness

    found = []
    for case, reading in readings.items():
        passes = sum(reading.values)
        if 0 < passes < len(reading.values):
            one = case_flakiness([int(value) for value in reading.values])
            found.append(
                FlakyCase(
                    id=case,
                    passes=one.passes,
                    samples=one.n,
                    disagreement=one.disagreement or 0.0,
                )
            )
    return tuple(sorted(found, key=lambda one: -one.disagreement))


def noise_of(readings: Mapping[str, Reading]) -> Noise | None:
    """By analysis of variance (Miller 2024): SE² = (between cases + within/samples)/cases."""
    from evals.stats import variance_components

    outcomes = [reading.values for reading in readings.values() if reading.values]
    found = variance_components(outcomes)
    between, within = found.var_between, found.var_within
    if between is None or within is None:
        return None
    cases = len(outcomes)
    samples = sum(map(len, outcomes)) / cases

    def variance(k: float) -> float:
        return (between + within / k) / cases

    total = variance(samples)
    return Noise(
        samples=samples,
        share=(total - between / cases) / total if total else 0.0,
        se=math.sqrt(total),
        se_doubled=math.sqrt(variance(2 * samples)),
        se_least=math.sqrt(between / cases),
    )

"""The jackknife: an interval of any smooth figure from what it is without each part of the data."""

from __future__ import annotations

import math
from collections.abc import Sequence

from evals.stats.means import ROUNDING
from evals.stats.special import t_ppf


def jackknife_interval(
    value: float, without: Sequence[float], *, confidence: float = 0.95
) -> tuple[float, float] | None:
    """value ± t·SE, with SE² = (G−1)/G · Σ(value without cluster g − their mean)², G − 1 df.

    Miller 1974. Not for quantiles, of which it is wrong however large the sample is. None with
    fewer than two clusters, or where the figure is the same without any of them: then the data
    say nothing about its spread.
    """
    count = len(without)
    if count < 2:
        return None
    mean = math.fsum(without) / count
    squares = math.fsum((each - mean) ** 2 for each in without)
    error = math.sqrt((count - 1) / count * squares)
    if error <= ROUNDING * max(map(abs, without)) * count:
        return None
    half = t_ppf(0.5 + confidence / 2, count - 1) * error
    return value - half, value + half

"""Sums over clusters, and the standard errors that follow from them.

A cluster is a group of cases that share a key (one document, one template, one conversation):
their results hang together, so that the clusters are what was sampled independently.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import TypeAlias, TypeVar

Clusters: TypeAlias = Sequence[Hashable | None] | None
"""One key a value; None as a key, or instead of all keys: the value is a cluster of its own."""

T = TypeVar("T")


def grouped(values: Sequence[T], clusters: Clusters) -> list[list[T]]:
    """The values of each cluster, clusters in order of appearance."""
    if clusters is None:
        return [[value] for value in values]
    if len(clusters) != len(values):
        raise ValueError(f"{len(values)} values but {len(clusters)} cluster keys: one a value")
    groups: dict[object, list[T]] = {}
    for position, (value, key) in enumerate(zip(values, clusters, strict=True)):
        groups.setdefault((position, None) if key is None else key, []).append(value)
    return list(groups.values())


def cluster_spread(residuals: Sequence[float], clusters: Clusters) -> tuple[float | None, int]:
    """√(G/(G−1) · Σ_g (Σ_{i∈g} r_i)²) and the number of clusters G; None where G < 2.

    Divided by the number of values (or by the total of the denominators, for a ratio) it is the
    cluster-robust standard error CR1: Cameron & Miller 2015; Miller 2024, appendix A.
    """
    # The usual case first: no list of one for each value.
    groups = None if clusters is None else grouped(residuals, clusters)
    count = len(residuals if groups is None else groups)
    if count < 2:
        return None, count
    sums = residuals if groups is None else map(math.fsum, groups)
    squares = math.fsum(each**2 for each in sums)
    return math.sqrt(count / (count - 1) * squares), count

"""Limits from below and above: in words, and which of them make sense."""

from __future__ import annotations

from collections.abc import Iterator

from evals.checks.registry import Mistake


def between(low: float | None, high: float | None) -> str:
    """`at least 3`, `at most 5`, `3 to 5`."""
    if high is None:
        return f"at least {low:,}"
    return f"at most {high:,}" if low is None else f"{low:,} to {high:,}"


def inspect_range(low: float | None, high: float | None) -> Iterator[Mistake]:
    """Bounds that are missing, that cannot fail, or that nothing can meet."""
    if low is None and high is None:
        yield (), "give `min` or `max`"
    elif low == 0 and high is None:
        yield ("min",), "at least 0 cannot fail"
    elif low is not None and high is not None and low > high:
        yield ("min",), f"nothing is at least {low:,} and at most {high:,}"

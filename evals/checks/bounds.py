"""Limits from below and above: in words, which of them make sense, and counts against them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from evals.checks.options import Count, Options, number, show
from evals.checks.registry import Mistake
from evals.checks.verdict import found
from evals.model import Verdict


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


class Amount(Options, frozen=True, kw_only=True):
    """Options of checks that count: an exact number, or bounds."""

    value: Annotated[Count | str | None, Meta(description="The exact number.")] = None
    min: Annotated[Count | None, Meta(description="At least this many.")] = None
    max: Annotated[Count | None, Meta(description="At most this many.")] = None


def counted(total: int, told: str, options: Amount) -> Verdict:
    """Whether there are as many as the options ask for; `told` says what was found."""
    if options.value is not None:
        return found(total == number(options.value), f"{told}, expected {options.value}")
    low, high = options.min or 0, options.max
    passed = total >= low and (high is None or total <= high)
    return found(passed, f"{told}, expected {between(options.min, high)}")


def inspect_amount(options: Amount) -> Iterator[Mistake]:
    """A number and bounds together, no number, or bounds that make no sense."""
    if options.value is not None:
        if isinstance(number(options.value), str):
            yield ("value",), f"{show(options.value)} is not a whole number"
        if options.min is not None or options.max is not None:
            yield ("value",), "give either `value`, or `min` and `max`"
    elif options.min is None and options.max is None:
        yield (), "give `value`, `min` or `max`"
    else:
        yield from inspect_range(options.min, options.max)

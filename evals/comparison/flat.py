"""What all trials of a column have in a row, and how many of it belong to each case.

A large run has hundreds of thousands of trials, and each figure reads all of them. A row is read
by what Python does fastest; lists by case are made once the values are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

__all__ = ["Flat"]

T = TypeVar("T")
V = TypeVar("V")


class Flat(Generic[T]):
    """Items of all cases in a row, and how many belong to each case."""

    def __init__(self, cases: Iterable[str], counts: Iterable[int], items: list[T]) -> None:
        self.cases, self.counts, self.items = tuple(cases), tuple(counts), items

    def read(self, read: Callable[[T], V | None]) -> Flat[V]:
        """What `read` finds in each item; items where it finds nothing are left out."""
        found = list(map(read, self.items))
        kept = [value for value in found if value is not None]
        if len(kept) == len(found):
            return Flat(self.cases, self.counts, kept)
        counts = [len(own) - own.count(None) for own in self._parts(found)]
        return Flat(self.cases, counts, kept)

    def by_case(self) -> dict[str, list[T]]:
        """The items of each case; cases without one are left out."""
        if not self.items:
            return {}
        parts = zip(self.cases, self._parts(self.items), strict=True)
        return {case: own for case, own in parts if own}

    def _parts(self, items: list[V]) -> Iterable[list[V]]:
        start = 0
        for count in self.counts:
            end = start + count
            yield items[start:end]
            start = end

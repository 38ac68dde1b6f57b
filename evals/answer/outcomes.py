"""Answers as a script is sent them, with the errors of those that are not there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar, overload

from evals.errors import EvalsError
from evals.model import Completion

K = TypeVar("K")


class Outcomes(Sequence[Completion]):
    """Answers that were all looked up once; reading one that is not there raises its error."""

    def __init__(self, lookup: Callable[[K], Completion], keys: Iterable[K]) -> None:
        self.known = tuple(_outcome(lookup, key) for key in keys)

    def __len__(self) -> int:
        return len(self.known)

    def __iter__(self) -> Iterator[Completion]:
        return map(_told, self.known)

    @overload
    def __getitem__(self, index: int) -> Completion: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Completion]: ...
    def __getitem__(self, index: int | slice) -> Completion | Sequence[Completion]:
        if isinstance(index, slice):
            return Outcomes(_told, self.known[index])
        return _told(self.known[index])


def _outcome(lookup: Callable[[K], Completion], key: K) -> Completion | EvalsError:
    try:
        return lookup(key)
    except EvalsError as problem:
        return problem


def _told(outcome: Completion | EvalsError) -> Completion:
    if isinstance(outcome, EvalsError):
        raise outcome
    return outcome

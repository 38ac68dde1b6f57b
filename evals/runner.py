"""The one loop: runs scripts as far as answers go, and asks for what is missing.

A script is a generator of `evals.model.Asks`. `replay` runs one to its end on answers that are
there: a plain loop, without an event loop. `advance` runs one until it wants an answer that is not
there; `gather` takes such scripts on, many at a time, each against its own desk.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar, overload

from evals.model import Asks, Completion, Request

T = TypeVar("T")
Lookup = Callable[[Request], Completion]

# Scripts under way at once. More than any sensible concurrency: those that wait for their answer
# to be durable must not keep others from being sent.
WINDOW = 1024


class Answers(Sequence[Completion]):
    """The completions of some requests, each looked up when a script reads it.

    Reading one that is not there raises its `EvalsError` inside the script. Most scripts end with
    their only answer unread while they gather: reading it back would cost the event loop what it
    should spend on the wire.
    """

    def __init__(self, requests: tuple[Request, ...], lookup: Lookup) -> None:
        self._requests = requests
        self._lookup = lookup

    def __len__(self) -> int:
        return len(self._requests)

    def __iter__(self) -> Iterator[Completion]:
        return map(self._lookup, self._requests)

    @overload
    def __getitem__(self, index: int) -> Completion: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Completion]: ...
    def __getitem__(self, index: int | slice) -> Completion | Sequence[Completion]:
        if isinstance(index, slice):
            return Answers(self._requests[index], self._lookup)
        return self._lookup(self._requests[index])


def replay(script: Asks[T], lookup: Lookup) -> T:
    """Run a script to its end against answers that are there, and return its result."""
    try:
        requests = next(script)
        while True:
            requests = script.send(Answers(requests, lookup))
    except StopIteration as end:
        result: T = end.value
        return result


class Desk(Protocol):
    """Who a script asks: knows what is answered already, and gets the rest answered."""

    def settled(self, request: Request, /) -> bool:
        """Whether nothing is to be asked: the answer is there, or it failed in this run."""
        ...

    def lookup(self, request: Request, /) -> Completion:
        """The answer to a settled request; raises `EvalsError` where it has none."""
        ...

    async def settle(self, requests: Sequence[Request], /) -> None:
        """Get requests answered; returns once each is settled, its answer durable."""
        ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """A script that waits for the answers to its newest requests, and its desk."""

    script: Asks[object]
    requests: tuple[Request, ...]
    desk: Desk


def advance(script: Asks[object], desk: Desk) -> Waiting | None:
    """Run a script on what is settled: to the step that lacks an answer, or to its end (None)."""
    try:
        return _advance(script, next(script), desk)
    except StopIteration:
        return None


def _advance(script: Asks[object], requests: tuple[Request, ...], desk: Desk) -> Waiting:
    while all(map(desk.settled, requests)):
        requests = script.send(Answers(requests, desk.lookup))
    return Waiting(script, requests, desk)


async def gather(scripts: Iterable[Waiting]) -> None:
    """Take scripts on to their ends, many at a time; what a desk raises ends the gathering."""
    import asyncio

    waiting = iter(scripts)
    async with asyncio.TaskGroup() as group:
        for first in itertools.islice(waiting, WINDOW):
            group.create_task(_drive_on(first, waiting))


async def _drive_on(first: Waiting, others: Iterator[Waiting]) -> None:
    await _drive(first)
    for waiting in others:
        await _drive(waiting)


async def _drive(waiting: Waiting) -> None:
    script, desk = waiting.script, waiting.desk
    try:
        while True:
            await desk.settle(waiting.requests)
            requests = script.send(Answers(waiting.requests, desk.lookup))
            waiting = _advance(script, requests, desk)
    except StopIteration:
        return

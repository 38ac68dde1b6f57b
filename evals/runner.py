"""The one loop: drives scripts, against an endpoint to gather, against recordings to judge."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar, overload

from evals.errors import DiskError, EvalsError
from evals.model import Asks, Completion, Endpoint, Request

T = TypeVar("T")
Lookup = Callable[[Request], Completion]

# Scripts under way at once. More than any sensible concurrency: those that wait for their answer
# to be durable must not keep others from being sent.
_WINDOW = 1024


def replay(script: Asks[T], lookup: Lookup) -> T:
    """Run a script against answers that are there; a missing one is thrown into it."""
    try:
        requests = next(script)
        while True:
            try:
                answers = tuple(lookup(request) for request in requests)
            except EvalsError as problem:
                requests = script.throw(problem)
            else:
                requests = script.send(answers)
    except StopIteration as end:
        result: T = end.value
        return result


class _Answers(Sequence[Completion]):
    """The completions of some requests, each read when a script looks at it.

    Most scripts end with their only answer unread: reading it back would cost the event loop
    what it should spend on the wire.
    """

    def __init__(self, requests: tuple[Request, ...], lookup: Lookup) -> None:
        self._requests = requests
        self._lookup = lookup

    def __len__(self) -> int:
        return len(self._requests)

    @overload
    def __getitem__(self, index: int) -> Completion: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Completion]: ...
    def __getitem__(self, index: int | slice) -> Completion | Sequence[Completion]:
        if isinstance(index, slice):
            return _Answers(self._requests[index], self._lookup)
        return self._lookup(self._requests[index])


async def gather(scripts: Iterable[tuple[Asks[object], Endpoint]], lookup: Lookup) -> None:
    """Run scripts many at a time, each against its endpoint; a failed request is thrown in.

    What a script sees is what `lookup` reads back of the answer just recorded. Whatever an
    endpoint raises besides `EvalsError`, and a `DiskError`, ends the gathering.
    """
    import asyncio

    waiting = iter(scripts)
    async with asyncio.TaskGroup() as group:
        for script, endpoint in itertools.islice(waiting, _WINDOW):
            group.create_task(_drive_on(script, endpoint, waiting, lookup))


async def _drive_on(
    script: Asks[object],
    endpoint: Endpoint,
    waiting: Iterator[tuple[Asks[object], Endpoint]],
    lookup: Lookup,
) -> None:
    await _drive(script, endpoint, lookup)
    for script, endpoint in waiting:
        await _drive(script, endpoint, lookup)


async def _drive(script: Asks[object], endpoint: Endpoint, lookup: Lookup) -> None:
    try:
        requests = next(script)
        while True:
            try:
                await _complete(requests, endpoint)
            except DiskError:
                raise
            except EvalsError as problem:
                requests = script.throw(problem)
            else:
                requests = script.send(_Answers(requests, lookup))
    except DiskError:
        raise  # nobody's answers can be kept: it ends the gathering
    except (StopIteration, EvalsError):
        return


async def _complete(requests: tuple[Request, ...], endpoint: Endpoint) -> None:
    if len(requests) == 1:
        await endpoint.complete(requests[0])
        return
    import asyncio

    jobs = (endpoint.complete(request) for request in requests)
    for outcome in await asyncio.gather(*jobs, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome

"""One suite's requests in one run: which are answered, and who is asked for the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from evals.errors import DiskError, EndpointError, EvalsError, told
from evals.model import Completion, Request
from evals.session.sources import Source

if TYPE_CHECKING:
    import asyncio

    from evals.model import Endpoint


class Desk:
    """Gets each (key, take) of a suite answered once a run, whoever asks for it and how often.

    What failed is kept with the suite's source, which tells it to whoever looks the answer up.
    """

    def __init__(self, source: Source, *, has: Callable[[Request, tuple[str, int]], bool]) -> None:
        """`has` says whether a request, of this key and take, was answered as the mode wants it."""
        self.source = source
        self.endpoint: Endpoint | None = None  # while there is somebody to ask
        self.on_more: Callable[[int], None] | None = None  # told of requests that come up later
        self._has = has
        self._answered: set[tuple[str, int]] = set()
        self._wanted: set[tuple[str, int]] = set()
        self._in_flight: dict[tuple[str, int], asyncio.Event] = {}

    def settled(self, request: Request, /) -> bool:
        """Whether the answer is there, as the mode wants it, or failed in this run."""
        name = self._name(request)
        if name in self._answered or name in self.source.failed:
            return True
        return self._has(request, name)

    def lookup(self, request: Request, /) -> Completion:
        """The answer, as it was recorded; raises `EvalsError` where there is none."""
        return self.source.lookup(request)

    def want(self, requests: Sequence[Request]) -> int:
        """Count requests as wanted; how many of them were not before, and have no answer."""
        before = len(self._wanted)
        for request in requests:
            name = self._name(request)
            if name not in self._wanted and not self.settled(request):
                self._wanted.add(name)
        return len(self._wanted) - before

    async def settle(self, requests: Sequence[Request], /) -> None:
        """Ask for what has no answer; returns once each is durable or has failed."""
        more = self.want(requests)
        if more and self.on_more is not None:
            self.on_more(more)
        if len(requests) == 1:
            await self._settle(requests[0])
            return
        import asyncio

        await asyncio.gather(*map(self._settle, requests))

    async def _settle(self, request: Request) -> None:
        name = self._name(request)
        if name in self._answered or name in self.source.failed:
            return
        if name in self._in_flight:
            await self._in_flight[name].wait()
            return
        import asyncio

        assert self.endpoint is not None
        self._in_flight[name] = asyncio.Event()
        try:
            await self.endpoint.complete(request)
            self._answered.add(name)
        except DiskError:
            raise  # nobody's answers can be kept: it ends the gathering
        except EvalsError as problem:
            self.source.failed[name] = problem
        except Exception as problem:  # noqa: BLE001 # whatever it is: it costs who asked alone
            failed = EndpointError(f"{type(problem).__name__}: {problem}", kind="broken")
            failed.traceback = told(problem)
            self.source.failed[name] = failed
        finally:
            self._in_flight.pop(name).set()

    def _name(self, request: Request) -> tuple[str, int]:
        return self.source.key(request), request.take

"""Answers that no cassette holds: live ones, and the errors of every mode."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from evals.errors import DamagedFile, EndpointError
from evals.model import Exchange, Frozen, JsonObject, Recorded, Request, Response, Timing
from evals.record.journal import Journal, Lines, Spot, read_at
from evals.record.reading import read_json
from evals.write import Secrets

if TYPE_CHECKING:
    from evals.record.grouped import Grouped


class AskedRequest(Frozen, frozen=True, kw_only=True, omit_defaults=False):
    endpoint: str
    path: str
    body: JsonObject


class AnswerLine(Frozen, frozen=True, kw_only=True):
    """One line of `answers-<n>.jsonl`: an answer, or why there is none."""

    suite: str
    key: str
    take: int
    request: AskedRequest
    response: Response | None = None
    timing: Timing | None = None
    recorded: Recorded | None = None
    error: JsonObject | None = None
    refreshed: bool = False  # the answer replaced a recording, and stands there

    def exchange(self) -> Exchange | None:
        """The answer, or None where there is none on this line."""
        if not (self.response and self.timing and self.recorded):
            return None
        return Exchange(
            request=Request(
                endpoint=self.request.endpoint,
                path=self.request.path,
                body=self.request.body,
                take=self.take,
            ),
            response=self.response,
            timing=self.timing,
            recorded=self.recorded,
            source="live",
        )


class _Head(Frozen, frozen=True, kw_only=True):
    """What tells which answer a line holds; what it says is left unread."""

    suite: str
    key: str
    take: int
    response: msgspec.Raw = msgspec.Raw()
    refreshed: bool = False


class Answers:
    """The journal of one process, and what it holds, found by suite, key and take.

    `earlier` are the journals of a run that is resumed; what they hold is found as well.
    """

    def __init__(self, path: Path, *, secrets: Secrets, earlier: Sequence[Path] = ()) -> None:
        self._journal = Journal(path, secrets=secrets)
        self._spots: dict[tuple[str, str, int], Spot] = {}
        self._refreshed: set[tuple[str, str, int]] = set()
        self._decoder = msgspec.json.Decoder(AnswerLine)
        self._grouped: Grouped[None] | None = None
        for spot, head in Lines(earlier, _Head).spotted():
            name = (head.suite, head.key, head.take)
            if head.refreshed:
                self._refreshed.add(name)
            elif bytes(head.response):
                self._spots[name] = spot

    def has(self, suite: str, key: str, take: int) -> bool:
        """Whether an answer is journaled."""
        return (suite, key, take) in self._spots

    def has_refreshed(self, suite: str, key: str, take: int) -> bool:
        """Whether this run has replaced a recording by that answer."""
        return (suite, key, take) in self._refreshed

    def add(self, suite: str, key: str, exchange: Exchange) -> None:
        """Journal an answer; it is in the operating system's hands when this returns."""
        line = AnswerLine(
            suite=suite,
            key=key,
            take=exchange.request.take,
            request=_asked(exchange.request),
            response=exchange.response,
            timing=exchange.timing.rounded(),
            recorded=exchange.recorded,
        )
        self._spots[suite, key, exchange.request.take] = self._journal.append(line)

    def add_refreshed(self, suite: str, key: str, request: Request) -> None:
        """Journal that a recording was replaced in this run."""
        self._journal.append(
            AnswerLine(
                suite=suite,
                key=key,
                take=request.take,
                request=_asked(request),
                refreshed=True,
            )
        )
        self._refreshed.add((suite, key, request.take))

    def add_error(self, suite: str, key: str, request: Request, problem: EndpointError) -> None:
        """Journal that a request had no answer."""
        self._journal.append(
            AnswerLine(
                suite=suite,
                key=key,
                take=request.take,
                request=_asked(request),
                error={
                    "kind": problem.kind,
                    "status": problem.status,
                    "message": problem.message,
                    "attempts": problem.attempts,
                },
            )
        )

    def read(self, suite: str, key: str, request: Request) -> Exchange | None:
        """The answer as it was journaled, or None; raises `DamagedFile`."""
        spot = self._spots.get((suite, key, request.take))
        if spot is None:
            return None
        try:
            line = read_json(read_at(spot), self._decoder)
        except (OSError, msgspec.DecodeError) as problem:
            raise DamagedFile(f"{spot[0]} cannot be read: {problem}.") from problem
        exchange = line.exchange()
        if exchange is None or (line.suite, line.key, line.take) != (suite, key, request.take):
            raise DamagedFile(f"{spot[0]}: the line at byte {spot[1]} is not what was written.")
        return msgspec.structs.replace(exchange, request=request)

    async def durable(self) -> None:
        """Return once what was added is on the disk itself; syncing is grouped."""
        if self._grouped is None:
            from evals.record.grouped import Grouped

            self._grouped = Grouped(lambda _: self.sync())
        await self._grouped.done(None)

    def sync(self) -> None:
        self._journal.sync()

    def close(self) -> None:
        self._journal.close()


def _asked(request: Request) -> AskedRequest:
    return AskedRequest(endpoint=request.endpoint, path=request.path, body=request.body)

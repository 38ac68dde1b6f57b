"""Answers that no cassette holds: live ones, and the errors of every mode."""

from __future__ import annotations

from pathlib import Path

import msgspec

from evals.errors import EndpointError
from evals.model import Exchange, Frozen, JsonObject, Recorded, Request, Response, Timing
from evals.record.journal import Journal
from evals.write import Secrets


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


class Answers:
    """The journal of one process, and what it holds, found by suite, key and take."""

    def __init__(self, path: Path, *, secrets: Secrets) -> None:
        self._journal = Journal(path, secrets=secrets, synced=True)
        self._places: dict[tuple[str, str, int], tuple[int, int]] = {}
        self._decoder = msgspec.json.Decoder(AnswerLine)

    def add(self, suite: str, key: str, exchange: Exchange) -> None:
        """Journal an answer; it is in the operating system's hands when this returns."""
        line = AnswerLine(
            suite=suite,
            key=key,
            take=exchange.request.take,
            request=_asked(exchange.request),
            response=exchange.response,
            timing=exchange.timing,
            recorded=exchange.recorded,
        )
        place = self._journal.append(line)
        self._places[suite, key, exchange.request.take] = place

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
        """The answer as it was journaled, or None."""
        place = self._places.get((suite, key, request.take))
        if place is None:
            return None
        line = self._decoder.decode(self._journal.read(place))
        assert line.response is not None
        assert line.timing is not None
        assert line.recorded is not None
        return Exchange(
            request=request,
            response=line.response,
            timing=line.timing,
            recorded=line.recorded,
            source="live",
        )

    def sync(self) -> None:
        self._journal.sync()

    def close(self) -> None:
        self._journal.close()


def _asked(request: Request) -> AskedRequest:
    return AskedRequest(endpoint=request.endpoint, path=request.path, body=request.body)

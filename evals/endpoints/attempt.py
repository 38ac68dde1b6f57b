"""One attempt: send, read to the end, accept only what is complete."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from evals.answer import first_content
from evals.answer.stream import DONE
from evals.endpoints.failure import (
    Place,
    first_line,
    from_status,
    from_transport,
    malformed,
    timed_out,
)
from evals.endpoints.retry import Unanswered
from evals.endpoints.sse import Decoder
from evals.endpoints.transport import Address, Reply, Transport, TransportFailure
from evals.endpoints.wire import decode
from evals.model import Frozen, Response

KEPT_HEADERS = ("content-type", "x-request-id", "openai-processing-ms")
"""Headers of an answer that are kept; no other is written anywhere."""


class Answered(Frozen, frozen=True, kw_only=True):
    """A whole answer and its times, in seconds since the request was sent."""

    response: Response
    latency_s: float
    ttft_s: float | None
    connect_s: float  # before it was sent; 0 on a connection that was there


async def attempt(
    transport: Transport,
    address: Address,
    content: bytes,
    *,
    place: Place,
    model: str,
    timeout: float,
    fresh: bool = False,
) -> Answered:
    """Send `content` once and read the answer; raises `Unanswered`.

    `fresh`: not over a connection that served a request before, which the host may have closed.
    """
    deadline = _Deadline(timeout, idle=place.endpoint.idle_timeout)
    try:
        async with asyncio.timeout(timeout) as deadline.timeout:
            async with transport.post(address, content, fresh=fresh) as reply:
                if reply.status != 200:
                    body = await reply.read()
                    raise from_status(
                        place, status=reply.status, headers=reply.headers, body=body, model=model
                    )
                if _is_stream(reply.headers):
                    return await _read_stream(reply, place, deadline)
                return await _read_whole(reply, place)
    except TransportFailure as failure:
        raise from_transport(place, failure, timeout=timeout) from failure
    except TimeoutError as error:
        raise timed_out(place, deadline.words) from error


class _Deadline:
    """When an attempt ends for lack of an answer: in all, and between a stream's events."""

    def __init__(self, total: float, *, idle: float) -> None:
        self._total = total
        self._idle = idle
        self._end = asyncio.get_running_loop().time() + total
        self.timeout: asyncio.Timeout
        self.words = f"no complete answer within timeout = {total:g} s"

    def renew(self) -> None:
        """An event came: the next may take as long again."""
        silent_until = asyncio.get_running_loop().time() + self._idle
        if silent_until < self._end:
            self.words = f"the stream was silent for idle_timeout = {self._idle:g} s"
        else:
            self.words = f"no complete answer within timeout = {self._total:g} s"
        self.timeout.reschedule(min(silent_until, self._end))


def _is_stream(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").lower().startswith("text/event-stream")


async def _read_whole(reply: Reply, place: Place) -> Answered:
    data = await reply.read()
    latency = time.perf_counter() - reply.wire.sent_at
    await asyncio.sleep(0)  # the clock is read for all answers that are here before one is parsed
    body = place.secrets.redact_value(_json(data, reply, place))
    response = Response(status=200, headers=_kept(reply.headers, place), body=body)
    return Answered(
        response=response,
        latency_s=round(latency, 6),
        ttft_s=None,
        connect_s=reply.wire.connect_s,
    )


def _json(data: bytes, reply: Reply, place: Place) -> Any:
    text = data[:4000].decode("utf-8", "replace")
    if "text/html" in reply.headers.get("content-type", "").lower():
        quoted = place.clean(first_line(text))
        raise malformed(place, f"an HTML page came with status 200: {quoted}")
    if not data.strip():
        raise malformed(place, "an empty answer came with status 200")
    try:
        return decode(data)
    except ValueError as error:
        quoted = place.clean(first_line(text))
        raise malformed(place, f"the answer is not JSON: {quoted}") from error


async def _read_stream(reply: Reply, place: Place, deadline: _Deadline) -> Answered:
    decoder = Decoder()
    chunks: list[tuple[float, Any]] = []
    latency = 0.0
    async for piece in reply.pieces():
        latency = time.perf_counter() - reply.wire.sent_at
        events = decoder.feed(piece)
        at = round(latency, 6)
        chunks.extend((at, _chunk(event.type, event.data, place)) for event in events)
        if events:
            deadline.renew()
    if not chunks:
        raise malformed(place, "an empty stream came with status 200")
    whole = place.secrets.redact_value([chunk for _, chunk in chunks])
    chunks = [(at, chunk) for (at, _), chunk in zip(chunks, whole, strict=True)]
    response = Response(status=200, headers=_kept(reply.headers, place), stream=tuple(chunks))
    return Answered(
        response=response,
        latency_s=round(latency, 6),
        ttft_s=first_content(chunks),
        connect_s=reply.wire.connect_s,
    )


def _chunk(kind: str, data: bytes, place: Place) -> Any:
    if data == DONE.encode():
        return DONE
    try:
        chunk = decode(data)
    except ValueError as error:
        quoted = place.clean(first_line(data[:4000].decode("utf-8", "replace")))
        if kind == "error":
            return {"error": {"message": quoted}}
        raise malformed(place, f"an event of the stream is not JSON: {quoted}") from error
    if kind == "error" and not (isinstance(chunk, dict) and chunk.get("error")):
        return {"error": chunk}
    return chunk


def _kept(headers: Mapping[str, str], place: Place) -> dict[str, str]:
    kept = {name: place.secrets.redact(headers[name]) for name in KEPT_HEADERS if name in headers}
    kept.setdefault("content-type", "")  # what is missing is noted when the answer is read
    return kept


__all__ = ["Answered", "Unanswered", "attempt"]

"""A strict stand-in for EvoLink's chat completions, over raw sockets so that it can misbehave.

    python -m tests.support.evolink_server --port 0 --latency 0.2

prints its base URL and serves until it is ended. In tests: `with EvolinkServer() as server:`.

It takes keys that begin with `sk-evo-` (`sk-evo-broke` gets 402, `sk-evo-forbidden` 403). Magic
words in a prompt, as `[[word argument]]`, script what happens:

    status 503 [xN] [retry-after=S] [ms=N]   an error; with xN only the first N times
    quota                                    429 `insufficient_quota`
    cut                                      half an answer
    close [N], reset [N], silent [N]         none: closed, reset, never; only the first N times
    slow SECONDS, drip                       a late answer; a byte at a time
    html, empty, not-json, list, no-choices, no-finish, error-200 [CODE], long, bad-chunk
    redirect URL, gzip, bomb, type CONTENT-TYPE, whole (JSON though a stream was asked for)
    seeded TEXT|TEXT                         the text at the request's seed, from 0, over and over
    say TEXT|TEXT, model NAME, null, call NAME ARGUMENTS, few, no-logprobs, nan, surrogate,
    echo-key, no-usage                       what a good answer says
    error-event, no-done, comments, crlf     streams

The service has no embeddings; this one has, as OpenAI's page on them says: a text's vector counts
its words, so that texts with the same words have a cosine of 1.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import json
import sys
import threading
from collections import Counter
from types import TracebackType
from typing import Any, Self

import msgspec

from tests.support.evolink_answers import answer, chunks, magic, vectors
from tests.support.evolink_rules import Refused, check_body, check_embeddings

PATH = "/v1/chat/completions"
EMBEDDINGS = "/v1/embeddings"
ABORT, CLOSE = "abort", "close"
Step = bytes | float | str  # write, pause, or end the connection


class EvolinkServer:
    """The server, in a thread of its own while the context lasts."""

    def __init__(self, *, latency: float = 0.0, port: int = 0, keep: bool = True) -> None:
        self.latency = latency
        self.port = port
        self.requests: list[dict[str, Any]] = []  # bodies, in order of arrival
        self.headers: list[dict[str, str]] = []
        self.connections = 0
        self.connection_serves = 0  # requests; the next one is cut off unanswered. 0: all
        self.in_flight = 0
        self.most_in_flight = 0
        self.seen: Counter[str] = Counter()  # scripted errors told so far, by prompt
        self.transports: set[asyncio.Transport] = set()
        self._keep = keep  # requests, for tests to look at

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def listen(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        return server

    def reply(self, method: str, path: str, headers: dict[str, str], content: bytes) -> list[Step]:
        """What is written, and when, in answer to one request."""
        return _answer(self, method, path, headers, content)

    def note(self, body: dict[str, Any], headers: dict[str, str]) -> None:
        if self._keep:
            self.requests.append(body)
            self.headers.append(headers)

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        server = self._loop.run_until_complete(self.listen())
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = server
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for connection in tuple(self.transports):
            connection.abort()
        await asyncio.sleep(0)


class _Connection(asyncio.Protocol):
    """One kept-alive HTTP/1.1 connection."""

    def __init__(self, server: EvolinkServer) -> None:
        self._server = server
        self._buffer = bytearray()
        self._task: asyncio.Task[None] | None = None
        self._served = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.connections += 1
        self._server.transports.add(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._server.transports.discard(self._transport)
        if self._task is not None:
            self._task.cancel()  # nobody listens any more

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._buffer.startswith(b"\x16\x03"):  # TLS, which is not spoken here
            self._transport.write(_response(400, b"plain HTTP only"))
            self._transport.close()
            return
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        line, _, rest = self._buffer[:end].decode("latin-1").partition("\r\n")
        pairs = (field.partition(":") for field in rest.split("\r\n"))
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        size = int(headers.get("content-length", 0))
        if len(self._buffer) < end + 4 + size:
            return
        content = bytes(self._buffer[end + 4 : end + 4 + size])
        del self._buffer[: end + 4 + size]
        method, target, _ = line.split(" ")
        if 0 < self._server.connection_serves <= self._served:
            self._transport.abort()
            return
        self._served += 1
        self._server.in_flight += 1
        self._server.most_in_flight = max(self._server.most_in_flight, self._server.in_flight)
        steps = self._server.reply(method, target.partition("?")[0], headers, content)
        loop = asyncio.get_running_loop()
        if len(steps) == 1 and isinstance(steps[0], bytes):
            self._after(loop, self._server.latency, steps[0])
        else:
            self._task = loop.create_task(self._play([self._server.latency, *steps]))

    def _after(self, loop: asyncio.AbstractEventLoop, latency: float, data: bytes) -> None:
        if latency:
            loop.call_later(latency, self._write, data)
        else:
            self._write(data)

    def _write(self, data: bytes) -> None:
        self._server.in_flight -= 1
        self._transport.write(data)

    async def _play(self, steps: list[Step]) -> None:
        try:
            for step in steps:
                if isinstance(step, bytes):
                    self._transport.write(step)
                elif step == ABORT:
                    self._transport.abort()
                elif step == CLOSE:
                    self._transport.close()
                elif step:
                    await asyncio.sleep(float(step))
        finally:
            self._server.in_flight -= 1


def _answer(
    server: EvolinkServer, method: str, path: str, headers: dict[str, str], content: bytes
) -> list[Step]:
    try:
        body = _accepted(method, path, headers, content)
    except Refused as refused:
        return [_response(refused.status, _dump(refused.body))]
    server.note(body, headers)
    if path == EMBEDDINGS:
        return [_response(200, _dump(vectors(body)))]
    words = magic(body)
    if words and (steps := _scripted(server, body, words, headers)) is not None:
        return steps
    whole = answer(body, words)
    if words:
        _spoil(whole, words, headers)
    if body.get("stream") and "whole" not in words:
        return _stream(whole, body, words)
    data = json.dumps(whole).encode() if "nan" in words else _dump(whole)
    if "cut" in words:
        return [_response(200, data)[: -(len(data) // 2)], CLOSE]
    if "long" in words:
        return [_response(200, data) + b" and more", CLOSE]
    if "drip" in words:
        reply = _response(200, data)
        return [step for byte in reply for step in (bytes([byte]), 0.002)]
    if "gzip" in words:
        return [_response(200, gzip.compress(data), **{"content-encoding": "gzip"})]
    kind = {"content-type": words["type"]} if "type" in words else {}
    return [_response(200, data, **kind)]


def _accepted(method: str, path: str, headers: dict[str, str], content: bytes) -> dict[str, Any]:
    """The body of a request that is answered; raises `Refused` for any other."""
    checks = {PATH: check_body, EMBEDDINGS: check_embeddings}
    if path not in checks:
        raise Refused(404, f"no such path: {path}", code="not_found")
    if method != "POST":
        raise Refused(405, f"{method} is not allowed", code="method_not_allowed")
    _check_key(headers)
    try:
        body = msgspec.json.decode(content)
    except msgspec.DecodeError as error:
        raise Refused(400, f"the body is not JSON: {error}", code="invalid_json") from error
    checks[path](body)
    accepted: dict[str, Any] = body
    return accepted


def _check_key(headers: dict[str, str]) -> None:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or not key.startswith("sk-evo-"):
        raise Refused(401, "Invalid token: check your API key", code="invalid_api_key")
    if key == "sk-evo-broke":
        raise Refused(402, "Your balance is not sufficient", code="insufficient_balance")
    if key == "sk-evo-forbidden":
        raise Refused(403, "This key may not use this model", code="forbidden")


_MALFORMED = {
    "html": ("text/html", b"<!DOCTYPE html>\n<html><title>Welcome</title>\n<h1>Hi</h1></html>"),
    "empty": ("application/json", b""),
    "not-json": ("application/json", b"upstream says: {oops"),
    "list": ("application/json", b"[1, 2]"),
    "no-choices": ("application/json", b'{"id": "chatcmpl-1", "usage": {}}'),
}


def _scripted(
    server: EvolinkServer, body: dict[str, Any], words: dict[str, str], headers: dict[str, str]
) -> list[Step] | None:
    """The scripted failures; None where the answer is a good one."""
    if "status" in words and (steps := _error(server, body, words["status"])) is not None:
        return steps
    if "quota" in words:
        quota = Refused(429, "You exceeded your quota", code="insufficient_quota")
        return [_response(429, _dump(quota.body))]
    if "redirect" in words:
        return [_response(307, b"", location=words["redirect"])]
    ends: dict[str, Step] = {"close": CLOSE, "reset": ABORT, "silent": 3600.0}
    for word, step in ends.items():
        if word in words and server.seen[_said(body)] < int(words[word] or 10**6):
            server.seen[_said(body)] += 1
            return [step]
    if "bad-chunk" in words:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked"
        return [head + b"\r\n\r\nzz\r\n{}\r\n", CLOSE]
    if "bomb" in words:
        bomb = gzip.compress(b" " * (80 * 2**20), 9)
        return [_response(200, bomb, **{"content-encoding": "gzip"})]
    for word, (kind, data) in _MALFORMED.items():
        if word in words:
            return [_response(200, data, **{"content-type": kind})]
    if "error-200" in words:
        error = {"error": {"message": "upstream failed", "code": int(words["error-200"] or 500)}}
        return [_response(200, _dump(error))]
    if "slow" in words:
        return [float(words["slow"]), _response(200, _dump(answer(body, words)))]
    return None


def _error(server: EvolinkServer, body: dict[str, Any], script: str) -> list[Step] | None:
    status, *options = script.split()
    times = next((int(option[1:]) for option in options if option.startswith("x")), None)
    if times is not None and server.seen[_said(body)] >= times:
        return None
    server.seen[_said(body)] += 1
    headers = {}
    for option in options:
        name, _, value = option.partition("=")
        if name == "retry-after":
            headers["retry-after"] = value.replace("_", " ")
        elif name == "ms":
            headers["retry-after-ms"] = value
    error = Refused(int(status), f"scripted {status}", code=f"scripted_{status}").body
    if status == "429":
        error["error"]["fallback_suggestion"] = "use another model"
    return [_response(int(status), _dump(error), **headers)]


def _said(body: dict[str, Any]) -> str:
    return json.dumps(body["messages"])


def _spoil(whole: dict[str, Any], words: dict[str, str], headers: dict[str, str]) -> None:
    message = whole["choices"][0]["message"]
    if "echo-key" in words:
        message["content"] = f"your header is {headers['authorization']}"
    if "surrogate" in words:
        message["content"] = "half a smile \ud83d"
    if "nan" in words and "logprobs" in whole["choices"][0]:
        whole["choices"][0]["logprobs"]["content"][0]["logprob"] = float("-inf")


def _stream(whole: dict[str, Any], body: dict[str, Any], words: dict[str, str]) -> list[Step]:
    include = bool((body.get("stream_options") or {}).get("include_usage"))
    events = [b"data: " + _dump(chunk) for chunk in chunks(whole, usage=include)]
    if "error-event" in words:
        events[2:] = [b'event: error\ndata: {"error": {"message": "overloaded", "code": 529}}']
    if "comments" in words:
        events = [line for event in events for line in (b": still there", event)]
    if "no-done" not in words and "error-event" not in words:
        events.append(b"data: [DONE]")
    if "cut" in words:
        events = events[: len(events) // 2]
    end = b"\r\n\r\n" if "crlf" in words else b"\n\n"
    head = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
        b"transfer-encoding: chunked\r\n\r\n"
    )
    steps: list[Step] = [head]
    for event in events:
        data = event + end
        steps.append(b"%x\r\n%s\r\n" % (len(data), data))
        steps.append(0.002)
    return [*steps, CLOSE] if "cut" in words else [*steps, b"0\r\n\r\n"]


def _dump(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value)
    except (UnicodeEncodeError, ValueError):
        return json.dumps(value).encode()


def _response(status: int, data: bytes, **headers: str) -> bytes:
    fields = {"content-type": "application/json", "x-request-id": "req-1", **headers}
    if status != 204:
        fields["content-length"] = str(len(data))
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} Scripted\r\n{lines}\r\n".encode() + data


async def _serve(port: int, latency: float) -> None:
    server = EvolinkServer(latency=latency, port=port, keep=False)
    listening = await server.listen()
    sys.stdout.write(f"{server.base_url}\n")
    sys.stdout.flush()
    async with listening:
        await listening.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description="A strict stand-in for EvoLink.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(options.port, options.latency))


if __name__ == "__main__":
    main()

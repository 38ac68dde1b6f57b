"""A service that repeats the key it was sent, in every place and form; and a search for it."""

from __future__ import annotations

import base64
import contextlib
import gzip
import html
import json
import re
import urllib.parse
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.support.evolink_server import EvolinkServer, Step
from tests.support.misbehaving import choice, chunked, completion, cut, delta, http, ok, sse

KEY = "sk-evo-Canary0/aZ+9_bY-8cX"

ENCODINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in UTF-8": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON in JSON": lambda text: json.dumps(json.dumps(text))[1:-1],
    "JSON with every character escaped": lambda text: "".join(map(_unicode, text)),
    "URL": lambda text: urllib.parse.quote(text, safe=""),
    "URL in small letters": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "form": urllib.parse.quote_plus,
    "URL in URL": lambda text: urllib.parse.quote(urllib.parse.quote(text, safe=""), safe=""),
    "HTML": html.escape,
    "HTML in HTML": lambda text: html.escape(html.escape(text)),
    "HTML by number": lambda text: "".join(f"&#{ord(character)};" for character in text),
    "HTML by hexadecimal": lambda text: "".join(f"&#x{ord(each):X};" for each in text),
    "hexadecimal": lambda text: text.encode().hex(),
    "hexadecimal in capitals": lambda text: text.encode().hex().upper(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of a header": lambda text: base64.b64encode(f"Bearer {text}!".encode()).decode(),
    "base64 after one": lambda text: base64.b64encode(b"x" + text.encode() + b"yz").decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(b"?>" + text.encode()).decode(),
    "base64 in a URL": lambda text: urllib.parse.quote(
        base64.b64encode(b"xy" + text.encode()).decode(), safe=""
    ),
}


def _unicode(character: str) -> str:
    units = character.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def every_form() -> str:
    return " | ".join(encode(KEY) for encode in ENCODINGS.values())


class EchoingServer(EvolinkServer):
    """Answers a prompt that names a place with every form of the key in that place."""

    def reply(self, method: str, path: str, headers: dict[str, str], content: bytes) -> list[Step]:
        body = json.loads(content)
        self.note(body, headers)
        place = body["messages"][-1]["content"]
        steps: list[Step] = [PLACES[place]()]
        return cut(steps, 1) if place.startswith("bytes-of-") else steps


def _answer(**changes: Any) -> bytes:
    return ok(choices=[choice(**changes)])


def _message(**parts: Any) -> bytes:
    return _answer(message={"role": "assistant", "content": "", **parts})


def _call(arguments: str) -> dict[str, Any]:
    return {"id": KEY, "type": "function", "function": {"name": "look", "arguments": arguments}}


def _tokens() -> bytes:
    tokens = [
        {
            "token": each,
            "logprob": -0.5,
            "bytes": list(each.encode()),
            "top_logprobs": [
                {"token": other, "logprob": -1.0, "bytes": list(other.encode())}
                for other in (each, KEY)
            ],
        }
        for each in every_form()
    ]
    return _answer(content="tokens", logprobs={"content": tokens})


def _stream(field: str, *, tail: str = "data: [DONE]\n\n") -> bytes:
    events = [delta(delta={field: each}) for each in every_form()]
    return sse(*events, delta(finish_reason="stop"), tail=tail)


def _stream_call() -> bytes:
    events = [
        delta(delta={"tool_calls": [{"index": 0, **_call(each)}]}) for each in json.dumps(KEY)
    ]
    return sse(*events, delta(finish_reason="tool_calls"), tail="data: [DONE]\n\n")


def _error(status: int, **error: Any) -> bytes:
    data = json.dumps({"error": {"message": every_form(), **error}}).encode()
    return http(data, status=status)


PLACES: dict[str, Callable[[], bytes]] = {
    "content": lambda: _answer(content=every_form()),
    "parts": lambda: _message(content=[{"type": "text", "text": each} for each in every_form()]),
    "reasoning": lambda: _message(reasoning_content=every_form()),
    "refusal": lambda: _message(refusal=every_form()),
    "call": lambda: _message(tool_calls=[_call(json.dumps({"key": KEY, "all": every_form()}))]),
    "tokens": _tokens,
    "model": lambda: ok(model=KEY),
    "finish": lambda: _answer(finish_reason=KEY),
    "unknown-keys": lambda: ok(x={KEY: [KEY, every_form()]}),
    "header": lambda: http(
        json.dumps(completion()).encode(), headers=[f"x-request-id: {KEY}", f"x-key: {KEY}"]
    ),
    "type": lambda: http(json.dumps(completion()).encode(), kind=f"application/{KEY}"),
    "status-400": lambda: _error(400, code=KEY),
    "status-422": lambda: _error(422, fallback_suggestion=KEY),
    "status-404-late": lambda: http(json.dumps({"error": "x" * 280 + KEY}).encode(), status=404),
    "status-400-text": lambda: http(f"x {KEY}".encode(), status=400, kind="text/plain"),
    "status-418-html": lambda: http(f"<title>{KEY}</title>".encode(), status=418),
    "error-200": lambda: http(json.dumps({"error": {"message": every_form()}}).encode()),
    "html-200": lambda: http(f"<h1>{every_form()}</h1>".encode(), kind="text/html"),
    "not-json": lambda: http(b"says " + every_form().encode()),
    "redirect": lambda: http(b"", status=307, headers=[f"location: https://{KEY[:14]}.x/{KEY}"]),
    "bad-header": lambda: f"HTTP/1.1 200 OK\r\n{KEY}\x00: {KEY}\r\n\r\n".encode(),
    "bad-chunk": lambda: (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + KEY.encode() + b"\r\n"
    ),
    "index": lambda: ok(choices=[choice(index=KEY)]),
    "stream": lambda: _stream("content"),
    "stream-reasoning": lambda: _stream("reasoning_content"),
    "stream-call": _stream_call,
    "stream-error": lambda: sse(
        delta("so"), "event: error\ndata: " + json.dumps({"error": {"message": every_form()}})
    ),
    "stream-not-json": lambda: sse(delta("so"), f"data: {{{KEY}"),
    "bytes-of-answer": lambda: chunked(json.dumps(completion(model=KEY)).encode()),
    "bytes-of-stream": lambda: sse(delta(KEY), delta(finish_reason="stop")),
}


def leaks(folder: Path, *printed: str) -> list[str]:
    """Where the key stands, in any form, in the files of a folder or in what was printed."""
    found = [f"printed: {form}" for text in printed for form in _forms_in(text.encode())]
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found += [f"{path.name}: {form}" for form in _forms_in(path.read_bytes())]
    return found


def _forms_in(data: bytes) -> Iterator[str]:
    for layer in _layers(data):
        text = layer.decode("utf-8", "replace")
        for name, encode in ENCODINGS.items():
            if encode(KEY) in text:
                at = text.index(encode(KEY))
                yield f"{name}: {text[max(0, at - 80) : at + 80]!r}"
        if KEY in _spelled(text):
            yield "in pieces"


def _layers(data: bytes) -> Iterator[bytes]:
    """The data, and what is compressed or in base64 inside."""
    yield data
    blobs = [
        base64.b64decode(blob[: len(blob) // 4 * 4])
        for blob in re.findall(rb"[A-Za-z0-9+/]{40,}", data)
    ]
    for blob in (data, *blobs):
        yield blob
        for unpack in (gzip.decompress, zlib.decompress, lambda raw: zlib.decompress(raw, -15)):
            with contextlib.suppress(Exception):
                yield unpack(blob)


def _spelled(text: str) -> str:
    """The fragments of streams, tokens and parts in a text of JSON, put together."""
    parts = []
    for line in (text, *text.splitlines()):
        with contextlib.suppress(ValueError):
            parts += _fragments(json.loads(line))
    return "".join(parts)


def _fragments(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _fragments(inner, name)
    elif isinstance(value, list) and key == "bytes":
        yield bytes(value).decode("latin-1")
    elif isinstance(value, list):
        for inner in value:
            yield from _fragments(inner, key)
    elif isinstance(value, str) and key in ("content", "text", "token", "arguments"):
        yield value

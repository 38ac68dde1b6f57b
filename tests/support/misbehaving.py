"""A server that plays scenarios: what it writes is bytes, however wrong.

The first part of a path names the scenario: `/NAME/v1/chat/completions`. Whatever else is asked for
counts as a stray, such as a redirect that was followed.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.evolink_rules import MODEL
from tests.support.evolink_server import ABORT, CLOSE, EvolinkServer, Step

Play = Sequence[Step] | Callable[[], Sequence[Step]]
JSON = "application/json"


@dataclass(frozen=True)
class Scenario:
    """What a server does, and what has to come of it."""

    name: str
    outcome: str  # "answer", or the kind of the EndpointError
    requests: int  # that the server sees, exactly
    plays: tuple[Play, ...] = ()  # one a request; the last one for all that follow
    says: str = ""  # part of the answer's text, of its notes, or of the error
    asks: int = 1  # one after the other; the outcome is the last one's
    body: dict[str, Any] = field(default_factory=dict)  # parameters of the request
    settings: dict[str, Any] = field(default_factory=dict)  # of the endpoint
    env: dict[str, str] = field(default_factory=dict)
    seconds: float = 15.0  # within which it is over, on a busy machine too
    chunk: int = 0  # bytes that are written at once; 0: all

    def __str__(self) -> str:
        return self.name


class MisbehavingServer(EvolinkServer):
    """Plays the scenario that a path names; counts requests by scenario in `seen`."""

    def __init__(self, scenarios: Sequence[Scenario]) -> None:
        super().__init__(keep=False)
        self._scenarios = {scenario.name: scenario for scenario in scenarios}
        self.strays: list[str] = []

    def address(self, name: str, *, scheme: str = "http") -> str:
        return f"{scheme}://127.0.0.1:{self.port}/{name}/v1"

    def reply(self, method: str, path: str, headers: dict[str, str], content: bytes) -> list[Step]:
        scenario = self._scenarios.get(path.split("/")[1])
        if scenario is None or method != "POST" or not path.endswith("/v1/chat/completions"):
            self.strays.append(f"{method} {path}")
            return [http(b"{}", status=404)]
        number = self.seen[scenario.name]
        self.seen[scenario.name] += 1
        play = scenario.plays[min(number, len(scenario.plays) - 1)]
        steps = list(play() if callable(play) else play)
        for place, step in enumerate(steps):
            if isinstance(step, bytes):
                steps[place] = step.replace(b"{PORT}", b"%d" % self.port)
        return cut(steps, scenario.chunk) if scenario.chunk else steps


def cut(steps: Sequence[Step], size: int) -> list[Step]:
    """The same bytes, `size` at a time."""
    found: list[Step] = []
    for step in steps:
        if not isinstance(step, bytes):
            found.append(step)
            continue
        for start in range(0, len(step), size):
            found += [step[start : start + size], 0.0002]
    return found


def http(
    data: bytes | None = None,
    *,
    status: int | str = 200,
    kind: str | None = JSON,
    version: str = "1.1",
    length: int | None = None,
    headers: Sequence[str] = (),
) -> bytes:
    """An answer; `length` is what it claims, -1 claims nothing."""
    lines = [f"HTTP/{version} {status} Scripted", *headers]
    if kind is not None:
        lines.append(f"content-type: {kind}")
    if data is not None and length != -1:
        lines.append(f"content-length: {len(data) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (data or b"")


def chunked(*pieces: bytes, kind: str = JSON, end: bytes = b"0\r\n\r\n") -> bytes:
    """An answer in chunks."""
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece)
    return http(kind=kind, headers=("transfer-encoding: chunked",)) + body + end


def completion(**changes: Any) -> dict[str, Any]:
    """A good answer that says 4, with parts changed; `...` leaves a part out."""
    whole: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1760032810,
        "model": MODEL,
        "choices": [choice()],
        "usage": {"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6},
        **changes,
    }
    return {key: value for key, value in whole.items() if value is not ...}


def choice(index: Any = 0, content: Any = "4", **changes: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content}
    whole = {"index": index, "message": message, "finish_reason": "stop", **changes}
    if content is ...:
        del message["content"]
    return {key: value for key, value in whole.items() if value is not ...}


def ok(**changes: Any) -> bytes:
    """A whole good answer, with parts changed."""
    return http(json.dumps(completion(**changes)).encode())


def raw(text: str | bytes) -> bytes:
    """An answer with just that body."""
    return http(text if isinstance(text, bytes) else text.encode())


def failed(status: int, *headers: str, words: bool = True, **error: Any) -> bytes:
    """An error answer, with a JSON body or without any."""
    told = {"error": {"message": f"scripted {status}", **error}}
    data = json.dumps(told).encode() if words else b""
    return http(data, status=status, kind=JSON if words else None, headers=headers)


def packed(data: bytes) -> bytes:
    """A body under gzip."""
    return http(gzip.compress(data, 9), headers=("content-encoding: gzip",))


def delta(content: str | None = None, *, index: int = 0, **changes: Any) -> str:
    """One event of a stream: a fragment of a choice."""
    said = {} if content is None else {"content": content}
    part = {"index": index, "delta": said, "finish_reason": None, **changes}
    return "data: " + json.dumps({"id": "c", "model": MODEL, "choices": [part]})


END = delta(finish_reason="stop")
DONE = "data: [DONE]"


def sse(*events: str, end: str = "\n\n", tail: str = "") -> bytes:
    """A whole stream in one chunk."""
    text = "".join(event + end for event in events) + tail
    return chunked(text.encode("utf-8", "surrogatepass"), kind="text/event-stream")


__all__ = [
    "ABORT", "CLOSE", "DONE", "END", "JSON", "MisbehavingServer", "Play", "Scenario", "chunked",
    "choice", "completion", "delta", "failed", "http", "ok", "packed", "raw", "sse",
]  # fmt: skip

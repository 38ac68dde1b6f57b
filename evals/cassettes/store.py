"""Recorded answers on disk: one file for one answer, checked on reading, never half written."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from evals.cassettes.key import key
from evals.cassettes.layout import pretty
from evals.errors import DamagedFile, EvalsError, OutdatedRecording
from evals.model import Exchange, JsonObject, Recorded, Request, Response, Timing
from evals.reading import read_file
from evals.record.reading import read_json
from evals.write import Secrets, publish, remove_leftovers

FORMAT = 1
_NAME = re.compile(r"[0-9a-f]{32}\.[0-9]+\.json")
_LEFT_S = 600.0  # a temporary file of a writer that lives is younger by far
_CHECKSUM = b'  "checksum": "sha256:'
_REDACTED = "[secret:"  # in a body: its key was made of what stood there before


class _RequestPart(msgspec.Struct, frozen=True):
    endpoint: str
    path: str
    take: int
    body: JsonObject


class _File(msgspec.Struct, frozen=True):
    """A cassette's content, in the order in which it stands."""

    format: int
    request: _RequestPart
    response: Response
    timing: Timing
    recorded: Recorded
    checksum: str


_decoder = msgspec.json.Decoder(_File)


class Cassettes:
    """The recordings of one suite: a folder of `<key>.<take>.json`.

    What was recorded before `oldest` is no answer: it is neither given out nor taken for missing.
    """

    def __init__(
        self,
        folder: Path,
        *,
        secrets: Secrets | None = None,
        oldest: datetime | None = None,
        root: Path | None = None,
    ) -> None:
        """Messages name files as they are seen from `root`."""
        self.folder = folder
        self._oldest = oldest
        self._secrets = secrets or Secrets()
        self._prefix = f"{folder}{os.sep}"
        inside = root is not None and folder.is_relative_to(root)
        self.shown = folder.relative_to(root).as_posix() if root and inside else str(folder)

    def path(self, request: Request) -> Path:
        return self.folder / f"{key(request)}.{request.take}.json"

    def read(self, request: Request, *, name: str | None = None) -> Exchange | None:
        """The recorded answer, or None.

        Raises `DamagedFile` where a file is not as written, and `OutdatedRecording` where it is
        too old. `name` is the request's key, where it is known already.
        """
        file = f"{name or key(request)}.{request.take}.json"
        shown = f"{self.shown}/{file}"
        try:
            data = read_file(self._prefix + file, follow=False)
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise DamagedFile(f"{shown} cannot be read: {problem.strerror}.") from problem
        exchange = decode(shown, data, request)
        if self._oldest is not None and is_older(exchange, self._oldest):
            raise OutdatedRecording(
                f"The recording {file} is of {exchange.recorded.at[:10]}, and "
                f"limits.max_age allows none from before {self._oldest:%Y-%m-%d}."
            )
        return exchange

    def has(self, request: Request, *, name: str | None = None) -> bool:
        """Whether there is a recording, damaged or not, that is not too old."""
        if self._oldest is None:
            return os.path.exists(f"{self._prefix}{name or key(request)}.{request.take}.json")
        try:
            return self.read(request, name=name) is not None
        except OutdatedRecording:
            return False
        except DamagedFile:
            return True

    def prepare(self) -> None:
        """Make sure, before anything is paid for, that answers can be written; raises `DiskError`.

        What killed writers left behind is removed.
        """
        # Checksums are over bytes: git must not give lines the ends of a platform.
        publish(self.folder.parent / ".gitattributes", b"*.json text eol=lf\n", replace=False)
        remove_leftovers(self.folder, older_than_s=_LEFT_S)
        probe = self.folder / ".probe.tmp"
        publish(probe, b"", replace=True)
        with contextlib.suppress(OSError):
            probe.unlink()

    def write(self, exchange: Exchange, *, replace: bool, durable: bool = False) -> Path:
        """Record a complete answer; without `replace` an existing recording stays."""
        path = self.path(exchange.request)
        data = encode(exchange, secrets=self._secrets)
        publish(path, data, replace=replace, durable=durable)
        return path

    def all(self) -> Iterator[tuple[Path, Exchange | DamagedFile]]:
        """Every recording there is, in order of name; damaged ones as their error."""
        for path in recordings(self.folder):
            try:
                yield path, decode(path, read_file(path, follow=False), None)
            except DamagedFile as problem:
                yield path, problem
            except OSError as problem:
                yield path, _damaged(path, str(problem.strerror))


def recordings(folder: Path) -> tuple[Path, ...]:
    """The recordings in a folder by their names, in order; other files are not ours."""
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return ()
    return tuple(folder / name for name in sorted(names) if is_recording(name))


def is_recording(name: str) -> bool:
    """Whether a file's name is that of a recording."""
    return _NAME.fullmatch(name) is not None


def is_older(exchange: Exchange, oldest: datetime) -> bool:
    """Whether an answer was recorded before `oldest`; one without a date was."""
    try:
        return datetime.fromisoformat(exchange.recorded.at) < oldest
    except (ValueError, TypeError):  # no date; a date without its offset
        return True


def encode(exchange: Exchange, *, secrets: Secrets) -> bytes:
    """A cassette's bytes, without secrets; the checksum is over all before its own line."""
    request, response = exchange.request, exchange.response
    answer: dict[str, Any] = {"status": response.status, "headers": response.headers}
    if response.stream is not None:
        answer["stream"] = [list(chunk) for chunk in response.stream]
    else:
        answer["body"] = response.body
    took = exchange.timing.rounded()
    timing: dict[str, Any] = {"latency_s": took.latency_s}
    if took.ttft_s is not None:
        timing["ttft_s"] = took.ttft_s
    timing["in_flight"] = took.in_flight
    content = {
        "format": FORMAT,
        "request": {
            "endpoint": request.endpoint,
            "path": request.path,
            "take": request.take,
            "body": request.body,
        },
        "response": answer,
        "timing": timing,
        "recorded": _recorded(exchange.recorded),
    }
    text = secrets.redact_json("".join(pretty(content)))
    head = text.removesuffix("\n}").encode() + b",\n"
    return head + _last_lines(head)


def _last_lines(head: bytes) -> bytes:
    return _CHECKSUM + hashlib.sha256(head).hexdigest().encode() + b'"\n}\n'


def _recorded(recorded: Recorded) -> dict[str, Any]:
    return {
        "at": recorded.at,
        "by": recorded.by,
        "base_url": recorded.base_url,
        "attempts": recorded.attempts,
        "for": recorded.for_,
    }


def decode(path: Path | str, data: bytes, request: Request | None) -> Exchange:
    """The exchange that `data` holds; with `request`, it has to be the answer to that one."""
    start = data.rfind(_CHECKSUM)
    if start < 0 or data[start:] != _last_lines(data[:start]):
        raise _damaged(path, "its content does not match its checksum")
    try:
        content = read_json(data, _decoder)
    except msgspec.DecodeError as problem:
        raise _damaged(path, str(problem)) from problem
    if content.format != FORMAT:
        raise _damaged(path, f"its format is {content.format}; this version reads {FORMAT}")
    part = content.request
    if request is not None and not _is_of(part, request):
        raise _damaged(path, "it is of another request: the file was renamed, or edited")
    return Exchange(
        request=request or _asked(part),
        response=content.response,
        timing=content.timing,
        recorded=content.recorded,
        source="recorded",
    )


def _is_of(part: _RequestPart, request: Request) -> bool:
    """Whether a recording is of that request, as its name says."""
    if (part.take, part.path, part.endpoint) != (request.take, request.path, request.endpoint):
        return False
    return part.body == request.body or has_key(_asked(part), key(request))


def _asked(part: _RequestPart) -> Request:
    return Request(endpoint=part.endpoint, path=part.path, take=part.take, body=part.body)


def has_key(request: Request, name: str) -> bool:
    """Whether a recorded request has that key, or had before a secret was taken out of it."""
    try:
        return key(request) == name or _REDACTED in str(request.body)
    except EvalsError:  # nobody can ask it
        return False


def _damaged(path: Path | str, why: str) -> DamagedFile:
    return DamagedFile(
        f"{path}: the recording is damaged: {why}.",
        remedy="Restore it from version control, or delete it and run with --evals-mode record.",
    )

"""Server-sent events over bytes.

Written out because readers of lines at hand split at U+2028 or hold a text decoder, and an event
may be cut anywhere: inside a character, between CR and LF, inside the byte order mark.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


class ServerEvent(NamedTuple):
    """One event: its type ("" where none is named) and its data, the lines joined."""

    type: str
    data: bytes


class Decoder:
    """Turns the bytes of a stream, cut anywhere, into its events.

    An event is complete with the blank line after it; what lacks one at the end is no event.
    """

    def __init__(self) -> None:
        self._line: list[bytes] = []  # pieces of a line that has not ended yet
        self._data: list[bytes] = []
        self._type = b""
        self._after_cr = False
        self._head: bytes | None = b""  # bytes that may begin a byte order mark; None: past it

    def feed(self, piece: bytes) -> list[ServerEvent]:
        """The events that `piece` completes."""
        if self._head is not None:
            piece = self._head + piece
            if len(piece) < len(_BOM) and _BOM.startswith(piece):
                self._head = piece
                return []
            self._head = None
            piece = piece.removeprefix(_BOM)
        if self._after_cr and piece:
            self._after_cr = False
            piece = piece.removeprefix(b"\n")
        events: list[ServerEvent] = []
        start = 0
        for end in _END.finditer(piece):
            self._line.append(piece[start : end.start()])
            self._end_line(events)
            start = end.end()
        if start < len(piece):
            self._line.append(piece[start:])
        elif piece.endswith(b"\r"):
            self._after_cr = True
        return events

    def _end_line(self, events: list[ServerEvent]) -> None:
        line = b"".join(self._line)
        self._line.clear()
        if not line:
            if self._data:
                kind = self._type.decode("utf-8", "replace")
                events.append(ServerEvent(kind, b"\n".join(self._data)))
            self._data, self._type = [], b""
            return
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
        elif field == b"event":
            self._type = value
        # A comment has an empty field; `id` and `retry` mean nothing for one request.

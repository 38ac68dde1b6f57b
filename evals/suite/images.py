"""Images in messages: `{type: image_url, image_url: {file: PATH}}` is sent as a data URL."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from evals.model import JsonObject
from evals.suite.files import FileRefused, Files
from evals.suite.yaml import MAX_BYTES

_HEAD: Final = 16  # bytes that tell the kind of an image
_KEPT: Final = 16  # images that are kept in memory: the columns of a case share theirs


def image_mistakes(content: Any) -> Iterator[str]:
    """What is wrong with the images among the parts of a message."""
    for part in content if isinstance(content, list | tuple) else ():
        if isinstance(part, dict) and part.get("type") == "image_url":
            image = part.get("image_url")
            known = image if isinstance(image, dict) else {}
            given = [known[key] for key in ("file", "url") if key in known]
            if len(given) != 1 or not isinstance(given[0], str):
                yield "image_url is {file: PATH} or {url: ADDRESS}, with detail where wanted"


def has_images(messages: Sequence[JsonObject]) -> bool:
    """Whether messages name files of images."""
    return any(_file(part) is not None for message in messages for part in _parts(message))


class Images:
    """Reads the images of one suite."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._url = lru_cache(_KEPT)(self._read)

    def check(self, messages: Sequence[JsonObject]) -> None:
        """Raise `FileRefused` for a file that is none, or no image; its whole is not read."""
        for message in messages:
            for part in _parts(message):
                if (file := _file(part)) is not None:
                    found = self._files.find(file)
                    if found.stat().st_size > MAX_BYTES:
                        self._files.read(file)  # refuses it
                    with found.open("rb") as opened:
                        _kind(opened.read(_HEAD), file)

    def filled(self, messages: tuple[JsonObject, ...]) -> tuple[JsonObject, ...]:
        """The messages with data URLs in place of files."""
        if not has_images(messages):
            return messages
        return tuple(
            {**message, "content": [self._part(part) for part in _parts(message)]}
            if isinstance(message.get("content"), list | tuple)
            else message
            for message in messages
        )

    def _part(self, part: Any) -> Any:
        file = _file(part)
        if file is None:
            return part
        image = {key: value for key, value in part["image_url"].items() if key != "file"}
        return {**part, "image_url": {"url": self._url(file), **image}}

    def _read(self, file: str) -> str:
        data = self._files.read(file)
        return f"data:image/{_kind(data, file)};base64,{base64.b64encode(data).decode('ascii')}"


def _parts(message: JsonObject) -> Sequence[Any]:
    content = message.get("content")
    return content if isinstance(content, list | tuple) else ()


def _file(part: Any) -> str | None:
    if not isinstance(part, dict) or part.get("type") != "image_url":
        return None
    image = part.get("image_url")
    file = image.get("file") if isinstance(image, dict) else None
    return file if isinstance(file, str) else None


def _kind(data: bytes, file: str) -> str:
    """By content: the name of a file may be wrong."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    raise FileRefused(f"{file!r} is no image", remedy="by content: PNG, JPEG, GIF or WebP")

"""Prompts: texts, files of texts and messages, lists of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, Final

from evals.errors import EvalsError, Place
from evals.importing.source import Source, Unequal
from evals.importing.templates import translated_in
from evals.model import JsonObject
from evals.suite.ids import Unique, slug

_TEXTS: Final = (".txt", ".md", ".j2")
_VALUES: Final = (".json", ".yaml", ".yml")
_CODE: Final = (".js", ".cjs", ".mjs", ".ts", ".py", ".sh", ".rb")
_SEPARATOR: Final = "\n---\n"


class Prompts:
    """Reads the prompts of one file; what has no equal goes to the findings."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._unique = Unique()
        self.made: list[JsonObject] = []

    def read(self, written: Any, holder: Any) -> None:
        if isinstance(written, str):
            written = [written]
        if isinstance(written, dict):  # file → label
            written = [{"id": key, "label": label} for key, label in written.items()]
        if not isinstance(written, list):
            self._source.lose("prompts", holder, "prompts", "prompts", "no list of prompts")
            return
        for index, item in enumerate(written):
            place = self._source.place(written, index)
            try:
                self._one(item, place)
            except EvalsError as problem:
                self._source.findings.count("prompts")
                self._source.findings.lose("prompts", place, _shown(item), problem.message)

    def _one(self, item: Any, place: Place) -> None:
        label, text = None, item
        if isinstance(item, dict):
            for key in item.keys() - {"id", "label", "raw", "file", "display"}:
                self._source.left(item, key, f"prompt: {key}", "prompts have no such key")
            label = item.get("label") or item.get("display")
            text = item.get("raw", item.get("file", item.get("id")))
        if not isinstance(text, str):
            raise Unequal("no text")
        for content in self._contents(text):
            self._add(content, label, place)

    def _contents(self, text: str) -> Iterator[Any]:
        """The texts or messages that a prompt of the file stands for."""
        name, is_file = text.removeprefix("file://"), text.startswith("file://")
        suffix = PurePosixPath(name.rpartition(":")[0] or name).suffix if is_file else ""
        if not is_file and "\n" not in text and len(text) < 300 and "{{" not in text:
            suffix = PurePosixPath(text).suffix if " " not in text.strip() else ""
            is_file = suffix in (*_TEXTS, *_VALUES, *_CODE, ".csv", ".jsonl")
        if not is_file:
            yield _messages_in(text, self._source) or text
            return
        if suffix in _CODE or name.rpartition(":")[0].endswith(_CODE):
            raise Unequal("code makes it, and nothing is executed")
        for each in self._source.matching(name):
            yield from self._file(each)

    def _file(self, name: str) -> Iterator[Any]:
        if name.endswith(_VALUES):
            value = self._source.value(name) if not name.endswith(".json") else None
            text = self._source.text(name)
            yield value if _is_messages(value) else _messages_in(text, self._source) or text
        elif name.endswith(".csv"):
            yield from (row["prompt"] for _, row in self._source.rows(name) if row.get("prompt"))
        elif name.endswith(".jsonl"):
            for line in filter(str.strip, self._source.text(name).split("\n")):
                yield _messages_in(line, self._source) or line
        elif name.endswith(_CODE):
            raise Unequal("code makes it, and nothing is executed")
        else:
            text = self._source.text(name).replace("\r\n", "\n")
            yield from (part.strip("\n") for part in text.split(_SEPARATOR) if part.strip())

    def _add(self, content: Any, label: Any, place: Place) -> None:
        self._source.findings.count("prompts")
        name = slug(label) if isinstance(label, str) else ""
        made: JsonObject = {"id": self._unique(name or f"prompt-{len(self.made) + 1}")}
        try:
            content = translated_in(content, self._source.findings)
            made |= {"template": content} if isinstance(content, str) else {"messages": content}
        except EvalsError as problem:
            self._source.findings.lose("prompts", place, made["id"], problem.message)
            return
        self._source.findings.born(made, place, "prompts")
        self.made.append(made)


def _messages_in(text: str, source: Source) -> list[JsonObject] | None:
    """The messages that a text holds, as JSON or YAML; None where it is a text."""
    stripped = text.strip()
    if not stripped.startswith(("[", "- role:")):
        return None
    try:
        value = json.loads(stripped) if stripped[0] == "[" else None
    except (ValueError, RecursionError):
        value = None
    try:
        value = value if value is not None else source.parsed(stripped, "prompt")
    except EvalsError:
        if '"role"' in stripped or "role:" in stripped:
            raise Unequal("its messages are made by a template around them") from None
        return None
    return value if _is_messages(value) else None


def _is_messages(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, dict) and isinstance(one.get("role"), str) for one in value)
    )


def _shown(item: Any) -> str:
    text = item if isinstance(item, str) else str(item.get("id", "")) if type(item) is dict else ""
    return f"prompt {text[:60]!r}"

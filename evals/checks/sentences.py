"""Sentences of a text: an estimate, since only a reader knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

_LINE_END = re.compile(r"\r\n|\n|\r")
_ITEM = re.compile(r"[ \t>]*+(?:[-*+•–]|[0-9]{1,3}[.)])[ \t]++|[ \t]*+#{1,6}[ \t]++")
_END = re.compile(r"[.!?…]++[\"'”’»)\]*_]*+(?=\s|\Z)|[。！？｡]++[」』”’）]*+")
_OPENING = "\"'“‘«([*_"
_LONGEST = 20  # of an abbreviation, with what stands before it
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")


def lines(text: str) -> list[str]:
    """The lines; a line end at the end of the text begins no other, and "" has none."""
    found = _LINE_END.split(text)
    return found if found[-1] else found[:-1]


def sentences(text: str) -> tuple[str, ...]:
    """The sentences: of paragraphs, and of list items and headings by themselves."""
    return tuple(
        sentence
        for paragraph in _paragraphs(text)
        for sentence in _split(paragraph)
        if _LETTER_OR_DIGIT.search(sentence)
    )


def _paragraphs(text: str) -> Iterator[str]:
    open_lines: list[str] = []
    for line in lines(text):
        item = _ITEM.match(line)
        if item is not None or not line.strip():
            yield " ".join(open_lines)
            open_lines = []
        open_lines.append(line[item.end() :] if item else line)
        if item is not None and "#" in item[0]:  # a heading goes no further than its line
            yield " ".join(open_lines)
            open_lines = []
    yield " ".join(open_lines)


def _split(paragraph: str) -> Iterator[str]:
    start = 0
    for match in _END.finditer(paragraph):
        if _ends(paragraph, match):
            yield paragraph[start : match.end()].strip()
            start = match.end()
    yield paragraph[start:].strip()


def _ends(paragraph: str, match: re.Match[str]) -> bool:
    if match[0][0] in "。！？｡":
        return True
    after = paragraph[match.end() : match.end() + 8].lstrip().lstrip(_OPENING)
    if after[:1].islower():
        return False
    if match[0] != ".":
        return True
    before = paragraph[max(0, match.start() - _LONGEST) : match.start()].split()
    word = before[-1].lstrip(_OPENING) if before else ""
    initial = len(word) == 1 and word.isupper() and word != "I"
    return not initial and word.casefold() not in _abbreviations()


@lru_cache(maxsize=1)
def _abbreviations() -> frozenset[str]:
    text = (files(__package__) / "data" / "abbreviations.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))

"""Texts of models and suites as a reader may see them: harmless, cut, on one line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from evals.model import Frozen, JsonObject
from evals.write import visible

LONGEST = 2_000
"""Characters of one text that a page shows; the whole text is in the recording."""

_SPACES = re.compile(r"\s+")
_SLUG = re.compile(r"[^A-Za-z0-9_.-]+")
_PLAIN_ARGUMENT = re.compile(r'[^"$`\\!\n\r]*')


class Text(Frozen, frozen=True, kw_only=True):
    """A text to show; `note` states its length where it was cut."""

    text: str
    note: str = ""


def shown(text: str, *, longest: int = LONGEST) -> Text:
    """The text with control and bidirectional characters as labels, cut after `longest`."""
    if len(text) <= longest:
        return Text(text=text if text.isprintable() else visible(text))
    return Text(
        text=visible(text[:longest]),
        note=f"The first {longest:,} of {len(text):,} characters.",
    )


def one_line(text: str, longest: int) -> str:
    """The beginning of a text on one line, with an ellipsis where it was cut."""
    # Most texts are short and plain: nothing that moves a cursor is printable.
    if len(text) <= longest and text.isprintable() and "  " not in text:
        return text.strip()
    head = _SPACES.sub(" ", text[: longest * 4]).strip()
    cut = len(head) > longest or len(text) > longest * 4
    return visible(f"{head[:longest].rstrip()}…" if cut else head)


def written(value: Any) -> str:
    """A value as text: strings as they are, everything else as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def summary(values: JsonObject, longest: int) -> str:
    """A case's vars on one line: the value alone where there is one, else `name: value`."""
    if len(values) == 1:
        return one_line(written(next(iter(values.values()))), longest)
    return one_line(", ".join(f"{name}: {_head(value)}" for name, value in values.items()), longest)


def _head(value: Any) -> str:
    text = written(value)
    return text if len(text) <= 80 else f"{text[:80]}…"


def listing(names: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    known = list(names)
    if len(known) < 2:
        return "".join(known)
    return f"{', '.join(known[:-1])} and {known[-1]}"


def command(path: str, case: str, column: str) -> str:
    """The command that runs just this case in this column, quoted for a shell."""
    node = f"{path}::{case}[{column}]"
    if _PLAIN_ARGUMENT.fullmatch(node):
        return visible(f'pytest "{node}"')
    escaped = node.replace("'", "'\"'\"'")
    return visible(f"pytest '{escaped}'")


class Anchors:
    """Unique, readable ids for the places of one page."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def __call__(self, *parts: str) -> str:
        slug = _SLUG.sub("-", "-".join(parts))
        count = self._taken.get(slug, 0) + 1
        self._taken[slug] = count
        return slug if count == 1 else self(slug, str(count))

"""Ids: what may be one, and the one that is made where none is given."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Final

from evals.suite.template.values import shown

_ID: Final = re.compile(r"[^\W_][\w.=-]{0,99}")
_SUITE: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
_TAG: Final = re.compile(r"[A-Za-z0-9_.-]+")
_METRIC: Final = re.compile(r"[a-z_][a-z0-9_]*")
_DEVICES: Final = frozenset(
    ("con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10)))
)
_OTHERS: Final = re.compile(r"[^\w.=]+|_{2,}")
_LENGTH: Final = 60  # of an id that is made; the rest of its text is in the vars

ID_RULE: Final = (
    'an id begins with a letter or digit, then letters, digits, ".", "_", "=", "-"; at most 100'
)
TWICE: Final = "rename one of them; capitals make no difference, since ids name files"
SUITE_RULE: Final = 'small letters, digits, "_" and "-"; no name of a device such as "con"'
TAG_RULE: Final = 'letters, digits, ".", "_", "-"'
METRIC_RULE: Final = 'small letters, digits and "_", beginning with no digit'


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def is_suite_id(text: str) -> bool:
    return _SUITE.fullmatch(text) is not None and text not in _DEVICES


def is_tag(text: str) -> bool:
    return _TAG.fullmatch(text) is not None


def is_metric(text: str) -> bool:
    return _METRIC.fullmatch(text) is not None


def slug(text: str) -> str:
    """The nearest valid id to a text; empty where nothing of it can stand in one."""
    plain = unicodedata.normalize("NFC", text).casefold() if not text.isascii() else text.lower()
    words = _OTHERS.sub("-", plain[: 4 * _LENGTH]).strip("-._=")
    if len(words) > _LENGTH:
        cut = words[:_LENGTH]
        words = cut.rpartition("-")[0] if "-" in cut[_LENGTH // 2 :] else cut
        words = words.strip("-._=")
    return words


def default_id(variables: Mapping[str, Any]) -> str:
    """A readable slug of a test's vars; a hash of them where they have nothing to read."""
    values = variables.values()
    text = " ".join(value if isinstance(value, str) else shown(value) for value in values)
    return slug(text) or f"test-{_hash(variables)}"


def _hash(variables: Mapping[str, Any]) -> str:
    content = json.dumps(variables, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(content.encode()).hexdigest()[:8]


class Unique:
    """Gives each wanted id once, however it is capitalised; `-2`, `-3` … where it is taken."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {name.casefold() for name in taken}
        self._next: dict[str, int] = {}

    def __call__(self, wanted: str) -> str:
        name, number = wanted, self._next.get(wanted, 2)
        while name.casefold() in self._taken:
            name = f"{wanted}-{number}"
            number += 1
        if name is not wanted:
            self._next[wanted] = number
        folded = name.casefold()
        self._taken.add(name if folded == name else folded)
        return name

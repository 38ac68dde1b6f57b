"""Texts as a judge gets to see them: fenced as data, by a mark that the texts do not hold."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

_PLACE = re.compile(r"\{\{\s*([^\W\d][\w.]*)\s*\}\}")


def mark_of(*texts: str) -> str:
    """A mark that depends on the texts alone, so that the same texts are asked about once."""
    content = "\0".join(texts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).hexdigest()[:12]


def fenced(name: str, text: str, mark: str) -> str:
    """The text between tags with the mark, which is taken out of the text wherever it stands."""
    while mark in text.lower():
        text = re.sub(mark, "", text, flags=re.IGNORECASE)
    return f"<{name}-{mark}>\n{text}\n</{name}-{mark}>"


def places(prompt: str) -> tuple[str, ...]:
    """The names that stand in a judge's prompt as `{{ name }}`."""
    return tuple(dict.fromkeys(_PLACE.findall(prompt)))


def filled(prompt: str, values: Mapping[str, str]) -> str:
    """The prompt with its values in it; what a value itself holds stays as it is."""
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), prompt)


@lru_cache(maxsize=32)
def built_in(name: str) -> str:
    """A judge's prompt that comes with the package."""
    text = (files(__package__) / "prompts" / f"{name}.md").read_text(encoding="utf-8")
    return text.strip()

"""What is written on a command line, as values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from evals.errors import ConfigError


def parse_set(texts: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """`["temperature=0,0.7"]` as `{"temperature": (0, 0.7)}`; values are JSON, else text."""
    found: dict[str, tuple[Any, ...]] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        if not equals or not name or not values:
            raise ConfigError(
                f"--evals-set {text!r} names no values.",
                remedy="Write --evals-set temperature=0,0.7",
            )
        found[name.strip()] = _values(values)
    return found


def _values(text: str) -> tuple[Any, ...]:
    try:
        return tuple(json.loads(f"[{text}]"))
    except ValueError:
        return tuple(_value(part.strip()) for part in text.split(","))


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text

"""What is written on a command line, as values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from evals.errors import ConfigError, SuiteError


def parse_set(texts: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """`["temperature=0,0.7"]` as `{"temperature": (0, 0.7)}`; values are JSON, else text."""
    found: dict[str, tuple[Any, ...]] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        if not equals or not name or not values.strip():
            raise ConfigError(
                f"--evals-set {text!r} names no values.",
                remedy="Write --evals-set temperature=0,0.7",
            )
        if name.strip() in found:
            raise ConfigError(
                f"--evals-set {name.strip()} is given twice.",
                remedy=f"Write all of its values in one: --evals-set {name.strip()}=0,0.7",
            )
        found[name.strip()] = _different(name.strip(), _values(values))
    return found


def _different(name: str, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The values, where none stands twice: columns of one setting compare it with itself."""
    seen: set[str] = set()
    for value in values:
        text = json.dumps(value, sort_keys=True)
        if text in seen:
            raise ConfigError(
                f"--evals-set {name} has the value {text} twice.",
                remedy="Name each value once; --evals-repeat takes more samples of each.",
            )
        seen.add(text)
    return values


def _values(text: str) -> tuple[Any, ...]:
    found = _json(f"[{text}]")
    if found is not None:
        return tuple(found)
    return tuple(_value(part.strip()) for part in text.split(","))


def _value(text: str) -> Any:
    found = _json(f"[{text}]")
    return found[0] if found else text


def _json(text: str) -> list[Any] | None:
    """A list of values that can be sent; None where the text is no such list."""
    from evals.suite.datasets import read_json

    try:
        values: list[Any] = read_json(text.encode("utf-8", "surrogateescape"), "")
    except SuiteError:
        return None
    return values

"""What a value reads as inside a text, and the error of templates."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from evals.errors import EvalsError, Place
from evals.suite.nearest import hint


class TemplateError(EvalsError):
    """A template that cannot be read, or not be rendered with these vars.

    `written` says which option of which assertion holds it, where it is one of an assertion.
    """

    written: tuple[Place | None, str] = (None, "")


def shown(value: Any) -> str:
    """A value inside a text: lists, mappings, null and booleans as JSON."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool | list | tuple | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def unknown(name: str, known: Iterable[str]) -> str:
    """The message for a variable that is not there."""
    names = [other for other in known if other[0] != "·"]
    return f"unknown variable {name!r}; known: {', '.join(names) or 'none'}{hint(name, names)}"

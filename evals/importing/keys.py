"""Keys that stand in a file: left out of everything that is made of it."""

from __future__ import annotations

import re
from typing import Any, Final

LEFT_OUT: Final = "[key left out]"
_KEYS: Final = re.compile(
    r"\b(?:sk-[A-Za-z0-9_-]{16,}|gsk_[A-Za-z0-9]{20,}|gh[pousr]_[A-Za-z0-9]{20,}|AKIA[A-Z0-9]{16}"
    r"|xox[abprs]-[A-Za-z0-9-]{10,}|AIza[A-Za-z0-9_-]{30,}|hf_[A-Za-z0-9]{20,}"
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+)"
)
_NAMES: Final = re.compile(
    r"api[_-]?key|authorization|password|client[_-]?secret|access[_-]?token|secret", re.IGNORECASE
)


def without_keys(value: Any) -> Any:
    """The value with every key replaced, be it known by its form or by its name."""
    if isinstance(value, str):
        return _KEYS.sub(LEFT_OUT, value)
    if isinstance(value, list):
        for index, item in enumerate(value):
            value[index] = without_keys(item)
    if isinstance(value, dict):
        for name, item in value.items():
            named = isinstance(item, str) and _NAMES.fullmatch(name) and "{{" not in item
            value[name] = LEFT_OUT if named else without_keys(item)
    return value

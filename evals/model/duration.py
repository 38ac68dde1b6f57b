"""Durations as they are written: a number of seconds, or a text such as `300ms`, `5m`, `90d`."""

from __future__ import annotations

import re
from typing import Final

UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
TEXT: Final = rf"\s*[0-9]+(?:\.[0-9]+)?\s*(?:{'|'.join(UNITS)})\s*"
"""A text with its unit, as a pattern of Python and of JSON Schema, without anchors."""

_TEXT: Final = re.compile(TEXT)
_PARTS: Final = re.compile(r"\s*([0-9.]+)\s*([a-z]+)\s*")


def seconds(value: object) -> float | None:
    """A duration in seconds: `2`, `0.5`, `"300ms"`, `"2s"`, `"5min"`, `"1h"`, `"90d"`; or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    if not isinstance(value, str) or not _TEXT.fullmatch(value):
        return None
    parts = _PARTS.fullmatch(value)
    return float(parts[1]) * UNITS[parts[2]] if parts else None

"""JSON as it goes out and comes in."""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec

from evals.model import JsonObject
from evals.reading import MAX_PARTS, has_too_many_parts

_decoder = msgspec.json.Decoder()


def encode(body: JsonObject) -> bytes:
    """A request's body; what no UTF-8 can hold (lone surrogates) is sent escaped."""
    try:
        return msgspec.json.encode(body)
    except (UnicodeEncodeError, OverflowError, TypeError):
        return json.dumps(body, allow_nan=False, separators=(",", ":")).encode()


def decode(data: bytes) -> Any:
    """An answer's JSON; raises ValueError where it is none.

    What is not strict JSON, and services send, is read too: NaN, infinities and numbers beyond
    a double become null, lone surrogates stay.
    """
    if has_too_many_parts(data):
        raise ValueError(f"more than {MAX_PARTS:,} values")
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return json.loads(data, parse_constant=_null, parse_float=_float)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _null(_: str) -> None:
    return None


def _float(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None

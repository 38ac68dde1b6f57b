"""Vectors of texts, from the answer of an embeddings request."""

from __future__ import annotations

import math
from typing import Any

from evals.errors import EndpointError
from evals.model import JsonObject

EMBEDDINGS = "/embeddings"
"""The operation whose answers hold vectors instead of choices."""


def read_vectors(body: Any, request: JsonObject) -> tuple[tuple[float, ...], ...]:
    """A vector for each text that was asked for, in their order; raises `EndpointError`."""
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, list):
        raise _malformed("the answer has no vectors")
    found: dict[int, tuple[float, ...]] = {}
    for position, each in enumerate(data):
        entry = each if isinstance(each, dict) else {}
        found[entry.get("index", position)] = _vector(entry.get("embedding"), position)
    texts = request.get("input")
    wanted = len(texts) if isinstance(texts, list) else 1
    if found.keys() != set(range(wanted)):
        raise _malformed(f"{wanted} texts were asked for, and {len(data)} vectors came")
    vectors = tuple(found[index] for index in range(wanted))
    if len({len(vector) for vector in vectors}) > 1:
        raise _malformed("the vectors have different lengths")
    return vectors


def _vector(written: Any, position: int) -> tuple[float, ...]:
    numbers = written if isinstance(written, list) else ()
    if not numbers or not all(_is_number(number) for number in numbers):
        raise _malformed(f"vector {position} is no list of numbers")
    return tuple(float(number) for number in numbers)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _malformed(message: str) -> EndpointError:
    return EndpointError(message, kind="malformed")

"""Reading our own JSON, with the halves of characters that models send now and then."""

from __future__ import annotations

import json
from typing import Any, NoReturn, TypeVar

import msgspec
from msgspec.structs import fields

from evals.reading import MAX_PARTS, has_too_many_parts

T = TypeVar("T")


def read_json(data: bytes | bytearray, decoder: msgspec.json.Decoder[T]) -> T:
    """What `decoder` reads; lone surrogates, written as escapes, are kept as they are.

    Raises `msgspec.DecodeError`, also for what would fill the memory.
    """
    if has_too_many_parts(data):
        raise msgspec.DecodeError(f"more than {MAX_PARTS:,} values, the limit")
    try:
        return decoder.decode(data)
    except (RecursionError, UnicodeDecodeError) as problem:
        raise msgspec.DecodeError(str(problem)) from problem
    except msgspec.DecodeError:
        if b"\\ud" not in data and b"\\uD" not in data:
            raise
        try:
            value = json.loads(data, parse_constant=_refuse)
        except (ValueError, RecursionError) as problem:
            raise msgspec.DecodeError(str(problem)) from problem
        return msgspec.convert(_with_raw_parts(value, decoder.type), decoder.type)


def _with_raw_parts(value: Any, type_: Any) -> Any:
    """A struct's value, its parts that stay unread as the texts that they are."""
    if not isinstance(value, dict):
        return value
    unread = {field.encode_name for field in fields(type_) if field.type is msgspec.Raw}
    return {
        name: msgspec.Raw(json.dumps(part).encode()) if name in unread else part
        for name, part in value.items()
    }


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"JSON has no {constant}")

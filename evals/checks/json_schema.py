"""JSON Schema: drafts 2020-12, 2019-09 and 7, formats asserted, nothing fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from evals.checks.json_text import step
from evals.checks.options import OptionsError, show

if TYPE_CHECKING:
    import jsonschema_rs

_DRAFTS = {
    "https://json-schema.org/draft/2020-12/schema": "Draft202012Validator",
    "https://json-schema.org/draft/2019-09/schema": "Draft201909Validator",
    "http://json-schema.org/draft-07/schema": "Draft7Validator",
}
_DEFAULT = "https://json-schema.org/draft/2020-12/schema"
_FORMATS = frozenset(
    {"date", "date-time", "duration", "email", "hostname", "idn-email", "idn-hostname"}
    | {"ipv4", "ipv6", "iri", "iri-reference", "json-pointer", "regex", "relative-json-pointer"}
    | {"time", "uri", "uri-reference", "uri-template", "uuid"}
)
_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Schema:
    """A compiled schema."""

    def __init__(self, written: Any) -> None:
        """Raises `OptionsError` with the place of the mistake inside the schema."""
        self._validator = _compile(written)
        self.unknown_formats = tuple(sorted(set(_formats(written)) - _FORMATS))

    def violations(self, value: Any) -> list[str]:
        """Every violation with the path of the value that violates, in the order of the schema."""
        try:
            errors = list(self._validator.iter_errors(value))
        except UnicodeEncodeError:  # lone surrogates, which the validator cannot take
            errors = list(self._validator.iter_errors(_without_surrogates(value)))
        return [f"{path_text(error.instance_path)}: {error.message}" for error in errors]


def schema_of(written: Any) -> Schema:
    """The compiled schema, kept for equal ones; raises `OptionsError`."""
    try:
        encoded = msgspec.msgpack.encode(written)
    except (OverflowError, UnicodeEncodeError):  # whole numbers of more than 64 bits, surrogates
        return Schema(written)
    return _kept(encoded)


@lru_cache(maxsize=256)
def _kept(encoded: bytes) -> Schema:
    return Schema(msgspec.msgpack.decode(encoded))


def _compile(written: Any) -> jsonschema_rs.Validator:
    import jsonschema_rs

    if not isinstance(written, dict | bool):
        raise OptionsError([((), f"a JSON Schema is a mapping, found {show(written)}")])
    if isinstance(written, dict) and set(written) == {"file"}:
        raise OptionsError([((), "only a suite reads a file; give the schema itself")])
    named = written.get("$schema", _DEFAULT) if isinstance(written, dict) else _DEFAULT
    draft = _DRAFTS.get(str(named).rstrip("#"))
    if draft is None:
        known = ", ".join(_DRAFTS)
        message = f"unknown draft {show(named)}; known: {known}"
        raise OptionsError([(("$schema",), message)])
    try:
        validator: jsonschema_rs.Validator = getattr(jsonschema_rs, draft)(
            written,
            validate_formats=True,
            pattern_options=jsonschema_rs.RegexOptions(),
            retriever=_refuse,
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
        place = tuple(getattr(error, "instance_path", ()))
        raise OptionsError([(place, f"invalid JSON Schema: {_explain(error)}")]) from error
    except (ValueError, TypeError) as error:
        raise OptionsError([((), f"invalid JSON Schema: {error}")]) from error
    return validator


def _refuse(uri: str) -> Any:
    raise ValueError(f"{uri} is not fetched")


def _explain(error: Any) -> str:
    message = str(getattr(error, "message", error))
    place = list(getattr(error, "instance_path", ()))
    if place and place[-1] == "type" and "keyword" in message:
        return f"{show(error.instance)} is no type; known: {', '.join(_TYPES)}"
    if "is not fetched" in message:
        uri = message.rpartition("ValueError: ")[2].removesuffix(" is not fetched")
        return f"a `$ref` out of the schema is not followed: {uri}"
    if message.endswith('is not a "regex"'):
        return f"{message}; patterns have no look-around and no back-references"
    return message


def _formats(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("format"), str):
            yield schema["format"]
        for child in schema.values():
            yield from _formats(child)
    elif isinstance(schema, list):
        for child in schema:
            yield from _formats(child)


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("�", value)
    if isinstance(value, list):
        return [_without_surrogates(child) for child in value]
    if isinstance(value, dict):
        return {_without_surrogates(k): _without_surrogates(v) for k, v in value.items()}
    return value


def path_text(path: Any) -> str:
    """A path of keys and indexes as JSONPath."""
    text = "$"
    for part in path:
        text = f"{text}[{part}]" if isinstance(part, int) else step(text, str(part))
    return text

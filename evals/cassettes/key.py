"""The name of a request: what makes two requests the same."""

from __future__ import annotations

import hashlib
import re

import msgspec
import rfc8785

from evals.errors import EvalsError
from evals.model import JsonObject, Request

_NOT_IDENTITY = frozenset({"stream", "stream_options"})

# Where msgspec, thirty times as fast, may write what RFC 8785 does not: characters that UTF-16
# orders otherwise; null, which NaN becomes; names that were numbers; numbers but plain ones.
_UNSURE = re.compile(
    rb"[\xee-\xff]|null|\"[-.\d]+\":"
    rb"|[:\[,](?=-?\d)(?!-?(?:0|[1-9]\d{0,14})(?:\.\d{0,4}[1-9])?[,\]}])"
)


def identity(request: Request) -> JsonObject:
    """What the key covers: endpoint, operation, and the body without the way of its delivery."""
    body = {name: value for name, value in request.body.items() if name not in _NOT_IDENTITY}
    return {"body": body, "endpoint": request.endpoint, "path": request.path}


def key(request: Request) -> str:
    """The first 32 hex digits of SHA-256 over the canonical JSON (RFC 8785) of the identity."""
    try:
        canonical = dumps(identity(request))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as problem:
        raise EvalsError(
            f"{request.asker or 'a request'} cannot be recorded: {problem}",
            remedy="JSON for every platform has integers up to 2^53 and no lone surrogates.",
        ) from problem
    return hashlib.sha256(canonical).hexdigest()[:32]


def dumps(value: JsonObject) -> bytes:
    """Canonical JSON (RFC 8785); raises `CanonicalizationError` or `UnicodeEncodeError`."""
    try:
        quick = msgspec.json.encode(value, order="sorted")
    except TypeError:
        return rfc8785.dumps(value)
    return rfc8785.dumps(value) if _UNSURE.search(quick) else quick

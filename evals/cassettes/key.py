"""The name of a request: what makes two requests the same."""

from __future__ import annotations

import hashlib

import rfc8785

from evals.errors import EvalsError
from evals.model import JsonObject, Request

_NOT_IDENTITY = frozenset({"stream", "stream_options"})


def identity(request: Request) -> JsonObject:
    """What the key covers: endpoint, operation, and the body without the way of its delivery."""
    body = {name: value for name, value in request.body.items() if name not in _NOT_IDENTITY}
    return {"body": body, "endpoint": request.endpoint, "path": request.path}


def key(request: Request) -> str:
    """The first 32 hex digits of SHA-256 over the canonical JSON (RFC 8785) of the identity."""
    try:
        canonical = rfc8785.dumps(identity(request))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as problem:
        raise EvalsError(
            f"{request.asker or 'a request'} cannot be recorded: {problem}",
            remedy="JSON for every platform has integers up to 2^53 and no lone surrogates.",
        ) from problem
    return hashlib.sha256(canonical).hexdigest()[:32]

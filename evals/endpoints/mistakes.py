"""What is wrong with a value of the configuration, in the words of its author."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, Literal, get_args, get_origin
from urllib.parse import urlsplit

from evals.endpoints.trust import is_loopback

if TYPE_CHECKING:
    from evals.endpoints.config import EndpointConfig

TIMES: Final = (
    "connect_timeout",
    "first_byte_timeout",
    "timeout",
    "idle_timeout",
    "probe_interval",
    "give_up_after",
)
NO_TIME: Final = 'expected a duration: seconds, or a text such as "300ms", "10s", "5m"'
_WORDS: Final = {
    "object": "a table",
    "array": "a list",
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
}
_HEADER: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TYPE: Final = re.compile(r"Expected `([^`]+)`(.*), got `?(\w+)`?")
_FIELD: Final = re.compile(r"Object missing required field `(\w+)`")
_ENTRY: Final = re.compile(r" - at `\$\[(\d+)\]")


def worded(error: Exception, expected: Any) -> str:
    """msgspec's message; the value itself is not told, since it may be a key."""
    text = str(error)
    entry = _ENTRY.search(text)
    where = f"entry {int(entry[1]) + 1}: " if entry else ""
    if text.startswith("Invalid enum value"):
        return f"{where}expected one of {', '.join(map(str, _choices(expected)))}"
    if field := _FIELD.match(text):
        return f"{where}{field[1]} missing"
    found = _TYPE.match(text)
    if found is None:
        return where + text[:1].lower() + text[1:]
    kinds = [_WORDS.get(kind, kind) for kind in found[1].split(" | ") if kind != "null"]
    return f"{where}expected {' or '.join(kinds)}{found[2]}, found {_WORDS.get(found[3], found[3])}"


def _choices(expected: Any) -> tuple[Any, ...]:
    return get_args(expected) if get_origin(expected) is Literal else ()


def mistakes(endpoint: EndpointConfig) -> Iterable[tuple[str, str]]:
    """What no type can say: (key, message)."""
    yield from _bad_numbers(endpoint)
    if endpoint.auth != "bearer" and not re.fullmatch(r"header:[A-Za-z0-9-]+", endpoint.auth):
        yield "auth", f'{endpoint.auth!r} is neither "bearer" nor "header:NAME"'
    for name in endpoint.headers_env:
        if not _HEADER.fullmatch(name):
            yield "headers_env", f"{name!r} is no name of a header"
    for key in ("base_url", "fallback_url"):
        url = getattr(endpoint, key)
        if url is not None and (message := _bad_url(url)):
            yield key, message
    if endpoint.function is None and endpoint.base_url is None:
        if endpoint.fallback_url is not None:
            yield "fallback_url", "stands without base_url, whose place it would take"
        elif endpoint.model_file is None and endpoint.name != "local":
            yield "base_url", "missing: an endpoint needs an address (or a model_file to be served)"


def _bad_numbers(endpoint: EndpointConfig) -> Iterable[tuple[str, str]]:
    for key in ("concurrency", "context"):
        value = getattr(endpoint, key)
        if value is not None and value < 1:
            yield key, f"{value} is less than 1"
    for key in ("requests_per_minute", "tokens_per_minute"):
        value = getattr(endpoint, key)
        if value is not None and not 0 < value < float("inf"):
            yield key, "a rate must be more than 0, and finite"
    for key in TIMES:
        if not 0 < getattr(endpoint, key) < float("inf"):
            yield key, "a time must be more than 0 seconds, and finite"


def _bad_url(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return f"not an address: {error}"
    if parts.scheme not in ("http", "https") or not host or not url.isascii():
        return "not an address of the form https://HOST/v1"
    if parts.username is not None or parts.password is not None:
        return "an address holds no user name or password; use api_key_env"
    if parts.query or parts.fragment:
        return "an address has no '?' or '#'; parameters stand under query"
    if parts.scheme == "http" and not is_loopback(host):
        return f"plain http to {host} would show the key to everybody on the way; use https"
    return None

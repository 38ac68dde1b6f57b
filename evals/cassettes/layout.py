"""How a cassette looks: fixed order, a line for what a reviewer reads as one thing.

Pretty-printed to the depth of a message, so that a diff shows which message or choice changed;
each token of `logprobs.content` stands on one line, or 200 tokens would be 13,000 lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

_OPEN_DICTS = frozenset({"", "request", "response", "body", "choices[]", "logprobs"})
_OPEN_LISTS = frozenset({"messages", "choices", "stream", "tools"})


def pretty(value: Any, *, key: str = "", indent: str = "") -> Iterator[str]:
    """`value` as JSON text in pieces; `key` is the name under which it stands."""
    if isinstance(value, dict) and value and key in _OPEN_DICTS:
        yield from _open(
            ("{", "}"),
            (
                (compact(name) + ": ", item, "" if name == "" else name)
                for name, item in value.items()
            ),
            indent,
        )
    elif isinstance(value, list) and value and (key in _OPEN_LISTS or key == "logprobs.content"):
        yield from _open(("[", "]"), (("", item, f"{key}[]") for item in value), indent)
    elif isinstance(value, list) and key == "content" and _are_tokens(value):
        yield from pretty(_without_bytes(value), key="logprobs.content", indent=indent)
    else:
        yield compact(value)


def _open(
    brackets: tuple[str, str], items: Iterator[tuple[str, Any, str]], indent: str
) -> Iterator[str]:
    inner = indent + "  "
    separator = f"{brackets[0]}\n"
    for prefix, item, key in items:
        yield f"{separator}{inner}{prefix}"
        yield from pretty(item, key=key, indent=inner)
        separator = ",\n"
    yield f"\n{indent}{brackets[1]}"


def compact(value: Any) -> str:
    """One line of JSON, UTF-8 as it is; lone surrogates as escapes."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))


def _are_tokens(value: list[Any]) -> bool:
    return all(isinstance(item, dict) and "logprob" in item for item in value)


def _without_bytes(tokens: list[Any]) -> list[Any]:
    """Tokens without `bytes` where they are just the token's UTF-8."""
    slim = []
    for token in tokens:
        kept = dict(token)
        if kept.get("bytes") == list(str(kept.get("token", "")).encode("utf-8", "surrogatepass")):
            del kept["bytes"]
        if isinstance(kept.get("top_logprobs"), list) and _are_tokens(kept["top_logprobs"]):
            kept["top_logprobs"] = _without_bytes(kept["top_logprobs"])
        slim.append(kept)
    return slim

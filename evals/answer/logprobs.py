"""Log probabilities, in the shape of chat completions and in the older one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from evals.model import Token

_NOT_FINITE = "a logprob is not a finite number"


def read_logprobs(written: Any, notes: list[str]) -> tuple[Token, ...] | None:
    """The tokens of `choices[].logprobs`; None where the service sent none."""
    if not isinstance(written, dict):
        return None
    content = written.get("content")
    if isinstance(content, list):
        tokens = tuple(_token(entry, notes) for entry in content if isinstance(entry, dict))
        if len(tokens) < len(content):
            notes.append("a token of logprobs is not an object")
        return tokens or None
    if isinstance(written.get("tokens"), list):
        return _older(written, notes) or None
    return None


def _token(entry: dict[str, Any], notes: list[str]) -> Token:
    token = _text(entry.get("token"))
    listed = entry.get("top_logprobs")
    alternatives = (
        (_text(each.get("token")), _finite(each.get("logprob"), notes))
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, dict)
    )
    return Token(
        token=token,
        logprob=_finite(entry.get("logprob"), notes),
        bytes=_bytes(entry.get("bytes"), token),
        top=_likeliest_first(alternatives),
    )


def _older(written: dict[str, Any], notes: list[str]) -> tuple[Token, ...]:
    """`{tokens, token_logprobs, top_logprobs: [{token: logprob}]}`."""
    names = written["tokens"]
    values = _padded(written.get("token_logprobs"), len(names))
    tops = _padded(written.get("top_logprobs"), len(names))
    return tuple(
        Token(
            token=_text(name),
            logprob=_finite(value, notes),
            top=_likeliest_first(
                (token, _finite(number, notes))
                for token, number in (top.items() if isinstance(top, dict) else ())
            ),
        )
        for name, value, top in zip(names, values, tops, strict=True)
    )


def _padded(values: Any, length: int) -> list[Any]:
    found = values if isinstance(values, list) else []
    return [*found[:length], *[None] * (length - len(found))]


def _likeliest_first(
    alternatives: Iterable[tuple[str, float | None]],
) -> tuple[tuple[str, float | None], ...]:
    return tuple(
        sorted(alternatives, key=lambda each: -math.inf if each[1] is None else each[1])[::-1]
    )


def _finite(value: Any, notes: list[str]) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:  # an integer of hundreds of digits
            number = math.inf
        if math.isfinite(number):
            return number
    if _NOT_FINITE not in notes:
        notes.append(_NOT_FINITE)
    return None


def _bytes(value: Any, token: str) -> tuple[int, ...] | None:
    """The token's bytes where they are told and are not just its text in UTF-8.

    Recordings leave those out; a live answer has to read the same.
    """
    if not isinstance(value, list) or not all(
        isinstance(each, int) and 0 <= each <= 255 for each in value
    ):
        return None
    return None if bytes(value) == token.encode("utf-8", "surrogatepass") else tuple(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""

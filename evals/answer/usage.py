"""Tokens as the service counted them, where its counts can be believed."""

from __future__ import annotations

from typing import Any

from evals.model import JsonObject, Usage


def read_usage(body: JsonObject, notes: list[str]) -> Usage:
    """The `usage` of a body; what is missing or no count is None, and noted where it is odd."""
    written = body.get("usage")
    if not isinstance(written, dict):
        if written is not None:
            notes.append("usage is not an object")
        return Usage()
    # Only these two names: some services send input_tokens and output_tokens as 0 beside them.
    prompt = _count(written, "prompt_tokens", notes)
    completion = _count(written, "completion_tokens", notes)
    reasoning = _detail(written, "completion_tokens_details", "reasoning_tokens", notes)
    if completion is not None and reasoning is not None and reasoning > completion:
        notes.append(
            f"reasoning_tokens ({reasoning}) exceed completion_tokens ({completion}): "
            "counted as additional to them"
        )
        completion += reasoning
    told = _count(written, "total_tokens", notes)
    total = told if prompt is None or completion is None else prompt + completion
    if told is not None and told != total:
        notes.append(f"total_tokens is {told}; prompt and completion are {total} together")
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        reasoning_tokens=reasoning,
        cached_tokens=_detail(written, "prompt_tokens_details", "cached_tokens", notes),
        total_tokens=total,
    )


def _detail(usage: JsonObject, group: str, key: str, notes: list[str]) -> int | None:
    details = usage.get(group)
    return _count(details, key, notes) if isinstance(details, dict) else None


def _count(written: JsonObject, key: str, notes: list[str]) -> int | None:
    value: Any = written.get(key)
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    notes.append(f"usage.{key} is {value!r}, which is no count")
    return None

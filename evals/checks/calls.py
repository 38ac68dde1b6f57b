"""Checks of tool calls against the request: none at all, or valid ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evals.checks.json_schema import schema_of
from evals.checks.json_text import parse
from evals.checks.options import OptionsError
from evals.checks.registry import CheckType
from evals.checks.verdict import count, cut, found, quote
from evals.errors import CheckError
from evals.model import Completion, ToolCall, Verdict

_SHOWN = 5  # calls, and violations of one, that are named in a reason
_NO_PARAMETERS = {"type": "object", "additionalProperties": False}


def no_tool_call(completion: Completion, options: None) -> Verdict:
    """The answer calls no tool."""
    calls = completion.tool_calls
    if not calls:
        return found(True, "the answer calls no tool")
    shown = ", ".join(_told(call) for call in calls[:_SHOWN])
    more = f", and {len(calls) - _SHOWN} more" if len(calls) > _SHOWN else ""
    return found(False, f"found {count(len(calls), 'call')}: {shown}{more}", extracted=shown)


def is_valid_tool_call(completion: Completion, options: None) -> Verdict:
    """The answer calls tools, each one that the request offers, with arguments valid under it.

    The score is the share of calls that are valid. No call at all is a fail.
    """
    schemas = dict(_offered(completion.request))
    calls = completion.tool_calls
    if not schemas:
        raise CheckError("the request offers no tools to hold calls against")
    if not calls:
        return found(False, f"no tool was called; found {quote(completion.text)}")
    problems = [(call, problem) for call in calls if (problem := _problem(call, schemas))]
    score = 1 - len(problems) / len(calls)
    if not problems:
        shown = ", ".join(_told(call) for call in calls[:_SHOWN])
        return found(True, f"{count(len(calls), 'valid call')}: {shown}", extracted=shown)
    shown = "; ".join(f"{_told(call)}: {problem}" for call, problem in problems[:_SHOWN])
    reason = f"{len(problems)} of {count(len(calls), 'call')} not valid: {shown}"
    return found(False, reason, score=score)


def _told(call: ToolCall) -> str:
    return f"{cut(call.name, 60)}({cut(call.arguments, 100)})"


def _offered(request: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each tool's name and the schema of its arguments; None where they are free text."""
    tools = request.get("tools")
    for tool in tools if isinstance(tools, list | tuple) else ():
        for kind in ("function", "custom"):
            told = tool.get(kind) if isinstance(tool, Mapping) else None
            if isinstance(told, Mapping) and isinstance(told.get("name"), str):
                free = kind == "custom"
                yield told["name"], None if free else told.get("parameters", _NO_PARAMETERS)


def _problem(call: ToolCall, schemas: Mapping[str, Any]) -> str | None:
    if call.name not in schemas:
        known = ", ".join(cut(name, 60) for name in list(schemas)[:_SHOWN])
        return f"the request offers no such tool, but {known}"
    schema = schemas[call.name]
    if schema is None:
        return None
    parsed = parse(call.arguments or "{}", unwrap=("strict",))
    if parsed.problem is not None:
        return f"its arguments are no JSON: {parsed.problem}"
    if not isinstance(parsed.value, dict):
        return "its arguments are no object"
    try:
        violations = schema_of(schema).violations(parsed.value)
    except OptionsError as error:
        raise CheckError(f"the tool {cut(call.name, 60)} of the request: {error}") from error
    return "; ".join(violations[:_SHOWN]) or None


CHECKS = (
    CheckType(
        name="no-tool-call", function=no_tool_call, options=None, judges="tools", needs=("tools",)
    ),
    CheckType(
        name="is-valid-tool-call",
        function=is_valid_tool_call,
        options=None,
        judges="tools",
        needs=("tools",),
    ),
)

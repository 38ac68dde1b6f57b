"""The parameters of a request: typed, with the ranges of EvoLink's page.

Another service's ranges are its own: an endpoint configured with `validate = "types"` checks
types only, one with `extra_parameters = "allow"` takes parameters that are not listed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from evals.endpoints.config import EndpointConfig
from evals.model import JsonObject
from evals.suite.nearest import nearest

Tokens: TypeAlias = Annotated[int, Meta(ge=1, le=65536)]
Penalty: TypeAlias = Annotated[float, Meta(ge=-2, le=2)]
Mapped: TypeAlias = dict[str, Any]
Path: TypeAlias = tuple[str | int, ...]
Mistake: TypeAlias = tuple[Path, str, tuple[str, ...]]
"""Where among the parameters, what is wrong, what to do."""

FILED = ("tools", "response_format", "extra_body")  # may be {file: PATH}


class Parameters(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent with a request beside model and messages; null removes a parameter."""

    stream: bool | None = None
    max_completion_tokens: Tokens | None = None
    max_tokens: Tokens | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    frequency_penalty: Penalty | None = None
    presence_penalty: Penalty | None = None
    stop: str | tuple[str, ...] | None = None
    n: Annotated[int, Meta(ge=1)] | None = None
    reasoning_effort: Literal["low", "medium", "high"] | None = None
    seed: int | None = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] | None = None
    response_format: Mapped | None = None
    stream_options: Mapped | None = None
    tools: tuple[Mapped, ...] | Mapped | None = None
    tool_choice: Literal["none", "auto", "required"] | None = None
    extra_body: Mapped | None = None


class _Loose(msgspec.Struct, frozen=True, kw_only=True):
    """The same names with types alone: what OpenAI-compatible services take between them."""

    stream: bool | None = None
    max_completion_tokens: int | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    stop: str | tuple[str, ...] | None = None
    n: int | None = None
    reasoning_effort: str | None = None
    seed: int | None = None
    logprobs: bool | int | None = None
    top_logprobs: int | None = None
    response_format: Mapped | None = None
    stream_options: Mapped | None = None
    tools: tuple[Mapped, ...] | None = None
    tool_choice: str | Mapped | None = None
    extra_body: Mapped | None = None


@cache
def _types(*, loose: bool) -> Mapping[str, Any]:
    fields = msgspec.structs.fields(_Loose if loose else Parameters)
    return {field.name: field.type for field in fields}


def is_listed(name: str) -> bool:
    """Whether a parameter is one of EvoLink's page."""
    return name in _types(loose=False)


def mistakes(parameters: Mapping[str, Any], endpoint: EndpointConfig) -> Iterator[Mistake]:
    """What is wrong with each parameter by itself."""
    types = _types(loose=endpoint.validate == "types")
    for name, value in parameters.items():
        if name in types:
            try:
                msgspec.convert(value, types[name])
            except msgspec.ValidationError as error:
                yield (name,), *_wrong(name, value, error, types[name], endpoint)
            if name == "tools" and isinstance(value, dict) and value.keys() != {"file"}:
                yield (name,), "tools must be a list, found a mapping", ()
        else:
            message = _unlisted(name, endpoint)
            if message is not None:
                yield (name,), message, _advice(name, endpoint)


def conflicts(merged: JsonObject) -> Iterator[Mistake]:
    """What is wrong with parameters together, as they are sent."""
    given = {name: value for name, value in merged.items() if value is not None}
    if "max_tokens" in given and "max_completion_tokens" in given:
        yield (
            ("max_tokens",),
            "max_tokens and max_completion_tokens are two names of one thing",
            ("keep one of them; null removes one that is inherited",),
        )
    if "top_logprobs" in given and not given.get("logprobs"):
        yield ("top_logprobs",), "top_logprobs needs logprobs: true", ("add logprobs: true",)
    if "stream_options" in given and not given.get("stream"):
        yield ("stream_options",), "stream_options needs stream: true", ("add stream: true",)
    if "tool_choice" in given and "tools" not in given:
        yield ("tool_choice",), "tool_choice needs tools", ("add tools",)


def _wrong(
    name: str,
    value: Any,
    error: msgspec.ValidationError,
    expected: Any,
    endpoint: EndpointConfig,
) -> tuple[str, tuple[str, ...]]:
    """The message, and what to do."""
    low, high = _range(expected)
    ranges = (
        "for a service with other ranges, configure its endpoint with "
        f'validate = "types" ([tool.evals.endpoints.{endpoint.name}])'
    )
    if isinstance(value, int | float) and not isinstance(value, bool) and low is not None:
        kind = "a whole number, " if _is_whole(expected) else ""
        span = f"{low} … {high}" if high is not None else f"{low} or more"
        return f"{name} is {value}; allowed is {kind}{span}", (ranges,)
    if options := _options(expected):
        return f"{name} is {_shown(value)}; allowed are {', '.join(options)}", (ranges,)
    if name == "logprobs" and type(value) is int:
        message = f"logprobs is {value}; it is true or false"
        return message, ("write logprobs: true, and the number as top_logprobs", ranges)
    text, _, where = str(error).partition(" - at ")
    found = "" if where else f", found {_shown(value)}"
    return f"{name} {_expectation(text)}{found}{f' (at {where})' if where else ''}", ()


_WORDS = (
    ("`array`", "a list"),
    ("`object`", "a mapping"),
    ("`str`", "a text"),
    ("`bool`", "true or false"),
    ("`int`", "a whole number"),
    ("`float`", "a number"),
)


def _expectation(text: str) -> str:
    wanted = text.removeprefix("Expected ").partition(", got ")[0].strip("`")
    words = {machine.strip("`"): word for machine, word in _WORDS}
    names = [words.get(part, part) for part in wanted.split(" | ") if part != "null"]
    return f"must be {' or '.join(names)}"


def _shown(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else text[:59] + "…"


def _range(expected: Any) -> tuple[Any, Any]:
    schema = msgspec.json.schema(expected)
    for part in schema.get("anyOf", (schema,)):
        if "minimum" in part:
            return part["minimum"], part.get("maximum")
    return None, None


def _is_whole(expected: Any) -> bool:
    return '"integer"' in msgspec.json.encode(msgspec.json.schema(expected)).decode()


def _options(expected: Any) -> list[str]:
    schema = msgspec.json.schema(expected)
    found = [part for part in schema.get("anyOf", (schema,)) if "enum" in part]
    return [str(option) for part in found for option in part["enum"] if option is not None]


def _unlisted(name: str, endpoint: EndpointConfig) -> str | None:
    """Why a parameter that is not listed is refused, or None."""
    if name == "messages":
        return "messages stand under prompts, not among the parameters"
    if name == "model":
        return "model stands beside endpoint, or in a setting, not among the parameters"
    if endpoint.extra_parameters == "allow":
        return None
    return f"endpoint {endpoint.name} has no parameter {name!r}"


def _advice(name: str, endpoint: EndpointConfig) -> tuple[str, ...]:
    if name in ("messages", "model"):
        return ()
    near = nearest(name, _types(loose=False))
    return (
        *((f'did you mean "{near}"?',) if near else ()),
        "write another service's parameters under extra_body, or configure the endpoint with "
        f'extra_parameters = "allow" ([tool.evals.endpoints.{endpoint.name}])',
    )

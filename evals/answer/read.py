"""From a raw answer to a completion: lenient where services differ, strict where a lie follows."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

import msgspec

from evals.answer.logprobs import read_logprobs
from evals.answer.stream import assemble
from evals.answer.usage import read_usage
from evals.answer.vectors import EMBEDDINGS, read_vectors
from evals.errors import EndpointError
from evals.model import Choice, Completion, Exchange, JsonObject, ToolCall, Usage
from evals.write import visible

_THINKING = re.compile(r"\s*<think>(.*?)(?:</think>\s*|\Z)", re.DOTALL)


def read(exchange: Exchange) -> Completion:
    """The completion of an exchange, with every candidate as a choice, in order of index.

    That of an embeddings request has vectors and no choice.

    Raises `EndpointError`: `status` for an answer that is an error, `malformed` for one that is
    no completion, `incomplete` where a choice lacks its finish reason.
    """
    response, request = exchange.response, exchange.request.body
    if response.status != 200:
        raise EndpointError(
            f"the service answered with status {response.status}",
            kind="status",
            status=response.status,
        )
    notes = list(_transport_notes(exchange))
    body = response.body if response.stream is None else assemble(response.stream, notes)
    usage = None
    choices: tuple[Choice, ...] = ()
    vectors: tuple[tuple[float, ...], ...] = ()
    if exchange.request.path == EMBEDDINGS:
        vectors = _vectors(body, request)
        usage = msgspec.structs.replace(read_usage(body, notes), completion_tokens=0)
    else:
        choices = _choices(body, notes)
        _count_candidates(len(choices), request, notes)
    return Completion(
        choices=choices,
        vectors=vectors,
        model=_model(body, request, notes),
        usage=usage or read_usage(body, notes),
        timing=exchange.timing,
        source=exchange.source,
        request=request,
        host=urlsplit(exchange.recorded.base_url).hostname or "",
        at=exchange.recorded.at,
        notes=tuple(dict.fromkeys(notes)),
        attempts=exchange.recorded.attempts,
    )


def candidate(completion: Completion, index: int) -> Completion:
    """One candidate of a completion.

    A service counts a request whole: usage and cost are the first candidate's; the others have
    no usage, and a cost of 0 where the request is priced (so price first). Raises
    `EndpointError` where the service sent fewer candidates than asked for.
    """
    first = completion.choices[0]
    for choice in completion.choices:
        if choice.index == index:
            break
    else:
        raise EndpointError(
            f"candidate {index + 1} is missing: the service sent {len(completion.choices)}",
            kind="incomplete",
        )
    if choice is first:
        return msgspec.structs.replace(completion, choices=(choice,))
    cost = None if completion.cost_usd is None else 0.0
    return msgspec.structs.replace(completion, choices=(choice,), usage=Usage(), cost_usd=cost)


def _transport_notes(exchange: Exchange) -> tuple[str, ...]:
    response = exchange.response
    if response.stream is not None:
        return ()
    notes = []
    if exchange.request.body.get("stream"):
        notes.append("a stream was asked for; the answer came whole")
    kind = response.headers.get("content-type")
    if kind is not None and "json" not in kind.lower():
        notes.append(f"JSON under the content type {visible(kind) or '(none)'}")
    return tuple(notes)


def _vectors(body: Any, request: JsonObject) -> tuple[tuple[float, ...], ...]:
    if isinstance(body, dict) and body.get("error"):
        raise _reported("the service reports an error", body["error"])
    return read_vectors(body, request)


def _choices(body: Any, notes: list[str]) -> tuple[Choice, ...]:
    if not isinstance(body, dict):
        raise _malformed(f"the answer is JSON, but {_kind(body)} where an object was expected")
    written = body.get("choices")
    if not isinstance(written, list) or not written:
        if body.get("error"):
            raise _reported("the service reports an error", body["error"])
        missing = "no choices" if written is None else f"choices that are {_kind(written)}"
        raise _malformed(f"the answer has {missing}")
    choices = tuple(_choice(each, position, notes) for position, each in enumerate(written))
    indices = [choice.index for choice in choices]
    if len(set(indices)) < len(indices):
        twice = next(index for index in indices if indices.count(index) > 1)
        raise _malformed(f"the answer has two choices with the index {twice}")
    if indices != sorted(indices):
        notes.append("the choices came out of order")
    return tuple(sorted(choices, key=lambda choice: choice.index))


def _choice(written: Any, position: int, notes: list[str]) -> Choice:
    if not isinstance(written, dict):
        raise _malformed(f"choice {position} is {_kind(written)}")
    if written.get("error"):
        raise _reported(f"choice {position} is an error", written["error"])
    index = written.get("index", position)
    if not isinstance(index, int) or isinstance(index, bool) or index < 0:
        raise _malformed(f"choice {position} has the index {index!r}")
    finish_reason = written.get("finish_reason")
    if not finish_reason:
        raise EndpointError(
            f"choice {index} has no finish_reason: the answer was cut off",
            kind="incomplete",
            retryable=True,
        )
    if not isinstance(finish_reason, str):
        raise _malformed(f"choice {index} has a finish_reason that is {_kind(finish_reason)}")
    message = written.get("message")
    if not isinstance(message, dict):
        raise _malformed(f"choice {index} has no message")
    text, reasoning = _texts(message, notes)
    if "[secret:" in text or (reasoning and "[secret:" in reasoning):
        notes.append("a secret that the answer repeats was replaced by [secret:NAME]")
    refusal = message.get("refusal")
    return Choice(
        index=index,
        text=text,
        finish_reason=finish_reason,
        reasoning=reasoning,
        refusal=refusal if isinstance(refusal, str) and refusal else None,
        tool_calls=_tool_calls(message, notes),
        logprobs=read_logprobs(written.get("logprobs"), notes),
    )


def _texts(message: JsonObject, notes: list[str]) -> tuple[str, str | None]:
    """What the model answers and what it thinks, told apart."""
    thoughts: list[str] = []
    for key in ("reasoning_content", "reasoning"):
        value = message.get(key)
        if isinstance(value, str) and value and value not in thoughts:
            thoughts.append(value)
    content = message.get("content")
    if isinstance(content, list):
        text = _parts(content, thoughts, notes)
    elif content is None or isinstance(content, str):
        text = content or ""
    else:
        raise _malformed(f"content is {_kind(content)}")
    if thinking := _THINKING.match(text):
        thoughts.append(thinking[1].strip())
        text = text[thinking.end() :]
    return text, "\n\n".join(thought for thought in thoughts if thought) or None


def _parts(parts: list[Any], thoughts: list[str], notes: list[str]) -> str:
    texts: list[str] = []
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
            continue
        kind = part.get("type", "text") if isinstance(part, dict) else _kind(part)
        text = part.get("text", part.get(kind)) if isinstance(part, dict) else None
        if kind in ("text", "output_text") and isinstance(text, str):
            texts.append(text)
        elif kind in ("thinking", "reasoning") and isinstance(text, str):
            thoughts.append(text)
        else:
            notes.append(f"content has a part that is not text: {kind}")
    return "".join(texts)


def _tool_calls(message: JsonObject, notes: list[str]) -> tuple[ToolCall, ...]:
    calls = message.get("tool_calls")
    if calls is not None and not isinstance(calls, list):
        raise _malformed(f"tool_calls is {_kind(calls)}")
    found = [_tool_call(call, notes) for call in calls or ()]
    older = message.get("function_call")
    if not found and isinstance(older, dict):
        found.append(_tool_call({"function": older}, notes))
    return tuple(found)


def _tool_call(call: Any, notes: list[str]) -> ToolCall:
    function = call.get("function", call.get("custom")) if isinstance(call, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    if not isinstance(function, dict) or not isinstance(name, str) or not name:
        raise _malformed("a tool call names no function")
    arguments = function.get("arguments", function.get("input", ""))
    if not isinstance(arguments, str):
        notes.append("the arguments of a tool call came as an object, not as text")
        arguments = json.dumps(arguments, ensure_ascii=False)
    identity = call.get("id")
    return ToolCall(
        name=name, arguments=arguments, id=identity if isinstance(identity, str) else ""
    )


def _count_candidates(found: int, request: JsonObject, notes: list[str]) -> None:
    asked = request.get("n")
    if isinstance(asked, int) and found != asked:
        notes.append(f"{asked} candidates were asked for; {found} came")


def _model(body: JsonObject, request: JsonObject, notes: list[str]) -> str:
    asked = request.get("model", "")
    model = body.get("model")
    if not isinstance(model, str) or not model:
        notes.append("the answer names no model")
        return str(asked)
    if asked and model != asked:
        notes.append(f"answered by {visible(model)}; asked for was {asked}")
    return model


def error_text(error: Any) -> str:
    """What a service's error object says, on one line."""
    if isinstance(error, dict):
        error = error.get("message") or error.get("detail") or error.get("code") or error
    text = error if isinstance(error, str) else json.dumps(error)
    line = " ".join(visible(text).split())
    return line if len(line) <= 300 else f"{line[:299]}…"


def _reported(what: str, error: Any) -> EndpointError:
    """An error object in place of an answer: the request's fault by its code, or a passing one."""
    code = error.get("code") if isinstance(error, dict) else None
    passing = not (isinstance(code, int) and 400 <= code < 500 and code != 429)
    return EndpointError(f"{what}: {error_text(error)}", kind="malformed", retryable=passing)


def _malformed(message: str) -> EndpointError:
    return EndpointError(message, kind="malformed")


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names = {bool: "a boolean", str: "a string", list: "a list", dict: "an object"}
    if isinstance(value, list) and not value:
        return "an empty list"
    return names.get(type(value), "a number")

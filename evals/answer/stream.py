"""A stream's chunks, put together to the body that the service would have sent whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evals.errors import EndpointError
from evals.model import JsonObject

DONE = "[DONE]"
"""The last event of a stream, kept among the chunks as it came."""

_TEXTS = ("content", "reasoning_content", "reasoning", "refusal")


def first_content(stream: Sequence[tuple[float, Any]]) -> float | None:
    """When the first chunk with content, reasoning or a tool call came, in seconds."""
    for at, chunk in stream:
        if isinstance(chunk, dict) and any(_says_something(each) for each in _choices(chunk)):
            return at
    return None


def _says_something(choice: JsonObject) -> bool:
    delta = choice.get("delta")
    if not isinstance(delta, dict):
        return False
    return any(delta.get(key) for key in (*_TEXTS, "tool_calls", "function_call"))


def _choices(chunk: JsonObject) -> list[JsonObject]:
    choices = chunk.get("choices")
    if not isinstance(choices, list):
        return []
    return [choice for choice in choices if isinstance(choice, dict)]


def assemble(stream: Sequence[tuple[float, Any]], notes: list[str]) -> JsonObject:
    """The body that these chunks make; `EndpointError` where one of them is an error."""
    body: JsonObject = {}
    choices: dict[Any, _Choice] = {}
    done = False
    for _, chunk in stream:
        if chunk == DONE:
            done = True
            continue
        if not isinstance(chunk, dict):
            raise EndpointError("an event of the stream is not an object", kind="malformed")
        if chunk.get("error"):
            return {"error": chunk["error"]}
        for key, value in chunk.items():
            if key != "choices" and value not in (None, ""):
                # Usage may grow with every chunk; all else is the same in each.
                body[key] = value if key == "usage" else body.get(key, value)
        for position, delta in enumerate(_choices(chunk)):
            index = delta.get("index", position)
            choices.setdefault(_hashable(index), _Choice(index)).add(delta)
    if not done:
        notes.append("the stream ended without [DONE]")
    if choices:
        # Which choice is heard first means nothing in a stream.
        ordered = sorted(choices.values(), key=lambda each: str(each.index).rjust(20))
        body["choices"] = [choice.whole() for choice in ordered]
    return body


def _hashable(index: Any) -> Any:
    return index if isinstance(index, int | str) else repr(index)


class _Choice:
    """One candidate while its fragments arrive."""

    def __init__(self, index: Any) -> None:
        self.index = index
        self.finish_reason: Any = None
        self.texts: dict[str, list[str]] = {}
        self.parts: list[Any] = []
        self.calls: list[tuple[int | str | None, JsonObject]] = []  # (index, call) as they came
        self.logprobs: JsonObject = {}
        self.error: Any = None

    def add(self, choice: JsonObject) -> None:
        if choice.get("finish_reason") is not None:
            self.finish_reason = choice["finish_reason"]
        self.error = self.error or choice.get("error")
        self._add_logprobs(choice.get("logprobs"))
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            return
        for key in _TEXTS:
            value = delta.get(key)
            if isinstance(value, str):
                self.texts.setdefault(key, []).append(value)
            elif key == "content" and isinstance(value, list):
                self.parts.extend(value)
        calls = delta.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            if isinstance(call, dict):
                self._add_call(call)
        if isinstance(delta.get("function_call"), dict):
            self._add_call({"index": "function_call", "function": delta["function_call"]})

    def _add_logprobs(self, logprobs: Any) -> None:
        if not isinstance(logprobs, dict):
            return
        for key, values in logprobs.items():
            if isinstance(values, list):
                self.logprobs.setdefault(key, []).extend(values)

    def _add_call(self, fragment: JsonObject) -> None:
        call = self._call_of(fragment)
        for key in ("id", "type"):
            if fragment.get(key):
                call[key] = fragment[key]
        function = fragment.get("function")
        if not isinstance(function, dict):
            return
        whole = call["function"]
        if isinstance(name := function.get("name"), str):
            whole["name"] += name
        arguments = function.get("arguments")
        if isinstance(arguments, str) and isinstance(whole["arguments"], str):
            whole["arguments"] += arguments
        elif arguments is not None:
            whole["arguments"] = arguments

    def _call_of(self, fragment: JsonObject) -> JsonObject:
        """The call that a fragment belongs to: by index, by id where there is no index.

        Services exist that number every call 0: another id with a name begins another call.
        """
        index, identity = fragment.get("index"), fragment.get("id")
        function = fragment.get("function")
        named = isinstance(function, dict) and bool(function.get("name"))
        call: JsonObject
        for known, call in reversed(self.calls):
            if index is None and not identity and not named:
                return call  # a bare fragment goes on with the call before it
            if index is None and identity and call.get("id") == identity:
                return call
            if index is not None and known == index:
                if named and identity and call.get("id") not in (None, identity):
                    break
                return call
        call = {"function": {"name": "", "arguments": ""}}
        self.calls.append((index, call))
        return call

    def whole(self) -> JsonObject:
        message: JsonObject = {key: joined(texts) for key, texts in self.texts.items()}
        if self.parts:
            message["content"] = [
                *([message["content"]] if "content" in message else []),
                *self.parts,
            ]
        if self.calls:
            message["tool_calls"] = [self._joined_call(call) for _, call in self.calls]
        choice: JsonObject = {"index": self.index, "message": message}
        if self.logprobs:
            choice["logprobs"] = self.logprobs
        if self.error:
            choice["error"] = self.error
        choice["finish_reason"] = self.finish_reason
        return choice

    def _joined_call(self, call: JsonObject) -> JsonObject:
        function = call["function"]
        if isinstance(function["arguments"], str):
            function["arguments"] = joined([function["arguments"]])
        return call


def joined(fragments: Sequence[str]) -> str:
    """The text that fragments make; halves of a surrogate pair become their character."""
    text = "".join(fragments)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return text

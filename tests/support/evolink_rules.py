"""What the service refuses: every parameter of its page, with type and range."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MODEL = "gemini-3.1-pro-preview-customtools"
ROLES = ("system", "developer", "user", "assistant", "tool")


class Refused(Exception):
    """An error answer: status and body."""

    def __init__(self, status: int, message: str, *, code: str, param: str | None = None) -> None:
        super().__init__(message)
        kind = "invalid_request_error" if status in (400, 404, 413, 422) else "api_error"
        self.status = status
        self.body = {
            "error": {"message": message, "type": kind, "param": param, "code": code},
        }


def refuse(param: str, message: str) -> None:
    raise Refused(400, f"Invalid value for '{param}': {message}", code="invalid_value", param=param)


def number(low: float, high: float, *, null: bool) -> Callable[[str, Any], None]:
    def check(name: str, value: Any) -> None:
        if value is None and null:
            return
        if isinstance(value, bool) or not isinstance(value, int | float):
            refuse(name, "must be a number")
        if not low <= value <= high:
            refuse(name, f"must be between {low:g} and {high:g}, got {value}")

    return check


def integer(
    low: int | None = None, high: int | None = None, *, null: bool
) -> Callable[[str, Any], None]:
    def check(name: str, value: Any) -> None:
        if value is None and null:
            return
        if isinstance(value, bool) or not isinstance(value, int):
            refuse(name, "must be an integer")
        if (low is not None and value < low) or (high is not None and value > high):
            refuse(name, f"must be between {low} and {high}, got {value}")

    return check


def boolean(*, null: bool) -> Callable[[str, Any], None]:
    def check(name: str, value: Any) -> None:
        if not (isinstance(value, bool) or (value is None and null)):
            refuse(name, "must be true or false")

    return check


def one_of(*allowed: str, null: bool) -> Callable[[str, Any], None]:
    def check(name: str, value: Any) -> None:
        if not (value in allowed or (value is None and null)):
            refuse(name, f"must be one of {', '.join(allowed)}, got {value!r}")

    return check


def mapping(name: str, value: Any) -> None:
    if not isinstance(value, dict):
        refuse(name, "must be an object")


def stop(name: str, value: Any) -> None:
    texts = value if isinstance(value, list) else [value]
    if not all(isinstance(text, str) for text in texts):
        refuse(name, "must be a string or an array of strings")


def tools(name: str, value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, list):
        refuse(name, "must be an array")
    for index, tool in enumerate(value):
        function = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            refuse(f"{name}[{index}]", "must be a function with a name")


def response_format(name: str, value: Any) -> None:
    mapping(name, value)
    if value.get("type") not in ("text", "json_object", "json_schema"):
        refuse(f"{name}.type", "must be one of text, json_object, json_schema")
    if value["type"] == "json_schema":
        schema = value.get("json_schema")
        if not isinstance(schema, dict) or not isinstance(schema.get("schema"), dict):
            refuse(f"{name}.json_schema", "must hold a schema")


def messages(name: str, value: Any) -> None:
    if not isinstance(value, list) or not value:
        refuse(name, "must be an array of at least 1 message")
    for index, message in enumerate(value):
        place = f"{name}[{index}]"
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            refuse(place, f"must have a role out of {', '.join(ROLES)}")
        _content(f"{place}.content", message)


def _content(place: str, message: dict[str, Any]) -> None:
    content = message.get("content")
    if content is None and message.get("tool_calls"):
        return
    if isinstance(content, list):
        for part in content:
            kind = part.get("type") if isinstance(part, dict) else None
            if kind not in ("text", "image_url"):
                refuse(place, f"has a part of type {kind!r}")
    elif not isinstance(content, str):
        refuse(place, "must be a string or an array of parts")


PARAMETERS: dict[str, Callable[[str, Any], None]] = {
    "messages": messages,
    "stream": boolean(null=False),
    "max_completion_tokens": integer(1, 65536, null=True),
    "max_tokens": integer(1, 65536, null=False),
    "temperature": number(0, 2, null=False),
    "top_p": number(0, 1, null=False),
    "frequency_penalty": number(-2, 2, null=True),
    "presence_penalty": number(-2, 2, null=True),
    "stop": stop,
    "n": integer(1, 128, null=True),
    "reasoning_effort": one_of("low", "medium", "high", null=True),
    "seed": integer(null=True),
    "logprobs": boolean(null=True),
    "top_logprobs": integer(0, 20, null=True),
    "response_format": response_format,
    "stream_options": mapping,
    "tools": tools,
    "tool_choice": one_of("none", "auto", "required", null=False),
    "extra_body": mapping,
}


def check_body(body: Any) -> None:
    """Raises `Refused` for the first thing that the service does not take."""
    if not isinstance(body, dict):
        raise Refused(400, "the body is not a JSON object", code="invalid_json")
    if "model" not in body:
        raise Refused(400, "'model' is required", code="missing_parameter", param="model")
    if body["model"] != MODEL:
        message = f"The model {body['model']!r} does not exist"
        raise Refused(404, message, code="model_not_found", param="model")
    if "messages" not in body:
        raise Refused(400, "'messages' is required", code="missing_parameter", param="messages")
    for name, value in body.items():
        if name == "model":
            continue
        if name not in PARAMETERS:
            message = f"Unknown parameter: '{name}'"
            raise Refused(400, message, code="unknown_parameter", param=name)
        PARAMETERS[name](name, value)
    if body.get("top_logprobs") is not None and body.get("logprobs") is not True:
        refuse("top_logprobs", "needs 'logprobs' to be true")
    if "stream_options" in body and body.get("stream") is not True:
        refuse("stream_options", "is only allowed when 'stream' is true")
    if body.get("tool_choice") == "required" and not body.get("tools"):
        refuse("tool_choice", "needs 'tools'")


def check_embeddings(body: Any) -> None:
    """As `check_body`, for a request of embeddings."""
    if not isinstance(body, dict) or not body.keys() <= {"model", "input", "dimensions", "user"}:
        raise Refused(400, "no body of an embeddings request", code="invalid_json")
    texts = body.get("input")
    texts = [texts] if isinstance(texts, str) else texts
    if not isinstance(texts, list) or not texts or not all(isinstance(t, str) for t in texts):
        refuse("input", "must be a string or an array of strings")
    if not all(texts):
        refuse("input", "must not be empty")
    if not isinstance(body.get("model"), str):
        raise Refused(400, "'model' is required", code="missing_parameter", param="model")

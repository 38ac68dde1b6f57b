"""Messages: what is sent has a role each, and content in a form that services know."""

from __future__ import annotations

from typing import Any, Final, get_args

import msgspec

from evals.suite.images import image_mistakes
from evals.suite.nearest import hint
from evals.suite.structure import kind_of
from evals.suite.written import Role, WrittenMessage

_ROLES: Final = get_args(Role)

Path = tuple[str | int, ...]


def message_mistakes(raw: list[Any]) -> list[tuple[Path, str]]:
    """What is wrong with messages, each with its path."""
    if not raw:
        return [((), "a prompt has at least one message")]
    wrong: list[tuple[Path, str]] = []
    for index, message in enumerate(raw):
        try:
            read = msgspec.convert(message, WrittenMessage)
        except msgspec.ValidationError as error:
            wrong.append(((index,), f"not a message: {_no_message(message, error)}"))
            continue
        if read.role == "tool" and read.tool_call_id is None:
            wrong.append(((index,), "a message of role tool needs tool_call_id"))
        elif read.content is None and not (read.role == "assistant" and read.tool_calls):
            wrong.append(((index,), "a message needs content"))
        elif read.content == () or any(
            not isinstance(part, str) and "type" not in part for part in read.content or ()
        ):
            wrong.append(
                ((index, "content"), "a part of content is {type: text, text: …} or alike")
            )
        else:
            wrong += [((index, "content"), said) for said in image_mistakes(read.content)]
    return wrong


def _no_message(message: Any, error: msgspec.ValidationError) -> str:
    """Why a part of a prompt's file is no message."""
    if not isinstance(message, dict):
        return f"a mapping with role and content, found {kind_of(message)}"
    for key in message:
        if key not in WrittenMessage.__struct_fields__:
            return f"unknown key {key!r}{hint(key, WrittenMessage.__struct_fields__)}"
    role = message.get("role")
    if role not in _ROLES:
        found = "it lacks its role" if role is None else f"role is {kind_of(role)}"
        return f"{found}; allowed are {', '.join(_ROLES)}"
    return str(error)

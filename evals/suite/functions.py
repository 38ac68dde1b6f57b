"""Prompts that are functions of the project: vars in, a text or messages out.

A suite only names them: what is registered was imported by the project, never by a suite.
"""

from __future__ import annotations

import copy
import inspect
import json
import traceback
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from evals import own
from evals.errors import EvalsError
from evals.model import Case, JsonObject, Prompt
from evals.suite.messages import message_mistakes
from evals.suite.template import EXAMPLES, render_messages, variables_of

REGISTER: Final = (
    "a prompt of your own is Python with @evals.prompt, in a module named under `extensions`"
)
_RETURN: Final = "return the text of one user message, or a list of {role, content}"


class FunctionError(EvalsError):
    """A prompt's function that is not there, raised something, or returned no messages."""


class Parameters(NamedTuple):
    """The vars that a function takes by name."""

    needed: frozenset[str]
    optional: frozenset[str]
    all: bool  # whatever else there is, by **vars


def find_function(name: str) -> own.Own:
    """The function that is registered as a prompt; raises `FunctionError`."""
    found = own.prompts.find(name)
    if found is None:
        raise FunctionError(f"no function is registered as the prompt {name!r}", remedy=REGISTER)
    return found


def parameters_of(name: str) -> Parameters:
    """What the function of a prompt takes."""
    return _parameters(find_function(name).function)


@lru_cache(maxsize=64)
def _parameters(function: Any) -> Parameters:
    found = inspect.signature(function).parameters.values()
    named = [one for one in found if one.kind is not one.VAR_KEYWORD]
    return Parameters(
        needed=frozenset(one.name for one in named if one.default is one.empty),
        optional=frozenset(one.name for one in named if one.default is not one.empty),
        all=len(named) < len(found),
    )


def messages_of(prompt: Prompt, case: Case) -> tuple[JsonObject, ...]:
    """The messages that are sent for a case; raises `TemplateError` or `FunctionError`."""
    if prompt.function is None:
        return render_messages(prompt, case)
    found = find_function(prompt.function)
    try:
        said = found.function(**_arguments(prompt, case, _parameters(found.function)))
    except (Exception, SystemExit) as problem:  # the project's own function may raise anything
        raise FunctionError(
            f"{found.label} raised {type(problem).__name__}: {problem}",
            remedy=f"it was raised {_where(problem)}",
        ) from problem
    return _read(said, found)


def check_again(prompt: Prompt, case: Case, messages: Sequence[JsonObject]) -> None:
    """Raise `FunctionError` where a function says something else for the same vars."""
    if prompt.function is not None and messages_of(prompt, case) != tuple(messages):
        raise FunctionError(
            f"{find_function(prompt.function).label} returns something else "
            "each time it is called with the same vars",
            remedy="recordings are found by what is sent: give it dates and chance as vars",
        )


def _arguments(prompt: Prompt, case: Case, takes: Parameters) -> dict[str, Any]:
    """The vars of a case; the expected answer and examples only where a parameter names them."""
    named = takes.needed | takes.optional
    known = dict(variables_of(case))
    if prompt.examples:
        known.setdefault(EXAMPLES, list(prompt.examples))
    given = {
        name: value
        for name, value in known.items()
        if name in named or (takes.all and name in case.vars)
    }
    return copy.deepcopy(given)  # what it does to them is its own affair


def _read(said: Any, found: own.Own) -> tuple[JsonObject, ...]:
    """What a function returned, as messages of plain JSON."""
    if isinstance(said, str):
        raw: Any = [{"role": "user", "content": said}]
    elif isinstance(said, Sequence) and not isinstance(said, bytes | bytearray):
        raw = list(said)
    else:
        expected = f"{found.label} returned {type(said).__name__}, expected a text or messages"
        raise FunctionError(expected, remedy=_RETURN)
    try:
        messages = json.loads(json.dumps(raw, allow_nan=False, ensure_ascii=False).encode())
    except (TypeError, ValueError, RecursionError) as problem:
        told = f"{found.label} returned what cannot be sent: {problem}"
        raise FunctionError(told, remedy=_RETURN) from problem
    for path, mistake in message_mistakes(messages):
        where = f"message {int(path[0]) + 1}: " if path else ""
        raise FunctionError(f"{found.label}: {where}{mistake}", remedy=_RETURN)
    return tuple(messages)


def _where(problem: BaseException) -> str:
    """The lines of the function, and of what it called, that raised."""
    frames = traceback.extract_tb(problem.__traceback__)[1:]
    if not frames:
        return "by its call: its parameters do not take the vars"
    lines = [f"{_shown(frame.filename)}:{frame.lineno}" for frame in (frames[0], frames[-1])]
    return f"at {', called by '.join(dict.fromkeys(reversed(lines)))}"


def _shown(file: str) -> str:
    """Relative to the current folder where it is below; else the name, as paths are a machine's."""
    path = Path(file)
    below = path.is_relative_to(Path.cwd())
    return path.relative_to(Path.cwd()).as_posix() if below else path.name

"""Endpoints of a project's own: functions that answer, registered by decorator.

Imported by whoever writes one, so it imports nothing heavy.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from evals.errors import ConfigError

if TYPE_CHECKING:
    from evals.model import Completion, Request

Answering: TypeAlias = "Callable[[Request], Completion | str | Awaitable[Completion | str]]"

_NAME = re.compile(r"[^\W_][\w.=-]{0,99}")
_F = TypeVar("_F", bound="Answering")


@dataclass(frozen=True)
class OwnEndpoint:
    """A function that answers under a name, and where it stands (`file:line`)."""

    name: str
    function: Callable[..., Any]
    place: str

    @property
    def label(self) -> str:
        """What configuration and runs call the function: they keep no machine's paths."""
        return f"{self.function.__module__}.{self.function.__qualname__}"


_own: dict[str, OwnEndpoint] = {}


def endpoint(name: str) -> Callable[[_F], _F]:
    """Register a function of a `Request` as the endpoint `name`, which suites may name.

    It is a coroutine function or a plain one, and returns the text of the answer or a `Completion`,
    of which text, reasoning, tool calls, log probabilities and usage are kept. What it raises is an
    error of the trial that asked. Replay never calls it.
    """

    def register(function: _F) -> _F:
        place = _place(function)
        if not _NAME.fullmatch(name):
            raise ConfigError(
                f"{place}: an endpoint cannot be named {name!r}",
                remedy="use letters, digits, '.', '_', '=', '-' (at most 100), such as shop-bot",
            )
        before = _own.get(name)
        if before is not None and before.place != place:
            raise ConfigError(
                f'the endpoint "{name}" is registered twice: at {before.place} and at {place}',
                remedy="give one of them another name",
            )
        _own[name] = OwnEndpoint(name, function, place)
        return function

    return register


def find(name: str) -> OwnEndpoint | None:
    """The registered endpoint of this name, or None."""
    return _own.get(name)


def names() -> tuple[str, ...]:
    """The endpoints that are registered, in order of registration."""
    return tuple(_own)


def forget(name: str) -> None:
    """Remove an endpoint, so that a test can register it anew."""
    _own.pop(name, None)


def _place(function: Callable[..., Any]) -> str:
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        raise ConfigError(f"{function!r} is no function", remedy="register a def or an async def")
    return f"{code.co_filename}:{code.co_firstlineno}"

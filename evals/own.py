"""Endpoints and prompts of a project's own: functions, registered by decorators.

Imported by whoever writes one, so it imports nothing heavy.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from evals.errors import ConfigError

if TYPE_CHECKING:
    from evals.model import Completion, Request

Answering: TypeAlias = "Callable[[Request], Completion | str | Awaitable[Completion | str]]"
Asking: TypeAlias = Callable[..., str | Sequence[Mapping[str, Any]]]

_NAME = re.compile(r"[^\W_][\w.=-]{0,99}")
_F = TypeVar("_F", bound="Answering")
_P = TypeVar("_P", bound=Asking)


@dataclass(frozen=True)
class Own:
    """A function of the project under a name, and where it stands (`file:line`)."""

    name: str
    function: Callable[..., Any]
    place: str

    @property
    def label(self) -> str:
        """What configuration and runs call the function: they keep no machine's paths."""
        return f"{self.function.__module__}.{self.function.__qualname__}"


class Registry:
    """The functions of one kind, by name."""

    def __init__(self, kind: str, *, example: str) -> None:
        self._kind = kind
        self._example = example
        self._known: dict[str, Own] = {}

    def register(self, name: str, function: Callable[..., Any]) -> None:
        """Keep a function; raises `ConfigError` for a name that is none, or another's."""
        place = _place(function)
        if not _NAME.fullmatch(name):
            raise ConfigError(
                f"{place}: {self._kind} cannot be named {name!r}",
                remedy=f"use letters, digits, '.', '_', '=', '-' (at most 100), "
                f"such as {self._example}",
            )
        before = self._known.get(name)
        if before is not None and not _is_anew(before, function, place):
            noun = self._kind.partition(" ")[2]
            raise ConfigError(
                f'the {noun} "{name}" is registered twice: at {before.place} and at {place}',
                remedy="give one of them another name",
            )
        self._known[name] = Own(name, function, place)

    def find(self, name: str) -> Own | None:
        """The function of this name, or None."""
        return self._known.get(name)

    def names(self) -> tuple[str, ...]:
        """What is registered, in order of registration."""
        return tuple(self._known)

    def forget(self, name: str) -> None:
        """Remove a function, so that a test can register it anew."""
        self._known.pop(name, None)


endpoints = Registry("an endpoint", example="shop-bot")
prompts = Registry("a prompt", example="support")


def endpoint(name: str) -> Callable[[_F], _F]:
    """Register a function of a `Request` as the endpoint `name`, which suites may name.

    It is a coroutine function or a plain one, and returns the text of the answer or a `Completion`,
    of which text, reasoning, tool calls, log probabilities and usage are kept. What it raises is an
    error of the trial that asked. Replay never calls it.
    """

    refuse_bare("endpoint", name)

    def register(function: _F) -> _F:
        endpoints.register(name, function)
        return function

    return register


def prompt(name: str) -> Callable[[_P], _P]:
    """Register a function of the vars as the prompt `name`: `prompts: [{name: NAME}]`.

    Its parameters are vars by their names; `**vars` takes all of them. It returns the text of one
    user message, or a list of messages, and says the same for the same vars: recordings are found
    by what is sent.
    """

    refuse_bare("prompt", name)

    def register(function: _P) -> _P:
        if problem := _unfit(function):
            what, remedy = problem
            raise ConfigError(f'{_place(function)}: the prompt "{name}" {what}', remedy=remedy)
        prompts.register(name, function)
        return function

    return register


def refuse_bare(decorator: str, name: object) -> None:
    """Raise `ConfigError` for a decorator without brackets, which would register nothing."""
    if not isinstance(name, str):
        place = f"{_place(name)}: " if callable(name) else ""
        called = getattr(name, "__name__", "name").replace("_", "-")
        raise ConfigError(
            f"{place}@evals.{decorator} needs a name",
            remedy=f'write @evals.{decorator}("{called}")',
        )


def _unfit(function: Callable[..., Any]) -> tuple[str, str] | None:
    """Why a function cannot be called with vars by name, and what to do."""
    bare = inspect.unwrap(function)
    if inspect.iscoroutinefunction(bare) or inspect.isasyncgenfunction(bare):
        return "is asynchronous", "write it as `def`: it is called while the suite is read"
    if inspect.isgeneratorfunction(bare):
        return "is a generator", "return a text, or a list of messages"
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL):
            return (
                f"takes {parameter} by position",
                "vars are given by name: write def prompt(question), or def prompt(**vars)",
            )
    return None


def _is_anew(before: Own, function: Callable[..., Any], place: str) -> bool:
    """Whether a module, or a notebook's cell, was run again after a change."""
    names = [(one.__module__, one.__qualname__) for one in (before.function, function)]
    files = [where.rpartition(":")[0] for where in (before.place, place)]
    return names[0] == names[1] and (files[0] == files[1] or function.__module__ == "__main__")


def _place(function: Callable[..., Any]) -> str:
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        raise ConfigError(f"{function!r} is no function", remedy="register a def or an async def")
    return f"{code.co_filename}:{code.co_firstlineno}"

"""Templates of suites: `{{ name }}` without Jinja2, everything else in its sandbox.

Values are never rendered again, and a value that is one whole template keeps its type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, Protocol

from evals.model import Case, JsonObject, Prompt
from evals.suite.template.values import TemplateError, shown, unknown

__all__ = [
    "EXAMPLES",
    "EXPECTED",
    "Template",
    "TemplateError",
    "compile_template",
    "is_plain",
    "is_template",
    "render_messages",
    "render_texts",
    "render_value",
    "templates_in",
    "variables_of",
]

_SIGNS: Final = ("{{", "{%", "{#")
_VARIABLE: Final = re.compile(r"\{\{ *([A-Za-z_][A-Za-z0-9_]*) *\}\}")
_WORDS: Final = frozenset(("true", "false", "none", "True", "False", "None", "range", "self"))
EXPECTED: Final = "expected"
EXAMPLES: Final = "examples"


class Template(Protocol):
    """A template, read. `names` must be there; `optional` are asked whether they are."""

    names: frozenset[str]
    optional: frozenset[str]

    def text(self, variables: Mapping[str, Any]) -> str: ...

    def value(self, variables: Mapping[str, Any]) -> Any:
        """The value of a template that is one whole expression, the text of any other."""


def is_plain(prompt: Prompt) -> bool:
    """Whether a prompt is rendered without fail once its variables are there."""
    if prompt.function is not None:
        return False
    texts = templates_in([message.get("content") for message in prompt.messages])
    return not prompt.render or all(isinstance(compile_template(t), _Plain) for t in texts)


def is_template(text: str) -> bool:
    return "{" in text and any(sign in text for sign in _SIGNS)


@lru_cache(maxsize=4096)
def compile_template(text: str) -> Template:
    """Read a template; raises TemplateError with the line inside it."""
    pieces = _VARIABLE.split(text)
    texts, names = pieces[::2], pieces[1::2]
    plain = not any(is_template(piece) for piece in texts) and _WORDS.isdisjoint(names)
    # "{" before "{{ name }}" is no part of a variable to Jinja2, nor "}" after it
    if plain and not any(piece.endswith("{") for piece in texts):
        return _Plain(texts, names)
    from evals.suite.template.sandbox import read  # Jinja2 is imported for those who use it

    return read(text)


class _Plain:
    """Texts with variables between them."""

    optional: frozenset[str] = frozenset()

    def __init__(self, texts: list[str], names: list[str]) -> None:
        self.names = frozenset(names)
        self._texts = texts
        self._names = names

    def text(self, variables: Mapping[str, Any]) -> str:
        parts = [self._texts[0]]
        for name, text in zip(self._names, self._texts[1:], strict=True):
            if name not in variables:
                raise TemplateError(unknown(name, variables))
            value = variables[name]
            parts.append(value if isinstance(value, str) else shown(value))
            parts.append(text)
        return "".join(parts)

    def value(self, variables: Mapping[str, Any]) -> Any:
        if len(self._names) != 1 or any(self._texts):
            return self.text(variables)
        if self._names[0] not in variables:
            raise TemplateError(unknown(self._names[0], variables))
        return variables[self._names[0]]


def variables_of(case: Case, extra: JsonObject | None = None) -> JsonObject:
    """What the templates of a case see: its vars, those of a named set, and `expected`."""
    variables = {**case.vars, **extra} if extra else case.vars
    return {**variables, EXPECTED: case.expected} if case.has_expected else variables


def render_messages(prompt: Prompt, case: Case) -> tuple[JsonObject, ...]:
    """The messages that are sent for a case; raises TemplateError."""
    if not prompt.render:
        return prompt.messages
    variables = variables_of(case)
    if prompt.examples:
        variables = {EXAMPLES: list(prompt.examples), **variables}
    return tuple(_message(message, variables) for message in prompt.messages)


def _message(message: JsonObject, variables: JsonObject) -> JsonObject:
    return {
        key: render_texts(value, variables) if key == "content" else value
        for key, value in message.items()
    }


def render_texts(value: Any, variables: Mapping[str, Any]) -> Any:
    """Every text in a value rendered to a text."""
    if isinstance(value, str):
        return compile_template(value).text(variables) if is_template(value) else value
    return _rebuilt(value, variables, render_texts)


def render_value(value: Any, variables: Mapping[str, Any]) -> Any:
    """Every text in a value rendered; one that is a whole template keeps the value's type."""
    if isinstance(value, str):
        return compile_template(value).value(variables) if is_template(value) else value
    return _rebuilt(value, variables, render_value)


def _rebuilt(value: Any, variables: Mapping[str, Any], render: Any) -> Any:
    if isinstance(value, list | tuple):
        parts = [render(part, variables) for part in value]
        same = all(new is old for new, old in zip(parts, value, strict=True))
        return value if same else type(value)(parts)
    if isinstance(value, dict):
        items = {key: render(part, variables) for key, part in value.items()}
        return value if all(items[key] is value[key] for key in items) else items
    return value


def templates_in(value: Any) -> tuple[str, ...]:
    """The texts in a value that are templates, at any depth."""
    if isinstance(value, str):
        return (value,) if is_template(value) else ()
    parts = value.values() if isinstance(value, dict) else value
    if not isinstance(value, list | tuple | dict):
        return ()
    return tuple(text for part in parts for text in templates_in(part))

"""Options as written → the struct of a check type, with every mistake and its place."""

from __future__ import annotations

import difflib
import json
import re
import typing
from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, cast

import msgspec
from msgspec import Meta

from evals.checks.registry import Mistake, Path
from evals.errors import EvalsError
from evals.model import Frozen
from evals.model.duration import TEXT

# Numbers as YAML 1.2 reads them (core schema); a text from a CSV is read by the same rule.
_YAML_NUMBER = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+"
_IS_NUMBER = re.compile(_YAML_NUMBER)
_IS_WHOLE = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_TEMPLATE = re.compile(r"\{\{|\{%")

NumberText = Annotated[
    str, Meta(pattern=rf"^\s*(?:{_YAML_NUMBER})\s*$", extra={"shape": "a number"})
]
Number: TypeAlias = int | float | NumberText
Count: TypeAlias = Annotated[int, Meta(ge=0)]
Share: TypeAlias = Annotated[float, Meta(gt=0, le=1)]
DurationText = Annotated[
    str,
    Meta(
        pattern=f"^{TEXT}$",
        extra={"shape": "a duration such as 300ms, 2s or 5m"},
    ),
]
Duration: TypeAlias = Annotated[float, Meta(ge=0)] | DurationText


class Options(Frozen, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of a check type; common keys such as `weight` are not among them."""


class OptionsError(EvalsError):
    """Options that cannot be understood, with every mistake and its path inside the assertion."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("; ".join(_located(mistake) for mistake in self.mistakes))


def _located(mistake: Mistake) -> str:
    path, message = mistake
    where = ".".join(str(step) for step in path)
    return f"{where}: {message}" if where else message


def is_template(value: Any) -> bool:
    """Whether the value, or a text at any depth of it, is only known after rendering."""
    if isinstance(value, str):
        return _TEMPLATE.search(value) is not None
    if isinstance(value, Mapping):
        return any(is_template(item) for pair in value.items() for item in pair)
    if isinstance(value, list | tuple):
        return any(is_template(item) for item in value)
    return False


def convert(options: type[Any] | None, written: Mapping[str, Any]) -> Any:
    """The struct; raises `OptionsError` with all that is wrong."""
    if options is not None and issubclass(options, msgspec.Struct):
        try:  # the fast way; it stops at the first mistake
            if options.__struct_config__.forbid_unknown_fields:
                return msgspec.convert(written, options)
        except msgspec.ValidationError:
            pass
    found = examine(options, written)
    if found.mistakes:
        raise OptionsError(found.mistakes)
    if options is None:
        return None
    try:
        return options(**found.values)
    except (ValueError, TypeError) as error:  # refused by a struct's own __post_init__
        raise OptionsError([((), str(error))]) from error


class Examined(msgspec.Struct, frozen=True):
    """What field-by-field conversion found; `values` lacks what is a template."""

    values: dict[str, Any]
    mistakes: tuple[Mistake, ...]
    open: bool  # some option is a template, so the struct is not known yet


def examine(
    options: type[Any] | None, written: Mapping[str, Any], *, templates: bool = False
) -> Examined:
    """Convert each option by itself; with `templates`, a template stands for any value."""
    fields = fields_of(options)
    values: dict[str, Any] = {}
    mistakes: list[Mistake] = []
    unrendered = False
    for key, value in written.items():
        field = fields.get(key)
        if field is None:
            mistakes.append(((key,), unknown("option", key, tuple(fields))))
        elif templates and is_template(value):
            unrendered = True
        else:
            try:
                values[field.name] = _convert_value(value, field.type, key)
            except OptionsError as error:
                mistakes += error.mistakes
    missing = [name for name, field in fields.items() if field.required and name not in written]
    meant = {nearest(key, tuple(fields)) for key in written if key not in fields}
    mistakes += [((name,), f"`{name}` is missing") for name in missing if name not in meant]
    return Examined(values, tuple(mistakes), unrendered)


class Field(msgspec.Struct, frozen=True):
    """One option: the attribute's name, its type with annotations, whether it must be given."""

    name: str
    type: Any
    required: bool


def fields_of(options: type[Any] | None) -> Mapping[str, Field]:
    """The options of a struct or dataclass by the key they are written under."""
    return _NO_FIELDS if options is None else _fields(cast(Hashable, options))


_NO_FIELDS: Mapping[str, Field] = {}


@lru_cache(maxsize=256)
def _fields(options: Any) -> Mapping[str, Field]:
    info = msgspec.inspect.type_info(options)
    if not isinstance(info, msgspec.inspect.StructType | msgspec.inspect.DataclassType):
        raise OptionsError([((), f"{options!r} is neither a struct nor a dataclass")])
    hints = typing.get_type_hints(options, include_extras=True)
    return {
        field.encode_name: Field(field.name, hints[field.name], field.required)
        for field in info.fields
    }


def template_fields(options: type[Any] | None) -> frozenset[str]:
    """`value`, `path`, nested assertions, and options that are texts or lists of texts.

    A text whose `Meta(extra={"template": False})` says so is none.
    """
    return frozenset(
        key
        for key, field in fields_of(options).items()
        if key in ("value", "path", "assert") or _holds_text(field.type)
    )


def _holds_text(hint: Any) -> bool:
    origin = typing.get_origin(hint)
    if origin is Annotated:
        plain, *metas = typing.get_args(hint)
        told = (getattr(meta, "extra", None) or {} for meta in metas)
        return all(extra.get("template", True) for extra in told) and _holds_text(plain)
    if origin in (Union, UnionType, tuple, list):
        return any(_holds_text(part) for part in typing.get_args(hint))
    return hint is str


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` was most likely meant to be."""
    found = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return found[0] if found else None


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """`unknown option "treshold"; did you mean "threshold"?`"""
    names = sorted(known)
    near = nearest(name, names)
    if near is not None:
        return f'unknown {what} "{name}"; did you mean "{near}"?'
    if not names:
        return f'unknown {what} "{name}"; there are none here'
    return f'unknown {what} "{name}"; known: {", ".join(names)}'


def number(text: int | float | str) -> int | float | str:
    """A number as written; a text that is a whole number by YAML's rules as an int."""
    if not isinstance(text, str):
        return text
    stripped = text.strip()
    if _IS_WHOLE.fullmatch(stripped) and len(stripped) < 4000:
        base = {"0x": 16, "0o": 8}.get(stripped[:2], 10)
        return int(stripped, base)
    return stripped


def _convert_value(value: Any, hint: Any, key: str) -> Any:
    try:
        return msgspec.convert(value, hint)
    except msgspec.ValidationError as error:
        if isinstance(value, str) and _IS_NUMBER.fullmatch(value.strip()):
            read = number(value)
            try:
                return msgspec.convert(float(read) if isinstance(read, str) else read, hint)
            except msgspec.ValidationError:
                pass
        raise OptionsError([_explain(error, value, key, hint)]) from error


_WHERE = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>\$.*)`)?$", re.DOTALL)
_FIELD = re.compile(r"Object contains unknown field `(.*)`$")
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[\.\.\.\]")
_TYPE_WORDS = (
    ("object", "mapping"),
    ("array", "list"),
    ("str", "text"),
    ("int", "whole number"),
    ("float", "number"),
    ("bool", "boolean"),
)


def _explain(error: msgspec.ValidationError, value: Any, key: str, hint: Any) -> Mistake:
    """msgspec's message in the words of a suite's author, with the value that was found."""
    match = _WHERE.match(str(error))
    what, steps = (match["what"], match["path"]) if match else (str(error), None)
    path: list[str | int] = [key]
    for name, index in _STEP.findall(steps or ""):
        if not name and not index:  # a key of a mapping: msgspec does not say which
            break
        step: str | int = name or int(index)
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            break
        path.append(step)
    if what.startswith("Invalid enum value") and isinstance(value, str | int):
        return tuple(path), unknown("value", str(value), _literals(hint))
    if field := _FIELD.match(what):
        known = [name for struct in _structs(hint) for name in fields_of(struct)]
        return (*path, field[1]), unknown("key", field[1], known)
    if "matching regex" in what:
        return tuple(path), f"{show(value)} is not {_told(hint, 'shape') or 'of this form'}"
    advice = _told(hint, _KINDS.get(type(value), ""))
    told = _wording(what, value, key)
    return tuple(path), f"{told}; {advice}" if advice else told


_KINDS: dict[type[object], str] = {str: "text", list: "list", dict: "mapping"}


def _told(hint: Any, key: str) -> str | None:
    """What the type's `Meta(extra=…)` says under a key: `shape` of a text, advice for a kind."""
    if typing.get_origin(hint) is Annotated:
        for meta in typing.get_args(hint)[1:]:
            extra = getattr(meta, "extra", None) or {}
            if key in extra:
                return str(extra[key])
    found = (_told(part, key) for part in typing.get_args(hint))
    return next((told for told in found if told is not None), None)


def _structs(hint: Any) -> Iterator[type[Any]]:
    """The structs that a type is made of."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    for part in typing.get_args(hint):
        yield from _structs(part)


def _literals(hint: Any) -> tuple[str, ...]:
    if typing.get_origin(hint) is Literal:
        return tuple(str(value) for value in typing.get_args(hint))
    return tuple(text for part in typing.get_args(hint) for text in _literals(part))


def _wording(what: str, value: Any, key: str) -> str:
    shown = show(value)
    if key == "threshold" and isinstance(value, int | float) and not isinstance(value, bool):
        if value <= 0:
            return f"a threshold of {shown} cannot fail; it is a score above 0, up to 1"
        return f"a threshold of {shown} cannot be reached; it is a score above 0, up to 1"
    expected, _, got = what.replace("`", "").partition(", got ")
    for machine, word in _TYPE_WORDS:
        expected = re.sub(rf"\b{machine}\b", word, expected)
    expected = expected.replace(" | null", "").replace("whole number | number | text", "number")
    expected = expected.replace(" | ", " or ")
    expected = expected[:1].lower() + expected[1:]
    if expected == "expected text" and got in ("int", "float", "bool"):
        kind = "boolean" if got == "bool" else "number"
        return f'{shown} is a {kind}; write "{shown}"'
    if isinstance(value, str) and "{{" in value:
        return f"{expected}, found {shown}; only `value` and options that are texts are templates"
    return f"{expected}, found {shown}" if got or "xpected" in what else f"{expected}: {shown}"


def show(value: Any, *, limit: int = 80) -> str:
    """A value as JSON writes it, shortened."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):
        text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def prefixed(path: Path, mistakes: Iterable[Mistake]) -> tuple[Mistake, ...]:
    """The mistakes as seen from further out."""
    return tuple(((*path, *inner), message) for inner, message in mistakes)

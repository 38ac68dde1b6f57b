"""Tables of the keys of structs, in Markdown, for `reference.py`."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect as types

MEANINGS = Path(__file__).with_name("reference.toml")


class Wrong(Exception):
    """The reference cannot be made: a meaning is missing, or an example is not as it says."""


@cache
def meanings() -> Mapping[str, Mapping[str, Any]]:
    """What keys mean, by struct, where their types do not say it themselves."""
    return tomllib.loads(MEANINGS.read_text(encoding="utf-8"))


def keys(struct: type[Any], *, leave_out: Sequence[str] = (), name: str = "key") -> str:
    """A table of a struct's keys; raises `Wrong` where one has no meaning, or a meaning no key."""
    said = meanings().get(struct.__name__, {})
    info: Any = types.type_info(struct)
    fields = {field.encode_name: field for field in info.fields}
    if unknown := sorted(set(said) - set(fields)):
        raise Wrong(f"{MEANINGS.name}: {struct.__name__} has no {', '.join(unknown)}")
    rows = [
        _row(struct, field, said.get(key, {}))
        for key, field in fields.items()
        if key not in leave_out
    ]
    return table((name, "form", "default", "meaning"), rows)


def _row(struct: type[Any], field: types.Field, said: Any) -> tuple[str, ...]:
    words = {"meaning": said} if isinstance(said, str) else dict(said)
    meaning = words.get("meaning") or description(field.type)
    if not meaning:
        raise Wrong(f"{MEANINGS.name}: [{struct.__name__}] lacks {field.encode_name}")
    default = words.get("default") or ("required" if field.required else _default(field))
    return code(field.encode_name), words.get("form") or form(field.type), default, meaning


def _default(field: types.Field) -> str:
    value = field.default
    if value in (msgspec.NODEFAULT, None, (), "", msgspec.UNSET):
        return "–"
    if isinstance(value, msgspec.Struct):
        return "–"
    if isinstance(value, float):
        return code(f"{value:g}")
    return code(json.dumps(value, ensure_ascii=False).strip('"'))


def description(type_: types.Type) -> str:
    """What a type says of itself."""
    if isinstance(type_, types.Metadata):
        found = (type_.extra_json_schema or {}).get("description", "")
        return str(found) or description(type_.type)
    if isinstance(type_, types.UnionType):
        return next(filter(None, map(description, type_.types)), "")
    return ""


def form(type_: types.Type) -> str:
    """A type in words: `text`, `whole number, 1 or more`, `list of texts`."""
    match type_:
        case types.Metadata():
            return form(type_.type)
        case types.UnionType():
            parts = [part for part in type_.types if not isinstance(part, types.NoneType)]
            return _either(list(dict.fromkeys(map(form, parts))))
        case types.LiteralType():
            return " · ".join(code(str(value)) for value in type_.values)
        case types.IntType():
            return f"whole number{_range(type_)}"
        case types.FloatType():
            return f"number{_range(type_)}"
        case types.VarTupleType() | types.ListType():
            return f"list of {_plural(form(type_.item_type))}"
        case types.StrType() if type_.pattern and "ms|s" in type_.pattern:
            return "duration"
        case types.StrType() if type_.pattern and "0x" in type_.pattern:
            return "number"
    for kind, word in _SIMPLE.items():
        if isinstance(type_, kind):
            return word
    raise Wrong(f"no word for {type_!r}")


_SIMPLE: Mapping[type[Any], str] = {
    types.StrType: "text",
    types.BoolType: "`true` or `false`",
    types.DictType: "mapping",
    types.StructType: "mapping",
    types.AnyType: "any value",
}


def _either(words: Sequence[str]) -> str:
    if "duration" in words:
        return "duration"
    if "number" in words:
        return " or ".join(word for word in words if word != "whole number")
    return " or ".join(words)


def _plural(word: str) -> str:
    parts = word.split(" or ")
    return " or ".join(f"{part}s" if part[-1].isalpha() else part for part in parts)


def _range(type_: types.IntType | types.FloatType) -> str:
    inclusive = type_.gt is None and type_.lt is None
    if inclusive and type_.ge is not None and type_.le is not None:
        return f", {_number(type_.ge)} … {_number(type_.le)}"
    ends = (
        ("above {}", type_.gt),
        ("{} or more", type_.ge),
        ("below {}", type_.lt),
        ("at most {}", type_.le),
    )
    told = [words.format(_number(end)) for words, end in ends if end is not None]
    return f", {' and '.join(told)}" if told else ""


def _number(value: float) -> str:
    return f"{value:,.15g}".replace("-", "−")


def code(text: str) -> str:
    """A code span of any text."""
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def plain(text: str) -> str:
    """A text of which nothing is Markdown."""
    return re.sub(r"([\\`*_<\[\]$])", r"\\\1", text)

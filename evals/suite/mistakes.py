"""Every mistake of a file's form, by the generated schema. Imported only where there is one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import jsonschema_rs

from evals.suite.nearest import advice, nearest
from evals.suite.schema import form
from evals.suite.structure import Path, kind_of


class Mistake(NamedTuple):
    """One mistake: where, what, and what to do."""

    path: Path
    message: str
    details: tuple[str, ...] = ()
    is_key: bool = False  # the key is what is wrong, not its value


def every(value: Any) -> Iterator[Mistake]:
    """The mistakes of a suite as written."""
    for error in _validator().iter_errors(value):
        yield from _explained(error)


@cache
def _validator() -> Any:
    return jsonschema_rs.Draft202012Validator(form())


def _explained(error: Any) -> Iterator[Mistake]:
    path: Path = tuple(error.instance_path)
    kind = error.kind.name
    if kind == "anyOf":
        yield from _of_any(error, path)
    elif kind == "additionalProperties":
        yield from _unknown_keys(error, path)
    elif kind == "required":
        missing = error.kind.as_dict()["property"]
        if not _is_misspelled(missing, error):
            yield Mistake(path, f"{_named(path)} lacks {missing!r}", (f"add {missing}: …",))
    elif kind != "pattern":  # ids are looked at where they are used, with better words
        yield Mistake(path, f"{_named(path)} {_rule(error)}", _remedy(error, [error]))


def _named(path: Path) -> str:
    """What a path is called: `repeat`, `prompts[0]`, `tests[3].vars`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "the suite"


def _of_any(error: Any, path: Path) -> Iterator[Mistake]:
    """The mistakes under that alternative which the value was most likely meant to be."""
    branches: list[list[Any]] = error.kind.context
    inside = [
        branch
        for branch in branches
        if not any(e.kind.name == "type" and tuple(e.instance_path) == path for e in branch)
    ]
    if not inside:
        expected = [e for branch in branches for e in branch if e.kind.name == "type"]
        words = dict.fromkeys(word for e in expected for word in _types(e) if word != "nothing")
        found = kind_of(error.instance)
        message = f"{_named(path)} must be {' or '.join(words)}, found {found}"
        yield Mistake(path, message, _remedy(error, expected))
        return
    for inner in min(inside, key=len):
        yield from _explained(inner)


def _unknown_keys(error: Any, path: Path) -> Iterator[Mistake]:
    known = _known_keys(error)
    for key in error.kind.unexpected:
        yield Mistake((*path, key), f"unknown key {key!r}", _instead(key, known), is_key=True)


_ELSEWHERE: Mapping[str, str] = {  # what people write who come from promptfoo
    "providers": "who is asked: `endpoint` and `model`; what is compared: `settings`",
    "provider": "who is asked: `endpoint` and `model`; who grades: `judge`",
    "defaultTest": "what every test takes stands under `defaults`",
    "evaluateOptions": "see `repeat` and `limits`",
    "outputPath": "the page: pytest --evals-report PATH, or evals report -o PATH",
    "options": "see `parameters` of the test, and `transform` of an assertion",
    "assertScoringFunction": "see `threshold` of the test",
}


def _instead(key: str, known: Iterable[str]) -> tuple[str, ...]:
    """What was meant by a key that is not known here."""
    names = tuple(known)
    if key in _ELSEWHERE and nearest(key, names) is None:
        return (_ELSEWHERE[key],)
    return advice(key, names, "known here")


def _is_misspelled(missing: str, error: Any) -> bool:
    """Whether a key that is lacking stands there under a name that is refused by itself."""
    known = list(_known_keys(error))
    return any(nearest(key, known) == missing for key in error.instance if key not in known)


def _known_keys(error: Any) -> Iterable[str]:
    """The keys of the schema that refused one."""
    schema: Any = form()
    for part in list(error.schema_path)[:-1]:
        if isinstance(schema, Mapping) and "$ref" in schema and part == "$ref":
            schema = form()["$defs"][schema["$ref"].rpartition("/")[2]]
        else:
            schema = schema[part] if part in schema or isinstance(part, int) else schema
    if "$ref" in schema:
        schema = form()["$defs"][schema["$ref"].rpartition("/")[2]]
    return list(schema.get("properties", ()))


_NUMBER = re.compile(r"(\d+(?:\.\d+)?)(\s*%)?")
_TYPES: Mapping[str, str] = {
    "array": "a list",
    "object": "a mapping",
    "string": "a text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "nothing",
}


def _remedy(error: Any, expected: Iterable[Any]) -> tuple[str, ...]:
    """How to write the value that was meant, where that is plain."""
    names = {
        name
        for each in expected
        if each.kind.name == "type"
        for name in each.kind.as_dict()["types"]
    }
    value = error.instance
    if error.kind.name == "enum" and isinstance(value, str):
        found_word = nearest(value, map(str, error.kind.as_dict()["options"]))
        return (f'did you mean "{found_word}"?',) if found_word else ()
    if list(error.instance_path)[-1:] == ["skip"] and isinstance(value, bool):
        return ("write why, such as `skip: too slow`; remove it to run the test",)
    if (
        names - {"null"} == {"string"}
        and isinstance(value, int | float)
        and not isinstance(value, bool)
    ):
        return (f'write "{value}", in quotes',)
    if names & {"number", "integer"} and isinstance(value, str):
        found = _NUMBER.fullmatch(value.strip())
        if found is None:
            return ()
        return (f"write {float(found[1]) / 100:g}" if found[2] else f"write {found[1]}",)
    if names - {"null"} == {"array"} and value is not None:
        return ("write a list: [a, b], or lines that begin with -",)
    return ()


def _types(error: Any) -> list[str]:
    found = error.kind.as_dict()["types"]
    return [_TYPES.get(name, name) for name in found]


def _rule(error: Any) -> str:
    rule = error.kind.as_dict()
    match error.kind.name:
        case "type":
            return f"must be {' or '.join(_types(error))}, found {kind_of(error.instance)}"
        case "enum":
            options = ", ".join(str(option) for option in rule["options"])
            value = error.instance
            shown = f'"{value}"' if isinstance(value, str) else kind_of(value)
            return f"is {shown}; allowed are {options}"
        case "minimum":
            return f"is {error.instance}; allowed is {rule['limit']} or more"
        case "maximum":
            return f"is {error.instance}; allowed is {rule['limit']} or less"
        case "exclusiveMinimum":
            return f"is {error.instance}; allowed is more than {rule['limit']}"
        case "exclusiveMaximum":
            return f"is {error.instance}; allowed is less than {rule['limit']}"
    message: str = error.message
    return f"is refused: {message}"

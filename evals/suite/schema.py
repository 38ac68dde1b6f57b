"""The JSON Schema of suites: for editors, and for listing every mistake of a file's form.

Made from the types that read a suite and from the options of the check types. A check's options
depend on its `type`, so that their union becomes `if`/`then`: one mistake is one message.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import msgspec

from evals.checks.registry import CheckType, find, names
from evals.model import JsonObject
from evals.suite.parameters import FILED, Parameters
from evals.suite.written import WrittenSuite

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FILE = {
    "type": "object",
    "properties": {"file": {"type": "string"}},
    "required": ["file"],
    "additionalProperties": False,
}


@cache
def form() -> JsonObject:
    """The schema of a suite's form: assertions and parameters are any values."""
    schema = _suite()
    schema["$defs"] |= {"Assertion": {}, "Parameters": {}}
    return schema


def json_schema() -> JsonObject:
    """The schema for editors, with every built-in check type; `evals schema` prints it with the
    reference's texts."""
    schema = _suite()
    defs = schema["$defs"]
    parameters = _parameters()
    defs["Parameters"] = parameters
    for name in ("WrittenSetting", "WrittenJudge"):
        defs[name]["properties"] |= parameters["properties"]
    schema["required"] = ["tests"]
    kinds = [kind for name in names() if (kind := find(name)) is not None and not kind.own]
    defs |= _assertion(kinds)
    schema["properties"]["matrix"] = {"$ref": "#/$defs/Matrix"}
    defs["Matrix"] = _matrix(parameters)
    # No title: YAML's language server puts that of a schema before every text that it shows, and
    # in the place of names where it completes.
    return {"$schema": _DIALECT, **schema}


def _suite() -> JsonObject:
    (_,), defs = msgspec.json.schema_components([WrittenSuite], ref_template="#/$defs/{name}")
    defs = {name: _plain(part) for name, part in defs.items()}
    for definition in defs.values():
        definition.pop("title", None)
    suite = defs.pop("WrittenSuite")
    return {**suite, "$defs": defs}


def _plain(schema: Any) -> Any:
    """Without defaults, which msgspec writes out and editors would insert."""
    if isinstance(schema, list | tuple):
        return [_plain(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        key: {name: _plain(part) for name, part in value.items()}
        if key in ("properties", "$defs")  # names are no keywords: one may be called `default`
        else _plain(value)
        for key, value in schema.items()
        if key != "default"
    }


def _parameters() -> JsonObject:
    (_,), defs = msgspec.json.schema_components([Parameters], ref_template="#/$defs/{name}")
    schema: JsonObject = {"type": "object", **_plain(defs["Parameters"])}
    schema.pop("title", None)
    for name in FILED:
        found = schema["properties"][name]
        found.setdefault("anyOf", []).append(_FILE)
    return schema


def _matrix(parameters: JsonObject) -> JsonObject:
    """Each parameter with the list of its values, and the words for rules."""
    axes = {
        name: {"type": "array", "items": found} for name, found in parameters["properties"].items()
    }
    rules = {"type": "array", "items": {"type": "object"}}
    return {
        "type": "object",
        "properties": {
            **axes,
            "exclude": {**rules, "description": "Combinations that agree with one are left out."},
            "include": {**rules, "description": "Combinations beside those of the product."},
            "collapse": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Axes that are no settings but samples.",
            },
        },
        "additionalProperties": {"type": "array"},
    }


def _assertion(kinds: Iterable[CheckType]) -> dict[str, JsonObject]:
    """The definitions of assertions: a text, a group by its key, a named set, a check."""
    listed = list(kinds)
    options, defs = _options(listed)
    members = {"type": "array", "items": {"$ref": "#/$defs/Assertion"}, "minItems": 1}
    at_least = {
        "type": "object",
        "properties": {"n": {"type": "integer", "minimum": 1}, "of": members},
        "required": ["n", "of"],
        "additionalProperties": False,
    }
    groups = {
        **{key: {**members, "description": said} for key, said in _GROUPS.items()},
        "at-least": {**at_least, "description": "Passes if `n` of these do."},
    }
    return {
        **defs,
        "Assertion": {
            "if": {"type": "string"},
            "then": {"description": "The answer contains this text."},
            "else": {"$ref": "#/$defs/WrittenAssertion"},
        },
        "WrittenAssertion": {
            "type": "object",
            "properties": {
                "type": _types(listed),
                "use": {"type": "string", "description": "The name of a set under `checks`."},
                "vars": {"type": "object", "description": "Seen inside the named set only."},
                **groups,
                **_COMMON,
            },
            "oneOf": [{"required": [key]} for key in ("type", "use", *groups)],
            "allOf": [_when(kind, options.get(kind.name)) for kind in listed],
        },
    }


def _types(kinds: Iterable[CheckType]) -> JsonObject:
    """The names of checks with their texts, and those of the project's own.

    One alternative excludes the other: so editors show the text of the check that is named.
    """
    said = {}
    for kind in kinds:
        said[kind.name] = kind.summary
        said[f"not-{kind.name}"] = f"Turned round: {kind.summary}"
    own = {
        "type": "string",
        "not": {"enum": list(said)},
        "description": "A check of the project; `not-` before any check turns it round.",
    }
    return {"oneOf": [{"enum": list(said), "enumDescriptions": list(said.values())}, own]}


_THRESHOLD: JsonObject = {
    "type": "number",
    "exclusiveMinimum": 0,
    "maximum": 1,
    "description": "The least score that passes.",
}
_GROUPS = {
    "all": "Passes if all of these do.",
    "any": "Passes if one of these does.",
    "not-all": "Passes if one of these does not.",
    "not-any": "Passes if none of these does.",
}
_COMMON: JsonObject = {
    "weight": {"type": "number", "minimum": 0, "description": "0: recorded, never decides."},
    "metric": {
        "type": "string",
        "pattern": "^[a-z_][a-z0-9_]*$",
        "description": "A name for its scores: gates and reports tell their mean.",
    },
    "name": {"type": "string", "description": "What reports call it, instead of its type."},
    "transform": {
        "description": "Steps applied to the text first; a list is a pipeline.",
        "type": ["string", "object", "array"],
    },
    "on": {
        "enum": ["answer", "reasoning"],
        "description": "What is judged: the answer, or the reasoning before it.",
    },
}


def _options(kinds: list[CheckType]) -> tuple[dict[str, JsonObject], dict[str, JsonObject]]:
    """The schema of each type's options by the type's name, and what they refer to."""
    typed = [kind for kind in kinds if kind.options is not None]
    found, defs = msgspec.json.schema_components(
        [kind.options for kind in typed], ref_template="#/$defs/{name}"
    )
    plain: dict[str, JsonObject] = {name: _plain(part) for name, part in defs.items()}
    options: dict[str, JsonObject] = {}
    for kind, schema in zip(typed, found, strict=True):
        options[kind.name] = plain[str(schema["$ref"]).rpartition("/")[2]]
    own = [id(schema) for schema in options.values()]
    return options, {name: part for name, part in plain.items() if id(part) not in own}


def _when(kind: CheckType, options: JsonObject | None) -> JsonObject:
    """What holds for an assertion of this type."""
    options = options or {}
    properties = {
        name: _or_template(schema) if name in kind.templates else schema
        for name, schema in options.get("properties", {}).items()
    }
    for name in (*kind.files, *kind.texts):
        properties[name] = {"anyOf": [properties[name], _FILE]}
    if "assert" in properties:
        properties["assert"] = {"type": "array", "items": {"$ref": "#/$defs/Assertion"}}
    if kind.own or kind.scored:
        properties.setdefault("threshold", _THRESHOLD)
    common = (
        _COMMON
        if kind.judges == "text"
        else {key: _COMMON[key] for key in ("weight", "metric", "name")}
    )
    return {
        "if": {
            "properties": {"type": {"enum": [kind.name, f"not-{kind.name}"]}},
            "required": ["type"],
        },
        "then": {
            "description": kind.summary,
            "properties": {
                "type": {"description": kind.summary},
                **dict.fromkeys(common, True),
                **properties,
            },
            "required": options.get("required", []),
            "additionalProperties": False,
        },
    }


def _or_template(schema: JsonObject) -> JsonObject:
    return {"anyOf": [{"type": "string", "pattern": r"\{\{|\{%"}, schema]}

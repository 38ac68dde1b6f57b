"""The JSON Schema for editors with the reference's texts, for `reference.py`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from msgspec import inspect
from reference_checks import examples, flow
from reference_tables import Wrong, description, meanings

from evals.checks.registry import find
from evals.suite.schema import json_schema
from evals.suite.yaml import read_yaml

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = ROOT / "evals" / "suite" / "eval.schema.json"
_PAGE = ROOT / "docs" / "reference" / "suites.md"
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
# What a definition of the schema is called in reference.toml, where the names differ.
_SECTIONS: Mapping[str, tuple[str, ...]] = {
    "WrittenDefaults": ("WrittenTest",),
    "WrittenSetting": ("WrittenSetting", "Parameters"),
    "WrittenJudge": ("WrittenJudge", "Parameters"),
    "Matrix": ("Parameters",),
}


def schema_text() -> str:
    """The schema as it is shipped; raises `Wrong` where a key has no meaning."""
    schema = json_schema()
    _describe("WrittenSuite", schema)
    for name, part in schema["$defs"].items():
        _describe(name, part)
    for rule in schema["$defs"]["WrittenAssertion"]["allOf"]:
        _describe_check(rule)
    for key, value in _example().items():
        schema["properties"][key]["examples"] = [value]
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _describe(name: str, part: Any) -> None:
    """Give every key of a definition its text."""
    for key, found in part.get("properties", {}).items():
        if found is True:
            continue
        said = _meaning(_SECTIONS.get(name, (name,)), key)
        if said:
            found["description"] = said
        elif not found.get("description") and not _inner(found):
            raise Wrong(f"the schema has no description of {key} of {name}")


def _describe_check(rule: Any) -> None:
    """Give the options of a check type their texts, and the type its examples."""
    (name, _) = rule["if"]["properties"]["type"]["enum"]
    kind = find(name)
    if kind is not None and kind.options is not None:
        for field in cast(Any, inspect.type_info(kind.options)).fields:
            found = rule["then"]["properties"][field.encode_name]
            if found is not True and (said := description(field.type)):
                found["description"] = said
        _describe(kind.options.__name__, rule["then"])
    rule["then"]["properties"]["type"] = _hover(rule["then"]["description"], name)


def _hover(summary: str, name: str) -> dict[str, str]:
    """What an editor shows at the type of a check.

    The examples stand in its text: as `examples` of the whole assertion, YAML's language server
    completes them as `[object Object]`.
    """
    written = [flow(example["assert"]) for example in examples()[name]["examples"]]
    fenced = "\n".join(f"- {one}" for one in written)
    return {
        "description": summary,
        "markdownDescription": f"{summary}\n\n```yaml\n{fenced}\n```",
    }


def _inner(found: Any) -> str:
    """The description of an alternative: a template, or a value that is described."""
    return next(
        (
            str(p["description"])
            for p in found.get("anyOf", found.get("oneOf", ()))
            if "description" in p
        ),
        "",
    )


def _meaning(sections: tuple[str, ...], key: str) -> str:
    """What reference.toml says of a key, without links."""
    for section in sections:
        said = meanings().get(section, {}).get(key)
        text = said if isinstance(said, str) else (said or {}).get("meaning", "")
        if text:
            return _LINK.sub(r"\1", text)
    return ""


def _example() -> Mapping[str, Any]:
    """The suite at the head of the reference."""
    block = re.search(r"```yaml\n(.*?)```", _PAGE.read_text(encoding="utf-8"), re.DOTALL)
    if block is None:
        raise Wrong(f"{_PAGE.name} has no example")
    value: Mapping[str, Any] = read_yaml(block[1].encode(), _PAGE.name).value
    return value

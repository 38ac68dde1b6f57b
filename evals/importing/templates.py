"""Templates of nunjucks → those of Jinja2, where both mean the same."""

from __future__ import annotations

import re
from typing import Any, Final

from evals.importing.findings import Findings
from evals.importing.source import Unequal
from evals.suite.template import TemplateError, compile_template, is_template

_TAG: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_QUOTED: Final = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
_ENV: Final = re.compile(r"""\benv\s*(?:\.\s*(\w+)|\[\s*['"](\w+)['"]\s*\])""")
_CHANGES: Final = (
    (re.compile(r"==="), "=="),
    (re.compile(r"!=="), "!="),
    (re.compile(r"\belseif\b"), "elif"),
    (re.compile(r"\b(?:null|undefined)\b"), "none"),
    (re.compile(r"\|\s*dump\b"), "| tojson"),
    (re.compile(r"\|\s*safe\b"), ""),
    (re.compile(r"\b([A-Za-z_]\w*(?:\.(?!length\b)\w+)*)\.length\b"), r"(\1 | length)"),
)


def translated(text: str, findings: Findings) -> str:
    """The text as a template of Jinja2; raises `Unequal` where it has no equal."""
    if not is_template(text):
        return text
    changed = _TAG.sub(lambda match: _tag(match[0], findings), text)
    try:
        compile_template(changed)
    except TemplateError as problem:
        raise Unequal(f"the template has no equal: {problem.message}") from problem
    return changed


def translated_in(value: Any, findings: Findings) -> Any:
    """The same for every text of a value."""
    if isinstance(value, str):
        return translated(value, findings)
    if isinstance(value, list):
        return [translated_in(item, findings) for item in value]
    if isinstance(value, dict):
        return {key: translated_in(item, findings) for key, item in value.items()}
    return value


def environment(text: str) -> list[str]:
    """The variables of the environment that the tags of a text name."""
    return [e[1] or e[2] for tag in _TAG.findall(text) for e in _ENV.finditer(tag)]


def names_in(value: Any) -> frozenset[str]:
    """The variables that the templates of a value ask for."""
    if isinstance(value, str):
        if not is_template(value):
            return frozenset()
        try:
            return compile_template(value).names
        except TemplateError:
            return frozenset()
    items = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict | list):
        return frozenset().union(*(names_in(item) for item in items))
    return frozenset()


def _tag(tag: str, findings: Findings) -> str:
    env = _ENV.search(tag)
    if env is not None:
        name = env[1] or env[2]
        findings.variables[name] = None
        if tag.startswith("{{"):
            return f"{{# {name} of the environment #}}"
        raise Unequal(f"it depends on the variable {name} of the environment")
    pieces = _QUOTED.split(tag)
    for at in range(0, len(pieces), 2):
        for pattern, into in _CHANGES:
            pieces[at] = pattern.sub(into, pieces[at])
    return "".join(pieces)

"""A suite as YAML that reads back as the same values."""

from __future__ import annotations

from typing import Any

import yaml

from evals.suite.yaml import number

_WORDS = frozenset(("", "~", "null", "true", "false", "yes", "no", "on", "off"))

_BREAKS = frozenset("\r\x85\u2028\u2029\ufeff")  # line ends to some readers


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, indentless=False)


def _text(dumper: _Dumper, value: str) -> Any:
    odd = not _BREAKS.isdisjoint(value)
    style = '"' if odd or value.lower() in _WORDS or number(value) is not None else None
    if "\n" in value and not odd and not any(line != line.rstrip() for line in value.split("\n")):
        style = "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def yaml_text(value: Any) -> str:
    """Texts stay texts, whatever they look like; keys keep their order."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=96)

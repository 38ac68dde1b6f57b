"""A check of YAML in the answer: read as events only, so that nothing is ever built of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from evals.checks.registry import CheckType
from evals.checks.verdict import count, found, quote
from evals.model import Completion, Verdict

_LOADER: Any = getattr(yaml, "CLoader", yaml.SafeLoader)
_DEEPEST = 100
_NESTED = f"it is nested more than {_DEEPEST} deep"
_TOO_DEEP = "exceeded maximum nesting depth"  # newer libyaml, before the first event
_MOST = 100_000  # nodes
_CORE = "tag:yaml.org,2002:"
_TAGS = ("null", "bool", "int", "float", "str", "seq", "map")


def is_yaml(completion: Completion, options: None) -> Verdict:
    """The answer is one YAML document, a mapping or a list.

    A text alone is none, or else every sentence would be YAML. A key that stands twice in a
    mapping, a tag outside of YAML's core schema and a second document fail. JSON is YAML.
    """
    reader = _Reader()
    try:
        for event in yaml.parse(completion.text, Loader=_LOADER):
            reader.on(event)
    except _NotYaml as problem:
        return found(False, f"no YAML: {problem}; found {quote(completion.text)}")
    except yaml.MarkedYAMLError as error:
        return found(False, f"no YAML: {_told(error)}; found {quote(completion.text)}")
    except (yaml.YAMLError, UnicodeError):
        told = "it has a character that YAML does not allow"
        return found(False, f"no YAML: {told}; found {quote(completion.text)}")
    if reader.root is None:
        return found(False, f"no YAML: the document is empty; found {quote(completion.text)}")
    return found(True, f"a {reader.root} of {count(reader.top, 'item')}: {_start(completion.text)}")


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _start(text: str) -> str:
    return quote(text.strip(), limit=80)


def _told(error: yaml.MarkedYAMLError) -> str:
    if _TOO_DEEP in str(error.problem):
        return _NESTED
    mark = error.problem_mark or error.context_mark
    where = "" if mark is None else f" in line {mark.line + 1}"
    return f"{error.problem or error.context}{where}"


_NODES: dict[type[Any], str] = {
    yaml.MappingStartEvent: "mapping",
    yaml.SequenceStartEvent: "list",
    yaml.ScalarEvent: "text",
    yaml.AliasEvent: "text",
}


class _NotYaml(Exception):
    pass


@dataclass
class _Open:
    """A mapping or list whose end was not seen yet; of a mapping, the texts of its keys."""

    kind: str
    keys: set[str] = field(default_factory=set)
    items: int = 0  # of a mapping, keys and values


@dataclass
class _Reader:
    root: str | None = None
    top: int = 0
    nodes: int = 0
    open: list[_Open] = field(default_factory=list)
    documents: int = 0
    anchors: set[str] = field(default_factory=set)

    def on(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.DocumentStartEvent:
            self.documents += 1
            if self.documents > 1:
                raise _NotYaml(f"a second document begins in line {_line(event)}")
        elif kind in _NODES:
            self._node(event, _NODES[kind])
        elif kind in (yaml.MappingEndEvent, yaml.SequenceEndEvent):
            closed = self.open.pop()
            if not self.open:
                self.top = closed.items // 2 if closed.kind == "mapping" else closed.items

    def _node(self, event: Any, kind: str) -> None:
        self.nodes += 1
        if self.nodes > _MOST:
            raise _NotYaml(f"it has more than {_MOST:,} nodes")
        tag = getattr(event, "tag", None)
        if tag not in (None, "!", *(f"{_CORE}{name}" for name in _TAGS)):
            raise _NotYaml(f"the tag {quote(str(tag).replace(_CORE, '!!'), limit=60)} is unknown")
        anchor = getattr(event, "anchor", None)
        if type(event) is yaml.AliasEvent and anchor not in self.anchors:
            raise _NotYaml(f"the alias *{anchor} in line {_line(event)} has no anchor")
        if anchor is not None:
            self.anchors.add(anchor)
        if self.open:
            self._place(event)
        elif kind == "text":
            raise _NotYaml("a text alone, neither a mapping nor a list")
        else:
            self.root = kind
        if kind != "text":
            if len(self.open) >= _DEEPEST:
                raise _NotYaml(_NESTED)
            self.open.append(_Open(kind))

    def _place(self, event: Any) -> None:
        """Count the node in its mapping or list; a text as a key stands there once."""
        around = self.open[-1]
        is_key = around.kind == "mapping" and around.items % 2 == 0
        around.items += 1
        if is_key and type(event) is yaml.ScalarEvent:
            if event.value in around.keys:
                line = _line(event)
                told = f"the key {quote(event.value, limit=60)} stands twice, again in line {line}"
                raise _NotYaml(told)
            around.keys.add(event.value)


CHECKS = (CheckType(name="is-yaml", function=is_yaml, options=None),)

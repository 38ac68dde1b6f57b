"""YAML text to plain values, each with its place.

One pass over the parser's events, without recursion: depth, aliases and size are bounded before
anything is built, so that no file can exhaust the process. Scalars follow YAML 1.2's core schema:
`no` and `on` are texts, `1e-3` is a number, `017` is 17, `<<` is an ordinary key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import yaml

from evals.errors import Place, Problem, SuiteError
from evals.suite.syntax import HINTS, MAX_DEPTH, Mark, fatal, syntax_error, too_deep

MAX_BYTES: Final = 10_000_000
MAX_ALIASED: Final = 10_000
MAX_NODES: Final = 100_000
MAX_MISTAKES: Final = 100
MAX_INTEGER: Final = 2**53 - 1  # beyond it, JSON readers disagree about the value

_LOADER: Any = getattr(yaml, "CLoader", yaml.SafeLoader)  # the same events, ten times as fast
_CONSTANTS: Final[dict[str, Any]] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_FIRST: Final = frozenset("-+.0123456789~nNtTfF")
_INTEGER: Final = re.compile(r"[-+]?[0-9]+")
_BASED: Final = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NO_NUMBER: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_TAGS: Final = "tag:yaml.org,2002:"
_DROPPED: Final = object()

TOO_MANY: Final = f"more than {MAX_NODES:,} values, the limit of a YAML file"
_STOPPED: Final = "no mistakes after this one are looked for"
_ELSEWHERE: Final = "put tests into a data file: {file: cases.jsonl} or {file: cases.csv}"

Path = Sequence[str | int]


class Document:
    """The value of a YAML text, and where each part of it stands.

    `problems` are the mistakes that did not keep the text from being read.
    """

    def __init__(self, path: str, value: Any, marks: dict[int, Any], root: Mark) -> None:
        self.path = path
        self.value = value
        self.problems: list[Problem] = []
        self.escapes: set[Mark] = set()  # single-quoted texts that hold a backslash and an n
        self._cut: set[int] = set()  # identities of the containers that lost a part
        self._marks = marks  # by the identity of the container, which this object keeps alive
        self._root = root

    def mark(self, path: Path, *, key: bool = False) -> Mark:
        """Line and column of what stands at `path`; of its key, where asked for."""
        value: Any = self.value
        mark = self._root
        for last, part in enumerate(path, 1 - len(path)):
            marks: Any = self._marks.get(id(value))
            try:
                found = marks[part]
                value = value[part]
            except (TypeError, LookupError):
                break  # the nearest that is there, e.g. the mapping that lacks the key
            if isinstance(marks, dict):
                mark = found[:2] if key and last == 0 else found[2:]
            else:
                mark = found
        return mark

    def place(self, path: Path, *, key: bool = False) -> Place:
        line, column = self.mark(path, key=key)
        return Place(self.path, line, column)

    def drop(self, paths: Sequence[Path]) -> None:
        """Take these parts out, so that what is left can be read on; places stay right."""
        found: dict[tuple[int, Any], tuple[Any, Any]] = {}
        for path in paths:
            container = self.value
            try:
                for part in path[:-1]:
                    container = container[part]
                container[path[-1]]
            except (TypeError, LookupError):
                continue
            found[id(container), path[-1]] = (container, path[-1])
        for container, part in sorted(found.values(), key=_descending, reverse=True):
            del container[part], self._marks[id(container)][part]
            self._cut.add(id(container))

    def was_cut(self, path: Path) -> bool:
        """Whether something was taken out of what stands at `path`."""
        value: Any = self.value
        for part in path:
            try:
                value = value[part]
            except (TypeError, LookupError):
                return False
        return id(value) in self._cut


def _descending(found: tuple[Any, Any]) -> int:
    return found[1] if isinstance(found[1], int) else -1


def decode(data: bytes, path: str) -> str:
    """UTF-8, with or without BOM; anything else is refused with its place."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        raise SuiteError(
            [
                Problem(
                    Place(path, line, column),
                    f"byte 0x{data[error.start]:02x} is not UTF-8",
                    ("save the file as UTF-8",),
                )
            ]
        ) from None


def read_yaml(data: bytes, path: str) -> Document:
    """Read one document; raises SuiteError where the text is no YAML or breaks a limit."""
    if len(data) > MAX_BYTES:
        raise fatal(path, (1, 1), f"larger than {MAX_BYTES // 1_000_000} MB, the limit of a file")
    text = decode(data, path)
    builder = _Builder(path)
    try:
        for event in _events(text):
            builder.take(event)
    except yaml.YAMLError as error:
        raise syntax_error(path, text, error) from None
    document = Document(path, builder.root, builder.marks, builder.root_mark)
    document.problems = builder.problems
    document.escapes = builder.escapes
    return document


def number(text: str) -> int | float | None:
    """The number that YAML 1.2 reads in a text, None where it reads none."""
    if _INTEGER.fullmatch(text) or _BASED.fullmatch(text):
        return _integer(text)
    return float(text) if _FLOAT.fullmatch(text) else None


def _events(text: str) -> Iterator[Any]:
    events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
    return events


def _scalar(text: str) -> Any:
    """A plain scalar under the core schema; NotImplemented for a number that JSON lacks."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _FIRST:
        return text
    if _INTEGER.fullmatch(text) or _BASED.fullmatch(text):
        value = _integer(text)
        return value if abs(value) <= MAX_INTEGER else NotImplemented
    if _FLOAT.fullmatch(text):
        real = float(text)
        return real if abs(real) != float("inf") else NotImplemented
    return NotImplemented if _NO_NUMBER.fullmatch(text) else text


def _integer(text: str) -> int:
    if text[:2] in ("0o", "0x"):
        return int(text, 0)
    # more digits than a float can hold: not worth a conversion whose time grows with the square
    return int(text) if len(text) < 400 else MAX_INTEGER + 1


class _Frame:
    """A mapping or list whose end has not come yet."""

    __slots__ = ("anchor", "before", "is_map", "key", "key_mark", "marks", "value")

    def __init__(self, value: Any, marks: Any, anchor: str | None, before: int) -> None:
        self.value = value
        self.marks = marks
        self.is_map = isinstance(value, dict)
        self.anchor = anchor
        self.before = before  # nodes counted before it began
        self.key: Any = None
        self.key_mark: Mark = (0, 0)


class _Builder:
    """Builds values from events."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.root: Any = None
        self.root_mark: Mark = (1, 1)
        self.marks: dict[int, Any] = {}
        self.problems: list[Problem] = []
        self.escapes: set[Mark] = set()
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._nodes = 0
        self._aliased = 0
        self._documents = 0
        self._take = {
            yaml.ScalarEvent: self._on_scalar,
            yaml.MappingStartEvent: self._on_start,
            yaml.SequenceStartEvent: self._on_start,
            yaml.MappingEndEvent: self._on_end,
            yaml.SequenceEndEvent: self._on_end,
            yaml.AliasEvent: self._on_alias,
            yaml.DocumentStartEvent: self._on_document,
        }

    def take(self, event: Any) -> None:
        if take := self._take.get(event.__class__):
            take(event)
            if self._nodes > MAX_NODES:
                raise fatal(self.path, _mark(event), TOO_MANY, _ELSEWHERE)

    def _on_document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            raise fatal(
                self.path,
                _mark(event),
                "a second document begins with this `---`",
                "a suite is one YAML document: remove the line, or make two files",
            )

    def _on_scalar(self, event: Any) -> None:
        self._nodes += 1
        mark = _mark(event)
        value = event.value
        if event.tag is not None:
            value = self._tagged(event.tag, value, mark)
        elif event.implicit[0]:
            value = _scalar(value)
            if value is NotImplemented:
                value = self._refused_number(event.value, mark)
        elif event.style == "'" and "\\n" in value:
            self.escapes.add(mark)
        if isinstance(value, str) and not value.isascii():
            self._check_surrogates(value, mark)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)
        self._add(value, mark)

    def _on_start(self, event: Any) -> None:
        self._nodes += 1
        mark = _mark(event)
        is_map = event.__class__ is yaml.MappingStartEvent
        kind = "map" if is_map else "seq"
        if event.tag not in (None, "!", _TAGS + kind):
            self._error(mark, f"tag {_short(event.tag)} is not supported", "remove the tag")
        if len(self._stack) >= MAX_DEPTH:
            raise too_deep(self.path, mark)
        value: Any = {} if is_map else []
        marks: Any = {} if is_map else []
        self.marks[id(value)] = marks
        self._add(value, mark)
        self._stack.append(_Frame(value, marks, event.anchor, self._nodes))

    def _on_end(self, event: Any) -> None:
        frame = self._stack.pop()
        if frame.anchor is not None:
            self._anchors[frame.anchor] = (frame.value, self._nodes - frame.before + 1)

    def _on_alias(self, event: Any) -> None:
        mark = _mark(event)
        if event.anchor not in self._anchors:
            raise fatal(self.path, mark, f"unknown alias *{event.anchor}", HINTS["undefined alias"])
        value, size = self._anchors[event.anchor]
        self._nodes += size
        self._aliased += size
        if self._aliased > MAX_ALIASED:
            raise fatal(
                self.path,
                mark,
                f"aliases make more than {MAX_ALIASED:,} nodes, the limit of a file",
            )
        self._add(value, mark)

    def _add(self, value: Any, mark: Mark) -> None:
        if not self._stack:
            self.root, self.root_mark = value, mark
            return
        frame = self._stack[-1]
        if not frame.is_map:
            frame.value.append(value)
            frame.marks.append(mark)
        elif frame.key is None:
            self._key(frame, value, mark)
        else:
            if frame.key is not _DROPPED:
                frame.value[frame.key] = value
                frame.marks[frame.key] = (*frame.key_mark, *mark)
            frame.key = None

    def _key(self, frame: _Frame, value: Any, mark: Mark) -> None:
        if isinstance(value, dict | list):
            raise fatal(
                self.path,
                mark,
                "a key must be a text, found " + ("a mapping" if value == {} else "a list"),
                'put a text that begins with {{ in quotes: "{{ name }}"',
            )
        frame.key, frame.key_mark = value, mark
        if not isinstance(value, str):
            shown = str(value).lower() if isinstance(value, bool) else value
            shown = "null" if value is None else shown
            self._error(mark, f"a key must be a text, found {shown}", f'write "{shown}" in quotes')
            frame.key = _DROPPED
        elif value in frame.value:
            line = frame.marks[value][0]
            self._error(mark, f"key {value!r} stands twice", f"it stands first in line {line}")
            frame.key = _DROPPED

    def _tagged(self, tag: str, text: str, mark: Mark) -> Any:
        kind = tag.removeprefix(_TAGS) if tag.startswith(_TAGS) else ""
        if kind == "str" or tag == "!":
            return text
        value = _scalar(text) if kind in ("int", "float", "bool", "null") else NotImplemented
        if kind == "float" and isinstance(value, int):
            return float(value)
        names = {int: "int", float: "float", bool: "bool", type(None): "null"}
        if names.get(type(value)) != kind:
            self._error(mark, f"tag {_short(tag)} is not supported here", "remove the tag")
            return text
        return value

    def _refused_number(self, text: str, mark: Mark) -> str:
        shown = text if len(text) < 40 else text[:37] + "…"
        self._error(
            mark,
            f"{shown} is no number that JSON can carry exactly",
            f"integers go to ±{MAX_INTEGER}; a text stands in quotes",
        )
        return text

    def _check_surrogates(self, value: str, mark: Mark) -> None:
        try:
            value.encode()
        except UnicodeEncodeError:
            self._error(
                mark, "half of a surrogate pair is no character", "write the whole character"
            )

    def _error(self, mark: Mark, message: str, *details: str) -> None:
        self.problems.append(Problem(Place(self.path, *mark), message, details))
        if len(self.problems) >= MAX_MISTAKES:
            raise SuiteError([*self.problems, Problem(Place(self.path, *mark), _STOPPED)])


def _mark(event: Any) -> Mark:
    mark = event.start_mark
    return mark.line + 1, mark.column + 1


def _short(tag: str) -> str:
    return "!!" + tag.removeprefix(_TAGS) if tag.startswith(_TAGS) else tag

"""Checks of XML in the answer, by expat; document types, and with them entities, are refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, TypeAlias
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from msgspec import Meta

from evals.checks.options import Options
from evals.checks.registry import CheckType, Mistake
from evals.checks.verdict import count, found, quote
from evals.model import Completion, Verdict

_DEEPEST = 1000
_MOST = 100_000  # elements
_TRIED = 1000  # places of one answer where an element may begin
_READ = 20_000_000  # characters of one answer, what is read again included
_BEGINS = re.compile(r"<[^\W\d][\w.:-]*+(?=[\s/>])")
_TAG = re.compile(rb"<(?:[^<>\"']|\"[^\"]*+\"|'[^']*+')*+>")

Paths: TypeAlias = str | tuple[str, ...]


class IsXml(Options, frozen=True, kw_only=True):
    """Options of `is-xml`."""

    path: Annotated[
        Paths,
        Meta(
            description="Elements that it has to have: the names from the outermost on, such as "
            "`order/item`, or `.//item` at any depth; of a list, all."
        ),
    ] = ()


def is_xml(completion: Completion, options: IsXml) -> Verdict:
    """The answer is one well-formed XML document, and has the elements of `path`.

    Spaces around it do not count. A document type (`<!DOCTYPE`) is refused: it could define
    entities. Names are compared with their prefix as it is written. The score is the share of the
    paths found.
    """
    text = completion.text.strip()
    parsed = _parse(text)
    if isinstance(parsed, str):
        return found(False, f"no XML: {parsed}; found {quote(completion.text)}")
    return _judged(parsed, options.path)


class ContainsXml(Options, frozen=True, kw_only=True):
    """Options of `contains-xml`."""

    path: Annotated[
        Paths,
        Meta(
            description="The element looked for: `item`, names from the outermost on such as "
            "`order/item`, or `.//item` at any depth; of a list, all, in one place."
        ),
    ]


def contains_xml(completion: Completion, options: ContainsXml) -> Verdict:
    """The answer contains a well-formed XML element that is, or has, what `path` says."""
    best: Verdict | None = None
    problem = ""
    for element in _elements(completion.text):
        if isinstance(element, str):
            problem = problem or element
            continue
        verdict = _judged(element, options.path)
        if verdict.passed:
            return verdict
        if best is None or (verdict.score or 0) > (best.score or 0):
            best = verdict
    if best is not None:
        return best
    told = f" ({problem})" if problem else ""
    return found(False, f"no XML element in {quote(completion.text)}{told}")


@dataclass(frozen=True)
class _Parsed:
    """An element, as written and as a tree with it as the only child."""

    text: str
    tree: Element
    end: int  # in the text that was parsed


def _parse(text: str, *, whole: bool = True) -> _Parsed | str:
    """The element that the text is (or, not `whole`, begins with), or what is wrong with it."""
    try:
        reader = _Reader(text, whole)
        return reader.read()
    except _Refused as problem:
        return str(problem)
    except expat.ExpatError as error:
        told = expat.errors.messages[error.code]
        return f"{told} in line {error.lineno}, column {error.offset + 1}"


class _Refused(Exception):
    pass


class _Ended(Exception):
    """The outermost element was closed; what follows is not looked at."""

    def __init__(self, at: int) -> None:
        self.at = at


class _Reader:
    def __init__(self, text: str, whole: bool) -> None:
        self._data = text.encode("utf-8", "surrogatepass")
        self._whole = whole
        self._builder = TreeBuilder()
        self._builder.start("", {})
        self._depth = self._count = 0
        self._expat = expat.ParserCreate("utf-8")
        self._expat.buffer_text = True
        self._expat.StartDoctypeDeclHandler = self._on_doctype
        self._expat.StartElementHandler = self._on_start
        self._expat.EndElementHandler = self._on_end
        self._expat.CharacterDataHandler = self._builder.data

    def read(self) -> _Parsed:
        end = len(self._data)
        try:
            self._expat.Parse(self._data, True)
        except _Ended as ended:
            end = ended.at
        self._builder.end("")
        text = self._data[:end].decode("utf-8", "replace")
        return _Parsed(text, self._builder.close(), len(text))

    def _on_doctype(self, *_: object) -> None:
        raise _Refused("it has a document type, which is refused")

    def _on_start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._count += 1
        if self._depth > _DEEPEST:
            raise _Refused(f"it is nested more than {_DEEPEST:,} deep")
        if self._count > _MOST:
            raise _Refused(f"it has more than {_MOST:,} elements")
        self._builder.start(name, attributes)

    def _on_end(self, name: str) -> None:
        self._depth -= 1
        self._builder.end(name)
        if not self._depth and not self._whole:
            raise _Ended(self._end_of_tag())

    def _end_of_tag(self) -> int:
        """Where the tag ends that closed the outermost element."""
        at = self._expat.CurrentByteIndex
        opening = _TAG.match(self._data)
        if opening is not None and opening.end() == at and opening[0].endswith(b"/>"):
            return at  # `<a/>`: expat stands behind it already
        return self._data.index(b">", at) + 1


def _elements(text: str) -> Iterator[_Parsed | str]:
    """The outermost elements in a text, and what is wrong with those that are none."""
    at, read = 0, 0
    for _ in range(_TRIED):
        begins = _BEGINS.search(text, at)
        if begins is None or read > _READ:
            return
        parsed = _parse(text[begins.start() :], whole=False)
        read += len(text) - begins.start()
        yield parsed
        at = begins.end() if isinstance(parsed, str) else begins.start() + parsed.end


def _judged(parsed: _Parsed, path: Paths) -> Verdict:
    paths = (path,) if isinstance(path, str) else path
    shown = quote(parsed.text)
    missing = [one for one in paths if parsed.tree.find(one) is None]
    if missing:
        told = ", no ".join(missing)
        score = 1 - len(missing) / len(paths)
        return found(False, f"no {told} in {shown}", score=score, extracted=parsed.text)
    (root,) = parsed.tree
    told = f"a well-formed <{root.tag}>" if not paths else f"{', '.join(paths)} found"
    amount = count(sum(1 for _ in root.iter()), "element")
    return found(True, f"{told} in {amount}: {shown}", extracted=parsed.text)


def _inspect(options: IsXml | ContainsXml) -> Iterator[Mistake]:
    paths = (options.path,) if isinstance(options.path, str) else options.path
    if isinstance(options, ContainsXml) and not paths:
        yield ("path",), "the list is empty"
    for place, path in enumerate(paths):
        where = ("path",) if isinstance(options.path, str) else ("path", place)
        if path.startswith("/"):
            yield where, f"a path begins with a name or with .//: write {quote(path.lstrip('/'))}"
            continue
        try:
            Element("").find(path)
        except (SyntaxError, LookupError, StopIteration, TypeError):  # the library's words for it
            yield where, f"{quote(path)} is no path of elements"
        if not path.strip(" ./*"):
            yield where, f"{quote(path)} names no element"


CHECKS = (
    CheckType(name="is-xml", function=is_xml, options=IsXml, inspect=_inspect),
    CheckType(name="contains-xml", function=contains_xml, options=ContainsXml, inspect=_inspect),
)

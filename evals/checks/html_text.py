"""Checks of HTML in the answer: tags are read in one pass, nothing is built or run.

An own reader, since HTML parsers accept every text and repair it, each in its own way.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from evals.checks.registry import CheckType
from evals.checks.verdict import count, found, quote
from evals.model import Completion, Verdict

_ELEMENTS = """
    a abbr address area article aside audio b base bdi bdo blockquote body br button canvas
    caption center cite code col colgroup data datalist dd del details dfn dialog div dl dt
    em embed fieldset figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header
    hgroup hr html i iframe img input ins kbd label legend li link main map mark math menu
    meta meter nav noscript object ol optgroup option output p param picture pre progress q
    rp rt ruby s samp script search section select slot small source span strike strong
    style sub summary sup svg table tbody td template textarea tfoot th thead time title tr
    track tt u ul var video wbr
"""
_VOID = """
    area base br col embed hr img input link meta param source track wbr
"""
_CLOSED_BY_OTHERS = """
    body caption colgroup dd dt head html li optgroup option p rp rt tbody td tfoot th thead
    tr
"""
_KNOWN: Final = frozenset(_ELEMENTS.split())
_WITHOUT_CONTENT: Final = frozenset(_VOID.split())
_MAY_STAY_OPEN: Final = frozenset(_CLOSED_BY_OTHERS.split())
_RAW: Final = ("script", "style", "textarea", "title")
_FOREIGN: Final = ("svg", "math")  # what stands in them is XML with names of its own

_OPENS = re.compile(r"<(?:!--|!doctype\b|(?P<end>/?)(?P<name>[a-z][^\s/><\"']*+))", re.IGNORECASE)
_REST = re.compile(r"(?:[^<>\"']|\"[^\"]*+\"|'[^']*+')*+")


@dataclass(frozen=True)
class Tag:
    """A tag, comment or document type (without a name), and where it stands."""

    name: str
    end: bool
    start: int
    stop: int
    empty: bool = False  # written `<name/>`


def tags(text: str) -> Iterator[Tag]:
    """Every tag; what stands inside `<script>` and its like is no tag."""
    at, raw = 0, ""
    while (opens := _OPENS.search(text, at)) is not None:
        start = opens.start()
        if raw and not (opens["end"] and opens["name"].lower() == raw):
            at = opens.end()
            continue
        if opens["name"] is None and opens[0] == "<!--":
            stop = text.find("-->", opens.end())
            if stop < 0:
                return
            at = stop + 3
            yield Tag("", False, start, at)
            continue
        rest = _REST.match(text, opens.end())
        at = opens.end() if rest is None else rest.end()
        if text[at : at + 1] != ">":
            continue
        at += 1
        name = (opens["name"] or "").lower()
        yield Tag(name, bool(opens["end"]), start, at, text[at - 2] == "/")
        raw = name if name in _RAW and not opens["end"] else ""


def is_html(completion: Completion, options: None) -> Verdict:
    """The answer is HTML: elements that HTML knows, closed where they have to be, and no text
    outside of them.

    A fragment such as `<p>Yes</p>` is HTML as well as a whole document. End tags that HTML lets
    out, such as `</li>`, may be missing.
    """
    text = completion.text
    open_: list[str] = []
    at = known = 0
    for tag in tags(text):
        if not open_ and text[at : tag.start].strip():
            return _outside(text[at : tag.start], text)
        at = tag.stop
        if not tag.name:
            continue
        if tag.name not in _KNOWN and not any(name in _FOREIGN for name in open_[-50:]):
            return found(False, f"<{tag.name}> is no element of HTML; found {quote(text)}")
        problem = _closed(tag, open_) if tag.end else None
        if problem is not None:
            return found(False, f"{problem}; found {quote(text)}")
        known += not tag.end
        if (
            not tag.end
            and tag.name not in _WITHOUT_CONTENT
            and not (tag.empty and _foreign(tag, open_))
        ):
            open_.append(tag.name)
    if not known:
        return found(False, f"no HTML element in {quote(text)}")
    if not open_ and text[at:].strip():
        return _outside(text[at:], text)
    unclosed = [name for name in open_ if name not in _MAY_STAY_OPEN]
    if unclosed:
        return found(False, f"<{unclosed[-1]}> is not closed; found {quote(text)}")
    return found(True, f"{count(known, 'element')}: {quote(text)}")


def _outside(outside: str, text: str) -> Verdict:
    told = f"{quote(outside.strip(), limit=60)} stands outside of any element"
    return found(False, f"{told}; found {quote(text)}")


def _foreign(tag: Tag, open_: list[str]) -> bool:
    """Whether `<name/>` closes itself: it does in SVG and MathML, never in HTML."""
    return tag.name in _FOREIGN or any(name in _FOREIGN for name in open_[-50:])


def _closed(tag: Tag, open_: list[str]) -> str | None:
    """Take what the end tag closes from the open elements, or say why it closes none."""
    if tag.name in _WITHOUT_CONTENT:
        return f"</{tag.name}> closes an element that has no content"
    while open_ and open_[-1] != tag.name:
        inner = open_.pop()
        if inner not in _MAY_STAY_OPEN:
            return f"</{tag.name}> comes where <{inner}> is open"
    if not open_:
        return f"</{tag.name}> closes nothing"
    open_.pop()
    return None


def contains_html(completion: Completion, options: None) -> Verdict:
    """The answer contains an HTML element: opened and closed, or one without content as `<br>`."""
    text = completion.text
    opened: Counter[str] = Counter()
    first: dict[str, int] = {}
    for tag in tags(text):
        if tag.name not in _KNOWN:
            continue
        if tag.name in _WITHOUT_CONTENT and not tag.end:
            return _contained(text, tag.start, tag.stop)
        if not tag.end:
            opened[tag.name] += 1
            first.setdefault(tag.name, tag.start)
        elif opened[tag.name]:
            return _contained(text, first[tag.name], tag.stop)
    unclosed = f": <{next(iter(first))}> is not closed" if first else ""
    return found(False, f"no HTML element in {quote(text)}{unclosed}")


def _contained(text: str, start: int, stop: int) -> Verdict:
    element = text[start:stop]
    return found(True, f"found {quote(element)}", extracted=element)


CHECKS = (
    CheckType(name="is-html", function=is_html, options=None),
    CheckType(name="contains-html", function=contains_html, options=None),
)

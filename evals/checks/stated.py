"""Which of several options a text states.

Four ranks: an explicit answer ("Answer: B"), a word that begins the answer ("Yes, of course"), an
option that stands alone ("(B)", "B."), an option that is named ("it is Paris"). Only the highest
rank that states any counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from evals.checks.verdict import nfc
from evals.checks.words import is_unspaced

Options: TypeAlias = Mapping[str, str]
"""Key → the option's text; "" where an option is a key only."""

_OPEN = r"[\s\"'“‘«*_`$(\[{<]*+(?:\\(?:text|boxed|mathrm|textbf)\{)*+"
_CLOSE = r"[\"'”’»*_`$)\]}>]*+"
_ANSWER = (
    r"\banswers?\b[\"'*_`)]*+"
    r"(?:\s++(?:is|are|was|(?:would|should|must|will)\sbe|seems\sto\sbe)\b)?+"
    r"(?:[\s:=*_`$]|[-–—](?!\.?[0-9]))*+(?:(?:option|choice|letter)s?\b[\s:*_]*+)?+"
)
_BOXED = r"\\boxed\{"
_VERBS = frozenset(
    {"is", "was", "are", "were", "would", "will", "because", "since", "as", "and", "or"}
    | {"seems", "should", "must", "follows", "fits", "but"}
)
_NEXT_WORD = re.compile(r"\s+([^\W\d_]+)")
_SENTENCE_BEGINS = re.compile(r"(?:^|[.!?:\n][\"'”’*_)\s]*)$")

_DENIED = re.compile(
    r"(?:\b(?:not|cannot|never|neither|nor|rather\s+than|instead\s+of|rul(?:e[sd]?|ing)\s+out)|n['’]t)"
    r"\s+(?:be\s+)?(?:option\s+|the\s+)?[\"'“*(]*$",
    re.IGNORECASE,
)
_MINUS = str.maketrans("−", "-")


@dataclass(frozen=True)
class Stated:
    """The keys stated at the highest rank, in order; no keys where none is stated."""

    keys: tuple[str, ...]
    rank: str = ""


def stated(text: str, options: Options, *, several: bool = False) -> Stated:
    """What the text states; with `several`, a word that begins it does not stand for all of it."""
    finder = _finder(tuple(options.items()))
    ranks = (
        ("explicit answer", finder.explicit),
        *(() if several else (("option first", finder.first),)),
        ("option alone", finder.alone),
        ("option named", finder.named),
    )
    for rank, find in ranks:
        keys = tuple(dict.fromkeys(find(nfc(text).translate(_MINUS))))
        if keys:
            return Stated(keys, rank)
    return Stated(())


class _Finder:
    """The patterns of one set of options; what they hold of a suite is literal."""

    def __init__(self, options: tuple[tuple[str, str], ...]) -> None:
        self._letters = {nfc(key): key for key, _ in options if _is_letter(key)}
        self._small = {letter.lower(): key for letter, key in self._letters.items()}
        self._names = {_folded(text): key for key, text in reversed(options) if text}
        self._names |= {_folded(key): key for key, _ in options if not _is_letter(key)}
        letters = _either(self._letters)
        small = _either(self._small)
        names = _either(self._names, bounded=True)
        words = [_folded(key) for key, _ in options if not _is_letter(key)]
        stating = (
            rf"{_OPEN}(?:(?P<letter>{letters}(?!\w|['’]\w)|(?<=[(\[]){small}(?=[)\]])"
            rf"|{small}(?=[.!*_\s]*+$))|(?P<name>(?i:{names})))"
        )
        between = r"\s*+(?:,\s?(?:or|and)\b|,|/|&|\bor\b|\band\b)"
        self._explicit = re.compile(rf"(?:(?i:{_ANSWER})|{_BOXED}){stating}", re.MULTILINE)
        self._more = re.compile(rf"{_CLOSE}{between}\s*+{stating}", re.MULTILINE)
        self._bracketed = re.compile(rf"[(\[](?P<letter>{letters}|{small})[)\]]")
        self._line = re.compile(
            rf"^[ \t>*_#-]*+(?P<letter>{letters})(?:[*_]*+[.):][*_]*+(?=\s|$)|[*_ \t]*+$)",
            re.MULTILINE,
        )
        self._word = re.compile(
            rf"(?<!\w)(?<!\w['’])(?<![.(\[-])(?P<letter>{letters})(?!\w|['’]\w|[)\]-])"
        )
        self._named = re.compile(names)
        word = rf"{_OPEN}(?P<name>(?i:{_either(words, bounded=True)})){_CLOSE}"
        self._first = re.compile(rf"{word}(?=[,.;:!\r\n]|\s[-–—]\s)")

    def explicit(self, text: str) -> Iterator[str]:
        """After "answer": an option, or several with "or", "and" or a comma between."""
        for match in self._explicit.finditer(text):
            at: re.Match[str] | None = match
            while at is not None:
                yield from self._key(at)
                at = self._more.match(text, at.end())

    def first(self, text: str) -> Iterator[str]:
        """A word that is a key and begins the answer, as in "Yes, of course"."""
        match = self._first.match(text)
        if match and not self._more.match(text, match.end()):
            yield from self._key(match)

    def alone(self, text: str) -> Iterator[str]:
        """The whole answer; a letter in brackets, at the beginning of a line, or as a word."""
        whole = text.strip(" \t\r\n.!:;,*_`\"'“”()[]{}$")
        if whole in self._letters or whole in self._small:
            yield self._letters.get(whole) or self._small[whole]
        elif len(whole) < 1000 and _folded(whole) in self._names:
            yield self._names[_folded(whole)]
        elif self._letters:
            for pattern in (self._bracketed, self._line):
                for match in pattern.finditer(text):
                    if not _denied(text, match.start()):
                        yield from self._key(match)
            for match in self._word.finditer(text):
                if not (_is_word(text, match) or _denied(text, match.start())):
                    yield from self._key(match)

    def named(self, text: str) -> Iterator[str]:
        """By its text, as whole words; the longer name wins where two begin together."""
        folded = _folded(text)
        for match in self._named.finditer(folded):
            if not _denied(folded, match.start()):
                yield self._names[match[0]]

    def _key(self, match: re.Match[str]) -> Iterator[str]:
        """The key, or none: ignoring case, a pattern takes more letters for one than folding."""
        found = match.groupdict()
        if found.get("name") is not None:
            key = self._names.get(_folded(found["name"]))
        else:
            key = self._letters.get(found["letter"]) or self._small[found["letter"]]
        if key is not None:
            yield key


@lru_cache(maxsize=256)
def _finder(options: tuple[tuple[str, str], ...]) -> _Finder:
    return _Finder(options)


def _is_letter(key: str) -> bool:
    return len(key) == 1 and key.isalpha() and key.upper() == key and not is_unspaced(key)


def _is_word(text: str, match: re.Match[str]) -> bool:
    """Whether the letter is the article "A" or the pronoun "I"."""
    following = _NEXT_WORD.match(text, match.end())
    if following is None or match["letter"] not in ("A", "I"):
        return False
    if match["letter"] == "I":
        return following[1].islower() and following[1] not in ("is", "was")
    begins = _SENTENCE_BEGINS.search(text[max(0, match.start() - 8) : match.start()])
    return begins is not None and following[1].lower() not in _VERBS


def _denied(text: str, start: int) -> bool:
    """Whether "not", or the like, stands right before: "the answer is not B" states nothing."""
    return _DENIED.search(text[max(0, start - 40) : start]) is not None


def _folded(text: str) -> str:
    return nfc(nfc(text).casefold()).translate(_MINUS)


def _either(literals: Iterable[str], *, bounded: bool = False) -> str:
    """An alternation, longest first; matches nothing where there are none."""
    ordered = sorted(literals, key=lambda literal: (-len(literal), literal))
    if not ordered:
        return r"(?!)"
    if not bounded:
        return f"(?:{'|'.join(re.escape(literal) for literal in ordered)})"
    return f"(?:{'|'.join(_bounded(literal) for literal in ordered)})"


def _bounded(literal: str) -> str:
    """The literal as whole words, and whole numbers: 2 is neither in -2 nor in 2.5, 1/2 or 2,000.

    Scripts without spaces have no such boundary.
    """
    before = r"(?<!\w)" if literal[0].isalnum() and not is_unspaced(literal[0]) else ""
    after = r"(?!\w)" if literal[-1].isalnum() and not is_unspaced(literal[-1]) else ""
    if literal[0].isdigit():
        before += r"(?<![0-9][.,/:⁄])(?<!(?<!\w)[-–])(?<!(?<!\w)\.)"
    if literal[-1].isdigit():
        after += r"(?![.:/⁄][0-9]|,[0-9]{3}(?![0-9]))"
    return f"{before}{re.escape(literal)}{after}"

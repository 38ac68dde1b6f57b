"""Secrets taken out of what is written: as they are, encoded, and in pieces."""

from __future__ import annotations

import base64
import html
import json
import re
import urllib.parse
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from typing import Any, Final

import msgspec

__all__ = ["SHORTEST", "Secrets"]

SHORTEST: Final = 6
"""Characters of a secret; a shorter one would be found in ordinary words."""

_BETWEEN: Final = "\0"  # texts that do not follow each other; no form of a secret goes on over it

_Place = tuple[Any, Any]  # a container and the key or index of a text in it
_Span = tuple[int, int, str]  # where a secret stands in a text, and what takes its place


class Secrets:
    """The values that must never be written, and their names."""

    def __init__(self, named: Mapping[str, str] | None = None) -> None:
        self._values = {
            name: value for name, value in (named or {}).items() if len(value) >= SHORTEST
        }
        self._literals = tuple(
            dict.fromkeys(form for value in self._values.values() for form in _literals(value))
        )

    def redact(self, text: str) -> str:
        """`text` with every secret replaced by `[secret:NAME]`, in whatever form it stands."""
        spans = self._spans(text)
        return _without(text, spans) if spans else text

    def redact_json(self, text: str) -> str:
        """The same for a JSON text, which stays JSON."""
        clean = self.redact(text)
        if clean is text:
            return text
        try:
            msgspec.json.decode(clean)
        except msgspec.DecodeError:  # what looked like a secret began inside an escape
            return json.dumps(self.redact_value(json.loads(text)), ensure_ascii=False)
        return clean

    def redact_value(self, value: Any) -> Any:
        """A JSON value without secrets, also where one is split over texts that follow each other.

        Texts follow each other where they stand under the same keys in the items of a list:
        the fragments of a stream, the tokens of an answer, the parts of a message. The value is
        changed in place where it holds a secret.
        """
        if not self._values:
            return value
        holder = [value]
        texts: dict[tuple[Any, ...], list[_Place]] = {}
        numbers: dict[tuple[Any, ...], list[_Place]] = {}
        _collect(holder, (), texts, numbers)
        # One look at everything tells mostly that there is nothing to do.
        if self._spans(_BETWEEN.join(map(_joined, texts.values()))):
            for places in texts.values():
                self._redact_places(places)
        for places in numbers.values():
            self._redact_bytes(places)
        return holder[0]

    def _redact_places(self, places: list[_Place]) -> None:
        spans = self._spans(_joined(places))
        if not spans:
            return
        begin = 0
        for container, at in places:
            piece = container[at]
            end = begin + len(piece)
            clean = _without(piece, [_within(span, begin, end) for span in spans])
            if clean != piece:
                container[at] = clean
                if isinstance(container, dict) and isinstance(container.get("bytes"), list):
                    container["bytes"] = list(clean.encode())
            begin = end

    def _redact_bytes(self, places: list[_Place]) -> None:
        pieces = [bytes(container[at]).decode("latin-1") for container, at in places]
        spans = self._spans("".join(pieces))
        begin = 0
        for (container, at), piece in zip(places, pieces, strict=True):
            end = begin + len(piece)
            if any(first < end and last > begin for first, last, _ in spans):
                container[at] = []
            begin = end

    def _spans(self, text: str) -> list[_Span]:
        """Where secrets stand in a text, in order."""
        if not self._values or len(text) < SHORTEST:  # no form is shorter
            return []
        if not any(form in text for form in self._literals) and not self._is_escaped(text):
            return []
        return [
            (match.start(), match.end(), f"[secret:{self._names[(match.lastindex or 1) - 1]}]")
            for match in self._pattern.finditer(text)
        ]

    def _is_escaped(self, text: str) -> bool:
        """Whether the text escapes any character that a secret has."""
        return any(sign in text and pattern.search(text) for sign, pattern in self._escapes)

    @cached_property
    def _escapes(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        return _escapes_of(frozenset("".join(self._values.values())) | {"+", "/"})

    @cached_property
    def _names(self) -> tuple[str, ...]:
        """A secret that holds another one comes first."""
        return tuple(sorted(self._values, key=lambda name: -len(self._values[name])))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(f"({_whole(self._values[name])})" for name in self._names))


def _literals(value: str) -> Iterator[str]:
    """The forms that are found without a look at every character."""
    yield from (value, value.lower(), value.upper())
    yield from (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    yield from (urllib.parse.quote(value, safe=""), urllib.parse.quote_plus(value))
    yield html.escape(value)
    yield from _hex_forms(value)
    yield from _base64_forms(value)


def _hex_forms(value: str) -> Iterator[str]:
    plain = _bytes(value).hex()
    yield from (plain, plain.upper())


def _base64_forms(value: str) -> Iterator[str]:
    """The three alignments inside a longer text, without the ends that neighbours decide."""
    raw = _bytes(value)
    for offset in range(3):
        padded = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
        core = padded[(0, 2, 3)[offset] : len(padded) - 1]
        if len(core) >= SHORTEST:
            yield from (core, core.replace("+", "-").replace("/", "_"))


def _bytes(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass")


def _whole(value: str) -> str:
    """A pattern for a secret in every form: each character as it is, or escaped in any way."""
    forms = [_spelled(value, _character)]
    forms += [re.escape(form) for form in (value.lower(), value.upper()) if form != value]
    forms += [re.escape(form) for form in _hex_forms(value)]
    forms += [_spelled(form, _symbol) for form in dict.fromkeys(_base64_forms(value))]
    return "|".join(forms)


def _spelled(text: str, pattern: Callable[[str, str], str]) -> str:
    """The patterns of the characters of a text, one after the other.

    Backslashes before the first one are looked at from the first of them only: from each, a text
    of nothing but backslashes would take time by the square of its length.
    """
    return "".join(pattern(each, "" if at else r"(?<!\\)") for at, each in enumerate(text))


def _character(character: str, start: str) -> str:
    own = rf"(?:{start}\\+)?" if character in _OWN else ""
    plus = r"|\+" if character == " " else ""
    return f"(?:{own}{re.escape(character)}{plus}|{_escaped(character, start)})"


def _symbol(character: str, start: str) -> str:
    """A character of base64: only its signs are ever escaped."""
    return character if character.isalnum() else _character(character, start)


def _escaped(character: str, start: str) -> str:
    """A pattern for a character escaped in JSON, a URL or HTML, once or again and again."""
    units = _units(character)
    unicode = start + "".join(rf"\\+u{unit}" for unit in units)
    percent = "".join(f"%(?:25)*{byte:02x}" for byte in _bytes(character))
    numbers = f"#0*{ord(character)}|#x0*{ord(character):x}"
    names = "".join(f"|{name}" for name in _ENTITIES.get(character, ()))
    short = rf"|{start}\\+{_SHORT[character]}" if character in _SHORT else ""
    return f"(?i:{unicode}|{percent}|&(?:amp;)*(?:{numbers}{names});{short})"


def _escapes_of(characters: Collection[str]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Signs and patterns that tell quickly whether a text may escape one of these characters.

    Each begins with a literal, for which `re` looks fast.
    """
    units = "|".join(sorted({_units(each)[0] for each in characters}))
    first = "|".join(sorted({f"{_bytes(each)[0]:02x}" for each in characters}))
    decimal = "|".join(sorted({str(ord(each)) for each in characters}))
    hexadecimal = "|".join(sorted({f"{ord(each):x}" for each in characters}))
    names = "".join(f"|{name}" for each in characters for name in _ENTITIES.get(each, ()))
    after = _after_backslash(characters)
    return (
        ("\\" if after else "\\u", re.compile(rf"\\(?<!\\\\)(?i:\\*(?:u(?:{units}){after}))")),
        ("%", re.compile(rf"%(?i:(?:25)*(?:{first}))")),
        ("&", re.compile(rf"&(?i:(?:amp;)*(?:#0*(?:{decimal})|#x0*(?:{hexadecimal}){names});)")),
    )


def _after_backslash(characters: Collection[str]) -> str:
    own = "".join(sorted(_OWN & set(characters)))
    short = "".join(_SHORT[each] for each in sorted(_SHORT.keys() & set(characters)))
    return f"|[{re.escape(own + short)}]" if own or short else ""


def _units(character: str) -> list[str]:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return [units[at : at + 4] for at in range(0, len(units), 4)]


_SHORT: Final = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}
_OWN: Final = frozenset('"\\/')
_ENTITIES: Final = {
    '"': ("quot",),
    "'": ("apos",),
    "&": ("amp",),
    "<": ("lt",),
    ">": ("gt",),
}


def _collect(
    container: Any,
    path: tuple[Any, ...],
    texts: dict[tuple[Any, ...], list[_Place]],
    numbers: dict[tuple[Any, ...], list[_Place]],
) -> None:
    """The places of all texts below, by the keys under which they stand.

    A list's items share a path, unless they say their index, as choices and tool calls do.
    """
    todo: list[tuple[Any, tuple[Any, ...]]] = [(container, path)]
    while todo:  # not by recursion, in order
        container, path = todo.pop()
        below = []
        items = container.items() if isinstance(container, dict) else enumerate(container)
        for at, value in items:
            kind = value.__class__
            if kind is str:
                where = (*path, at) if container.__class__ is dict else path
                texts.setdefault(where, []).append((container, at))
            elif kind is list and value and value[0].__class__ is int:
                if _are_bytes(value):
                    where = (*path, at) if container.__class__ is dict else path
                    numbers.setdefault(where, []).append((container, at))
            elif kind is dict or kind is list:
                where = (*path, at) if container.__class__ is dict else path
                if kind is dict and value.get("index").__class__ is int:
                    where = (*where, value["index"])
                below.append((value, where))
        todo += reversed(below)


def _joined(places: list[_Place]) -> str:
    return "".join([container[at] for container, at in places])


def _are_bytes(value: list[Any]) -> bool:
    try:
        bytes(value)
    except (TypeError, ValueError):
        return False
    return True


def _within(span: _Span, begin: int, end: int) -> _Span:
    """The part of a span in a piece of the text; the sign goes where the secret begins."""
    first, last, sign = span
    here = begin <= first < end
    first, last = max(first, begin) - begin, min(last, end) - begin
    return first, max(first, last), sign if here else ""


def _without(text: str, spans: list[_Span]) -> str:
    parts: list[str] = []
    done = 0
    for first, last, sign in spans:
        if last > done or sign:
            parts += (text[done:first], sign)
            done = max(done, last)
    return "".join((*parts, text[done:]))

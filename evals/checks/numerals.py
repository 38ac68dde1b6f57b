"""The numbers written in a text, with their exact values.

Dates, versions, list markers and digits inside names are no numbers. The patterns are our own and
linear in the text: what is repeated is repeated possessively.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal, TypeAlias

from evals.checks.words import is_unspaced

Locale: TypeAlias = Literal["en", "de", "fr", "ch", "in"]

_DIGITS = 4000  # below the interpreter's limit for integers read from text
_SPACES = " _\u00a0\u2009\u202f"
_MINUS = "-\u2212\ufe63\uff0d\u2013"
_CURRENCY = "$€£¥₹₩₽₺₫฿"
_LOCALES: dict[str, tuple[str, str]] = {  # what groups by three beside spaces; decimal point
    "en": (",", "."),
    "de": (".", ","),
    "fr": ("", ","),
    "ch": ("'\u2019", "."),
    "in": (",", "."),
}
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_SIGNS = str.maketrans(dict.fromkeys(_MINUS, "-"))

_MONTH = (
    "(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    "|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
)
_DAY = "[0-3]?[0-9](?:st|nd|rd|th)?"
_DATE = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[T ][0-9]{1,2}:[0-9]{2}(?::[0-9.]++)?"
    r"(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"  # 2024-01-15T10:30:00Z
    r"|[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}"  # 15-01-2024
    r"|[0-9]{1,4}/[0-9]{1,2}/[0-9]{1,4}"  # 15/01/2024
    r"|[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}"  # 15.01.2024
    rf"|{_MONTH}\.?[ ]{_DAY}(?:,?[ ][0-9]{{4}})?"  # May 5, 2024
    rf"|{_DAY}(?:[ ]of)?[ ]{_MONTH}(?![A-Za-z])(?:,?[ ][0-9]{{4}})?"  # 5 May 2024
    rf"|{_MONTH},?[ ][0-9]{{4}}"  # May 2024
    r")(?![0-9])"
)
_VERSION = re.compile(
    r"(?<![0-9A-Za-z.])(?:(?:[vV]|[vV]ersion[ ])[0-9]++(?:\.[0-9A-Za-z]++)*+"
    r"|[0-9]++(?:\.[0-9]++){2,}+|0[xX][0-9A-Fa-f]++)"
)
_MARKER = re.compile(r"^[ \t>#*_-]*+(?P<n>[0-9]{1,3})[.)][*_]*+[ \t]++(?=\S)", re.MULTILINE)
_OTHER_DIGIT = re.compile(r"(?![0-9])\d")

_VULGAR = "[¼½¾⅐-⅞↉]"
_BEGIN = re.compile(rf"[0-9]|(?<!\.)[.,](?=[0-9])|{_VULGAR}|\\[dt]?frac\{{")
_LATEX = re.compile(r"\\[dt]?frac\{(?P<top>[0-9]++)\}\{(?P<bottom>[0-9]++)\}")
_MIXED = re.compile(
    rf"(?P<whole>[0-9]++)(?:[ ]?(?P<vulgar>{_VULGAR})"
    r"|[ ](?P<top>[0-9]++)[/⁄](?P<bottom>[0-9]++)(?![/⁄.]?[0-9]))"
)
_FRACTION = re.compile(
    rf"(?P<top>[0-9]++)[/⁄](?P<bottom>[0-9]++)(?![/⁄.]?[0-9])|(?P<vulgar>{_VULGAR})"
)
_POWER = re.compile(rf"10\^\{{?(?P<power>[+{_MINUS}]?[0-9]++)\}}?")
_EXPONENT = re.compile(
    rf"[eE](?P<e>[+{_MINUS}]?[0-9]++)(?![A-Za-z0-9])"
    r"|[ ]?(?:[×xX*·⋅]|\\times|\\cdot)[ ]?10[ ]?"
    rf"(?:(?:\^|\*\*)[ ]?\{{?[ ]?(?P<power>[+{_MINUS}]?[0-9]++)[ ]?\}}?"
    r"|(?P<raised>[⁻⁺]?[⁰¹²³⁴-⁹]++))"
)
_PERCENT = re.compile(r"[ \u00a0\u202f]?(?:\\?%|٪|per[ ]?cent\b)")


@dataclass(frozen=True)
class Numeral:
    """A number as it stands in the text; `value` is None beyond 4,000 digits."""

    text: str
    value: Fraction | None
    percent: bool
    start: int
    end: int


def numerals(text: str, *, locale: Locale = "en") -> tuple[Numeral, ...]:
    """Every number of the text, in order."""
    plain = _OTHER_DIGIT.sub(lambda match: str(unicodedata.decimal(match[0])), text)
    return tuple(_scan(text, plain, locale))


def _scan(text: str, plain: str, locale: Locale) -> Iterator[Numeral]:
    jumps = _no_numbers(plain, locale)
    at = 0
    while (begin := _BEGIN.search(plain, at)) is not None:
        start = begin.start()
        if start in jumps:
            at = jumps[start]
            continue
        read = _read(plain, start, locale)
        if read is None:
            at = start + 1
            continue
        size, at = read
        negative, first, currency = _before(plain, start)
        if not currency and _in_a_name(plain, start):
            continue
        percent = _PERCENT.match(plain, at)
        at = percent.end() if percent else at
        value = -size if size is not None and negative else size
        yield Numeral(text[first:at], value, percent is not None, first, at)


def _no_numbers(plain: str, locale: Locale) -> dict[int, int]:
    """Where digits begin that are no numbers, and where to go on."""
    spans = [(match.start(), match.end()) for match in _DATE.finditer(plain)]
    spans += [
        match.span()
        for match in _VERSION.finditer(plain)
        if locale != "de" or _decimal(locale).fullmatch(match[0]) is None
    ]
    spans += _markers(plain)
    jumps: dict[int, int] = {}
    for start, end in spans:
        digits = _BEGIN.search(plain, start)
        if digits is not None:
            jumps[digits.start()] = max(end, jumps.get(digits.start(), 0))
    return jumps


def _markers(plain: str) -> list[tuple[int, int]]:
    """Numbers that begin a line of a list: a 1, or one that continues or begins a count."""
    found = [(int(match["n"]), match.span("n")) for match in _MARKER.finditer(plain)]
    values = [0, *(n for n, _ in found), 0]
    return [
        span
        for index, (n, span) in enumerate(found, start=1)
        if n == 1 or values[index - 1] == n - 1 or values[index + 1] == n + 1
    ]


def _read(plain: str, at: int, locale: Locale) -> tuple[Fraction | None, int] | None:
    """The size of the number that begins here, and its end."""
    for pattern in (_LATEX, _MIXED, _FRACTION):
        match = pattern.match(plain, at)
        if match is not None and (size := _parts(match)) is not None:
            return size, match.end()
    power = _POWER.match(plain, at)
    if power is not None:
        return _scaled("1", "", power["power"]), power.end()
    match = _decimal(locale).match(plain, at)
    if match is None:
        return None
    whole = re.sub(r"[^0-9]", "", match["whole"] or "")
    exponent = _EXPONENT.match(plain, match.end())
    if exponent is None:
        return _scaled(whole, match["decimals"] or "", "0"), match.end()
    raised = (exponent["raised"] or "").translate(_SUPERSCRIPTS)
    power_text = exponent["e"] or exponent["power"] or raised
    return _scaled(whole, match["decimals"] or "", power_text), exponent.end()


@lru_cache(maxsize=8)
def _decimal(locale: Locale) -> re.Pattern[str]:
    group, point = _LOCALES[locale]
    point = re.escape(point)
    alone = rf"[{_SPACES}{re.escape(group)}]"
    separator = rf"{alone}|\\[,;]" + (r"|\{,\}" if group == "," else "")
    before = rf"(?<![0-9]{alone})"  # part of an irregular row of digits
    after = rf"(?![0-9]{'|[' + re.escape(group) + '][0-9]' if group else ''})"
    three = rf"{before}[0-9]{{1,3}}(?P<by>{separator})[0-9]{{3}}(?:(?P=by)[0-9]{{3}})*+{after}"
    if locale == "in":
        three += rf"|{before}[0-9]{{1,2}}(?:,[0-9]{{2}})+,[0-9]{{3}}{after}"
    return re.compile(
        rf"(?P<whole>{three}|[0-9]++|(?<![0-9])(?={point}[0-9]))(?:{point}(?P<decimals>[0-9]++))?"
    )


def _parts(match: re.Match[str]) -> Fraction | None:
    """A fraction, with the whole number before it; None where it is none."""
    named = match.groupdict()
    whole = named.get("whole") or "0"
    if named.get("vulgar"):
        part = Fraction(unicodedata.numeric(named["vulgar"])).limit_denominator(10)
    else:
        top, bottom = named["top"], named["bottom"]
        if len(whole) + len(top) + len(bottom) > _DIGITS or int(bottom) == 0:
            return None
        part = Fraction(int(top), int(bottom))
    if named.get("whole") is not None and part >= 1:
        return None
    return None if len(whole) > _DIGITS else int(whole) + part


def _scaled(whole: str, decimals: str, exponent: str) -> Fraction | None:
    """whole.decimals × 10^exponent; None beyond the digits that are read."""
    signed = exponent.translate(_SIGNS)
    if len(whole) + len(decimals) > _DIGITS or len(signed) > 6 or abs(int(signed)) > _DIGITS:
        return None
    return int((whole + decimals) or "0") * Fraction(10) ** (int(signed) - len(decimals))


def _before(plain: str, start: int) -> tuple[bool, int, bool]:
    """What stands before the digits: whether a minus, where it all begins, whether a currency."""
    sign, first = _sign_at(plain, start)
    space = first - 1 if plain[first - 1 : first] == " " else first
    currency = bool(space) and plain[space - 1] in _CURRENCY
    if currency:
        first = space - 1
        if not sign:
            sign, first = _sign_at(plain, first)
    before = plain[first - 1 : first]
    attached = (before.isalnum() and not is_unspaced(before)) or before in (")", "]", "}", "%")
    if sign and not currency and (attached or (before and before in _MINUS)):
        return False, start, False  # a range, a subtraction or a name
    return bool(sign) and sign in _MINUS, first, currency


def _sign_at(plain: str, start: int) -> tuple[str, int]:
    sign = plain[start - 1 : start]
    if sign and (sign == "+" or sign in _MINUS):
        return sign, start - 1
    return "", start


def _in_a_name(plain: str, start: int) -> bool:
    """Whether the digits belong to a word or an exponent: `A4`, `GPT-4`, `x_2`, `1_0`, `x^2`."""
    before = plain[start - 1 : start]
    if before == "^":
        return True
    joined = before == "_" and plain[max(0, start - 2) : start - 1].isdigit()
    if before in ("-", "_"):
        before = plain[max(0, start - 2) : start - 1]
    return joined or (before.isalpha() and not is_unspaced(before))

"""JSON in an answer: strictly parsed, found where it stands, compared by value."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Literal, NamedTuple, TypeAlias

from evals.checks.options import show
from evals.checks.transform import fenced
from evals.checks.verdict import nfc, quote

Unwrap: TypeAlias = Literal["strict", "fence", "find"]

_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_DEPTH = 200  # deeper nesting is refused, wherever the interpreter's own limit is
_DIGITS = 4000  # below the interpreter's own limit
_WORK = 20_000_000  # characters scanned while looking for JSON inside a text
_ATTEMPT = 100  # what a failed attempt costs beside them
_DEEP_ATTEMPT = 20_000
_WINDOW = 65_536
_OPENING = re.compile(r'\{(?=[ \t\r\n]*+["}])|\[(?=[ \t\r\n]*+[\]\[{"tfn0-9-])')
_WHERE = {"strict": "of the answer", "fence": "in the code fence", "find": "inside the text"}


class Parsed(NamedTuple):
    """A JSON value and where it stood; with a `problem` there is none."""

    value: Any = None
    how: Unwrap = "strict"
    text: str = ""
    problem: str | None = None

    @property
    def where(self) -> str:
        """For a reason: which way of reading was needed."""
        return _WHERE[self.how]


class _NotJson(ValueError):
    """Readable by Python, but not JSON here."""


def parse(text: str, *, unwrap: Sequence[Unwrap]) -> Parsed:
    """The JSON of an answer by the first way of reading that works.

    `strict`: the whole text; `fence`: the first code fence; `find`: the first object or array
    inside the text. The problem is that of the first way where none works.
    """
    problem = None
    for how in unwrap:
        if how == "find":
            parsed = next(candidates(text), None) or Parsed(problem="no object or array in it")
        else:
            content = text if how == "strict" else fenced(text)
            parsed = Parsed(problem="no code fence") if content is None else _whole(content, how)
        if parsed.problem is None:
            return parsed
        problem = problem or parsed.problem
    return Parsed(problem=problem)


def candidates(text: str) -> Iterator[Parsed]:
    """The objects and arrays inside a text, outermost only, in order.

    Looking is bounded by the characters scanned, so that no text takes long.
    """
    start, work = 0, 0
    while work < _WORK:
        if start > _WINDOW:  # what an error costs the decoder grows with its position
            text, start = text[start:], 0
        opening = _OPENING.search(text, start)
        if opening is None:
            return
        start = opening.start()
        try:
            value, end = _DECODER.raw_decode(text, start)
        except json.JSONDecodeError as error:
            work += error.pos - start + _ATTEMPT
            start += 1
            continue
        except (_NotJson, RecursionError):
            work += _DEEP_ATTEMPT
            start += 1
            continue
        work += end - start
        if _depth(value) <= _DEPTH:
            yield Parsed(value=value, how="find", text=text[start:end])
        start = end


def _whole(text: str, how: Unwrap) -> Parsed:
    stripped = text.strip(" \t\r\n")
    if not stripped:
        return Parsed(problem="the text is empty")
    try:
        value, end = _DECODER.raw_decode(stripped)
    except json.JSONDecodeError as error:
        if _nesting(stripped[: error.pos]) > _DEPTH:
            return Parsed(problem=f"nested deeper than {_DEPTH}")
        at = quote(stripped, at=(error.pos, error.pos), limit=80)
        return Parsed(problem=f"{error.msg} at line {error.lineno} column {error.colno} of {at}")
    except _NotJson as error:
        return Parsed(problem=str(error))
    except RecursionError:
        return Parsed(problem=f"nested deeper than {_DEPTH}")
    if end < len(stripped):
        at = quote(stripped, at=(end, end), limit=80)
        return Parsed(problem=f"more text after the JSON value, at character {end + 1} of {at}")
    if stripped.count("[") + stripped.count("{") > _DEPTH and _depth(value) > _DEPTH:
        return Parsed(problem=f"nested deeper than {_DEPTH}")
    return Parsed(value=value, how=how, text=stripped)


def _nesting(text: str) -> int:
    """How deep brackets nest in the beginning of a JSON text.

    Interpreters differ in where they give up; the reason must not.
    """
    depth = deepest = 0
    for match in _STRUCTURE.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(match[0], 0)
        deepest = max(deepest, depth)
    return deepest


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _NotJson(f"the key {quote(key, limit=60)} stands twice in one object")
            seen.add(key)
    return value


def _no_constant(name: str) -> Any:
    raise _NotJson(f"{name} is not JSON")


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS:
        raise _NotJson(f"an integer of {len(digits):,} digits is not read")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise _NotJson(f"the number {quote(digits, limit=40)} is beyond the range of numbers")
    return value


_DECODER = json.JSONDecoder(
    object_pairs_hook=_no_duplicates,
    parse_constant=_no_constant,
    parse_int=_integer,
    parse_float=_float,
)


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
        if depth > _DEPTH:
            break
    return depth


def same_number(one: float, other: float) -> bool:
    """Equal by value as written in decimals: 1 and 1.0 are, 0.1 and 0.10000000000000001 are."""
    return Decimal(repr(one)) == Decimal(repr(other))


def differences(found: Any, expected: Any, *, partial: bool = False) -> list[str]:
    """Where two JSON values differ, by path; numbers by value, texts as NFC.

    With `partial`, mappings may hold more than is expected, at any depth.
    """
    return list(_differences(found, expected, "$", partial))


def _differences(found: Any, expected: Any, path: str, partial: bool) -> Iterator[str]:
    if isinstance(found, dict) and isinstance(expected, dict):
        yield from _object_differences(found, expected, path, partial)
    elif isinstance(found, list) and isinstance(expected, list | tuple):
        for index, (one, other) in enumerate(zip(found, expected, strict=False)):
            yield from _differences(one, other, f"{path}[{index}]", partial)
        if len(found) != len(expected):
            yield f"{path}: found {len(found)} items, expected {len(expected)}"
    elif not _same_scalar(found, expected):
        yield f"{path}: found {show(found)}, expected {show(expected)}"


def _object_differences(found: Any, expected: Any, path: str, partial: bool) -> Iterator[str]:
    seen = {nfc(key): value for key, value in found.items()}
    wanted = {nfc(str(key)): value for key, value in expected.items()}
    for key, value in wanted.items():
        where = step(path, key)
        if key not in seen:
            yield f"{where}: missing, expected {show(value)}"
        else:
            yield from _differences(seen[key], value, where, partial)
    if not partial:
        for key, value in seen.items():
            if key not in wanted:
                yield f"{step(path, key)}: unexpected {show(value)}"


def _same_scalar(found: Any, expected: Any) -> bool:
    if isinstance(found, bool) or isinstance(expected, bool):
        return found is expected
    if isinstance(found, int | float) and isinstance(expected, int | float):
        return same_number(found, expected)
    if isinstance(found, str) and isinstance(expected, str):
        return nfc(found) == nfc(expected)
    return found is None and expected is None


def step(path: str, key: str) -> str:
    """A JSONPath one key deeper."""
    if key.isidentifier() and key.isascii():
        return f"{path}.{key}"
    return f"{path}[{json.dumps(key, ensure_ascii=False)}]"

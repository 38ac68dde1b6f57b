"""Equality of JSON, with what may differ, as a list of the paths that do."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, TypeAlias

from msgspec import Meta

from evals.checks.json_path import compile_path, places
from evals.checks.json_text import parse, same_number, step
from evals.checks.options import Options, OptionsError, show
from evals.checks.registry import CheckType, Mistake
from evals.checks.verdict import found, nfc, quote
from evals.errors import CheckError
from evals.model import Completion, Verdict

_SHOWN = 20  # differences named in a reason
_LONGEST = 200  # an unordered list that is compared with a tolerance

Tolerance: TypeAlias = Annotated[float, Meta(ge=0)] | None
Leaf: TypeAlias = tuple[int, str | None]
"""How many values agree (without a message) or differ (with one)."""


class JsonEquals(Options, frozen=True, kw_only=True):
    """Options of `json-equals`."""

    value: Annotated[Any, Meta(description="The JSON expected, or `{file: PATH}`.")]
    ignore: Annotated[
        tuple[str, ...], Meta(description="JSONPaths to what is not compared, on both sides.")
    ] = ()
    unordered: Annotated[
        bool | tuple[str, ...],
        Meta(description="Whether the order of lists does not count; or JSONPaths to such lists."),
    ] = False
    abs_tol: Annotated[
        Tolerance,
        Meta(description="Largest difference of numbers, inclusive; either tolerance suffices."),
    ] = None
    rel_tol: Annotated[
        Tolerance, Meta(description="Largest difference as a share of the number expected.")
    ] = None


def json_equals(completion: Completion, options: JsonEquals) -> Verdict:
    """The answer's JSON is the value; the score is the share of single values that agree.

    The whole answer, its first code fence, or the first object or array in it is read, in this
    order. Numbers are compared by value, texts as NFC.
    """
    parsed = parse(completion.text, unwrap=("strict", "fence", "find"))
    if parsed.problem is not None:
        return found(False, f"no JSON: {parsed.problem}; found {quote(completion.text)}")
    seen, wanted = _reduced(parsed.value, options), _reduced(options.value, options)
    leaves = list(_Comparison(options).leaves(seen, wanted, "$"))
    total = sum(n for n, _ in leaves)
    differing = [(n, problem) for n, problem in leaves if problem is not None]
    if not differing:
        return found(True, f"the JSON {parsed.where} is equal", extracted=parsed.text)
    agreeing = total - sum(n for n, _ in differing)
    shown = "; ".join(str(problem) for _, problem in differing[:_SHOWN])
    more = f"; and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
    told = f"{agreeing:,} of {total:,} values of the JSON {parsed.where} agree"
    return found(False, f"{told}: {shown}{more}", score=agreeing / total, extracted=parsed.text)


class _Bag(list[Any]):
    """A list whose order does not count."""


_GONE = object()


def _reduced(value: Any, options: JsonEquals) -> Any:
    """One side without what is ignored, with its unordered lists marked."""
    ignored = _places(value, options.ignore)
    if isinstance(options.unordered, bool):
        return _marked(value, (), ignored, None if options.unordered else frozenset())
    return _marked(value, (), ignored, _places(value, options.unordered))


def _places(value: Any, paths: Sequence[str]) -> frozenset[tuple[str | int, ...]]:
    return frozenset(place for path in paths for place in places(compile_path(path), value))


def _marked(
    value: Any,
    at: tuple[str | int, ...],
    ignored: frozenset[tuple[str | int, ...]],
    unordered: frozenset[tuple[str | int, ...]] | None,
) -> Any:
    """`unordered` None: every list."""
    if at in ignored:
        return _GONE
    if isinstance(value, Mapping):
        pairs = ((str(key), _marked(v, (*at, key), ignored, unordered)) for key, v in value.items())
        return {nfc(key): marked for key, marked in pairs if marked is not _GONE}
    if isinstance(value, list | tuple):
        marked = (_marked(v, (*at, i), ignored, unordered) for i, v in enumerate(value))
        kept = [one for one in marked if one is not _GONE]
        return _Bag(kept) if unordered is None or at in unordered else kept
    return value


@dataclass(frozen=True)
class _Comparison:
    options: JsonEquals

    def leaves(self, seen: Any, wanted: Any, path: str) -> Iterator[Leaf]:
        """The single values of both sides, agreeing or not."""
        if isinstance(seen, dict) and isinstance(wanted, dict) and (seen or wanted):
            for key in dict.fromkeys((*wanted, *seen)):
                where = step(path, key)
                yield from self._pair(seen.get(key, _GONE), wanted.get(key, _GONE), where)
        elif isinstance(seen, list) and isinstance(wanted, list) and (seen or wanted):
            for index, (one, other) in enumerate(self._paired(seen, wanted)):
                yield from self._pair(one, other, f"{path}[{index}]")
        elif self._same(seen, wanted):
            yield 1, None
        else:
            size = max(_size(seen), _size(wanted))
            yield size, f"{path}: found {show(seen)}, expected {show(wanted)}"

    def _pair(self, seen: Any, wanted: Any, path: str) -> Iterator[Leaf]:
        if seen is _GONE:
            yield _size(wanted), f"{path}: missing, expected {show(wanted)}"
        elif wanted is _GONE:
            yield _size(seen), f"{path}: unexpected {show(seen)}"
        else:
            yield from self.leaves(seen, wanted, path)

    def _paired(self, seen: list[Any], wanted: list[Any]) -> Iterator[tuple[Any, Any]]:
        """Each item found with the one expected: by place, or by equality where it may be."""
        if isinstance(seen, _Bag) or isinstance(wanted, _Bag):
            seen = self._arranged(seen, wanted)
        for at in range(max(len(seen), len(wanted))):
            yield (
                seen[at] if at < len(seen) else _GONE,
                wanted[at] if at < len(wanted) else _GONE,
            )

    def _arranged(self, seen: list[Any], wanted: list[Any]) -> list[Any]:
        """What was found, in the order expected as far as it is equal."""
        partners = self._equal(seen, wanted)
        taken = set(partners.values())
        rest = iter([item for at, item in enumerate(seen) if at not in taken])
        first = [
            seen[partners[at]] if at in partners else next(rest, _GONE) for at in range(len(wanted))
        ]
        return [*first, *rest]

    def _equal(self, seen: list[Any], wanted: list[Any]) -> dict[int, int]:
        """Place expected → place found, of equal items, as many as possible."""
        if self.options.abs_tol is None and self.options.rel_tol is None:
            places_of: dict[Any, list[int]] = {}
            for at in reversed(range(len(seen))):
                places_of.setdefault(_key(seen[at]), []).append(at)
            keys = ((at, _key(item)) for at, item in enumerate(wanted))
            return {at: places_of[key].pop() for at, key in keys if places_of.get(key)}
        if max(len(seen), len(wanted)) > _LONGEST:
            raise CheckError(
                f"an unordered list of more than {_LONGEST} items is not compared with a tolerance"
            )
        owner: dict[int, int] = {}
        table = [[self._agrees(one, other) for one in seen] for other in wanted]
        for row in range(len(wanted)):
            _place(table, row, owner, set())
        return {row: at for at, row in owner.items()}

    def _agrees(self, seen: Any, wanted: Any) -> bool:
        return all(problem is None for _, problem in self.leaves(seen, wanted, "$"))

    def _same(self, seen: Any, wanted: Any) -> bool:
        if isinstance(seen, bool) or isinstance(wanted, bool):
            return seen is wanted
        if isinstance(seen, int | float) and isinstance(wanted, int | float):
            return same_number(seen, wanted) or self._near(seen, wanted)
        if isinstance(seen, str) and isinstance(wanted, str):
            return nfc(seen) == nfc(wanted)
        if isinstance(seen, list) and isinstance(wanted, list):
            return not seen and not wanted
        return type(seen) is type(wanted) and bool(seen == wanted)

    def _near(self, seen: float, wanted: float) -> bool:
        if self.options.abs_tol is None and self.options.rel_tol is None:
            return False
        one, other = Fraction(Decimal(repr(seen))), Fraction(Decimal(repr(wanted)))
        allowed = Fraction(Decimal(repr(self.options.abs_tol or 0)))
        share = Fraction(Decimal(repr(self.options.rel_tol or 0)))
        return abs(one - other) <= max(allowed, share * abs(other))


def _place(table: list[list[bool]], row: int, owner: dict[int, int], tried: set[int]) -> bool:
    """Give the row a column of its own, moving others where they can go elsewhere."""
    for at, agrees in enumerate(table[row]):
        if agrees and at not in tried:
            tried.add(at)
            if at not in owner or _place(table, owner[at], owner, tried):
                owner[at] = row
                return True
    return False


def _key(value: Any) -> Any:
    """Equal for equal values, whatever the order of keys and of unordered lists."""
    if isinstance(value, dict):
        return "{}", frozenset((key, _key(item)) for key, item in value.items())
    if isinstance(value, list):
        keys = tuple(map(_key, value))
        return "[]", frozenset(Counter(keys).items()) if isinstance(value, _Bag) else keys
    if isinstance(value, bool) or value is None:
        return str(value), None
    return nfc(value) if isinstance(value, str) else Decimal(repr(value))


def _size(value: Any) -> int:
    """How many single values it holds; an empty list or mapping is one."""
    if isinstance(value, dict | list) and value:
        items = value.values() if isinstance(value, dict) else value
        return sum(map(_size, items))
    return 1


def _inspect_json_equals(options: JsonEquals) -> Iterator[Mistake]:
    paths = {"ignore": options.ignore}
    if not isinstance(options.unordered, bool):
        paths["unordered"] = options.unordered
    for key, written in paths.items():
        for index, path in enumerate(written):
            if path == "$" and key == "ignore":
                yield (key, index), "it ignores everything: it cannot fail"
            try:
                compile_path(path)
            except OptionsError as error:
                yield from (((key, index), message) for _, message in error.mistakes)
    for key in ("abs_tol", "rel_tol"):
        tolerance = getattr(options, key)
        if tolerance is not None and not math.isfinite(tolerance):
            yield (key,), "an infinite tolerance cannot fail"


CHECKS = (
    CheckType(
        name="json-equals",
        function=json_equals,
        options=JsonEquals,
        inspect=_inspect_json_equals,
        files=("value",),
    ),
)

"""How much a rendering may do: steps and sizes, never time.

Every container that a template makes is measured to its depths, so that no later step can write
out more than it was charged for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from jinja2 import Undefined
from jinja2.exceptions import SecurityError

MAX_STEPS: Final = 1_000_000
MAX_SIZE: Final = 10_000_000
MAX_RANGE: Final = 10_000
MAX_BITS: Final = 10_000

_ITEM: Final = 8  # an item of a list weighs as many characters: that many bytes hold it
_SIZED_BY_NUMBER: Final = frozenset(
    ("batch", "center", "indent", "round", "slice", "tojson", "truncate", "wordwrap")
)


class Work:
    """What one rendering has done so far."""

    def __init__(self) -> None:
        self.steps = 0
        self.kept: Any = None

    def charge(self, steps: int) -> None:
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise SecurityError(f"more than {MAX_STEPS:,} steps, the limit of a rendering")

    def take(self, value: Any) -> Any:
        """Note a value that goes in or out of a step; refuse one that is too large."""
        if isinstance(value, Iterator) and not isinstance(value, Undefined):
            value = list(self.count(value))  # counted, and can be read twice
        characters, items = measured(value)
        self.charge(1 + characters // 1000 + items // 4)
        return value

    def count(self, items: Any) -> Iterator[Any]:
        for item in items:
            self.charge(1)
            yield item


def measured(value: Any) -> tuple[int, int]:
    """Characters and items in a value, at any depth; refuses what is over the limit."""
    if isinstance(value, str):
        bounded(len(value))
        return len(value), 0
    if isinstance(value, int):
        if value.bit_length() > MAX_BITS:
            raise SecurityError(f"a number of more than {MAX_BITS:,} bits, the limit")
        return 0, 0
    characters, items, stack = 0, 0, [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            characters += len(item)
        elif isinstance(item, list | tuple | dict):
            items += len(item)
            stack.extend(item.values() if isinstance(item, dict) else item)
        if characters + items * _ITEM > MAX_SIZE:
            bounded(characters + items * _ITEM)
    return characters, items


def size(value: Any) -> int:
    """What a value weighs, in characters."""
    characters, items = measured(value)
    return characters + items * _ITEM


def bounded(characters: int) -> None:
    if characters > MAX_SIZE:
        raise SecurityError(f"a value larger than {MAX_SIZE // 1_000_000} MB, the limit")


def bound_operator(operator: str, left: Any, right: Any) -> None:
    """Refuse an operation whose result would be out of proportion to its operands."""
    if operator == "*":
        for value, times in ((left, right), (right, left)):
            if isinstance(value, str | list | tuple) and isinstance(times, int):
                bounded(max(1, size(value)) * times)
    elif operator == "**":
        if isinstance(left, int) and isinstance(right, int):
            bits = left.bit_length() * abs(right)
            if bits > MAX_BITS:
                raise SecurityError(f"a number of more than {MAX_BITS:,} bits, the limit")
    elif operator == "%" and isinstance(left, str):
        _bound_format(left, right)
    elif isinstance(left, str | list | tuple):
        bounded(size(left) + size(right))


def bound_filter(name: str, value: Any, arguments: tuple[Any, ...]) -> None:
    """Refuse a filter whose result would be out of proportion to what goes in."""
    if name in _SIZED_BY_NUMBER:
        _bound_numbers(name, value, arguments)
    elif name == "format":
        _bound_format(str(value), arguments)
    elif name == "replace" and len(arguments) >= 2:
        bounded(str(value).count(str(arguments[0])) * len(str(arguments[1])))
    elif name == "join" and arguments and isinstance(value, list | tuple | str | dict):
        bounded(size(value) + len(value) * len(str(arguments[0])))
    elif name == "sum" and any(isinstance(item, list | tuple) for item in arguments):
        raise SecurityError("sum adds numbers")


def _bound_numbers(name: str, value: Any, arguments: tuple[Any, ...]) -> None:
    numbers = [abs(item) for item in arguments if isinstance(item, int)]
    if any(number > MAX_RANGE for number in numbers):
        raise SecurityError(f"{name}: a number over {MAX_RANGE:,}, the limit")
    texts = [len(item) for item in arguments if isinstance(item, str)]
    added = max(numbers, default=0) + max(texts, default=0)
    places = 1
    if name in ("indent", "wordwrap") and isinstance(value, str):
        places += value.count("\n") if name == "indent" else len(value)
    elif name == "tojson":
        places += size(value)
    if name != "wordwrap" or texts:
        bounded(added * places)


def _bound_format(text: str, values: Any) -> None:
    if re.search(r"%[^a-zA-Z%]*(?:\d{5}|\*)", text):
        raise SecurityError(f"a width or precision over {MAX_RANGE:,}, the limit")
    places = text.count("%")
    bounded(len(text) + places * MAX_RANGE if places > 1000 else 0)
    bounded(places * size(values))

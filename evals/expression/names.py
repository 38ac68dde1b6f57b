"""What an expression is made from in the end, through names that are expressions themselves."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from evals.expression.evaluate import parse

parsed = lru_cache(parse)


def leaves(name: str, expressions: Mapping[str, str]) -> tuple[str, ...]:
    """The names that are no expressions; `name` itself where it is none. Circles end."""
    found: dict[str, None] = {}
    seen: set[str] = set()
    ways = [name]
    while ways:
        way = ways.pop()
        if way not in expressions:
            found[way] = None
        elif way not in seen:
            seen.add(way)
            ways += reversed(parsed(expressions[way]).paths)
    return tuple(found)

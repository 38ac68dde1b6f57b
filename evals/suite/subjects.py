"""What a gate speaks of: columns, tags, cases and metrics that the suite has."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple

from evals.model import Derived
from evals.suite.labels import Label
from evals.suite.nearest import advice, hint
from evals.suite.written import WrittenGate


class Subjects(NamedTuple):
    """What the gates of a suite can speak of."""

    columns: Collection[str]
    tags: Collection[str]
    cases: Collection[str]
    metrics: Collection[str]
    labels: Mapping[str, Label] = MappingProxyType({})
    confidences: Collection[str] = ()  # metrics of checks of that type
    derived: Collection[str] = ()  # metrics of the suite itself
    reckoned: Mapping[str, Derived] = MappingProxyType({})  # those of them without a mistake
    complete: bool = True  # no assertion was left out for its mistakes
    reference: str = ""  # the column that gates judge
    suite: str = ""  # its id


class Mistake(Exception):
    """What is wrong with one gate, and where in it."""

    def __init__(self, message: str, *details: str, key: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        self.key = key


def texts(written: str | tuple[str, ...] | None) -> tuple[str, ...] | None:
    return (written,) if isinstance(written, str) else written


def with_parts(text: str, parts: Mapping[str, object]) -> str:
    """A gate's text with its other parts in brackets: `accuracy >= 0.8 (column all, tag hard)`."""
    told = ", ".join(f"{key} {part}" for key, part in parts.items() if part is not None)
    return f"{text} ({told})" if told else text


def check_part(written: WrittenGate, subjects: Subjects) -> None:
    """Refuse a part of the suite that it does not have."""
    columns = (*subjects.columns, "all")
    if written.column is not None and written.column not in columns:
        raise Mistake(
            f"unknown column {written.column!r}",
            *advice(written.column, columns, "columns"),
            key="column",
        )
    if written.tag is not None and written.tag not in subjects.tags:
        raise Mistake(
            f"no test has the tag {written.tag!r}",
            *advice(written.tag, subjects.tags, "tags"),
            key="tag",
        )
    cases = texts(written.cases)
    if cases == ():
        raise Mistake("no cases", key="cases")
    for name in cases or ():
        if name not in subjects.cases:
            near = hint(name, subjects.cases)
            raise Mistake(f"no test has the id {name!r}{near}", key="cases")

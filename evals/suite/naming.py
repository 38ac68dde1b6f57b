"""The ids of a suite's cases: those that are written, and for the others a slug of their vars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

import msgspec

from evals.errors import Problem
from evals.model import Case, JsonObject
from evals.suite.ids import TWICE, Unique, default_id, is_id, slug
from evals.suite.packed import CaseList, DataCases, Row
from evals.suite.problems import Problems


def named(parts: Sequence[Case | DataCases], problems: Problems) -> CaseList:
    """All cases, each with its id; a case without one comes here with an empty one."""
    unnamed = CaseList([(part,) if isinstance(part, Case) else part for part in parts])
    unique = Unique(_wanted(unnamed, problems))
    numbered: list[int] = []
    done: list[Sequence[Case]] = []
    start = 0
    for part in parts:
        if isinstance(part, Case):
            done.append((_with_id(part, unique, numbered, start),))
        else:
            done.append(_rows_named(part, unique, numbered, start))
        start += len(done[-1])
    if numbered and (place := unnamed[numbered[0]].place) is not None:
        message = "tests of equal vars get their ids by number"
        details = ("give them ids: histories hang on these, and numbers move",)
        problems.add(Problem(place, message, details, severity="warning"))
    return CaseList(done)


def _wanted(cases: CaseList, problems: Problems) -> Iterator[str]:
    """The valid ids that are written, in small letters; reports those that stand twice."""
    taken: dict[str, int] = {}
    for number, wanted in enumerate(cases.ids):
        if not wanted:
            continue
        folded = wanted.casefold()
        first = taken.setdefault(wanted if folded == wanted else folded, number)
        if first != number and (place := cases[number].place) is not None:
            details = (f"the first: {cases[first].place}", TWICE)
            problems.add(Problem(place, f"two tests have the id {wanted!r}", details))
    return (name for name in taken if is_id(name))


def _with_id(case: Case, unique: Unique, numbered: list[int], number: int) -> Case:
    if case.id:
        return case
    return msgspec.structs.replace(case, id=_made(case.vars, unique, numbered, number))


def _rows_named(data: DataCases, unique: Unique, numbered: list[int], start: int) -> DataCases:
    place = count(start)

    def name(row: Row) -> Row:
        number = next(place)
        if not row.id:
            id_ = _made(data.vars_of(row), unique, numbered, number)
            return msgspec.structs.replace(row, id=id_)
        if not is_id(row.id):
            return msgspec.structs.replace(row, id=unique(slug(row.id) or "row"), label=row.id)
        return row

    return data.named(name)


def _made(variables: JsonObject, unique: Unique, numbered: list[int], number: int) -> str:
    wanted = default_id(variables)
    given = unique(wanted)
    if given is not wanted:
        numbered.append(number)
    return given

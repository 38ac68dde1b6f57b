"""The cases of a suite, in little memory: rows of data files stay packed until they are asked for.

A packed row takes about a tenth of its `Case`, and is one again in a microsecond.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, overload

import msgspec

from evals.errors import Place
from evals.model import Case, JsonObject


class Row(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What a row of data changes in the case that all rows of its test share."""

    line: int
    kind: int  # which vars it has
    values: tuple[Any, ...]  # of them
    id: str = ""  # until it is named: as the data has it
    expected: tuple[Any, ...] = ()  # one value, or none
    tags: tuple[str, ...] = ()
    cluster: str | None = None
    label: str | None = None


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Row)


class DataCases(Sequence[Case]):
    """The cases of one data file: what they share, and what each changes."""

    def __init__(self, base: Case, file: str) -> None:
        self.base = base
        self.file = file  # as messages call it
        self._kinds: dict[tuple[str, ...], int] = {}
        self._names: list[tuple[str, ...]] = []
        self._packed: bytearray | bytes = bytearray()
        self._ends = array("I", (0,))

    def kind(self, names: tuple[str, ...]) -> int:
        """The number of these vars; most rows of a file have the same."""
        found = self._kinds.get(names)
        if found is None:
            found = self._kinds[names] = len(self._names)
            self._names.append(names)
        return found

    def add(self, row: Row) -> None:
        """Keep another row."""
        assert isinstance(self._packed, bytearray)
        _encoder.encode_into(row, self._packed, -1)
        self._ends.append(len(self._packed))

    def named(self, name: Callable[[Row], Row]) -> DataCases:
        """The same cases with their ids."""
        made = DataCases(self.base, self.file)
        made._kinds, made._names = self._kinds, self._names
        for row in self.rows:
            made.add(name(row))
        made._packed, made._ends = bytes(made._packed), array("I", made._ends)
        return made

    @property
    def rows(self) -> Iterator[Row]:
        """What was added."""
        with memoryview(self._packed) as packed:
            for begin, end in pairwise(self._ends):
                yield _decoder.decode(packed[begin:end])

    def vars_of(self, row: Row) -> JsonObject:
        own = dict(zip(self._names[row.kind], row.values))  # noqa: B905 # as many, made often
        return {**self.base.vars, **own} if self.base.vars else own

    def made(self, row: Row) -> Case:
        """A row as a case."""
        base, variables, place = self.base, self.vars_of(row), Place(self.file, row.line, 1)
        if not row.expected and row.cluster is None and not row.tags and row.label is None:
            return msgspec.structs.replace(base, id=row.id, vars=variables, place=place)
        return msgspec.structs.replace(
            base,
            id=row.id,
            vars=variables,
            place=place,
            expected=row.expected[0] if row.expected else base.expected,
            has_expected=bool(row.expected) or base.has_expected,
            tags=tuple(dict.fromkeys((*base.tags, *row.tags))) if row.tags else base.tags,
            cluster=base.cluster if row.cluster is None else row.cluster,
            label=row.label,
        )

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __iter__(self) -> Iterator[Case]:
        return map(self.made, self.rows)

    @overload
    def __getitem__(self, number: int) -> Case: ...

    @overload
    def __getitem__(self, number: slice) -> Sequence[Case]: ...

    def __getitem__(self, number: int | slice) -> Case | Sequence[Case]:
        if isinstance(number, slice):
            return tuple(self)[number]
        begin, end = self._ends[number], self._ends[number + 1]
        return self.made(_decoder.decode(self._packed[begin:end]))


class CaseList(Sequence[Case]):
    """All cases of a suite in the order of the file."""

    def __init__(self, parts: Iterable[Sequence[Case]]) -> None:
        self._parts = tuple(part for part in parts if part)
        self._starts: list[int] = []
        self._length = 0
        for part in self._parts:
            self._starts.append(self._length)
            self._length += len(part)

    @property
    def ids(self) -> Iterator[str]:
        """The ids, without making the cases."""
        for part in self._parts:
            yield from (one.id for one in (part.rows if isinstance(part, DataCases) else part))

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Case]:
        for part in self._parts:
            yield from part

    @overload
    def __getitem__(self, number: int) -> Case: ...

    @overload
    def __getitem__(self, number: slice) -> Sequence[Case]: ...

    def __getitem__(self, number: int | slice) -> Case | Sequence[Case]:
        if isinstance(number, slice):
            return tuple(self)[number]
        if number < 0:
            number += self._length
        if not 0 <= number < self._length:
            raise IndexError(number)
        part = bisect_right(self._starts, number) - 1
        return self._parts[part][number - self._starts[part]]

"""Rows of data → cases: the columns that are known by name, and vars."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import msgspec

from evals.checks.examine import examine
from evals.errors import Place, Problem
from evals.model import Case, Check, JsonObject
from evals.suite.datasets import Record
from evals.suite.ids import TAG_RULE, is_tag
from evals.suite.matrix import Combination
from evals.suite.packed import DataCases, Row
from evals.suite.problems import Problems
from evals.suite.structure import kind_of
from evals.suite.template import EXPECTED

Path = tuple[str | int, ...]
Located = tuple[str, Record]  # a row, and the file that it stands in

BY_DEFAULT: Final = Check(type="equals", options={"value": "{{ expected }}"})
_MOST: Final = 20  # mistakes in the rows of one test that are told; then no more is read


class Shared(NamedTuple):
    """What the rows of a test share."""

    case: Case
    products: tuple[Combination, ...]  # vars of which each row is asked with each
    expects: bool  # rows are judged by what they expect, and so have to expect something
    path: Path  # of the test


class Data(NamedTuple):
    """The cases of one file; of rows with the same columns, the first is among `examples`."""

    cases: DataCases
    examples: list[Case]
    tags: set[str]


def read_rows(rows: Iterable[Located], shared: Shared, problems: Problems) -> Iterator[Data]:
    """The cases of each file in turn; what is wrong goes to `problems`."""
    reader = _Reader(shared, problems)
    for shown, record in rows:
        if reader.data is None or reader.data.cases.file != shown:
            if reader.data is not None:
                yield reader.data
            reader.begin(shown)
        reader.add(record)
        if reader.wrong > _MOST:
            break
    if reader.data is None:
        problems.error(shared.path, "no row is left: the data is empty, or filtered")
    else:
        yield reader.data


class _Reader:
    def __init__(self, shared: Shared, problems: Problems) -> None:
        self._shared = shared
        self._problems = problems
        self._kinds: set[tuple[object, ...]] = set()
        self._told: set[str] = set()
        self._file = ""
        self.data: Data | None = None
        self.wrong = 0

    def begin(self, file: str) -> None:
        self._kinds, self._told, self._file = set(), set(), file
        self.data = Data(DataCases(self._shared.case, file), [], set())

    def add(self, record: Record) -> None:
        """Take a row as a case, or as several where vars have products."""
        data = self.data
        assert data is not None
        values, line = record
        wanted = self._id(values.pop("id", None), line)
        tags = values.pop("tags", None)
        cluster = values.pop("cluster", None)
        expected = (values.pop(EXPECTED),) if EXPECTED in values else ()
        if self._shared.expects and not self._is_expecting(expected, line):
            return
        row = Row(
            line,
            -1,
            (),
            wanted,
            expected,
            self._tags(tags, line) if tags else (),
            None if cluster in (None, "") else str(cluster),
        )
        data.tags.update(row.tags)
        for name, product, _ in self._shared.products:
            if product:
                self._check_apart(product, values, line)
                id_ = f"{wanted}_{name}" if wanted else ""
                self._keep(data, msgspec.structs.replace(row, id=id_), {**product, **values})
            else:
                self._keep(data, row, values)

    def _keep(self, data: Data, row: Row, variables: JsonObject) -> None:
        names = tuple(variables)
        kind = data.cases.kind(names)
        row = msgspec.structs.replace(row, kind=kind, values=tuple(variables.values()))
        if (kind, row.expected == ()) not in self._kinds:
            self._kinds.add((kind, row.expected == ()))
            data.examples.append(data.cases.made(row))
        data.cases.add(row)

    def _check_apart(self, product: JsonObject, values: JsonObject, line: int) -> None:
        for name in product.keys() & values.keys() - self._told:
            self._told.add(name)
            self._say(line, f"the var {name!r} is a column of the data and in the matrix")

    def _id(self, written: Any, line: int) -> str:
        if written is None or isinstance(written, str):
            return written or ""
        if isinstance(written, int) and not isinstance(written, bool):
            return str(written)
        self._say(line, f"id must be a text, found {kind_of(written)}")
        return ""

    def _tags(self, written: Any, line: int) -> tuple[str, ...]:
        is_text = isinstance(written, str)
        tags = written.replace(",", " ").replace(";", " ").split() if is_text else written
        if not isinstance(tags, list) or not all(isinstance(t, str) and is_tag(t) for t in tags):
            self._say(line, f"tags: {kind_of(written)} holds no tags", TAG_RULE)
            return ()
        return tuple(tags)

    def _is_expecting(self, given: tuple[Any, ...], line: int) -> bool:
        """Whether a row can be judged by what it expects; each mistake is told once a file."""
        case = self._shared.case
        if not given and not case.has_expected:
            if "nothing" not in self._told:
                self._told.add("nothing")
                details = ("add assert or expected; `assert: []` records without judging",)
                message = "a test needs an assertion or expected"
                self._problems.error(self._shared.path, message, details)
            return False
        expected = given[0] if given else case.expected
        if not isinstance(expected, str) and "literal" not in self._told:
            literal = msgspec.structs.replace(BY_DEFAULT, options={"value": expected})
            for _, message in examine(literal):
                self._told.add("literal")
                self._say(line, f"expected, judged by equals: {message}")
        return True

    def _say(self, line: int, message: str, *details: str) -> None:
        self.wrong += 1
        self._problems.add(Problem(Place(self._file, line, 1), message, details))

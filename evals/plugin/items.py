"""Suites as collectors and their cells as items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import pytest

if TYPE_CHECKING:
    from evals.model import Column, TrialResult
    from evals.plugin.front import Front
    from evals.session.sources import Source
    from evals.suite.cell import Cell


def front_of(config: pytest.Config) -> Front:
    """The session object that `pytest_configure` registered."""
    front: Front = config.pluginmanager.getplugin("evals-session")
    return front


class SuiteFile(pytest.File):
    """A suite; its items are its cells."""

    source: Source  # once it is collected

    def __init__(self, **rest: Any) -> None:
        super().__init__(**rest)
        self.tags: set[str] = set()  # that pytest knows

    def collect(self) -> Iterator[CellItem]:
        from evals.errors import EvalsError
        from evals.session.memory import uncollected

        front = front_of(self.config)
        try:
            self.source = front.open(self.path)
        except EvalsError as problem:
            raise self.CollectError(front.evaluation.printable(str(problem))) from problem
        self.add_marker("evals")
        self._mark(self, self.source.suite.tags)
        with uncollected():
            yield from self._items()

    def _items(self) -> Iterator[CellItem]:
        """An item for each cell; the cell itself is made when it is needed."""
        from evals.suite.expand import asks

        suite, nodeid = self.source.suite, f"{self.nodeid}::"
        for number, case in enumerate(suite.cases):
            for column in suite.columns:
                if not asks(case, column):
                    continue
                name = f"{case.id}[{column.id}]"
                # The id is a text, which pytest takes apart: what stands in brackets is a
                # parameter to it.
                item = CellItem.from_parent(
                    self, name=name, nodeid=nodeid + name, number=number, column=column
                )
                if case.tags:
                    self._mark(item, case.tags)
                yield item

    def _mark(self, node: pytest.Collector | pytest.Item, tags: Iterable[str]) -> None:
        for tag in tags:
            if tag not in self.tags:
                self.tags.add(tag)
                self.config.addinivalue_line("markers", f"{tag}: a tag of an evaluation suite")
            node.add_marker(tag)


class CellItem(pytest.Item):
    """A case in a column, with all its samples."""

    parent: SuiteFile
    results: tuple[TrialResult, ...] = ()
    outcome = ""
    why = ""
    shown: Literal["missed", "errored"] | None = None

    def __init__(self, *, number: int, column: Column, **rest: Any) -> None:
        super().__init__(**rest)
        self._number = number
        self._column = column

    @property
    def source(self) -> Source:
        return self.parent.source

    @property
    def cell(self) -> Cell:
        """The cell, rendered anew: kept by nobody, so that many items take little memory."""
        case = self.source.suite.cases[self._number]
        return self.source.opened.making.cell(case, self._column)

    def is_of_case(self, other: CellItem) -> bool:
        """Whether both are one case of one suite."""
        return self.parent is other.parent and self._number == other._number

    def setup(self) -> None:
        from evals.session.outcome import item_outcome, properties_of

        front = front_of(self.config)
        front.gather_for(self)
        cell = self.cell
        reason = front.evaluation.will_skip(self.source, cell)
        self.results = front.judge(self)
        if reason is not None:
            pytest.skip(reason)
        self.outcome, self.why = item_outcome(cell.case, self.results)
        self.user_properties += properties_of(self.outcome, self.results)
        if self.outcome == "not_run":
            pytest.skip(self.why)
        if self.outcome == "error":
            if not front.evaluation.tolerates(cell.suite):
                self._fail()
            self.shown = "errored"
        elif self.outcome == "missed":
            self.shown = "missed"

    def runtest(self) -> None:
        if self.outcome == "fail":
            self._fail()

    def teardown(self) -> None:
        self.results = ()  # they are on disk: of a large run not all can be held

    def _fail(self) -> NoReturn:
        from evals.report.failure import explain

        text = explain(
            self.source.suite,
            self.name,
            self.results,
            why=self.why,
            body=self.cell.body,
            recording=self.source.recording,
        )
        raise CaseFailed(text)

    @property
    def written_at(self) -> tuple[str, int]:
        """The file and the line of the case: of the suite, or of its data."""
        place = self.source.suite.cases[self._number].place
        if place is None or not place.line:
            return str(self.path), 1
        return str(self.config.rootpath / place.path), place.line

    def tell(self, report: pytest.TestReport) -> None:
        """Give a report what pytest has no word for, and a skip the place of the case."""
        if report.skipped and isinstance(report.longrepr, tuple):
            report.longrepr = (*self.written_at, report.longrepr[2])
        if report.when == "call" and report.passed:
            if self.shown == "missed":
                report.outcome = "skipped"  # as xfail: no failure, and not quite a pass
                report.wasxfail = f"missed: {self.why}"
            elif self.shown:
                report.evals_shown = self.shown  # type: ignore[attr-defined] # survives xdist

    def reportinfo(self) -> tuple[Path, int, str]:
        path, line = self.written_at
        return Path(path), line - 1, self.name


def whole_cases(items: Sequence[CellItem], count: int) -> int:
    """So many of the items that the last one's case is whole: checks may look at all columns."""
    while 0 < count < len(items) and items[count - 1].is_of_case(items[count]):
        count += 1
    return count


class CaseFailed(Exception):
    """A case that failed or has no verdict, with the text that explains it."""


class Unwritten(CaseFailed):
    """A case whose verdict could not be written."""


def name_missed(terminalreporter: pytest.TerminalReporter, chars: str) -> None:
    """The lines of the short summary for what pytest itself has no letter for."""
    if not set(chars) & set("xaA"):
        return
    for category in ("missed", "undecided", "errored"):
        for report in terminalreporter.stats.get(category, ()):
            why = str(getattr(report, "wasxfail", "")).removeprefix("missed: ")
            terminalreporter.write_line(f"{category.upper()} {report.nodeid} {why}".rstrip())

"""Suites as collectors and their cells as items."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import pytest

if TYPE_CHECKING:
    from evals.model import TrialResult
    from evals.plugin.front import Front
    from evals.session.sources import Source
    from evals.suite.cell import Cell


def front_of(config: pytest.Config) -> Front:
    """The session object that `pytest_configure` registered."""
    front: Front = config.pluginmanager.getplugin("evals-session")
    return front


class SuiteFile(pytest.File):
    """A suite; its items are its cells."""

    def collect(self) -> Iterator[CellItem]:
        from evals.errors import EvalsError

        front = front_of(self.config)
        try:
            source = front.open(self.path)
        except EvalsError as problem:
            raise self.CollectError(front.evaluation.printable(str(problem))) from problem
        for cell in source.opened.cells:
            item = CellItem.from_parent(
                self,
                name=cell.name,
                # As a text, which pytest takes apart: what stands in brackets is a parameter to it.
                nodeid=f"{self.nodeid}::{cell.name}",
                source=source,
                cell=cell,
            )
            item.add_marker("evals")
            for tag in dict.fromkeys((*source.suite.tags, *cell.case.tags)):
                self.config.addinivalue_line("markers", f"{tag}: a tag of an evaluation suite")
                item.add_marker(tag)
            yield item


class CellItem(pytest.Item):
    """A case in a column, with all its samples."""

    def __init__(self, *, source: Source, cell: Cell, **rest: Any) -> None:
        super().__init__(**rest)
        self.source = source
        self.cell = cell
        self.results: tuple[TrialResult, ...] = ()
        self.outcome = ""
        self.why = ""
        self.shown: Literal["missed", "errored"] | None = None

    def setup(self) -> None:
        from evals.session.outcome import item_outcome, properties_of

        front = front_of(self.config)
        front.gather_for(self)
        reason = front.evaluation.will_skip(self.source, self.cell)
        self.results = front.judge(self)
        if reason is not None:
            pytest.skip(reason)
        self.outcome, self.why = item_outcome(self.cell.case, self.results)
        self.user_properties += properties_of(self.outcome, self.results)
        if self.outcome == "not_run":
            pytest.skip(self.why)
        if self.outcome == "error":
            if not front.evaluation.tolerates(self.cell.suite):
                self._fail()
            self.shown = "errored"
        elif self.outcome == "missed":
            self.shown = "missed"

    def runtest(self) -> None:
        if self.outcome == "fail":
            self._fail()

    def _fail(self) -> NoReturn:
        from evals.report.failure import explain

        text = explain(
            self.source.suite,
            self.cell.name,
            self.results,
            why=self.why,
            body=self.cell.body,
            recording=self.source.recording,
        )
        raise CaseFailed(text)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        place = self.cell.case.place
        return self.path, place.line - 1 if place and place.line else None, self.name


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

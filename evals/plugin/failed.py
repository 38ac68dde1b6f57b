"""`--evals-failed`: of all that is collected, only the cases that failed in an earlier run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from evals.plugin.items import CellItem, front_of

if TYPE_CHECKING:
    from evals.record import Run

_OPTION = "--evals-failed"
_NAMED = 5  # cases, or suites, in a line


@dataclass
class Failed:
    """The cases that failed, were missed or had no verdict in a run, by their node ids."""

    run: str
    cases: tuple[str, ...]
    told: dict[str, None] = field(default_factory=dict)  # lines at the end, each once

    @classmethod
    def of(cls, config: pytest.Config) -> Failed:
        """What failed in the run that the option names; raises `pytest.UsageError`."""
        from evals.errors import EvalsError
        from evals.record import find

        name = config.option.evals_failed
        try:
            run = find(name, runs=config.rootpath / "reports" / "runs")
            if name == "latest":  # which is another run before this session ends
                config.option.evals_failed = run.folder.name
            return cls._of(run)
        except EvalsError as problem:
            raise pytest.UsageError(f"{_OPTION}: {problem}") from problem

    @classmethod
    def _of(cls, run: Run) -> Failed:
        from evals.errors import RunError
        from evals.session.failures import failures

        manifest = run.manifest
        if not manifest.suites:
            raise RunError(
                f"The run {manifest.id} does not tell which cases it had: it was stopped too soon.",
                remedy="Name another run: evals show --list lists them.",
            )
        found = failures(manifest, run.trials())
        failed = cls(manifest.id, tuple(each.nodeid for each in found))
        failed.tell(f"damaged, and left out: {line}" for line in run.damaged)
        if not manifest.complete:
            missing = "did not come to its end: what it did not run is not selected."
            failed.tell([f"{_OPTION}: the run {manifest.id} {missing}"])
        if not found:
            failed.tell(_nothing(manifest.id, sum(manifest.counts.values())))
        return failed

    def tell(self, lines: Iterable[str]) -> None:
        """Keep lines for the end of the session."""
        self.told |= dict.fromkeys(lines)

    def pytest_report_header(self) -> str:
        return f"evals: only what failed in the run {self.run}: {_cases(len(self.cases))}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Deselect all else, tests in Python included, of which no run knows."""
        wanted = frozenset(self.cases)
        kept = [item for item in items if isinstance(item, CellItem) and _name(item) in wanted]
        if len(kept) < len(items):
            chosen = frozenset(kept)
            config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
            items[:] = kept
        if self.cases:
            self.tell(self._absent(config))
        if hasattr(config, "workeroutput"):
            config.workeroutput["evals_failed"] = list(self.told)

    def _absent(self, config: pytest.Config) -> Iterator[str]:
        """What failed and is not here, by suite: gone from it, or the suite is not collected."""
        front = front_of(config)
        sources = front.evaluation.sources.values() if front.suite_paths else ()
        known = {source.suite.path: source.opened for source in sources}
        elsewhere: dict[str, int] = {}
        gone: dict[str, list[str]] = {}
        for nodeid in self.cases:
            path, _, name = nodeid.partition("::")
            if path in known:
                gone.setdefault(path, []).append(name)
            else:
                elsewhere[path] = elsewhere.get(path, 0) + 1
        for path, names in gone.items():
            there = frozenset(known[path].names)
            if lost := [name for name in names if name not in there]:
                yield from self._gone(path, lost)
        if elsewhere:
            n, paths = sum(elsewhere.values()), _some(list(elsewhere))
            yield (
                f"{_OPTION}: {_cases(n)} that failed in the run {self.run} {_are(n)} of "
                f"{'a suite that was' if len(elsewhere) == 1 else 'suites that were'} not "
                f"collected: {paths}"
            )
            yield f"  Name {'it' if len(elsewhere) == 1 else 'one'}: pytest {next(iter(elsewhere))}"

    def _gone(self, path: str, names: list[str]) -> Iterator[str]:
        yield (
            f"{_OPTION}: {path} has {_cases(len(names))} no more that failed in the run "
            f"{self.run}: {_some(names)}"
        )
        yield f"  Renamed, removed, or in other columns: run the whole suite, pytest {path}"

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        self.tell(getattr(node, "workeroutput", {}).get("evals_failed", ()))

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, config: pytest.Config
    ) -> None:
        evaluation = front_of(config).evaluation
        for line in self.told:
            terminalreporter.write_line(evaluation.printable(line))


def _name(item: CellItem) -> str:
    return f"{item.source.suite.path}::{item.name}"


def _nothing(run: str, trials: int) -> tuple[str, str]:
    told = "its 1 trial passed or was" if trials == 1 else f"its {trials:,} trials passed or were"
    return (
        f"{_OPTION}: nothing failed in the run {run}: {told} skipped.",
        "  Name another run: evals show --list lists them.",
    )


def _cases(n: int) -> str:
    return f"{n:,} case{'' if n == 1 else 's'}"


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def _some(names: list[str]) -> str:
    more = f" … and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more

"""What `evals run` starts: pytest on suites, with a row for a suite instead of dots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, TypeGuard

import pytest

from evals.plugin.front import SUFFIXES, Front

if TYPE_CHECKING:
    from evals.session import Finished

_QUIET = ("-q", "--no-header", "-o", "console_output_style=classic")
# Commands import evals before pytest does, and nothing in it asserts for pytest to rewrite.
_IMPORTED = ("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning")
_SHOWN = 20  # failures that get a line
_CATEGORIES = ("passed", "missed", "failed", "error", "errored", "undecided", "skipped")
_GATES = {"passed": "gates held", "failed": "gates failed", "skipped": "gates not evaluated"}
_COLUMNS = (*_CATEGORIES, *_GATES.values())


class NoSuites(Exception):
    """There is nothing to run: no path was given, and no suite was found."""


def run(args: Sequence[str], *, suites: Sequence[str], words: Sequence[str]) -> int:
    """Run pytest with `args`, on `suites` where they name no path; its exit code.

    `words` are what somebody typed, for messages that say how to go on. Raises `NoSuites` where
    there are neither paths nor suites.
    """
    installed = entry_points(group="pytest11", name="evals")
    plugin = ("-p", "evals" if installed else "evals.plugin")
    return int(pytest.main([*_QUIET, *_IMPORTED, *plugin, *args], plugins=[Quiet(suites, words)]))


class Quiet:
    """Hooks that replace pytest's dots and tracebacks by tables, unless -v or --tb is given."""

    def __init__(self, suites: Sequence[str], words: Sequence[str]) -> None:
        self._suites = list(suites)
        self._words = tuple(words)
        self._at_end = False

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_load_initial_conftests(
        self, early_config: pytest.Config, args: list[str]
    ) -> Generator[None, object, object]:
        """Paths are told from values of options by pytest alone, so they are added here."""
        given = early_config.known_args_namespace
        if not given.file_or_dir and not given.help and not given.version:
            if not self._suites:
                raise NoSuites
            args += self._suites
            given.file_or_dir = list(self._suites)
        return (yield)

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        front: Front = config.pluginmanager.getplugin("evals-session")
        front.words = self._words

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_report_teststatus(
        self, report: object, config: pytest.Config
    ) -> Generator[None, Any, Any]:
        status = yield
        silent = not self._at_end and _is_quiet(config) and _is_of_suite(report)
        return (status[0], "", "") if silent else status

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, config: pytest.Config
    ) -> Generator[None, object, object]:
        self._at_end = True
        if not _is_quiet(config):
            return (yield)
        for line in _rows(terminalreporter):
            terminalreporter.write_line(line)
        front: Front = config.pluginmanager.getplugin("evals-session")
        if config.option.tbstyle != "auto" or front.finished is None:
            return (yield)
        _write_failures(terminalreporter, front.finished)
        stats = terminalreporter.stats
        kept = {name: stats.get(name, []) for name in ("failed", "error")}
        for name, reports in kept.items():
            stats[name] = [report for report in reports if not _is_of_suite(report)]
        try:
            return (yield)
        finally:
            stats.update(kept)


def _write_failures(terminalreporter: pytest.TerminalReporter, finished: Finished) -> None:
    from evals.session.failures import failures
    from evals.write import visible

    found = failures(finished.manifest, finished.trials)
    bad = [failure for failure in found if failure.outcome != "missed"]
    for failure in bad[:_SHOWN]:
        terminalreporter.write(failure.outcome.upper().ljust(6), red=True)
        terminalreporter.write_line(visible(f"{failure.nodeid}  {failure.why}"))
    if len(bad) > _SHOWN:
        terminalreporter.write_line(f"… and {len(bad) - _SHOWN} more")
    if bad:
        terminalreporter.write_line("Prompts, answers and checks: the page, or evals run -v")


def _is_quiet(config: pytest.Config) -> bool:
    return config.get_verbosity() < 0


def _is_of_suite(report: object) -> TypeGuard[pytest.TestReport]:
    """Whether it is the report of a case or a gate; reports of collection are not."""
    return isinstance(report, pytest.TestReport) and report.nodeid.partition("::")[0].endswith(
        SUFFIXES
    )


def _rows(terminalreporter: pytest.TerminalReporter) -> Iterator[str]:
    """A table: how many cells of each suite ended how, and how many of its gates held."""
    cells: dict[str, Counter[str]] = {}
    for category in _CATEGORIES:
        for report in terminalreporter.stats.get(category, ()):
            if _is_of_suite(report):
                suite, _, name = report.nodeid.partition("::")
                kind = _GATES[report.outcome] if name.startswith("gate: ") else category
                cells.setdefault(suite, Counter())[kind] += 1
    shown = [kind for kind in _COLUMNS if any(count[kind] for count in cells.values())]
    longest = max((len(suite) for suite in cells), default=0)
    if cells:
        yield "".join(("suite".ljust(longest), *(f"  {kind:>7}" for kind in shown)))
    for suite, count in sorted(cells.items()):
        numbers = (f"  {count[kind]:>{max(7, len(kind))},}" for kind in shown)
        yield "".join((suite.ljust(longest), *numbers))

"""One session object: what the hooks share, and those of them that need it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evals.plugin.gates import closing, gate_reports
from evals.plugin.harmless import made_harmless
from evals.plugin.items import CaseFailed, CellItem, Unwritten, name_missed, whole_cases
from evals.plugin.place import Place, shown_path
from evals.plugin.stopping import Resumed, Stopping, exit_status, termination_interrupts

if TYPE_CHECKING:
    from evals.model import Mode, TrialResult
    from evals.report.progress import Progress
    from evals.report.view import View
    from evals.session import Evaluation, Finished, Options
    from evals.session.given_baseline import GivenBaseline
    from evals.session.sources import Source

SUFFIXES = (".eval.yaml", ".eval.yml")
_WINDOW = 32  # cells asked at once where -x may end the session after any of them
_NARROWEST, _WIDEST = 60, 120  # characters of a line of the summary


class Front:
    """What the hooks of one pytest session share, and those of them that need it."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.mode: Mode = config.getoption("--evals-mode") or "replay"
        self.words = ("pytest", *map(str, config.invocation_params.args))  # as it was called
        self.stopping = Stopping()
        self.place = Place(config)
        self.started = datetime.now(UTC)
        self.notes: list[str] = []
        self.suite_paths: dict[Path, None] = {}
        self.bad_suites: set[str] = set()
        self.bad_modules = False
        self.finished: Finished | None = None
        self.page: Path | None = None
        self.interrupted = False
        self.began = False
        self.run_id: str | None = None
        self.strict: bool = config.getoption("--evals-strict")
        self.set_: dict[str, tuple[Any, ...]] = {}
        self.baseline: GivenBaseline | None = None
        self._waiting: dict[CellItem, None] = {}  # in order
        self._evaluation: Evaluation | None = None
        self._view: View | None = None
        self.resumed = Resumed.of(config)
        self.stopping.begun = self.resumed is not None
        if self.resumed is not None:
            self.mode, self.run_id = self.resumed.manifest.mode, self.resumed.manifest.id
            self.started = datetime.fromisoformat(self.resumed.manifest.started)

    @property
    def is_worker(self) -> bool:
        return hasattr(self.config, "workerinput")

    @property
    def evaluation(self) -> Evaluation:
        if self._evaluation is None:
            from evals.session import Evaluation

            self._evaluation = Evaluation(self._options(), env=os.environ)
        return self._evaluation

    def _options(self) -> Options:
        from evals.record import new_id
        from evals.session import Options

        option = self.config.option
        worker = getattr(self.config, "workerinput", {})
        self.run_id = worker.get("evals_run") or self.run_id or new_id(self.started)
        options = Options(
            root=self.config.rootpath,
            run_id=self.run_id,
            mode=self.mode,
            place=self.place.find(),
            worker=worker.get("workerid", "0"),
            endpoint=option.evals_endpoint,
            concurrency=option.evals_concurrency,
            repeat=option.evals_repeat,
            set_=self.set_,
            max_cost_usd=option.evals_max_cost,
            baseline=self.baseline,
            command=" ".join(self.words),
        )
        if self.resumed is None or option.collectonly:
            return options
        with self.stopping.writing():
            return self.resumed.options(options)

    def open(self, path: Path) -> Source:
        source = self.evaluation.open(path)
        self.suite_paths[path] = None
        return source

    # ------------------------------------------------------------------ collection

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self, session: pytest.Session) -> Generator[None, object, object]:
        """Bad suites do not keep the others from running; a bad Python module does."""
        result = yield
        if self.bad_suites and not self.bad_modules:
            session.config.option.continue_on_collection_errors = True
        return result

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and report.nodeid.endswith(SUFFIXES):
            self.bad_suites.add(report.nodeid)
        elif report.failed:
            self.bad_modules = True

    # ------------------------------------------------------------------ the loop

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        option = self.config.option
        refused = session.testsfailed and not option.continue_on_collection_errors
        if option.collectonly or refused:
            return (yield)
        try:
            with termination_interrupts() if self.suite_paths else nullcontext():
                self.begin(getattr(session, "items", ()))
                result = yield
            if self.interrupted:
                raise KeyboardInterrupt  # what was answered is judged: now pytest may hear of it
            return result
        except KeyboardInterrupt:
            self.interrupted = True
            raise
        finally:
            self.end(session)

    def begin(self, items: Sequence[pytest.Item]) -> None:
        """Before the first item: say that a run exists, and ask everything that is needed."""
        self._waiting = {item: None for item in items if isinstance(item, CellItem)}
        if self._waiting and self.resumed is not None:
            self.resumed.refuse_changes(self.evaluation)
        self.began = bool(self._waiting)
        if self.began and not self.is_worker:
            from evals.session.finish import start

            with self.stopping.writing():
                start(self.evaluation, started=self.started)
            self.stopping.begun = True
        if not self.config.getoption("maxfail"):
            self.gather(len(self._waiting))

    def gather(self, count: int) -> None:
        """Ask for the next `count` cells that still wait."""
        waiting = list(self._waiting)
        window = waiting[: whole_cases(waiting, count)]
        for item in window:
            del self._waiting[item]
        if not window or self.mode == "replay":
            return
        wanted = self.evaluation.to_ask([(item.source, item.cell) for item in window])
        if wanted:
            stopping = self.stopping.writing()
            with stopping, self._capture_suspended(), self._progress(wanted.requests) as progress:
                more = progress.expect if progress else None
                self.evaluation.gather(wanted, on_event=progress, on_more=more)
            if self.evaluation.interrupted:
                self.interrupted, self._waiting = True, {}

    def gather_for(self, item: CellItem) -> None:
        """Where gathering goes in windows: make sure that an item's answers are there."""
        if item in self._waiting:
            self.gather(max(_WINDOW, list(self._waiting).index(item) + 1))

    def _capture_suspended(self) -> AbstractContextManager[None]:
        capture = self.config.pluginmanager.getplugin("capturemanager")
        if capture is None:
            return nullcontext()
        suspended: AbstractContextManager[None] = capture.global_and_fixture_disabled()
        return suspended

    @contextmanager
    def _progress(self, total: int) -> Iterator[Progress | None]:
        reporter = self.config.pluginmanager.getplugin("terminalreporter")
        if reporter is None:
            yield None
            return
        from evals.report.progress import Progress

        reporter.ensure_newline()
        progress = Progress(total, write=reporter.write, rewrite=reporter.isatty)
        try:
            yield progress
        finally:
            progress.end()

    def judge(self, item: CellItem) -> tuple[TrialResult, ...]:
        with self.stopping.writing(raising=Unwritten if self.is_worker else None):
            return self.evaluation.judge(item.source, item.cell)

    def end(self, session: pytest.Session) -> None:
        """After the last item: judge the gates, keep the manifest, report the gates."""
        if self.is_worker or not self.began or self.stopping.unwritten:
            return
        from evals.errors import DiskError, RunError
        from evals.session import finish

        for path in self.suite_paths:
            if not self.evaluation.has(path):  # the items ran in workers
                self.evaluation.open(path)
        try:
            self.finished = finish(
                self.evaluation, started=self.started, interrupted=self.interrupted
            )
        except (DiskError, RunError) as problem:
            self.stopping.unwritten = str(problem)
            return
        self.notes += (f"damaged, and left out: {line}" for line in self.finished.run.damaged)
        if self.baseline is not None:
            suites = [source.suite for source in self.evaluation.sources.values()]
            unused = self.baseline.unused(suites, root=self.config.rootpath)
            self.notes += () if unused is None else (unused,)
        findings, paths = self.finished.findings, self.finished.suite_paths
        reports = [*gate_reports(findings, paths, strict=self.strict), *self._unused()]
        for report in reports:
            made_harmless(report, self.evaluation)
            session.testscollected += 1
            hook, place = self.config.hook, {"nodeid": report.nodeid, "location": report.location}
            hook.pytest_runtest_logstart(**place)
            hook.pytest_runtest_logreport(report=report)
            hook.pytest_runtest_logreport(report=closing(report))
            hook.pytest_runtest_logfinish(**place)

    def _unused(self) -> Iterator[pytest.TestReport]:
        """Say what nothing asks for, in a line; reports of it where they are wanted."""
        from evals.plugin.unused import unused_reports
        from evals.session.unused import find_unused, in_one_line

        assert self.finished is not None
        if self.interrupted:
            return
        found = list(find_unused(self.evaluation, self.finished))
        told = in_one_line(found)
        if told is not None:
            self.notes.append(told)
        if self.config.getoption("--evals-fail-unused"):
            yield from unused_reports(found, root=self.config.rootpath, strict=self.strict)

    # ------------------------------------------------------------------ reports of items

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if call.excinfo is not None and isinstance(call.excinfo.value, CaseFailed):
            report.longrepr = str(call.excinfo.value)  # in whatever phase: no traceback of ours
            if isinstance(call.excinfo.value, Unwritten):
                report.evals_unwritten = report.longrepr  # type: ignore[attr-defined] # as below
        if isinstance(item, CellItem):
            item.tell(report)
            made_harmless(report, self.evaluation)
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.stopping.unwritten = self.stopping.unwritten or getattr(
            report, "evals_unwritten", None
        )

    def pytest_report_teststatus(
        self, report: pytest.CollectReport | pytest.TestReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        yellow = {"yellow": True}
        if str(getattr(report, "wasxfail", "")).startswith("missed: "):
            return "missed", "m", ("MISSED", yellow)
        match getattr(report, "evals_shown", None):
            case "errored":
                return "errored", "e", ("ERRORED", yellow)
            case "undecided":
                return "undecided", "u", ("UNDECIDED", yellow)
        return None

    # ------------------------------------------------------------------ the end

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.is_worker:
            self.config.workeroutput["evals_suites"] = [  # type: ignore[attr-defined] # xdist's
                str(path) for path in self.suite_paths
            ]
            if self._evaluation is not None:
                self._evaluation.close()
            return
        self.write_page()
        session.exitstatus = exit_status(self, session.exitstatus)

    def view(self) -> View:
        if self._view is None:
            assert self.finished is not None
            from evals.session.page import view_of

            self._view = view_of(self.evaluation, self.finished)
        return self._view

    def write_page(self) -> None:
        """Render the page; a page that fails costs the page and nothing else."""
        if self.finished is None or self.config.getoption("--evals-no-report"):
            return
        from evals.errors import DiskError
        from evals.session.page import write_page

        target = self.config.getoption("--evals-report")
        path = Path(target or self.finished.run.folder / "report.html")
        try:
            self.page = write_page(self.view(), path, self.notes, evaluation=self.evaluation)
        except DiskError as problem:
            self.stopping.unwritten = str(problem)
        except Exception as problem:  # noqa: BLE001 # whatever a renderer does
            self._broken("The page was not written", problem)

    def _broken(self, what: str, problem: Exception) -> None:
        """Note that a renderer failed: that costs what it renders, and nothing else."""
        self.notes.append(f"{what}: {type(problem).__name__}: {problem}")
        if self.config.get_verbosity() > 0:
            from evals.errors import told

            self.notes.append(told(problem))
        else:
            self.notes.append("-v shows where in the code.")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.finished is None and self.stopping.unwritten is None:
            return
        from evals.write import without_commands

        write = terminalreporter.write_line
        terminalreporter.section("model evaluation", sep="=")
        if self.finished is not None:
            name_missed(terminalreporter, self.config.option.reportchars)
            for line in self._summary(color=terminalreporter.hasmarkup):
                write(without_commands(line))
        remarks = self.evaluation.remarks() if self._evaluation is not None else ()
        for note in (*self.notes, *remarks, *self.stopping.said(self)):
            write(self.evaluation.printable(note))
        if self.page is not None:
            write(f"page: {shown_path(self.page, self.config.rootpath)}")

    def _summary(self, *, color: bool) -> Sequence[str]:
        try:
            from evals.report.terminal import is_shown_by, lines

            return lines(
                self.view(),
                width=max(_NARROWEST, min(shutil.get_terminal_size().columns, _WIDEST)),
                color=color,
                unicode=is_shown_by(sys.stdout.encoding),
            )
        except Exception as problem:  # noqa: BLE001 # whatever a renderer does
            self._broken("The summary was not made", problem)
            return ()

    # ------------------------------------------------------------------ pytest-xdist

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """The workers of a run write into its one folder."""
        from evals.record import new_id

        self.run_id = self.run_id or new_id(self.started)
        node.workerinput["evals_run"] = self.run_id
        node.workerinput["evals_place"] = str(self.place.find() or "")

    def pytest_unconfigure(self) -> None:
        self.place.remove()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        for path in getattr(node, "workeroutput", {}).get("evals_suites", ()):
            self.suite_paths[Path(path)] = None
            self.began = True

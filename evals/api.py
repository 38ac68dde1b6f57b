"""The Python API: runs as objects, comparisons, and running a suite from a program."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from evals.comparison.compare import compare_columns, compare_runs
from evals.endpoints.config import find_root
from evals.endpoints.secrets import secrets_of_project
from evals.errors import ConfigError
from evals.model import (
    Case,
    Column,
    Comparison,
    Difference,
    Estimate,
    Finding,
    Manifest,
    Mode,
    Suite,
    TrialResult,
)
from evals.record import Run as Record
from evals.record import find, new_id
from evals.session import Evaluation, Options, finish
from evals.session.extensions import configuration
from evals.session.finish import start
from evals.session.plan import Plan, plan_suite
from evals.session.recorded import as_read
from evals.session.rescoring import rescore
from evals.suite.excerpts import explaining
from evals.suite.load import load_suite as _load
from evals.suite.nearest import advice
from evals.suite.open import open_suite
from evals.write import publish

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Compared", "Plan", "Run", "compare", "load_run", "load_suite", "plan", "run"]


class Run:
    """A recorded run: lazy, readable without its suites."""

    def __init__(self, record: Record, root: Path) -> None:
        self._record = record
        self._root = root  # of its project

    @property
    def manifest(self) -> Manifest:
        return self._record.manifest

    @property
    def id(self) -> str:
        return self.manifest.id

    @property
    def complete(self) -> bool:
        return self.manifest.complete

    @property
    def errors(self) -> int:
        """How many trials have no verdict."""
        return self.manifest.counts.get("error", 0)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.manifest.findings

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of every suite, in the order of the suites."""
        return tuple(c for record in self.manifest.suites for c in record.suite.columns)

    @property
    def cases(self) -> tuple[Case, ...]:
        return tuple(c for record in self.manifest.suites for c in record.suite.cases)

    def trials(self) -> Iterator[TrialResult]:
        """Every trial, read from disk one by one."""
        return self._record.trials()

    def to_pandas(self) -> DataFrame:
        """A row a trial, in the columns of the table; raises `ConfigError` without pandas."""
        from evals.record.table import COLUMNS, rows

        try:
            import pandas
        except ModuleNotFoundError as missing:
            raise ConfigError(
                "to_pandas needs pandas, which is not installed.",
                remedy='pip install "pytest-model-evals[pandas]"',
            ) from missing
        frame = pandas.DataFrame(
            list(rows(self.id, self.trials())), columns=[column.name for column in COLUMNS]
        )
        kinds = {"text": "string", "number": "Float64", "integer": "Int64", "boolean": "boolean"}
        return frame.astype({column.name: kinds[column.type] for column in COLUMNS})

    def case(self, case: str) -> dict[str, tuple[TrialResult, ...]]:
        """The trials of one case by column, in order of samples; raises `KeyError`."""
        found: dict[str, list[TrialResult]] = {}
        for trial in self.trials():
            if trial.case == case:
                found.setdefault(trial.column, []).append(trial)
        if not found:
            raise KeyError(case)
        return {
            column: tuple(sorted(trials, key=lambda trial: trial.sample))
            for column, trials in found.items()
        }

    def accuracy(self, column: str, *, suite: str | None = None) -> Estimate:
        """Accuracy of a column with its interval, over cases.

        `suite` is needed where several suites have a column of that id. Raises `KeyError`.
        """
        sides = [
            side
            for compared in self._comparison.suites
            if suite in (None, compared.suite.id)
            for side in compared.sides
            if side.column.id == column
        ]
        if len(sides) > 1:
            raise KeyError(f"several suites have a column {column!r}: name the suite")
        if not sides:
            raise KeyError(column)
        return sides[0].accuracy

    def rescore(self, suite: str | os.PathLike[str] | Suite | None = None) -> Run:
        """Judge the stored answers again, by the suites as they are now, and write a new run.

        Asks nobody. With `suite`, only the answers of that one are judged. Raises `EvalsError`
        where a suite cannot be read.
        """
        started = datetime.now(UTC)
        root = find_root(Path.cwd())
        options = Options(
            root=root,
            run_id=new_id(started),
            mode=self.manifest.mode,
            command=f"evals rescore {self.id}",
            answers_from=self.manifest.answers_from or self.id,
        )
        suites = () if suite is None else (_path(suite),)
        done = rescore(
            self._record, options=options, env=os.environ, started=started, suites=suites
        )
        return Run(done.finished.run, root)

    @cached_property
    def _comparison(self) -> Comparison:
        return as_read(compare_columns(self.manifest, self.trials()), [self._record])

    def __repr__(self) -> str:
        return f"<Run {self.id}: {sum(self.manifest.counts.values())} trials>"


class Compared:
    """Columns or runs side by side."""

    def __init__(self, comparison: Comparison, runs: Sequence[Run]) -> None:
        self.comparison = comparison
        self._runs = tuple((run._record, run._root) for run in runs)  # the older first

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.comparison.findings

    def differences(self, metric: str = "accuracy") -> tuple[Difference, ...]:
        """Every difference from a reference; `accuracy` is what is compared so far."""
        if metric != "accuracy":
            raise ValueError(f"differences are made of accuracy, not of {metric!r}")
        return tuple(
            side.difference
            for suite in self.comparison.suites
            for side in suite.sides
            if side.difference is not None
        )

    def flips(self, side: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The cases that a side gains and loses against its reference; raises `KeyError`."""
        for difference in self.differences():
            if difference.side == side:
                return difference.gains, difference.losses
        raise KeyError(side)

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to `path`: that of `evals report`, without the projects' secrets."""
        from evals.report.html import render
        from evals.session.recorded import recorded_view

        roots = dict.fromkeys(root for _, root in self._runs)
        secrets = [secrets_of_project(root, os.environ) for root in roots]

        def redact(text: str) -> str:
            for each in secrets:
                text = each.redact(text)
            return text

        target = Path(path)
        page = render(recorded_view(self.comparison, self._runs), redact=redact)
        publish(target, page.encode(), replace=True)
        return target


def load_run(run: str | os.PathLike[str] = "latest") -> Run:
    """The run of that id or path, or the newest; raises `RunError`."""
    root = find_root(Path.cwd())
    return Run(find(os.fspath(run), runs=root / "reports" / "runs"), root)


def compare(run: Run, baseline: Run | None = None) -> Compared:
    """The columns of a run side by side, or a run against an earlier one.

    >>> for difference in compare(load_run("latest")).differences():
    ...     print(difference.side, difference.value)
    cold 0.0
    """
    new = run.manifest, run.trials()
    if baseline is None:
        return Compared(as_read(compare_columns(*new), [run._record]), [run])
    old = baseline.manifest, baseline.trials()
    found = as_read(compare_runs(new, old), [baseline._record, run._record])
    return Compared(found, [baseline, run])


def load_suite(path: str | os.PathLike[str]) -> Suite:
    """The suite as it is understood; raises `SuiteError` with every mistake.

    >>> [column.id for column in load_suite("sums.eval.yaml").columns]
    ['plain', 'cold']
    """
    file = Path(path).resolve()
    config = configuration(find_root(file.parent), env=os.environ)
    with explaining(file, config.root):
        return _load(file, config=config).suite


def run(
    suite: str | os.PathLike[str] | Suite,
    *,
    mode: Mode = "replay",
    columns: Sequence[str] | None = None,
    samples: int | None = None,
    max_cost_usd: float | None = None,
) -> Run:
    """Run a suite to the end and return its run; blocks.

    Asks in a thread of its own, since notebooks have an event loop already. Failing cases are
    results, not exceptions; raises `EvalsError` where nothing can be asked or read.

    >>> result = run("sums.eval.yaml", columns=["plain"])
    >>> result.case("one")["plain"][0].outcome
    'pass'
    """
    _check_asked(mode, samples, max_cost_usd)
    path = _path(suite)
    started = datetime.now(UTC)
    options = Options(
        root=find_root(path.parent),
        run_id=new_id(started),
        mode=mode,
        repeat=samples,
        max_cost_usd=max_cost_usd,
        command="evals.run",
    )
    evaluation = Evaluation(options, env=os.environ)
    source = evaluation.open(path)
    chosen = _chosen(source.opened.suite, columns)
    cells = [cell for cell in source.opened.cells if cell.column.id in chosen]
    start(evaluation, started=started)
    _in_thread(lambda: evaluation.gather(evaluation.to_ask([(source, cell) for cell in cells])))
    for cell in cells:
        evaluation.judge(source, cell)
    return Run(finish(evaluation, started=started, interrupted=False).run, options.root)


def plan(suite: str | os.PathLike[str] | Suite, *, samples: int | None = None) -> Plan:
    """How many of a suite's requests are recorded, and what asking would take; asks nothing.

    >>> plan("sums.eval.yaml").recorded
    4
    """
    _check_asked("replay", samples, None)
    path = _path(suite)
    config = configuration(find_root(path.parent), env=os.environ)
    opened = open_suite(path, config=config, repeat=samples)
    return Plan(suites=(plan_suite(opened, config, now=datetime.now(UTC)),))


def _check_asked(mode: str, samples: int | None, max_cost_usd: float | None) -> None:
    """Refuse what would ask nothing, or without a limit."""
    if mode not in get_args(Mode):
        raise ConfigError(f"no mode {mode!r}", remedy=f"modes: {', '.join(get_args(Mode))}")
    if samples is not None and samples < 1:
        raise ConfigError(f"samples is {samples}; allowed is 1 or more")
    if max_cost_usd is not None and not 0 <= max_cost_usd < inf:
        raise ConfigError(f"max_cost_usd is {max_cost_usd}, no amount of US dollars")


def _chosen(suite: Suite, columns: Sequence[str] | None) -> set[str]:
    """The ids of the columns that are run; raises `ConfigError` for others."""
    known = [column.id for column in suite.columns]
    if columns is None:
        return set(known)
    chosen = {columns} if isinstance(columns, str) else set(columns)
    if not chosen:
        raise ConfigError("columns is empty: nothing would be run.", remedy="Leave it out for all.")
    for name in sorted(chosen.difference(known)):
        hint = advice(name, known, "columns")
        raise ConfigError(f"no column {name!r}", remedy=" ".join(hint))
    return chosen


def _path(suite: str | os.PathLike[str] | Suite) -> Path:
    if isinstance(suite, Suite):
        return (find_root(Path.cwd()) / suite.path).resolve()
    return Path(suite).resolve()


def _in_thread(work: Callable[[], None]) -> None:
    problems: list[BaseException] = []

    def target() -> None:
        try:
            work()
        except BaseException as problem:  # noqa: BLE001 # raised again where it is awaited
            problems.append(problem)

    thread = threading.Thread(target=target, name="evals")
    thread.start()
    thread.join()
    if problems:
        raise problems[0]

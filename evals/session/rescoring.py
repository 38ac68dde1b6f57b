"""Judging the stored answers of a run again, with its suites as they are now; nothing is asked."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from evals import answer
from evals.cassettes import key
from evals.errors import DamagedFile, EndpointError, MissingRecording, RunError
from evals.model import Completion, Exchange, Finding, Manifest, Request, Suite, TrialResult
from evals.reading import is_inside
from evals.record import Run
from evals.runner import replay
from evals.session.evaluation import Evaluation, Options
from evals.session.finish import Finished, finish, start
from evals.session.overall import with_overall
from evals.session.sources import Source
from evals.session.stored import Stored
from evals.suite.cell import Cell
from evals.suite.results import case_hash, skipped, unanswered
from evals.suite.script import judging

__all__ = ["Change", "Rescored", "rescore"]

Judged = tuple[TrialResult | None, TrialResult]
"""A trial as it was, and as it is judged now."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A trial or gate with another outcome than before; `why` is told of the new one."""

    name: str  # as pytest takes it
    sample: int | None  # None: of a gate
    before: str
    after: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Rescored:
    """The new run, and how it differs from the one whose answers it judged."""

    finished: Finished
    judged: int
    changes: tuple[Change, ...]
    other_reasons: int  # trials with the same outcome for another reason, or with another score
    unjudged: Mapping[str, int]  # why trials were not judged, and how many


def rescore(
    run: Run,
    *,
    options: Options,
    env: Mapping[str, str],
    started: datetime,
    suites: Sequence[Path] = (),
) -> Rescored:
    """Write a new run; `suites` instead of those that the run names.

    Raises `EvalsError` where a suite cannot be read, or the run has no answers of it.
    """
    evaluation = Evaluation(options, env=env)
    sources = tuple(_open(evaluation, run.manifest, suites))
    stored = Stored(run, options.root)
    before = {(t.suite, t.case, t.column, t.sample): t for t in run.trials()}
    start(evaluation, started=started)
    unjudged: Counter[str] = Counter()
    judged: list[Judged] = []
    for source in sources:
        again = _Again(evaluation, source, stored, run.manifest.id, before)
        for cell in source.opened.cells:
            found = [again.result(cell, sample) for sample in again.samples(cell)]
            unjudged.update(why for _, why in found if why)
            for result in again.overall(cell, [result for result, _ in found]):
                evaluation.journal.append(result)
                judged.append((again.old(cell, result.sample), result))
    finished = finish(evaluation, started=started, interrupted=False)
    paths = finished.suite_paths
    return Rescored(
        finished=finished,
        judged=len(judged) - unjudged.total(),
        changes=(
            *_changed_trials(judged, paths),
            *_changed_gates(run.manifest.findings, finished.findings, paths),
        ),
        other_reasons=sum(_differs_otherwise(old, new) for old, new in judged),
        unjudged=dict(unjudged),
    )


def _open(evaluation: Evaluation, manifest: Manifest, suites: Sequence[Path]) -> Iterator[Source]:
    """The suites, with as many samples as the run has where that is one number."""
    known = {record.suite.id: record.suite for record in manifest.suites}
    by_path = {suite.path: suite for suite in known.values()}
    root = evaluation.options.root
    for path in suites or [_inside(root, suite, manifest) for suite in known.values()]:
        place = path.relative_to(root).as_posix() if path.is_relative_to(root) else ""
        before = by_path.get(place)
        source = evaluation.open(path, repeat=_repeat(before) if before else None)
        if source.suite.id not in known:
            raise RunError(
                f"The run {manifest.id} has no answers of the suite {source.suite.id!r}.",
                remedy=f"It has answers of: {', '.join(known) or 'no suite'}.",
            )
        yield source


def _inside(root: Path, suite: Suite, manifest: Manifest) -> Path:
    """Where a suite lies that a run names; the run may be somebody else's."""
    if not is_inside(root / suite.path, root):
        raise RunError(
            f"The run {manifest.id} is of a suite that is not in this project.",
            remedy="Name its file: --suite FILE",
        )
    return root / suite.path


def _repeat(suite: Suite) -> int | None:
    """The number of samples of all cases, where it is one and fixed."""
    repeats = {case.repeat for case in suite.cases}
    only = repeats.pop() if len(repeats) == 1 else None
    return only.samples if only is not None and only.least is None else None


@dataclass(frozen=True)
class _Again:
    """Judges the trials of one suite by the answers they had."""

    evaluation: Evaluation
    source: Source
    stored: Stored
    run: str
    before: Mapping[tuple[str, str, str, int], TrialResult]

    def samples(self, cell: Cell) -> range:
        """The samples of a cell: of adaptive ones, those that the run has."""
        if cell.case.repeat.least is None:
            return range(cell.samples)
        found = itertools.takewhile(lambda sample: self.old(cell, sample), range(cell.samples))
        return range(max(cell.least, sum(1 for _ in found)))

    def old(self, cell: Cell, sample: int) -> TrialResult | None:
        """The trial as it was judged before."""
        return self.before.get((cell.suite, cell.case.id, cell.column.id, sample))

    def overall(self, cell: Cell, results: Sequence[TrialResult]) -> Sequence[TrialResult]:
        """The results with those of checks over several trials."""
        if all(result.outcome == "skipped" for result in results):
            return results
        return with_overall(
            cell,
            results,
            case=self.source.opened.cells_of(cell.case),
            trials=self._trial,
            lookup=_Lookup(self, []),
        )

    def _trial(self, cell: Cell, sample: int) -> _Lookup:
        old = self.old(cell, sample)
        return _Lookup(self, list(old.asked) if old else [])

    def result(self, cell: Cell, sample: int) -> tuple[TrialResult, str | None]:
        """The result, and why nothing was judged where that is so."""
        old = self.old(cell, sample)
        reason = self.evaluation.will_skip(self.source, cell)
        if reason is not None:
            return skipped(cell, sample), "skipped by the suite"
        if old is None:
            return self._not_run(cell, sample, f"the run {self.run} has no answer to it")
        if old.completion is None:
            return old, "had no answer in that run"
        if old.case_hash != case_hash(cell.case):
            return self._not_run(cell, sample, "its vars are not what they were when it was asked")
        try:
            exchange = self.stored.of(old)
        except (MissingRecording, DamagedFile) as problem:
            return unanswered(cell, sample, problem, asked=old.asked), "the answer is gone"
        script = judging(cell, sample, exchange.request, key=old.asked[0][0])
        result = replay(script, _Lookup(self, list(old.asked)))
        return msgspec.structs.replace(result, asked=old.asked), None

    def _not_run(self, cell: Cell, sample: int, why: str) -> tuple[TrialResult, str]:
        return unanswered(cell, sample, EndpointError(why, kind="stopped")), why

    def read(self, exchange: Exchange) -> Completion:
        """The answer, priced as the configuration has it now."""
        return answer.price(answer.read(exchange), self.evaluation.config.prices)


@dataclass(frozen=True)
class _Lookup:
    """Answers the trial's own requests as they were answered, whatever the suite would ask now.

    They come first, turn by turn; what a check asks is looked up by what it asks.
    """

    again: _Again
    own: list[tuple[str, int]]  # keys and takes that are still to come

    def __call__(self, request: Request) -> Completion:
        suite = self.again.source.suite.id
        name = self.own.pop(0) if self.own else (key(request), request.take)
        found = self.again.stored.find(suite, *name)
        return self.again.source.lookup(request) if found is None else self.again.read(found)


def _changed_trials(judged: Iterable[Judged], paths: Mapping[str, str]) -> Iterator[Change]:
    for old, new in judged:
        before = "not there" if old is None else old.outcome
        if before != new.outcome:
            yield Change(
                name=f"{paths.get(new.suite, new.suite)}::{new.case}[{new.column}]",
                sample=new.sample,
                before=before,
                after=new.outcome,
                why=_why(new),
            )


def _why(trial: TrialResult) -> str:
    if trial.error is not None:
        return trial.error.message
    deciding = [verdict for verdict in trial.checks if verdict.weight > 0]
    wanted = [verdict for verdict in deciding if bool(verdict.passed) == bool(trial.passed)]
    return f"{wanted[0].type}: {wanted[0].reason}" if wanted else ""


def _differs_otherwise(old: TrialResult | None, new: TrialResult) -> bool:
    if old is None or old.outcome != new.outcome:
        return False
    return old.checks != new.checks or old.score != new.score


def _changed_gates(
    before: Iterable[Finding], after: Iterable[Finding], paths: Mapping[str, str]
) -> Iterator[Change]:
    known = {(gate.suite, gate.gate, gate.column): gate.outcome for gate in before}
    for gate in after:
        old = known.get((gate.suite, gate.gate, gate.column), "not there")
        if old != gate.outcome:
            yield Change(
                name=f"{paths.get(gate.suite, gate.suite)}::gate: {gate.gate}",
                sample=None,
                before=old,
                after=gate.outcome,
                why=gate.reason,
            )

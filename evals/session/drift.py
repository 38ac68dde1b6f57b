"""Ask a sample of recorded requests again, as a live run of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import NamedTuple

from evals.comparison.drift import Twice
from evals.model import Completion, Request
from evals.record import new_id
from evals.runner import replay
from evals.session.evaluation import Evaluation, Options
from evals.session.finish import finish, start
from evals.session.sources import Source
from evals.suite.cell import Cell
from evals.suite.script import judging

__all__ = ["Again", "Wanted"]


class Wanted(NamedTuple):
    """A recorded request: its suite's source on both sides, its cell, its number there."""

    then: Source
    now: Source
    cell: Cell
    number: int

    @property
    def request(self) -> Request:
        return self.cell.request(self.number)


class Again:
    """The recorded requests of some suites, and a run that asks some of them again."""

    def __init__(self, root: Path, *, env: Mapping[str, str], max_cost_usd: float | None) -> None:
        self.started = datetime.now(UTC)
        self.run_id = new_id(self.started)
        self._then = Evaluation(Options(root=root, run_id=self.run_id), env=env)
        options = Options(
            root=root,
            run_id=self.run_id,
            mode="live",
            max_cost_usd=max_cost_usd,
            command="evals audit drift",
        )
        self._now = Evaluation(options, env=env)
        self.recorded: list[Wanted] = []
        self.unrecorded = 0  # requests that the suites make now and nobody recorded

    def open(self, path: Path) -> None:
        """Add a suite; raises `SuiteError`."""
        then, now = self._then.open(path), self._now.open(path)
        for cell in now.opened.cells:
            if cell.case.skip:
                continue
            for number in range(cell.case.repeat.samples):
                wanted = Wanted(then, now, cell, number)
                if then.cassettes.has(wanted.request, name=then.key(wanted.request)):
                    self.recorded.append(wanted)
                elif cell.case.repeat.least is None or number < cell.case.repeat.least:
                    self.unrecorded += not then.suite.live_only

    def sample(self, n: int) -> list[Wanted]:
        """At most n of the recorded requests; which is told by the id of the run."""
        drawn = Random(self.run_id).sample(self.recorded, min(n, len(self.recorded)))
        return sorted(drawn, key=lambda each: (each.cell.suite, each.cell.name, each.number))

    def ask(self, wanted: Sequence[Wanted]) -> list[Twice]:
        """Ask, judge both answers by the same checks, and keep the new ones as a run.

        Raises `KeyboardInterrupt` where it was interrupted, once what was answered is kept.
        """
        start(self._now, started=self.started)
        self._now.gather(self._now.to_ask_of((e.now, e.cell, e.number) for e in wanted))
        asked = [twice for each in wanted for twice in self._judged(each)]
        finish(self._now, started=self.started, interrupted=self._now.interrupted)
        if self._now.interrupted:
            raise KeyboardInterrupt
        return asked

    def _judged(self, each: Wanted) -> list[Twice]:
        request, n = each.request, each.cell.candidates
        key = each.then.key(request)
        found = []
        for sample in range(each.number * n, (each.number + 1) * n):
            then, now = (
                replay(judging(each.cell, sample, request, key=key), source.lookup)
                for source in (each.then, each.now)
            )
            self._now.journal.append(now)
            case = (each.cell.suite, each.cell.case.id)
            logprobs = [
                _logprob(source, request, sample % n) if trial.completion else None
                for source, trial in ((each.then, then), (each.now, now))
            ]
            found.append(Twice(case, then, now, *logprobs))
        return found


def _logprob(source: Source, request: Request, place: int) -> float | None:
    """The mean log-probability of an answer's tokens, where they were sent."""
    completion: Completion = source.lookup(request)
    tokens = completion.choices[place].logprobs or ()
    known = [token.logprob for token in tokens if token.logprob is not None]
    return sum(known) / len(known) if known else None

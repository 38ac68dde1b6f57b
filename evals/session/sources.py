"""Where a suite's answers come from when they are judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from evals import answer
from evals.cassettes import Cassettes, Misses, key
from evals.endpoints.config import Config
from evals.errors import (
    ConfigError,
    DamagedFile,
    EndpointError,
    EvalsError,
    MissingRecording,
    OutdatedRecording,
)
from evals.model import Completion, Exchange, Limits, Request, TrialResult
from evals.record.answers import Answers
from evals.suite.open import OpenSuite
from evals.write import Secrets

_EXPLAINED = 3  # misses of a suite that are explained in full


class Source:
    """The recordings of one open suite, its live answers, and what could not be answered."""

    def __init__(
        self,
        opened: OpenSuite,
        *,
        config: Config,
        secrets: Secrets,
        answers: Answers | None,
    ) -> None:
        self.opened = opened
        self.suite = opened.suite
        self.cassettes = Cassettes(
            folder(opened, config),
            secrets=secrets,
            oldest=oldest(opened.suite.limits, datetime.now(UTC)),
            root=config.root,
        )
        self.failed: dict[tuple[str, int], EvalsError] = {}  # in this run, by key and take
        self.stopped: EvalsError | None = None  # why the rest was not asked
        self.is_new: Callable[[str, int], bool] | None = None  # of a recording, in `refresh`
        self.misses: Counter[str] = Counter()
        self._config = config
        self._answers = answers
        self._index = Misses(self.cassettes)
        self._told: set[str] = set()
        self._named: tuple[Request | None, str] = (None, "")
        self._read: tuple[str, Completion] | None = None

    def lookup(self, request: Request) -> Completion:
        """The answer to a request, read and priced; raises `EvalsError` where there is none."""
        name = self.key(request)
        recording = f"{name}.{request.take}"
        if self._read is not None and self._read[0] == recording:
            return self._read[1]  # the candidates of one request follow each other
        if (name, request.take) in self.failed:
            raise self._told_once(self.failed[name, request.take])
        exchange = self._exchange(name, request)
        if exchange is None:
            raise self.stopped or self._missing(request)
        completion = answer.price(answer.read(exchange), self._config.prices)
        self._read = (recording, completion)
        return completion

    def key(self, request: Request) -> str:
        """The request's key; that of the last request is remembered."""
        if self._named[0] is not request:
            self._named = (request, key(request))
        return self._named[1]

    def _told_once(self, problem: EvalsError) -> EvalsError:
        """What holds for every request (no key) is an error once; the others were not run."""
        if not isinstance(problem, EndpointError) or problem.kind != "refused":
            return problem
        if problem.message in self._told:
            return EndpointError(problem.message, kind="stopped")
        self._told.add(problem.message)
        return problem

    def _exchange(self, name: str, request: Request) -> Exchange | None:
        if self._answers is not None:
            return self._answers.read(self.suite.id, name, request)
        if self.is_new is not None and not self.is_new(name, request.take):
            return None  # the old answer is there still: it is not what was asked for
        try:
            return self.cassettes.read(request, name=name)
        except DamagedFile as problem:
            again = self._command(request, "refresh")
            remedy = f"Restore it from version control, or ask anew: {again}"
            raise DamagedFile(problem.message, remedy=remedy) from problem
        except OutdatedRecording as problem:
            remedy = f"Ask anew: {self._command(request, 'record')}"
            raise OutdatedRecording(problem.message, remedy=remedy) from problem

    def _command(self, request: Request, mode: str) -> str:
        """What asks just for the cell that a request is of."""
        return f'pytest "{self.suite.path}::{request.asker}" --evals-mode {mode}'

    def recording(self, trial: TrialResult) -> str | None:
        """The path of a trial's recording relative to the root directory, or None."""
        if self._answers is not None or not trial.asked:
            return None
        name, take = trial.asked[0]
        return f"{self.cassettes.shown}/{name}.{take}.json"

    def _missing(self, request: Request) -> EvalsError:
        if self._index.nothing_recorded:
            if self.misses["nothing recorded"]:
                return EndpointError("the suite has no recordings", kind="stopped")
            self.misses["nothing recorded"] += 1
            return self._no_recordings()
        change = self._index.change(request)
        self.misses[change] += 1
        if self.misses.total() <= _EXPLAINED:
            remedy = f"Record it: {self._command(request, 'record')}"
            return self._index.explain(request, remedy=remedy)
        return MissingRecording(
            f"Nothing is recorded for {request.asker}: {change}.", change=change
        )

    def _no_recordings(self) -> MissingRecording:
        requests = self.opened.n_requests
        names = sorted({column.endpoint for column in self.suite.columns})
        return MissingRecording(
            f"{self.suite.path} has no recordings in {self.cassettes.shown}.",
            change="nothing recorded",
            remedy=f"Record it: pytest {quoted(self.suite.path)} --evals-mode record\n"
            f"That asks {' and '.join(names)} up to {requests:,} times.",
        )


def folder(opened: OpenSuite, config: Config) -> Path:
    """The folder of a suite's recordings; raises `ConfigError` where a link leads out of it."""
    place = (config.cassettes or opened.path.parent / "cassettes") / opened.suite.id
    inside = (opened.path.parent.resolve(), config.root.resolve())
    if not any(place.resolve().is_relative_to(top) for top in inside):
        raise ConfigError(
            f"{place} is reached by a link that leads out of the project.",
            remedy="Recordings are read and written inside it: make it a folder.",
        )
    return place


def oldest(limits: Limits, now: datetime) -> datetime | None:
    """The moment before which no recording of a suite may be made, or None."""
    return None if limits.max_age is None else now - timedelta(seconds=limits.max_age)


def quoted(path: str) -> str:
    """A path as every common shell takes it."""
    return f'"{path}"' if any(c in path for c in " ()&;'[]") else path

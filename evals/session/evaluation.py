"""Open suites, gather what no recording answers, judge cell by cell; every trial is journaled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from evals.cassettes import key
from evals.endpoints.config import Config
from evals.endpoints.ledger import Ledger
from evals.endpoints.secrets import secrets_of
from evals.errors import (
    ConfigError,
    DiskError,
    EndpointError,
    EvalsError,
    Place,
    Problem,
    SuiteError,
)
from evals.model import Asks, Mode, Request, TrialResult
from evals.record import Journal, refuse_link
from evals.record.answers import Answers
from evals.record.files import Name, files, judged
from evals.record.journal import Spot, read_at
from evals.record.reading import read_json
from evals.runner import Waiting, advance, replay
from evals.session.desk import Desk
from evals.session.extensions import configuration
from evals.session.memory import uncollected
from evals.session.overall import waiting, with_overall
from evals.session.sources import Source
from evals.suite.cell import Cell
from evals.suite.open import OpenSuite, open_suite
from evals.suite.results import broken
from evals.suite.script import asking, judging, skipped
from evals.write import Secrets, printable

if TYPE_CHECKING:
    from evals.session.gathering import OnEvent
    from evals.session.given_baseline import GivenBaseline

T = TypeVar("T")
_trials = msgspec.json.Decoder(TrialResult)
_LIVE_ONLY = "live_only: needs --evals-mode live"


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the person who starts a run asks for."""

    root: Path
    run_id: str
    mode: Mode = "replay"
    worker: str = "0"  # tells the files of several processes apart
    endpoint: str | None = None
    concurrency: int | None = None
    repeat: int | None = None
    set_: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    max_cost_usd: float | None = None
    baseline: GivenBaseline | None = None  # of gates with `baseline: true`
    command: str = ""
    resumes: bool = False  # the run is there, and goes on
    place: Path | None = None  # of the run's folder, where it is not below `root`
    answers_from: str | None = None  # the run whose answers are judged again

    @property
    def runs(self) -> Path:
        return self.root / "reports" / "runs"

    @property
    def folder(self) -> Path:
        return self.place or self.runs / self.run_id


@dataclass(frozen=True)
class ToAsk:
    """Scripts that wait for answers, and how many requests they make in their next step."""

    scripts: tuple[Waiting, ...] = ()
    requests: int = 0
    overall: tuple[tuple[Source, Cell], ...] = ()  # whose checks over several trials come next

    def __bool__(self) -> bool:
        return bool(self.scripts)


class Evaluation:
    """The state of one process's part in a run."""

    def __init__(self, options: Options, *, env: Mapping[str, str]) -> None:
        self.options = options
        self.sources: dict[str, Source] = {}
        self.errors: Counter[str] = Counter()  # errored trials by suite
        self.interrupted = False  # while gathering
        self.ledger = Ledger()
        self._env = env
        self._config: Config | None = None
        self._secrets: Secrets | None = None
        self._journal: Journal | None = None
        self._answers: Answers | None = None
        self._judged: dict[Name, Spot] | None = None
        self._desks: dict[str, Desk] = {}  # by suite

    @property
    def config(self) -> Config:
        if self._config is None:
            self._config = configuration(
                self.options.root,
                env=self._env,
                endpoint=self.options.endpoint,
                concurrency=self.options.concurrency,
            )
        return self._config

    @property
    def secrets(self) -> Secrets:
        if self._secrets is None:
            try:
                self._secrets = secrets_of(self.config, self._env)
            except ConfigError:
                return secrets_of(None, self._env)
        return self._secrets

    def printable(self, text: str) -> str:
        """A text for terminal, CI log and JUnit XML: no secret, and no command to any of them."""
        return printable(self.secrets.redact(text))

    def open(self, path: Path, *, repeat: int | None = None) -> Source:
        """Open a suite; raises `SuiteError` with everything that is wrong with it."""
        config = self.config
        with uncollected():
            opened = open_suite(
                path, config=config, repeat=repeat or self.options.repeat, set_=self.options.set_
            )
        if (given := self.options.baseline) is not None:
            opened = given.into(opened, root=self.options.root)
        self._refuse_twin(opened)
        source = Source(
            opened,
            config=self.config,
            secrets=self.secrets,
            answers=self.answers if self.options.mode == "live" else None,
        )
        if self.options.mode == "refresh":
            source.is_new = partial(self.answers.has_refreshed, opened.suite.id)
        self.sources[opened.suite.id] = source
        return source

    def _refuse_twin(self, opened: OpenSuite) -> None:
        twin = self.sources.get(opened.suite.id)
        if twin is not None and twin.opened.path != opened.path:
            raise SuiteError(
                [
                    Problem(
                        Place(opened.suite.path),
                        f"{twin.suite.path} has the id {opened.suite.id!r} too.",
                        ("Recordings are named by it: give one of them another `suite:`.",),
                    )
                ]
            )

    def has(self, path: Path) -> bool:
        return any(source.opened.path == path for source in self.sources.values())

    def remarks(self) -> list[str]:
        """What people should know besides results: warnings of suites, unexplained misses."""
        said = []
        for source in self.sources.values():
            if self.leaves_out(source):
                said.append(f"{source.suite.path}: skipped: {_LIVE_ONLY}")
            said += [str(warning) for warning in source.opened.warnings]
            if source.misses.total() > 1:
                kinds = ", ".join(f"{n} × {kind}" for kind, n in source.misses.most_common())
                said.append(f"{source.suite.path}: not recorded: {kinds}")
        return said

    @property
    def answers(self) -> Answers:
        if self._answers is None:
            path = self.options.folder / f"answers-{self.options.worker}.jsonl"
            earlier = files(self.options.folder, "answers") if self.options.resumes else ()
            self._answers = Answers(path, secrets=self.secrets, earlier=earlier)
        return self._answers

    def will_skip(self, source: Source, cell: Cell) -> str | None:
        """Why a cell is not asked, or None."""
        return _LIVE_ONLY if self.leaves_out(source) else cell.case.skip

    def leaves_out(self, source: Source) -> bool:
        """Whether a whole suite is skipped; what replay would skip is not recorded either."""
        return source.suite.live_only and self.options.mode != "live"

    def to_ask(self, cells: Sequence[tuple[Source, Cell]]) -> ToAsk:
        """What has to be asked before these cells can be judged, as far as that is known yet."""
        if self.options.mode == "replay":
            return ToAsk()
        asked = [(source, cell) for source, cell in cells if not self.will_skip(source, cell)]
        found = self._to_ask(
            (source, script) for source, cell in asked for script in self._scripts(source, cell)
        )
        overall = tuple((source, cell) for source, cell in asked if cell.overall)
        if found or not overall:
            return replace(found, overall=overall)
        scripts = tuple(self._overall(overall))
        return ToAsk(scripts, sum(len(waiting.requests) for waiting in scripts))

    def _overall(self, cells: Iterable[tuple[Source, Cell]]) -> Iterator[Waiting]:
        """What checks over several trials have to ask, once the trials are answered."""
        for source, cell in cells:
            found = waiting(source, cell, self._desk(source))
            if found is not None:
                yield found

    def to_ask_of(self, wanted: Iterable[tuple[Source, Cell, int]]) -> ToAsk:
        """The same for some requests of cells, by their numbers."""
        return self._to_ask(
            (source, _unbroken(asking(cell, number))) for source, cell, number in wanted
        )

    def _scripts(self, source: Source, cell: Cell) -> Iterator[Asks[object]]:
        """What asks for the samples of a cell: adaptive ones follow each other."""
        if cell.case.repeat.least is not None:
            yield self._sampling(source, cell)
            return
        for number in range(cell.n_requests):
            yield _unbroken(asking(cell, number))

    def _sampling(self, source: Source, cell: Cell) -> Asks[tuple[TrialResult, ...]]:
        """Adaptive samples, judged as they come; those of a resumed run are as they were."""
        from evals.suite.adaptive import sampling

        def trial(sample: int) -> Asks[TrialResult]:
            before = self._judged_before(cell, sample)
            if before is not None:
                return before
            request = cell.request(sample)
            return (yield from judging(cell, sample, request, key=source.key(request)))

        return sampling(cell, trial)

    def _to_ask(self, wanted: Iterable[tuple[Source, Asks[object]]]) -> ToAsk:
        scripts: list[Waiting] = []
        requests = 0
        for source, asker in wanted:
            desk = self._desk(source)
            script = advance(asker, desk)
            if script is not None:
                scripts.append(script)
                requests += desk.want(script.requests)
        return ToAsk(tuple(scripts), requests)

    def _desk(self, source: Source) -> Desk:
        name = source.suite.id
        if name not in self._desks:
            self._desks[name] = Desk(source, has=partial(self._has, source))
        return self._desks[name]

    def _has(self, source: Source, request: Request, name: tuple[str, int]) -> bool:
        """Whether a request is answered: in `record` ever, in the other modes in this run."""
        if self.options.mode == "record":
            return source.cassettes.has(request, name=name[0])
        if self.options.mode == "refresh":
            return self.answers.has_refreshed(source.suite.id, *name)
        return self.answers.has(source.suite.id, *name)

    def gather(
        self,
        wanted: ToAsk,
        *,
        on_event: OnEvent | None = None,
        on_more: Callable[[int], None] | None = None,
    ) -> None:
        """Ask what `to_ask` found, many at a time; blocks until all is answered and durable.

        What fails is kept for the trials that asked. `on_more` is told how many requests came up
        that `to_ask` could not know of: the next turn of a conversation, what a judge is asked.
        Raises `DiskError` where an answer could not be written: then nothing more is asked.
        """
        if not wanted.scripts:
            return
        from evals.session.gathering import Asking, run

        asking = Asking(
            mode=self.options.mode,
            config=self.config,
            env=self._env,
            secrets=self.secrets,
            answers=self.answers,
            ledger=self.ledger,
            max_cost_usd=self.options.max_cost_usd,
            on_event=on_event,
            on_more=on_more,
        )
        problem: EvalsError | None = None
        then = self._overall(wanted.overall)
        try:
            self.interrupted = not run(asking, wanted.scripts, tuple(self._desks.values()), then)
        except DiskError:
            raise
        except EvalsError as error:
            problem = error
        if self.interrupted:
            problem = EndpointError("the run was interrupted", kind="stopped")
        if problem is not None:
            self._stop(wanted.scripts, problem)
        self.answers.sync()

    def _stop(self, scripts: Sequence[Waiting], problem: EvalsError) -> None:
        """Whatever has no answer will have none; the first trial says why, where it is an error."""
        first = scripts[0].requests[0]
        stopped = EndpointError(problem.message, kind="stopped")
        for desk in self._desks.values():
            desk.source.stopped = stopped
            if desk is scripts[0].desk and not self.interrupted:
                desk.source.failed.setdefault((key(first), first.take), problem)

    def judge(self, source: Source, cell: Cell) -> tuple[TrialResult, ...]:
        """Judge all samples of a cell and journal them; raises `DiskError`."""
        reason = self.will_skip(source, cell)
        results: tuple[TrialResult, ...]
        if cell.case.repeat.least is not None and not reason:
            results = replay(self._sampling(source, cell), source.lookup)
            earlier = [self._judged_before(cell, result.sample) for result in results]
        else:
            earlier = [self._judged_before(cell, sample) for sample in range(cell.least)]
            results = tuple(
                before or (skipped(cell, sample) if reason else self._trial(source, cell, sample))
                for sample, before in enumerate(earlier)
            )
        if cell.overall and not reason and None in earlier:
            results = with_overall(
                cell,
                results,
                case=source.opened.cells_of(cell.case),
                trials=lambda *_: source.lookup,
                lookup=source.lookup,
            )
        results = tuple(before or now for before, now in zip(earlier, results, strict=True))
        for before, result in zip(earlier, results, strict=True):
            if before is None:
                self.journal.append(result)
            self.errors[cell.suite] += result.outcome == "error"
        return results

    def _judged_before(self, cell: Cell, sample: int) -> TrialResult | None:
        """The result of a trial that a run had before it was resumed, as it was written."""
        if not self.options.resumes:
            return None
        if self._judged is None:
            self._judged = judged(self.options.folder)
        spot = self._judged.get((cell.suite, cell.case.id, cell.column.id, sample))
        return None if spot is None else read_json(read_at(spot), _trials)

    def _trial(self, source: Source, cell: Cell, sample: int) -> TrialResult:
        request = cell.request(sample // cell.candidates)
        name = source.key(request)
        try:
            return replay(judging(cell, sample, request, key=name), source.lookup)
        except Exception as problem:  # noqa: BLE001 # whatever it is: it costs this trial alone
            return broken(cell, sample, problem)

    @property
    def journal(self) -> Journal:
        if self._journal is None:
            if self.options.place is None:
                refuse_link(self.options.runs)  # a worker has no start
            path = self.options.folder / f"trials-{self.options.worker}.jsonl"
            self._journal = Journal(path, secrets=self.secrets)
        return self._journal

    def tolerates(self, suite: str) -> bool:
        """Whether the errors so far are within what the suite allows."""
        source = self.sources[suite]
        return within(source.suite.limits.errors, self.errors[suite], source.opened.n_trials)

    def close(self) -> None:
        for journal in (self._journal, self._answers):
            if journal is not None:
                journal.close()


def _unbroken(script: Asks[T]) -> Asks[T | None]:
    """A script that ends where its code breaks: that is told when its trial is judged."""
    try:
        return (yield from script)
    except Exception:  # noqa: BLE001 # whatever it is: the others go on
        return None


def within(allowed: int | float, errors: int, trials: int) -> bool:
    """Whether `errors` are allowed, where `allowed` is a count (int) or a share (float)."""
    return errors <= (allowed * trials if isinstance(allowed, float) else allowed)

"""What a suite's scripts ask for, held against what is recorded; asks nobody.

The scripts are driven by the recordings themselves, so that a request that depends on an earlier
answer is found where that answer is recorded. What would follow an answer that is not recorded
cannot be known.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal

from evals import answer
from evals.cassettes import Cassettes, key
from evals.cassettes.store import decode, is_older, recordings
from evals.endpoints.config import Config
from evals.errors import EvalsError, MissingRecording
from evals.model import Asks, Completion, Exchange, Frozen, Request, TrialResult
from evals.reading import read_file
from evals.runner import Answers
from evals.session.overall import answers_of
from evals.session.sources import folder, oldest
from evals.suite.cell import Cell
from evals.suite.open import OpenSuite
from evals.suite.script import asking, judging, overall

State = Literal["recorded", "outdated", "damaged", "missing"]


class Asked(Frozen, frozen=True, kw_only=True):
    """A request that a suite's scripts make, and whether its answer is recorded."""

    request: Request
    file: str  # the name of its recording
    column: str
    state: State
    completion: Completion | None = None  # where there is one to be read
    skipped: bool = False  # only cases that are skipped ask for it


class Inventory(Frozen, frozen=True, kw_only=True):
    """The requests of a suite, each once, and the recordings that none of them asks for.

    `open_ended` names the cells that ask more once an answer is there that is missing now: what
    was recorded for them may be asked for again, and is not told to be unused. Nor are recorded
    samples beyond those that decide: they are asked for again once a check or a limit changes.
    `more` is how many samples adaptive cells among them may ask for beyond those in `asked`.
    """

    suite: str
    path: str
    folder: Path
    asked: tuple[Asked, ...]
    unused: tuple[Path, ...]
    open_ended: frozenset[str] = frozenset()
    more: int = 0

    def count(self, state: State) -> int:
        return sum(each.state == state for each in self.asked)


def take_stock(opened: OpenSuite, config: Config, *, now: datetime) -> Inventory:
    """The inventory of an open suite; cases that are skipped ask, too."""
    place = folder(opened, config)
    following = _Following(opened, Cassettes(place), config, now)
    asked, open_ended = following.all(), frozenset(following.open_ended)
    wanted = {each.file for each in asked} | following.spare
    unused = (path for path in recordings(place) if path.name not in wanted)
    return Inventory(
        suite=opened.suite.id,
        path=opened.suite.path,
        folder=place,
        asked=asked,
        unused=tuple(path for path in unused if not (open_ended and _may_be_of(path, open_ended))),
        open_ended=open_ended,
        more=following.more,
    )


def _may_be_of(path: Path, cells: frozenset[str]) -> bool:
    """Whether a recording was made for one of these cells, or cannot be read."""
    try:
        return decode(path, read_file(path, follow=False), None).recorded.for_ in cells
    except (EvalsError, OSError):
        return True


def read_unused(stock: Inventory) -> Iterator[Exchange]:
    """The unused recordings that can be read."""
    for path in stock.unused:
        with contextlib.suppress(EvalsError, OSError):
            exchange = decode(path, read_file(path, follow=False), None)
            answer.read(exchange)
            yield exchange


class _Following:
    """Follows the scripts of one suite as far as recordings answer them."""

    def __init__(
        self, opened: OpenSuite, cassettes: Cassettes, config: Config, now: datetime
    ) -> None:
        self._opened = opened
        self._cassettes = cassettes
        self._prices = config.prices
        self._oldest = oldest(opened.suite.limits, now)
        self._found: dict[str, Asked] = {}
        self.open_ended: set[str] = set()
        self.spare: set[str] = set()  # recorded samples beyond those that decide
        self.more = 0

    def all(self) -> tuple[Asked, ...]:
        for cell in sorted(self._opened.cells, key=lambda cell: cell.case.skip is not None):
            if cell.case.repeat.least is not None:
                self._follow_adaptive(cell)
                continue
            for number in range(cell.n_requests):
                if not follow(asking(cell, number), self._lookup(cell)):
                    self.open_ended.add(cell.name)
        for cell in self._opened.cells:
            if any(check.asks for check in cell.overall):
                self._follow_overall(cell)
        return tuple(self._found.values())

    def _follow_adaptive(self, cell: Cell) -> None:
        from evals.suite.adaptive import sampling

        taken = 0

        def trial(sample: int) -> Asks[TrialResult]:
            nonlocal taken
            taken = max(taken, sample + 1)
            return (yield from judging(cell, sample, cell.request(sample), key=""))

        if not follow(sampling(cell, trial), self._lookup(cell)):
            self.open_ended.add(cell.name)
            self.more += (cell.samples - taken) * (cell.case.skip is None)
            return
        for sample in range(taken, cell.samples):
            follow(asking(cell, sample), self._spare)

    def _spare(self, request: Request) -> Completion:
        name = key(request)
        self.spare.add(f"{name}.{request.take}.json")
        exchange = self._cassettes.read(request, name=name)
        if exchange is None:
            raise MissingRecording(f"{name} is not recorded", change="unread")
        return answer.read(exchange)

    def _follow_overall(self, cell: Cell) -> None:
        """What checks over several trials ask, where the answers to these are recorded."""
        try:
            answers = answers_of(
                cell, self._opened.cells_of(cell.case), lambda each, _: self._lookup(each)
            )
        except EvalsError:
            self.open_ended.add(cell.name)
            return
        if not follow(overall(cell, answers), self._lookup(cell)):
            self.open_ended.add(cell.name)

    def _lookup(self, cell: Cell) -> Callable[[Request], Completion]:
        def lookup(request: Request) -> Completion:
            name = key(request)
            file = f"{name}.{request.take}.json"
            if file not in self._found:
                self._found[file] = self._asked(cell, request, name)
            completion = self._found[file].completion
            if completion is None:
                raise MissingRecording(f"{file} cannot be read", change="unread")
            return completion

        return lookup

    def _asked(self, cell: Cell, request: Request, name: str) -> Asked:
        state: State = "missing"
        completion = None
        try:
            exchange = self._cassettes.read(request, name=name)
            if exchange is not None:
                completion = answer.price(answer.read(exchange), self._prices)
                late = self._oldest is not None and is_older(exchange, self._oldest)
                state = "outdated" if late else "recorded"
        except EvalsError:
            state = "damaged"
        return Asked(
            request=request,
            file=f"{name}.{request.take}.json",
            column=cell.column.id,
            state=state,
            completion=completion,
            skipped=cell.case.skip is not None,
        )


def follow(script: Asks[object], lookup: Callable[[Request], Completion]) -> bool:
    """Drive a script to its end, looking up all that it asks for, whatever it reads of it.

    False where it read an answer that is missing: with it, it might have asked for more.
    """
    whole = True

    def read(request: Request) -> Completion:
        nonlocal whole
        try:
            return lookup(request)
        except EvalsError:
            whole = False
            raise

    try:
        requests = next(script)
        while True:
            for request in requests:
                with contextlib.suppress(EvalsError):
                    lookup(request)
            requests = script.send(Answers(requests, read))
    except (StopIteration, EvalsError):
        return whole

"""Asking: the mode is read here, once, and becomes a composition of endpoints.

Imported only when something is asked: replay loads no event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evals.cassettes import key
from evals.cassettes.recording import Recording
from evals.errors import DiskError, EndpointError
from evals.model import Endpoint, Exchange, Mode, Request
from evals.record.answers import Answers
from evals.runner import Waiting, gather
from evals.session.desk import Desk
from evals.session.interrupts import finish_or_stop, polite
from evals.session.sources import Source

if TYPE_CHECKING:
    from evals.endpoints.client import Event
    from evals.endpoints.config import Config
    from evals.endpoints.ledger import Ledger
    from evals.endpoints.limits import Live
    from evals.write import Secrets

OnEvent = Callable[["Event"], None]


class Journaling:
    """Keeps what no cassette keeps: errors always, in `live` the answers, in `refresh` which
    recordings this run has replaced."""

    def __init__(self, endpoint: Endpoint, answers: Answers, suite: str, *, mode: Mode) -> None:
        self._endpoint = endpoint
        self._answers = answers
        self._suite = suite
        self._mode = mode

    async def complete(self, request: Request, /) -> Exchange:
        try:
            exchange = await self._endpoint.complete(request)
        except EndpointError as problem:
            self._answers.add_error(self._suite, key(request), request, problem)
            raise
        if self._mode == "live":
            self._answers.add(self._suite, key(request), exchange)
            await self._answers.durable()
        elif self._mode == "refresh":
            self._answers.add_refreshed(self._suite, key(request), request)
        return exchange


class InHand:
    """Journals an answer that replaces a recording: until it does, nothing else holds it.

    Replacing takes a moment, since the new file has to be on the disk itself before the old one
    goes. A run that goes on finds here what it had no time to replace.
    """

    def __init__(self, endpoint: Endpoint, answers: Answers, source: Source) -> None:
        self._endpoint = endpoint
        self._answers = answers
        self._source = source

    async def complete(self, request: Request, /) -> Exchange:
        suite, name = self._source.suite.id, self._source.key(request)
        exchange = self._answers.read(suite, name, request)
        if exchange is None:
            exchange = await self._endpoint.complete(request)
            if self._source.cassettes.path(request).exists():
                self._answers.add(suite, name, exchange)
        return exchange


def compose(mode: Mode, source: Source, endpoint: Endpoint, answers: Answers) -> Endpoint:
    """What a suite's scripts ask in `mode`. Replay has no such thing: it cannot ask."""
    match mode:
        case "record" | "refresh":
            source.cassettes.prepare()
            if mode == "refresh":
                endpoint = InHand(endpoint, answers, source)
            recording = Recording(endpoint, source.cassettes, refresh=mode == "refresh")
            return Journaling(recording, answers, source.suite.id, mode=mode)
        case "live":
            return Journaling(endpoint, answers, source.suite.id, mode=mode)
        case "replay":
            raise AssertionError("replay asks nothing")


@dataclass(frozen=True, kw_only=True)
class Asking:
    """What one round of asking needs besides what is asked."""

    mode: Mode
    config: Config
    env: Mapping[str, str]
    secrets: Secrets
    answers: Answers
    ledger: Ledger
    max_cost_usd: float | None = None  # for the whole session
    on_event: OnEvent | None = None
    on_more: Callable[[int], None] | None = None

    async def ask(
        self, scripts: Sequence[Waiting], desks: Sequence[Desk], then: Iterable[Waiting] = ()
    ) -> bool:
        """Run scripts to their ends; answers are on disk, failures with the suites' sources.

        `then` is looked at when the first have ended, and run likewise.
        False where it was interrupted: then some requests have neither.
        """
        from evals.endpoints.client import connect
        from evals.endpoints.limits import under_option

        async with connect(
            self.config,
            {name for desk in desks for name in desk.source.opened.endpoints},
            env=self.env,
            secrets=self.secrets,
            on_event=self.on_event,
            tally=self.ledger.environment,
        ) as router:
            bounded = under_option(
                router, self.max_cost_usd, config=self.config, tally=self.ledger.option
            )
            for desk in desks:
                desk.endpoint = self._endpoint(desk.source, bounded)
                desk.on_more = self.on_more
            try:
                with polite(lambda: router.stop("the run was interrupted")) as interrupts:
                    await finish_or_stop(gather(scripts), interrupts)
                    if not interrupts.happened:
                        await finish_or_stop(gather(then), interrupts)
            finally:
                for desk in desks:
                    desk.endpoint = desk.on_more = None
            return not interrupts.happened

    def _endpoint(self, source: Source, bounded: Live) -> Endpoint:
        from evals.endpoints.limits import Limited

        suite = source.suite
        tally = self.ledger.suites[suite.id]
        limited = Limited(bounded, suite.limits, config=self.config, tally=tally)
        return compose(self.mode, source, limited, self.answers)


def run(
    asking: Asking,
    scripts: Sequence[Waiting],
    desks: Sequence[Desk],
    then: Iterable[Waiting] = (),
) -> bool:
    """Ask in this thread, to the end or an interrupt (False); unpacks a task group's error."""
    try:
        return asyncio.run(asking.ask(scripts, desks, then))
    except BaseExceptionGroup as group:
        unwritten, others = group.split(DiskError)
        raise (unwritten or others or group).exceptions[0] from None

"""Connections: kept where that works, opened before anything is sent, never twice a stale one."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from evals.answer import read
from evals.endpoints.client import Router
from evals.endpoints.transport import WIRE, Connector, Wire
from evals.model import Exchange
from tests.support.desk import Desk, request
from tests.support.evolink_server import EvolinkServer


@pytest.fixture
def forgetful(tmp_path: Path) -> Iterator[Desk]:
    """A service that closes a connection instead of answering a second request on it."""
    with EvolinkServer() as server:
        server.connection_serves = 1
        yield Desk(server, tmp_path)


class TestConnectionsThatTheServiceHasClosed:
    def test_a_request_on_one_is_sent_again_on_a_new_one(self, forgetful: Desk) -> None:
        """The pool holds three that were closed: none of them gets the second attempt."""

        async def script(router: Router) -> Exchange:
            await asyncio.gather(*(router.complete(request(f"{each} + 1")) for each in range(3)))
            return await router.complete(request("2 + 2"))

        exchange = forgetful.run(script)
        assert read(exchange).text == "4"
        assert exchange.recorded.attempts == 2

    def test_many_at_once_are_all_answered(self, forgetful: Desk) -> None:
        """They use up no retries of the run and are no reason to take the service for down."""

        async def script(router: Router) -> list[Exchange]:
            found: list[Exchange] = []
            for start in range(0, 96, 32):
                asks = (router.complete(request(f"{n} + 1")) for n in range(start, start + 32))
                found += await asyncio.gather(*asks)
            return found

        forgetful.settings["concurrency"] = 32
        exchanges = forgetful.run(script)
        assert [read(each).text for each in exchanges] == [str(n + 1) for n in range(96)]
        assert [event for event in forgetful.events if event.kind == "noted"] == []
        assert max(each.recorded.attempts for each in exchanges) == 2


class SlowNames(AbstractResolver):
    """Knows every host as this machine; those that begin with "slow" after `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self._asked += 1
        await asyncio.sleep(self._seconds if self._asked % 2 == 0 else 0)
        found = ResolveResult(
            hostname=host,
            host="127.0.0.1",
            port=port,
            family=socket.AF_INET,
            proto=0,
            flags=socket.AI_NUMERICHOST,
        )
        return [found]

    async def close(self) -> None:
        """Nothing is open."""


async def opened(port: int, *, seconds: float) -> list[float]:
    """When two connections were there that were opened together, the second one slowly."""
    connector = Connector(limit=0, resolver=SlowNames(seconds), use_dns_cache=False)
    begun = time.perf_counter()

    async def ask(session: aiohttp.ClientSession) -> float:
        wire = Wire()
        WIRE.set(wire)
        async with session.get(f"http://somewhere.example:{port}/"):
            return wire.sent_at - begun

    async with aiohttp.ClientSession(connector=connector) as session:
        return await asyncio.gather(ask(session), ask(session))


class TestOpening:
    def test_who_opens_one_waits_for_those_that_are_being_opened(
        self, server: EvolinkServer
    ) -> None:
        first, second = asyncio.run(opened(server.port, seconds=0.2))
        assert first >= 0.2
        assert abs(first - second) < 0.1

    def test_nobody_waits_long_for_one_that_does_not_come(self, server: EvolinkServer) -> None:
        first, second = asyncio.run(opened(server.port, seconds=1.3))
        assert 0.9 < first < second
        assert second >= 1.3

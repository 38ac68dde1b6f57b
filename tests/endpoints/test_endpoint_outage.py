"""A service that is down: load does not multiply, nothing is lost that could be had, it ends."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from evals.endpoints.client import Router
from evals.errors import EndpointError
from evals.model import Exchange
from tests.support.desk import Desk, request
from tests.support.evolink_server import EvolinkServer, Step
from tests.support.misbehaving import failed
from tests.support.rationed import RationedServer


class Fragile(EvolinkServer):
    """Answers, unless `fails` gives something else to say; counts every request."""

    def __init__(self) -> None:
        super().__init__(keep=False)
        self.count = 0
        self.fails: Callable[[], list[Step] | None] = lambda: None

    def reply(self, method: str, path: str, headers: dict[str, str], content: bytes) -> list[Step]:
        self.count += 1
        return self.fails() or super().reply(method, path, headers, content)


@pytest.fixture
def first() -> Iterator[Fragile]:
    with Fragile() as server:
        yield server


@pytest.fixture
def second() -> Iterator[Fragile]:
    with Fragile() as server:
        yield server


def status(number: int) -> Callable[[], list[Step] | None]:
    return lambda: [failed(number)]


def ask_many(desk: Desk, count: int) -> list[Any]:
    async def script(router: Router) -> list[Any]:
        asks = [router.complete(request(f"{number} + 1")) for number in range(count)]
        return await asyncio.gather(*asks, return_exceptions=True)

    found: list[Any] = desk.run(script)
    return found


def lost(answers: list[Any]) -> list[str]:
    return [str(each) for each in answers if not isinstance(each, Exchange)]


class TestOutage:
    def test_one_in_the_middle_of_a_run_costs_few_requests_and_no_answer(
        self, first: Fragile, tmp_path: Path
    ) -> None:
        first.latency = 0.02  # so that all who are in flight fail together
        begun = time.perf_counter()

        def out() -> list[Step] | None:
            return [failed(503)] if 0.2 < time.perf_counter() - begun < 1.7 else None

        desk = Desk(first, tmp_path)
        desk.settings = {"probe_interval": 0.1, "concurrency": 32, "requests_per_minute": 60_000}
        desk.run(lambda router: router.complete(request("1 + 1")))
        begun, first.count, first.fails = time.perf_counter(), 0, out
        answers = ask_many(desk, 800)
        assert lost(answers) == []
        assert time.perf_counter() - begun > 1.7
        assert first.count <= 1.15 * 800
        notes = [event.note for event in desk.events if event.kind == "noted"]
        assert "fails again and again" in notes[0]
        assert "answers again" in notes[-1]

    def test_one_that_does_not_end_ends_the_run(self, first: Fragile, tmp_path: Path) -> None:
        first.fails = status(502)
        desk = Desk(first, tmp_path)
        desk.settings = {"probe_interval": 0.1, "give_up_after": 0.5}
        errors = ask_many(desk, 200)
        assert {type(error) for error in errors} == {EndpointError}
        unsent = [error for error in errors if error.kind == "stopped"]
        assert len(unsent) > 100
        assert "answered nothing for give_up_after = 0.5 s" in unsent[0].message
        sent = [error for error in errors if error.kind == "status"]
        assert any("given up after 0.5 s of failures" in error.message for error in sent)
        assert first.count < 60

    def test_a_service_that_refuses_everything_as_too_much_ends_the_run_as_well(
        self, first: Fragile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("evals.endpoints.pace._LONGEST_HOLD", 0.1)
        first.fails = status(429)
        desk = Desk(first, tmp_path)
        desk.settings = {"probe_interval": 0.1, "give_up_after": 0.5}
        errors = ask_many(desk, 200)
        assert {error.kind for error in errors} == {"status", "stopped"}
        assert first.count < 100

    def test_retries_of_a_run_are_few(self, first: Fragile, tmp_path: Path) -> None:
        """Every second request fails, so that no circuit opens."""
        first.fails = lambda: [failed(500)] if first.count % 2 else None
        desk = Desk(first, tmp_path)
        desk.settings = {"concurrency": 4}
        outcomes = ask_many(desk, 100)
        errors = [each for each in outcomes if isinstance(each, EndpointError)]
        assert first.count <= 1.1 * 100 + 10
        assert errors
        assert all("no retries left" in error.message for error in errors)


class TestFallback:
    def desk(self, first: Fragile, second: Fragile, root: Path) -> Desk:
        desk = Desk(first, root)
        desk.settings = {"fallback_url": second.base_url, "probe_interval": 5.0}
        return desk

    @pytest.mark.parametrize("number", [502, 503, 504])
    def test_it_answers_where_the_first_is_unavailable_and_is_named(
        self, first: Fragile, second: Fragile, tmp_path: Path, number: int
    ) -> None:
        first.fails = status(number)
        exchange = self.desk(first, second, tmp_path).exchange("2 + 2")
        assert exchange.recorded.base_url == second.base_url
        assert (first.count, second.count, exchange.recorded.attempts) == (1, 1, 2)

    def test_it_answers_where_the_first_cannot_be_reached(
        self, first: Fragile, second: Fragile, tmp_path: Path
    ) -> None:
        desk = self.desk(first, second, tmp_path)
        desk.settings["base_url"] = "http://127.0.0.1:9/v1"
        assert desk.exchange("2 + 2").recorded.base_url == second.base_url

    @pytest.mark.parametrize(("number", "requests"), [(500, 5), (429, 5), (400, 1), (401, 1)])
    def test_it_is_not_asked_for_any_other_reason(
        self, first: Fragile, second: Fragile, tmp_path: Path, number: int, requests: int
    ) -> None:
        first.fails = status(number)
        error = self.desk(first, second, tmp_path).refused("2 + 2")
        assert (error.status, first.count, second.count) == (number, requests, 0)

    def test_where_both_are_down_no_more_is_sent_than_without_it(
        self, first: Fragile, second: Fragile, tmp_path: Path
    ) -> None:
        first.fails = second.fails = status(503)
        error = self.desk(first, second, tmp_path).refused("2 + 2")
        assert (error.status, error.attempts) == (503, 5)
        assert first.count + second.count == 5

    def test_while_the_first_is_down_others_go_to_the_fallback_at_once(
        self, first: Fragile, second: Fragile, tmp_path: Path
    ) -> None:
        first.fails = status(503)
        desk = self.desk(first, second, tmp_path)
        answers = ask_many(desk, 200)
        assert lost(answers) == []
        assert {each.recorded.base_url for each in answers} == {second.base_url}
        assert first.count <= 30
        assert second.count == 200

    def test_a_fallback_that_the_key_does_not_belong_to_gets_nothing(
        self, first: Fragile, second: Fragile, tmp_path: Path
    ) -> None:
        first.fails = status(503)
        desk = self.desk(first, second, tmp_path)
        desk.settings["fallback_url"] = "https://evil.example/v1"
        error = desk.refused("2 + 2")
        assert error.kind == "refused"
        assert "evals trust evil.example --key EVOLINK_API_KEY" in (error.remedy or "")

    def test_the_built_in_fallback_belongs_to_the_built_in_address(
        self, first: Fragile, tmp_path: Path
    ) -> None:
        first.fails = status(503)
        error = Desk(first, tmp_path).refused("2 + 2")
        assert (error.status, first.count) == (503, 5)


class TestRates:
    def test_a_limit_that_nobody_has_configured_is_found_and_no_answer_is_lost(
        self, tmp_path: Path
    ) -> None:
        """Loosely, since it runs for six seconds only; `benchmarks.latency` is strict."""
        with RationedServer(50, latency=0.02) as server:
            begun = time.perf_counter()
            answers = ask_many(Desk(server, tmp_path), 300)
            took = time.perf_counter() - begun
        assert lost(answers) == []
        assert took < 60, "bounded; how well the limit is used is measured by benchmarks"
        assert server.refused < 0.3 * server.requests_seen

    def test_a_configured_rate_is_kept(self, first: Fragile, tmp_path: Path) -> None:
        desk = Desk(first, tmp_path)
        desk.settings = {"requests_per_minute": 3000}
        begun = time.perf_counter()
        ask_many(desk, 50)
        assert time.perf_counter() - begun > 0.8

    def test_tokens_are_estimated_before_and_counted_after(
        self, first: Fragile, tmp_path: Path
    ) -> None:
        desk = Desk(first, tmp_path)
        desk.settings = {"tokens_per_minute": 600_000}
        begun = time.perf_counter()
        ask_many(desk, 7)  # 1,500 tokens each, of 10,000 a second
        assert time.perf_counter() - begun > 0.7


_PROGRAM = """
import asyncio, resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
from tests.endpoints.test_endpoint_outage import ask_many
from tests.support.desk import Desk
class Server:
    base_url = sys.argv[1]
desk = Desk(Server(), Path(sys.argv[2]))
desk.settings = {"concurrency": 512}
answers = ask_many(desk, 1000)
print(sum(type(each).__name__ == "Exchange" for each in answers))
print([event.note for event in desk.events if event.kind == "noted"][0])
print(sum(event.kind == "retried" for event in desk.events))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_512_in_flight_with_256_open_files_is_bounded_and_said(
    first: Fragile, tmp_path: Path
) -> None:
    first.latency = 0.05
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, first.base_url, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    answered, note, retried = done.stdout.splitlines()
    assert (answered, retried) == ("1000", "0")
    assert "instead of 512: the system allows no more open files (ulimit -n)" in note

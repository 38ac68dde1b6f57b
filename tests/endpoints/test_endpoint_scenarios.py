"""No server, however broken, gets more than a clear error out of the client."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evals.answer import read
from evals.cassettes import Cassettes
from evals.cassettes.recording import Recording
from evals.endpoints.client import Router
from evals.errors import EndpointError
from evals.model import Exchange
from tests.support.desk import KEY, Desk, request
from tests.support.misbehaving import MisbehavingServer, Scenario
from tests.support.scenarios import SCENARIOS


@pytest.fixture(scope="module")
def bad() -> Iterator[MisbehavingServer]:
    with MisbehavingServer(SCENARIOS) as running:
        yield running


def play(scenario: Scenario, server: MisbehavingServer, root: Path) -> Exchange | EndpointError:
    """What comes of the scenario's last request."""
    desk = Desk(server, root)
    desk.env |= scenario.env
    settings = {"base_url": server.address(scenario.name), **scenario.settings}
    settings["base_url"] = settings["base_url"].replace("{PORT}", str(server.port))
    desk.settings = settings

    async def script(router: Router) -> Any:
        recording = Recording(router, Cassettes(root / "cassettes"), refresh=False)
        for number in range(scenario.asks):
            try:
                last: Any = await recording.complete(request(f"{number} + 4", **scenario.body))
            except EndpointError as error:
                last = error
            await asyncio.sleep(0.02 if scenario.asks > 1 else 0)
        return last

    found: Exchange | EndpointError = desk.run(script)
    return found


def told(found: Exchange | EndpointError) -> str:
    """Everything that a person could be shown of it."""
    if isinstance(found, EndpointError):
        return str(found)
    answer = read(found)
    calls = " ".join(call.arguments for call in answer.tool_calls)
    return " ".join((answer.text, answer.finish_reason, calls, *answer.notes))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_scenario(scenario: Scenario, bad: MisbehavingServer, tmp_path: Path) -> None:
    bad.seen.clear()
    begun = time.perf_counter()
    found = play(scenario, bad, tmp_path)
    took = time.perf_counter() - begun
    kind = found.kind if isinstance(found, EndpointError) else "answer"
    assert (kind, bad.seen[scenario.name]) == (scenario.outcome, scenario.requests), told(found)
    assert scenario.says in told(found)
    assert KEY not in told(found)
    assert took < scenario.seconds
    assert bad.strays == []
    if isinstance(found, EndpointError):
        assert found.remedy
        assert len(told(found)) < 2000
        assert told(found).isprintable() or "\n" in told(found)
    recorded = [path.read_text("utf-8") for path in (tmp_path / "cassettes").rglob("*.json")]
    answered = scenario.asks - (scenario.outcome != "answer")
    assert len(recorded) == answered
    assert not any(KEY in text for text in recorded)
    for text in recorded:
        assert json.loads(text)["response"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell how much was used")
def test_ten_megabytes_and_bombs_take_bounded_memory(
    bad: MisbehavingServer, tmp_path: Path
) -> None:
    """Measured in a process of its own, which holds the server's memory as well."""
    import subprocess

    heavy = [
        scenario.name
        for scenario in SCENARIOS
        if "bomb" in scenario.name or "megabytes" in scenario.name
    ]
    program = (
        "import sys, pathlib\n"
        "from tests.endpoints.test_endpoint_scenarios import *\n"
        "from tests.support.memory import peak\n"
        "chosen = {s.name: s for s in SCENARIOS}\n"
        "with MisbehavingServer(SCENARIOS) as server:\n"
        "    for name in sys.argv[2:]:\n"
        "        play(chosen[name], server, pathlib.Path(sys.argv[1]))\n"
        "print(peak())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), *heavy],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert int(done.stdout) < 300 * 2**20

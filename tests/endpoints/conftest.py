"""The stand-in, once a module, and somebody to ask it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.desk import Desk
from tests.support.evolink_server import EvolinkServer


@pytest.fixture(scope="module")
def server() -> Iterator[EvolinkServer]:
    with EvolinkServer() as running:
        yield running


@pytest.fixture
def desk(server: EvolinkServer, tmp_path: Path) -> Desk:
    server.requests.clear()
    server.headers.clear()
    server.seen.clear()
    return Desk(server, tmp_path)

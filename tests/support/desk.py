"""Somebody who asks the stand-in through the real client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evals.answer import read
from evals.endpoints.client import Event, Router, connect
from evals.endpoints.config import load_config
from evals.errors import EndpointError
from evals.model import Completion, Exchange, Request
from evals.write import Secrets
from tests.support.evolink_rules import MODEL
from tests.support.evolink_server import EvolinkServer

KEY = "sk-evo-0123456789abcdef"


class Desk:
    """Asks the stand-in, one event loop a call."""

    def __init__(self, server: EvolinkServer, root: Path) -> None:
        self.server = server
        self.root = root
        self.events: list[Event] = []
        self.env = {"EVOLINK_API_KEY": KEY}
        self.settings: dict[str, Any] = {}

    def run(self, script: Callable[[Router], Any], *, secrets: Secrets | None = None) -> Any:
        settings = {"base_url": self.server.base_url, **self.settings}
        lines = "".join(f"{key} = {value!r}\n" for key, value in settings.items())
        (self.root / "evals.toml").write_text(f"[endpoints.evolink]\n{lines}")
        config = load_config(self.root, env=self.env)

        async def main() -> Any:
            async with connect(
                config,
                ["evolink"],
                env=self.env,
                secrets=secrets,
                on_event=self.events.append,
                jitter=lambda: 0.0,
            ) as router:
                return await script(router)

        return asyncio.run(main())

    def exchange(self, prompt: str, *, timeout: float | None = None, **asked: Any) -> Exchange:
        made = request(prompt, **asked)
        found = self.run(lambda router: router.complete(made, timeout=timeout))
        assert isinstance(found, Exchange)
        return found

    def ask(self, prompt: str, **asked: Any) -> Completion:
        return read(self.exchange(prompt, **asked))

    def refused(self, prompt: str, *, timeout: float | None = None, **asked: Any) -> EndpointError:
        with pytest.raises(EndpointError) as caught:
            self.exchange(prompt, timeout=timeout, **asked)
        return caught.value

    @property
    def told(self) -> list[str]:
        return [event.kind for event in self.events]


def request(prompt: str, **asked: Any) -> Request:
    messages = [{"role": "user", "content": prompt}]
    body = {"model": MODEL, "messages": messages, **asked}
    return Request(endpoint="evolink", body=body, asker="case[column]")

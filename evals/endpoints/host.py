"""One host of an endpoint: how it is reached, and when it may be asked."""

from __future__ import annotations

import time

from evals.endpoints.bucket import Bucket
from evals.endpoints.circuit import Circuit
from evals.endpoints.config import EndpointConfig
from evals.endpoints.connection import Connection
from evals.endpoints.failure import Place
from evals.endpoints.gate import Gate
from evals.endpoints.pace import CEILING, START, Pace
from evals.endpoints.shared import Event, Run
from evals.endpoints.transport import Address, connections_left


class Host:
    """The address that an endpoint has, or the one it falls back to."""

    def __init__(self, endpoint: EndpointConfig, run: Run, *, movable: bool) -> None:
        """`movable`: another host can be asked in place of this one."""
        self.endpoint = endpoint
        self._run = run
        self._connection = Connection(
            endpoint, root=run.config.root, env=run.env, secrets=run.secrets
        )
        self.gate = Gate(
            pace=self._pace(),
            circuit=Circuit(
                probe_interval=endpoint.probe_interval, give_up_after=endpoint.give_up_after
            ),
            requests=_bucket(endpoint.requests_per_minute),
            tokens=_bucket(endpoint.tokens_per_minute),
            movable=movable,
            note=self.note,
        )
        run.gates.append(self.gate)

    @property
    def base_url(self) -> str:
        """As recordings name it; a server of our own without its port, which is random."""
        return self.endpoint.base_url or "http://127.0.0.1/v1"

    @property
    def usable(self) -> bool:
        """Whether it answers, or may be tried again by now."""
        circuit = self.gate.circuit
        return not self.gate.closed and circuit.wait(time.perf_counter()) == 0

    def _pace(self) -> Pace:
        wanted = self.endpoint.concurrency
        if self.endpoint.base_url is None:
            wanted = self.endpoint.slots
        ceiling = min(wanted or CEILING, connections_left())
        if wanted and ceiling < wanted:
            self.note(
                f"{ceiling} requests in flight instead of {wanted}: the system allows no more "
                "open files (ulimit -n)"
            )
        return Pace(start=wanted or START, ceiling=ceiling)

    def start_at(self, concurrency: int) -> None:
        """Begin with as many in flight, unless the configuration says how many."""
        if self.endpoint.concurrency is None:
            self.gate.pace.start_at(concurrency)

    async def open(self, path: str) -> tuple[Address, Place]:
        """Where requests of an operation go; raises `EndpointError` where they must not."""
        return await self._connection.open(path)

    def note(self, words: str) -> None:
        """Say something about this host where progress is shown."""
        self._run.tell(
            Event(
                kind="noted",
                endpoint=self.endpoint.name,
                note=f"endpoint {self.endpoint.name} ({self.endpoint.host}): {words}",
            )
        )

    async def aclose(self) -> None:
        await self._connection.aclose()


def _bucket(per_minute: float | None) -> Bucket | None:
    return None if per_minute is None else Bucket(per_minute)

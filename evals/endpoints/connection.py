"""What it takes to reach one endpoint: its address, its keys, a server of our own."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

from evals.answer import EMBEDDINGS
from evals.endpoints.config import EndpointConfig
from evals.endpoints.failure import Place
from evals.endpoints.local import LocalServer
from evals.endpoints.transport import Address
from evals.endpoints.trust import Key, read_key
from evals.errors import EndpointError
from evals.model import Recorded, Request
from evals.write import Secrets

_PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


class Connection:
    """Opened by the first request: keys are read and servers started when they are needed."""

    def __init__(
        self,
        endpoint: EndpointConfig,
        *,
        root: Path,
        env: Mapping[str, str],
        secrets: Secrets | None,
    ) -> None:
        self._endpoint = endpoint
        self._root = root
        self._env = env
        self._secrets = secrets
        self._opening = asyncio.Lock()
        self._starting: dict[bool, asyncio.Task[LocalServer]] = {}  # True: one for embeddings
        self._keys: dict[str, Key] = {}  # by header
        self._opened: dict[str, tuple[Address, Place]] = {}  # by operation

    async def open(self, path: str) -> tuple[Address, Place]:
        """Where requests of an operation go; raises `EndpointError` where they must not."""
        if path not in self._opened:
            async with self._opening:
                if path not in self._opened:
                    self._opened[path] = await self._start(path)
        return self._opened[path]

    async def _start(self, path: str) -> tuple[Address, Place]:
        endpoint, log = self._endpoint, ""
        if endpoint.base_url is None:
            server = await self._serve(embeddings=path == EMBEDDINGS)
            base_url, log = server.base_url, str(server.log)
            bearer: Key | None = server.key
        else:
            base_url, bearer = endpoint.base_url, self._read_keys()
        keys = (bearer, *self._keys.values())
        place = Place(
            endpoint=endpoint,
            secrets=self._secrets or Secrets({key.variable: key.reveal() for key in keys if key}),
            log=log,
            proxy=next((name for name in _PROXIES if self._env.get(name)), ""),
        )
        return self._address(base_url.rstrip("/") + path, bearer), place

    async def _serve(self, *, embeddings: bool) -> LocalServer:
        endpoint = self._endpoint
        if embeddings not in self._starting:  # once: what failed to start would fail again
            # A task of its own: who asks first may be cancelled, the server is still to be ended.
            self._starting[embeddings] = asyncio.create_task(
                asyncio.to_thread(
                    LocalServer.start,
                    model_file=endpoint.model_file,
                    alias=endpoint.model or "",
                    slots=endpoint.slots,
                    context=endpoint.context,
                    root=self._root,
                    embeddings=embeddings,
                )
            )
        return await asyncio.shield(self._starting[embeddings])

    def _read_keys(self) -> Key | None:
        """The bearer key; those of other headers are kept."""
        endpoint = self._endpoint
        for header, variable in endpoint.headers_env.items():
            self._keys[header] = self._read_key(variable)
        if endpoint.api_key_env is None:
            return None
        key = self._read_key(endpoint.api_key_env)
        if endpoint.auth == "bearer":
            return key
        self._keys[endpoint.auth.removeprefix("header:")] = key
        return None

    def _read_key(self, variable: str) -> Key:
        endpoint = self._endpoint
        return read_key(variable, host=endpoint.host, endpoint=endpoint.name, env=self._env)

    def _address(self, url: str, bearer: Key | None) -> Address:
        return Address(
            url,
            query=self._endpoint.query,
            headers={
                "accept-encoding": "gzip, deflate",
                "content-type": "application/json",
                "user-agent": f"pytest-model-evals/{_version()}",
            },
            bearer=bearer,
            keys=self._keys,
            connect_timeout=self._endpoint.connect_timeout,
            first_byte_timeout=self._endpoint.first_byte_timeout,
            # llama.cpp's server closes connections that it said it keeps, after each stream.
            kept_alive=self._endpoint.base_url is not None,
        )

    async def aclose(self) -> None:
        """End the servers, also one that is still starting."""
        for starting in self._starting.values():
            with contextlib.suppress(EndpointError):
                server = await starting
                await asyncio.to_thread(server.stop)


def recorded_now(request: Request, *, base_url: str, attempts: int) -> Recorded:
    """What a recording says of itself that is made of the answer to a request."""
    return Recorded(
        at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        by=f"pytest-model-evals {_version()}",
        base_url=base_url,
        attempts=attempts,
        for_=request.asker,
    )


@cache
def _version() -> str:
    """Of this distribution."""
    try:
        return metadata.version("pytest-model-evals")
    except metadata.PackageNotFoundError:
        return "(not installed)"

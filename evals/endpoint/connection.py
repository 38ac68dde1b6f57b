"""What it takes to reach one endpoint: its address, its keys, a server of our own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

from evals.endpoint.config import EndpointConfig
from evals.endpoint.failure import Place
from evals.endpoint.local import LocalServer
from evals.endpoint.transport import Address
from evals.endpoint.trust import Key, read_key
from evals.errors import EndpointError
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
        self._starting: asyncio.Task[LocalServer] | None = None
        self._base_url = endpoint.base_url or ""
        self._bearer: Key | None = None
        self._keys: dict[str, Key] = {}  # by header
        self._place: Place | None = None
        self._addresses: dict[str, Address] = {}

    async def open(self, path: str) -> tuple[Address, Place]:
        """Where requests of an operation go; raises `EndpointError` where they must not."""
        if self._place is None or path not in self._addresses:
            async with self._opening:
                place = self._place = self._place or await self._start()
                self._addresses[path] = self._address(path)
        else:
            place = self._place
        return self._addresses[path], place

    async def _start(self) -> Place:
        log = ""
        if self._endpoint.base_url is None:
            server = await self._serve()
            self._base_url, self._bearer, log = server.base_url, server.key, str(server.log)
        else:
            self._read_keys()
        keys = (self._bearer, *self._keys.values())
        return Place(
            endpoint=self._endpoint,
            secrets=self._secrets or Secrets({key.variable: key.reveal() for key in keys if key}),
            log=log,
            proxy=next((name for name in _PROXIES if self._env.get(name)), ""),
        )

    async def _serve(self) -> LocalServer:
        endpoint = self._endpoint
        if self._starting is None:  # once: what failed to start would fail again
            # A task of its own: who asks first may be cancelled, the server is still to be ended.
            self._starting = asyncio.create_task(
                asyncio.to_thread(
                    LocalServer.start,
                    model_file=endpoint.model_file,
                    alias=endpoint.model or "",
                    slots=endpoint.slots,
                    context=endpoint.context,
                    root=self._root,
                )
            )
        return await asyncio.shield(self._starting)

    def _read_keys(self) -> None:
        endpoint = self._endpoint
        for header, variable in endpoint.headers_env.items():
            self._keys[header] = self._read_key(variable)
        if endpoint.api_key_env is None:
            return
        key = self._read_key(endpoint.api_key_env)
        if endpoint.auth == "bearer":
            self._bearer = key
        else:
            self._keys[endpoint.auth.removeprefix("header:")] = key

    def _read_key(self, variable: str) -> Key:
        endpoint = self._endpoint
        return read_key(variable, host=endpoint.host, endpoint=endpoint.name, env=self._env)

    def _address(self, path: str) -> Address:
        return Address(
            self._base_url.rstrip("/") + path,
            query=self._endpoint.query,
            headers={
                "accept-encoding": "gzip, deflate",
                "content-type": "application/json",
                "user-agent": f"pytest-model-evals/{version()}",
            },
            bearer=self._bearer,
            keys=self._keys,
            connect_timeout=self._endpoint.connect_timeout,
            first_byte_timeout=self._endpoint.first_byte_timeout,
            # llama.cpp's server closes connections that it said it keeps, after each stream.
            kept_alive=self._endpoint.base_url is not None,
        )

    async def aclose(self) -> None:
        """End the server, also one that is still starting."""
        if self._starting is not None:
            with contextlib.suppress(EndpointError):
                server = await self._starting
                await asyncio.to_thread(server.stop)


@cache
def version() -> str:
    """Of this distribution."""
    try:
        return metadata.version("pytest-model-evals")
    except metadata.PackageNotFoundError:
        return "(not installed)"

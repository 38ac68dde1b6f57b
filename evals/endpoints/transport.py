"""Bytes over HTTP: httpx's API over aiohttp's sockets. Nothing else here knows either library.

httpx's own connection pool costs most of the time at many requests in flight, and so does its
client; the transport is called directly, with requests made of prepared parts.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextvars import ContextVar
from typing import Any, Literal, TypeAlias

import aiohttp
import httpx
import httpx_aiohttp
from multidict import CIMultiDict

from evals.endpoints.trust import Key

SIZE_LIMIT = 64 * 2**20
"""Bytes of one answer, decompressed."""

_NO_LIMIT = 10_000
_KEPT_FILES = 32  # for recordings, journals, name look-ups
_PATIENCE_S = 1.0  # with the handshakes of other connections

Reason: TypeAlias = Literal[
    "dns", "tls", "refused", "unreachable", "connect_timeout",  # nothing was sent
    "first_byte_timeout", "broken", "too_large", "undecodable",
    "stale",  # broken before the answer began, on a connection that served requests before
]  # fmt: skip
_UNSENT = ("dns", "tls", "refused", "unreachable", "connect_timeout")


class TransportFailure(Exception):
    """No answer came, for a reason of the connection; `detail` is the library's own text."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason: Reason = reason
        self.detail = detail

    @property
    def sent(self) -> bool:
        """Whether the request may have reached the service."""
        return self.reason not in _UNSENT


class Address:
    """Where requests of one endpoint and operation go: parsed once."""

    def __init__(
        self,
        url: str,
        *,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        bearer: Key | None,
        keys: Mapping[str, Key],
        connect_timeout: float,
        first_byte_timeout: float,
        kept_alive: bool = True,
    ) -> None:
        """`kept_alive`: whether its connections may serve a second request."""
        self.kept_alive = kept_alive
        self.url = str(httpx.URL(url, params=query) if query else httpx.URL(url))
        # The one place where a key becomes text.
        own = {"authorization": f"Bearer {bearer.reveal()}"} if bearer else {}
        secret = {header: key.reveal() for header, key in keys.items()}
        self.headers = CIMultiDict({**headers, **own, **secret})
        self.extensions = {
            "timeout": {
                "connect": connect_timeout,
                "pool": connect_timeout,
                "read": first_byte_timeout,
            }
        }


class _Prepared(httpx.Request):
    """A request of parts that are ready, as the transport reads them.

    httpx's own constructor copies and decodes every header, twice: a tenth of the time of a
    request that is answered at once.
    """

    def __init__(self, address: Address, content: bytes) -> None:
        parts: dict[str, Any] = {
            "method": "POST",
            "url": address.url,
            "headers": address.headers,
            "extensions": address.extensions,
            "_content": content,
        }
        self.__dict__.update(parts)


class Wire:
    """The connection that a request got, and when, by time.perf_counter."""

    def __init__(self) -> None:
        self.is_new = False
        self.wanted_at = 0.0
        self.sent_at = 0.0  # sending begins when the connection is there

    @property
    def connect_s(self) -> float:
        """0 on a connection that was there."""
        return round(self.sent_at - self.wanted_at, 6) if self.is_new else 0.0


WIRE: ContextVar[Wire] = ContextVar("evals_wire")
"""Of the request that this task sends."""


class Connector(aiohttp.TCPConnector):
    """Notes which connection a request got, and when.

    Who opens a connection waits for the others that are being opened to the same host: else the
    first requests of a run would be on their way while this process is busy with the handshakes
    of the rest.
    """

    def __init__(self, **rest: Any) -> None:  # aiohttp's own parameters
        super().__init__(**rest)
        self._opening: defaultdict[object, _Opening] = defaultdict(_Opening)

    async def connect(self, req: Any, *args: Any, **kwargs: Any) -> Any:  # aiohttp's signature
        wire = WIRE.get()
        wire.wanted_at = time.perf_counter()
        opening = self._opening[req.connection_key]
        with opening:
            connection = await super().connect(req, *args, **kwargs)
        if wire.is_new:
            try:
                await opening.others()
            except BaseException:
                connection.close()  # nobody else will
                raise
        wire.sent_at = time.perf_counter()
        return connection

    async def _create_connection(self, *args: Any, **kwargs: Any) -> Any:
        WIRE.get().is_new = True
        return await super()._create_connection(*args, **kwargs)


class _Opening:
    """How many connections to a host are being opened."""

    def __init__(self) -> None:
        self._count = 0
        self._none = asyncio.Event()

    def __enter__(self) -> None:
        self._count += 1
        self._none.clear()

    def __exit__(self, *error: object) -> None:
        self._count -= 1
        if not self._count:
            self._none.set()

    async def others(self) -> None:
        """Wait until none is, but not for one that takes long."""
        if self._count:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._none.wait(), _PATIENCE_S)


class Reply:
    """An answer whose head has arrived."""

    def __init__(self, response: httpx.Response, wire: Wire) -> None:
        self.status = response.status_code
        self.headers = {  # names in lower case; httpx's own mapping is slow to ask
            name.lower().decode("latin-1"): value.decode("latin-1")
            for name, value in response.headers.raw
        }
        self.wire = wire
        self._response = response

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes, decompressed piece by piece."""
        size = 0
        encoded = "content-encoding" in self.headers
        source = self._response.aiter_bytes() if encoded else self._response.stream
        try:
            async for piece in source:  # type: ignore[union-attr] # it is asynchronous here
                size += len(piece)
                if size > SIZE_LIMIT:
                    raise TransportFailure("too_large", f"more than {SIZE_LIMIT >> 20} MB")
                yield piece
        except httpx.DecodingError as error:
            raise TransportFailure("undecodable", str(error)) from error
        except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
            raise _classified(error) from error

    async def read(self) -> bytes:
        """The whole body."""
        return b"".join([piece async for piece in self.pieces()])


def connections_left() -> int:
    """How many connections the system's limit of open files has room for."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return _NO_LIMIT
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return _NO_LIMIT
    try:
        opened = len(os.listdir("/dev/fd"))
    except OSError:
        opened = _KEPT_FILES
    return max(1, limit - opened - _KEPT_FILES)


class Transport:
    """The connections of one run: kept alive, bounded by who uses them, never redirected."""

    def __init__(self) -> None:
        self._tls: ssl.SSLContext | None = None
        self._transports: dict[bool, httpx_aiohttp.AiohttpTransport] = {}

    def _open(self, *, kept_alive: bool) -> httpx_aiohttp.AiohttpTransport:
        """The one with a pool of connections, or the one that makes a new one each time."""
        if kept_alive not in self._transports:
            self._tls = self._tls or httpx.create_ssl_context(trust_env=False)
            life: dict[str, Any] = (
                {"keepalive_timeout": 60} if kept_alive else {"force_close": True}
            )
            session = aiohttp.ClientSession(
                connector=Connector(limit=0, ssl=self._tls, **life),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                max_line_size=64 * 1024,
                max_field_size=64 * 1024,
            )
            self._transports[kept_alive] = httpx_aiohttp.AiohttpTransport(
                verify=self._tls, client=session
            )
        return self._transports[kept_alive]

    @contextlib.asynccontextmanager
    async def post(
        self, address: Address, content: bytes, *, fresh: bool = False
    ) -> AsyncIterator[Reply]:
        """Send `content`; the reply is usable inside the context.

        `fresh`: over a connection that served nothing yet. Raises `TransportFailure`.
        """
        request = _Prepared(address, content)
        wire = Wire()
        WIRE.set(wire)
        try:
            transport = self._open(kept_alive=address.kept_alive and not fresh)
            response = await transport.handle_async_request(request)
        except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
            raise _classified(error, wire) from error
        try:
            yield Reply(response, wire)
        finally:
            with contextlib.suppress(httpx.HTTPError, aiohttp.ClientError, OSError):
                await response.aclose()

    async def aclose(self) -> None:
        for transport in self._transports.values():
            await transport.aclose()


def _classified(error: BaseException, wire: Wire | None = None) -> TransportFailure:
    """By aiohttp's error: what httpx makes of it does not say whether anything was sent.

    `wire` is that of a request whose answer has not begun.
    """
    cause = error if isinstance(error, aiohttp.ClientError) else error.__cause__ or error
    reason = _reason(cause)
    if reason == "broken" and wire is not None and wire.sent_at and not wire.is_new:
        reason = "stale"
    return TransportFailure(reason, str(cause) or type(cause).__name__)


def _reason(cause: BaseException) -> Reason:
    if isinstance(cause, aiohttp.ClientConnectorDNSError):
        return "dns"
    if isinstance(cause, aiohttp.ClientSSLError):
        return "tls"
    if isinstance(cause, aiohttp.ClientConnectorError):
        return "refused" if isinstance(cause.os_error, ConnectionRefusedError) else "unreachable"
    if isinstance(cause, aiohttp.ConnectionTimeoutError):
        return "connect_timeout"
    if isinstance(cause, aiohttp.SocketTimeoutError):
        return "first_byte_timeout"
    return "broken"

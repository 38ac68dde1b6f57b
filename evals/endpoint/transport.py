"""Bytes over HTTP: httpx's API over aiohttp's sockets. Nothing else here knows either library.

httpx's own connection pool costs most of the time at many requests in flight, and so does its
client; the transport is called directly, with requests made of prepared parts.
"""

from __future__ import annotations

import contextlib
import os
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextvars import ContextVar
from typing import Any, Literal, TypeAlias

import aiohttp
import httpx
import httpx_aiohttp
from multidict import CIMultiDict

from evals.endpoint.trust import Key

SIZE_LIMIT = 64 * 2**20
"""Bytes of one answer, decompressed."""

_NO_LIMIT = 10_000
_KEPT_FILES = 32  # for recordings, journals, name look-ups

Reason: TypeAlias = Literal[
    "dns", "tls", "refused", "unreachable", "connect_timeout",  # nothing was sent
    "first_byte_timeout", "broken", "too_large", "undecodable",
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
    ) -> None:
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


_CONNECTED: ContextVar[list[tuple[float, float]]] = ContextVar("evals_connected")


class _Connector(aiohttp.TCPConnector):
    """Notes since when a connection was wanted and when it was there: sending begins then."""

    async def connect(self, *args: Any, **kwargs: Any) -> Any:  # aiohttp's own signature
        begun = time.perf_counter()
        connection = await super().connect(*args, **kwargs)
        _CONNECTED.get().append((begun, time.perf_counter()))
        return connection


class Reply:
    """An answer whose head has arrived."""

    def __init__(self, response: httpx.Response, *, sent_at: float, connect_s: float) -> None:
        self.status = response.status_code
        self.headers = {  # names in lower case; httpx's own mapping is slow to ask
            name.lower().decode("latin-1"): value.decode("latin-1")
            for name, value in response.headers.raw
        }
        self.sent_at = sent_at  # by time.perf_counter
        self.connect_s = connect_s  # 0 on a connection that was there
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
        self._transport: httpx_aiohttp.AiohttpTransport | None = None

    def _open(self) -> httpx_aiohttp.AiohttpTransport:
        if self._transport is None:
            self._tls = httpx.create_ssl_context(trust_env=False)
            session = aiohttp.ClientSession(
                connector=_Connector(limit=0, ssl=self._tls, keepalive_timeout=60),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                max_line_size=64 * 1024,
                max_field_size=64 * 1024,
            )
            self._transport = httpx_aiohttp.AiohttpTransport(verify=self._tls, client=session)
        return self._transport

    @contextlib.asynccontextmanager
    async def post(self, address: Address, content: bytes) -> AsyncIterator[Reply]:
        """Send `content`; the reply is usable inside the context.

        Raises `TransportFailure`.
        """
        request = _Prepared(address, content)
        connected: list[tuple[float, float]] = []
        _CONNECTED.set(connected)
        try:
            response = await self._open().handle_async_request(request)
        except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
            raise _classified(error) from error
        try:
            begun, sent_at = connected[-1]
            # To a tenth of a millisecond, which taking a connection that is there does not take.
            yield Reply(response, sent_at=sent_at, connect_s=round(sent_at - begun, 4))
        finally:
            with contextlib.suppress(httpx.HTTPError, aiohttp.ClientError, OSError):
                await response.aclose()

    async def aclose(self) -> None:
        if self._transport is not None:
            await self._transport.aclose()


def _classified(error: BaseException) -> TransportFailure:
    """By aiohttp's error: what httpx makes of it does not say whether anything was sent."""
    cause = error if isinstance(error, aiohttp.ClientError) else error.__cause__ or error
    return TransportFailure(_reason(cause), str(cause) or type(cause).__name__)


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

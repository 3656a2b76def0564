"""httpx as this room uses it: no environment, no cookies, no automatic redirects, gzip read by our own hand."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
from base64 import b64encode
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

import httpcore
import httpx

from digest.errors import SourceError
from digest.net.http.body import Inflater, Limit, beginning, inflate, is_packed

FAILURES = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    ssl.SSLError,
    OSError,
)
Trace: TypeAlias = Callable[[str, Mapping[str, object]], Awaitable[None]]  # told of every step on the wire

_CONNECT_SECONDS = 10.0

# They log whole addresses, with the keys that some APIs want in them.
for _library in ("httpx", "httpcore"):
    logging.getLogger(_library).setLevel(logging.WARNING)


class GuardedTransport(httpx.AsyncBaseTransport):
    """Carries requests over a network backend of our own, for which httpx has no hook."""

    def __init__(self, network: httpcore.AsyncNetworkBackend, tls: ssl.SSLContext) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=None,
            max_keepalive_connections=20,
            keepalive_expiry=15.0,
            network_backend=network,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        answer = await self._pool.handle_async_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Stream(answer.stream))

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Stream(httpx.AsyncByteStream):
    def __init__(self, stream: object) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        assert isinstance(self._stream, AsyncIterable)
        async for chunk in self._stream:
            yield chunk

    async def aclose(self) -> None:
        if isinstance(self._stream, httpx.AsyncByteStream) or hasattr(self._stream, "aclose"):
            await self._stream.aclose()


class Wire:
    """Sends a request as it is told and adds nothing but who asks and what it can read.

    httpx's own client would look into the environment, keep cookies, and read a redirect before we can.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport, user_agent: str) -> None:
        self._transport = transport
        self._headers = {
            "Connection": "keep-alive",
            "User-Agent": user_agent,
            "Accept": "*/*",
            "Accept-Encoding": "gzip",
        }

    @asynccontextmanager
    async def answer(
        self,
        method: str,
        url: httpx.URL,
        headers: Mapping[str, str],
        *,
        content: bytes = b"",
        timeout: float,
        trace: Trace | None = None,
    ) -> AsyncIterator[httpx.Response]:
        """Send a request and yield its answer, whose body is not read yet; `timeout` bounds each single step."""
        fields = httpx.Headers({"Host": url.netloc.decode("ascii"), **self._headers})
        for name, value in headers.items():
            fields[name] = value.encode("latin-1", "replace").decode("latin-1")
        if url.userinfo and "Authorization" not in fields:
            fields["Authorization"] = f"Basic {b64encode(unquote_to_bytes(url.userinfo)).decode('ascii')}"
        seconds = {"connect": min(timeout, _CONNECT_SECONDS), "read": timeout, "write": timeout, "pool": None}
        extensions = {"timeout": seconds, **({"trace": trace} if trace else {})}
        request = httpx.Request(method, url, headers=fields, content=content, extensions=extensions)
        answer = await self._transport.handle_async_request(request)
        try:
            yield answer
        finally:
            await answer.aclose()

    async def close(self) -> None:
        await self._transport.aclose()


def shown(address: httpx.URL) -> str:
    """Return an address without the user name and password that it may hold."""
    return str(address.copy_with(userinfo=b"")) if address.userinfo else str(address)


def header_fields(answer: httpx.Response) -> dict[str, str]:
    """Return headers by lower-case name, values byte for byte (Latin-1), repeated ones joined by a comma."""
    fields: dict[str, str] = {}
    for raw_name, raw_value in answer.headers.raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields


async def read_body(answer: httpx.Response, fields: dict[str, str], limit: Limit) -> bytes:
    """Return a body, inflated if it is whole; raises SourceError if it is too large or in a coding not asked for."""
    coding = fields.get("content-encoding", "").strip().lower()
    if coding in ("br", "zstd", "deflate", "compress"):
        raise SourceError(f"the answer is compressed in a way that was not asked for ({coding})")
    if limit.first is not None:
        return await _first_bytes(answer, limit.first)
    max_bytes, length = limit.max_bytes, fields.get("content-length", "")
    if length.isdecimal() and int(length[:15]) > max_bytes:
        raise SourceError(f"the answer is larger than {max_bytes / 1_000_000:g} MB")
    inflater = Inflater(max_bytes)
    async for chunk in answer.aiter_raw():
        inflater.feed(chunk)
    body = inflater.finish()
    if not is_packed(body):
        return body
    # A .gz file that came compressed once more; all of it is there at once, which the loop must not wait for.
    return await asyncio.to_thread(inflate, body, max_bytes=max_bytes)


async def _first_bytes(answer: httpx.Response, count: int) -> bytes:
    """Return how a body begins; the rest is never read and its connection is closed."""
    body = bytearray()
    async for chunk in answer.aiter_raw():
        body += chunk
        if len(body) >= count:
            break
    return beginning(bytes(body), count)


def in_plain_words(error: Exception) -> str:
    """Say what went wrong on the wire without a library's vocabulary."""
    text = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return f"its TLS certificate is not valid ({text.partition('verify failed: ')[2].partition(' (_ssl')[0]})"
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return "this is not a valid address"
    if isinstance(error, httpx.ConnectTimeout | httpcore.ConnectTimeout):
        return "no connection within 10 s"
    if isinstance(error, httpx.TimeoutException | httpcore.TimeoutException):
        return "no answer in time"
    if isinstance(error, httpx.ConnectError | httpcore.ConnectError):
        return f"no connection ({reason})" if (reason := _system_reason(error) or text) else "no connection"
    if "peer closed connection" in text or "disconnected without" in text:
        return "the connection broke off before the answer was complete"
    if isinstance(error, httpx.ProtocolError | httpcore.ProtocolError):
        return f"the answer is not proper HTTP ({text})"
    return f"the connection broke off{f' ({text})' if text else ''}"


def _system_reason(error: BaseException) -> str:
    """Return what the system said of a connection that failed ("connection refused"), "" if it said nothing."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno:
            return os.strerror(cause.errno).lower()
        cause = cause.__cause__ or cause.__context__
    return ""

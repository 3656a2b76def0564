"""A local HTTP server that does as it is told: routes, headers, redirects, slow bytes, and a log of requests.

It runs in a thread of its own, so that tests may block and programs under test may be other processes.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import pytest

from digest.net.http import Http


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it came; header names in lower case, `at` in seconds of time.monotonic()."""

    method: str
    path: str  # with the query
    headers: Mapping[str, str]
    body: bytes
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a route answers; `etag` turns it into one that knows conditional requests."""

    body: bytes | str = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str = ""
    delay: float = 0.0  # seconds before the first byte
    drip: float = 0.0  # seconds between the bytes of the body
    raw: bytes | None = None  # the whole answer as it goes over the wire, instead of all of the above


Route: TypeAlias = Answer | Callable[[Request], Answer]


def redirect(target: str, status: int = 302) -> Answer:
    return Answer(status=status, headers={"Location": target})


class Server:
    """Serves `routes` (path without query -> Answer, or a function of the Request) on loopback; logs to `requests`."""

    def __init__(self, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self.routes: dict[str, Route] = {}
        self.requests: list[Request] = []
        self.busiest = 0  # most requests that were in the works at once
        self._busy = 0
        self._host, self._tls = host, tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.port = 0

    def url(self, path: str = "/") -> str:
        return f"{'https' if self._tls else 'http'}://{self._host}:{self.port}{path}"

    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [request.path for request in self.requests]

    def start(self) -> Server:
        self._thread.start()
        starting = asyncio.start_server(self._serve, self._host, 0, ssl=self._tls)
        self._server = asyncio.run_coroutine_threadsafe(starting, self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _stop(self) -> None:
        self._server.close()
        connections = asyncio.all_tasks() - {asyncio.current_task()}
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await _read(reader):
                self.requests.append(request)
                self._busy += 1
                self.busiest = max(self.busiest, self._busy)
                try:
                    await self._answer(request, writer)
                finally:
                    self._busy -= 1
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went away, as many tests want it to, or the server is closed
        finally:
            writer.close()

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        route = self.routes.get(request.path.partition("?")[0], Answer(status=404, body="no such page"))
        answer = route(request) if callable(route) else route
        await asyncio.sleep(answer.delay)
        if answer.raw is not None:
            writer.write(answer.raw)
            await writer.drain()
            writer.close()
            return
        body = answer.body.encode() if isinstance(answer.body, str) else answer.body
        status, headers = answer.status, {"Content-Length": str(len(body)), **answer.headers}
        if answer.etag:
            headers["ETag"] = answer.etag
            if request.headers.get("if-none-match") == answer.etag:
                status, body, headers = 304, b"", {"ETag": answer.etag}
        lines = [
            f"HTTP/1.1 {status} Whatever",
            *(f"{name}: {value}" for name, value in headers.items()),
            "",
            "",
        ]
        writer.write("\r\n".join(lines).encode("latin-1"))
        if request.method == "HEAD":
            body = b""
        if answer.drip:
            for index in range(len(body)):
                writer.write(body[index : index + 1])
                await writer.drain()
                await asyncio.sleep(answer.drip)
        writer.write(b"" if answer.drip else body)
        await writer.drain()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    line, *lines = head.strip().split("\r\n")
    method, path, _ = line.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method=method, path=path, headers=headers, body=body, at=time.monotonic())


@pytest.fixture
def server() -> Iterator[Server]:
    """A server with no routes yet."""
    server = Server().start()
    yield server
    server.close()


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    """A client that may visit the servers of the tests."""
    client = Http(
        user_agent="Paper/1.0 (+https://news.example.org)", allow_private=True, timeout=5, host_pause=0
    )
    yield client
    await client.close()

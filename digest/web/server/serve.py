"""Serve an app in this process, on the loop that is already running; signals stay with whoever runs the program."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp

from digest.errors import UsageError
from digest.web.server.connection import Connection, OneLength, room

DRAIN_SECONDS = 5  # seconds that requests under way are given when the server ends
MAX_WAITING_CONNECTIONS = 2048  # connections that wait until we get to them


class _Server(uvicorn.Server):
    """A server that leaves the process's signal handlers alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(MAX_WAITING_CONNECTIONS)  # `backlog` has shortened it


@asynccontextmanager
async def serve(
    app: ASGIApp, host: str, port: int, *, way_out: str = "", proxies: Sequence[str] = ()
) -> AsyncIterator[int]:
    """Answer requests as long as the context lasts; gives the port, a free one if `port` is 0.

    `proxies` (addresses or networks) are believed about who asks: the client of a request is then the last one in
    X-Forwarded-For that is not a proxy itself, and its scheme that of X-Forwarded-Proto.
    Raises UsageError if nothing can listen there; its text ends with `way_out`, which says where the port is set.
    """
    listener = _listen(host, port, way_out)
    logging.getLogger(
        "uvicorn.access"
    ).disabled = True  # paths hold readers' tokens, however logging is set up
    config = uvicorn.Config(
        OneLength(app),
        http=Connection,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        backlog=max(1, room() // 16),  # asyncio accepts this many at a time before it looks at the first
    )
    server = _Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield int(listener.getsockname()[1])
    finally:
        server.should_exit = True
        await running


def _listen(host: str, port: int, way_out: str) -> socket.socket:
    """Return a listening socket: from here on requests wait rather than fail, even before the server has started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio sends small packets at once only where it is (else each answer waits 40 ms).
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(MAX_WAITING_CONNECTIONS)
    except OSError as error:
        listener.close()
        words = error.strerror or error
        raise UsageError(
            f"Web pages cannot be served on {host}:{port}: {words}. {way_out}".rstrip()
        ) from None
    return listener

"""A reader's connection, held open as long as something comes of it.

A connection costs a descriptor whether or not anything is ever asked on it, and descriptors are what mails are sent
through as well. So a request's head must come in time, and where the room is used up, whoever has kept us waiting
longest makes way.
"""

from __future__ import annotations

import asyncio
import sys
from itertools import count

import h11
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

if sys.platform != "win32":
    import resource

HEAD_TIMEOUT_SECONDS = 10.0  # seconds for the head of a request; its body is for the page that wants it
MAX_CONNECTIONS = 1000  # connections at once

_turns = count()  # clocks of event loops are too coarse to show which came first


def room() -> int:
    """Return how many connections may be open: half of what this process may open, the rest is for its own work."""
    if sys.platform == "win32":
        return MAX_CONNECTIONS
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MAX_CONNECTIONS if limit == resource.RLIM_INFINITY else min(MAX_CONNECTIONS, limit // 2)


class Connection(H11Protocol):
    """One connection; closed without a word where the other side says nothing whole."""

    _end: asyncio.TimerHandle | None = None  # while we wait for the head of a request
    _turn = 0  # lower for those that have kept us waiting longer

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait()
        if len(self.connections) > room():
            self._make_way()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()
        elif self._end is None:
            self._wait()

    def send_400_response(self, msg: str) -> None:
        """Refuse a request that is not HTTP; where an answer is under way already only the connection can say so."""
        try:
            super().send_400_response(msg)
        except h11.LocalProtocolError:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._turn = next(_turns)
        self._end = self.loop.call_later(HEAD_TIMEOUT_SECONDS, self._give_up)

    def _stop_waiting(self) -> None:
        if self._end:
            self._end.cancel()
            self._end = None

    def _give_up(self) -> None:
        self._stop_waiting()
        self.transport.abort()

    def _make_way(self) -> None:
        """Give up the one that has kept us waiting longest, this one if all others are being answered."""
        waiting = [each for each in self.connections if isinstance(each, Connection) and each._end]
        min(waiting, key=lambda each: each._turn)._give_up()


class OneLength:
    """Refuses a request that can be read in two ways, and ends its connection (ASGI; RFC 9112, 6.1).

    A proxy in front of us may have believed its Content-Length where we believe its Transfer-Encoding: what follows it
    on the connection would be a request to one of us and a body to the other.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _is_ambiguous(scope):
            answer = PlainTextResponse("This request has two lengths.\n", 400, {"Connection": "close"})
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_ambiguous(scope: Scope) -> bool:
    names = {name for name, _ in scope["headers"]}
    in_chunks = b"transfer-encoding" in names
    return in_chunks and (b"content-length" in names or scope["http_version"] == "1.0")

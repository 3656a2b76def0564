"""A reader's connection, held open as long as something comes of it.

A connection costs a descriptor whether or not anything is ever asked on it, and descriptors are what mails are sent
through as well. So a request's head must come in time, and where the room is used up, whoever has kept us waiting
longest makes way.
"""

from __future__ import annotations

import asyncio
import sys
from itertools import count

from uvicorn.protocols.http.h11_impl import H11Protocol

if sys.platform != "win32":
    import resource

PATIENCE = 10.0  # seconds for the head of a request; its body is for the page that wants it
MOST = 1000  # connections at once

_turns = count()  # clocks of event loops are too coarse to tell who came first


def room() -> int:
    """Return how many connections may be open: half of what this process may open, the rest is for its own work."""
    if sys.platform == "win32":
        return MOST
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MOST if limit == resource.RLIM_INFINITY else min(MOST, limit // 2)


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

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._turn = next(_turns)
        self._end = self.loop.call_later(PATIENCE, self._give_up)

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

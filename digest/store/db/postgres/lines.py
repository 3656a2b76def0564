"""Connections to PostgreSQL that notice when the server is gone.

A firewall that forgets a connection, a failover, a proxy that hangs: the line stays open and says nothing, and a
statement would be waited for without end. The kernel notices lost packets (`KEEPALIVE_OPTIONS`); where something still
answers for a server that is gone, only the server itself can tell. So a statement that takes long is asked about over a
second line: while the server is at work on it, it is waited for; else the line is cut, and the statement fails.

A pooler (PgBouncer) hands each transaction to another of its own connections: what was prepared on one is not there on
the next, and the number of the process that works for us is not what we were told. So nothing is prepared there, and the
server's own limit of a statement's time is waited for.
"""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from typing import Any

import psycopg

SILENCE_SECONDS = 20.0  # seconds of silence after which the server is asked whether it is at work
POOLED_SILENCE_SECONDS = (
    960.0  # the same where a pooler answers: longer than the server works on any statement
)
_PROBE_SECONDS = 5  # seconds to reach it for that

#: For libpq: keepalives after 10 s of silence, dead after three without an answer; sent bytes are confirmed within 20 s.
KEEPALIVE_OPTIONS = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,  # milliseconds
}

_AT_WORK = "SELECT state = 'active' FROM pg_stat_activity WHERE pid = %s"


class Line(psycopg.AsyncConnection[Any]):
    """A connection on which nothing is waited for longer than the server works on it, or `patience` and a little."""

    patience = SILENCE_SECONDS
    _cut = False
    _alarm: asyncio.TimerHandle
    _asking: asyncio.Task[None] | None = None

    def behind_pooler(self) -> None:
        """Do without what a pooler does not keep from one transaction to the next."""
        self.prepare_threshold = None
        self.patience = POOLED_SILENCE_SECONDS

    async def wait(self, *args: Any, **options: Any) -> Any:
        """Do one step of the protocol; raises OperationalError where the line turns out to be dead."""
        self._alarm = asyncio.get_running_loop().call_later(self.patience, self._ask)
        try:
            return await super().wait(*args, **options)
        except psycopg.OperationalError as error:
            if self._cut:
                raise psycopg.OperationalError(
                    f"no answer for {self.patience:g} s, and the server is not at work on it"
                ) from error
            raise
        finally:
            self._alarm.cancel()
            if self._asking:
                self._asking.cancel()
                self._asking = None

    def _ask(self) -> None:
        self._asking = asyncio.create_task(self._cut_if_dead())

    async def _cut_if_dead(self) -> None:
        if await self._is_at_work():
            self._alarm = asyncio.get_running_loop().call_later(self.patience, self._ask)
            return
        self._cut = True
        # Not closed: whoever waits for the socket is woken by its end, as if the server had hung up.
        with suppress(OSError), socket.socket(fileno=os.dup(self.pgconn.socket)) as wire:
            wire.shutdown(socket.SHUT_RDWR)

    async def _is_at_work(self) -> bool:
        """Ask the server, over another line, whether it works on what we wait for; False if it cannot be reached."""
        try:
            async with asyncio.timeout(2 * _PROBE_SECONDS):
                other = await psycopg.AsyncConnection.connect(
                    self.info.dsn,
                    password=self.info.password or None,
                    connect_timeout=_PROBE_SECONDS,
                    autocommit=True,
                )
                async with other:
                    row = await (await other.execute(_AT_WORK, [self.pgconn.backend_pid])).fetchone()
                    return bool(row and row[0])
        except (psycopg.Error, OSError, TimeoutError):
            return False

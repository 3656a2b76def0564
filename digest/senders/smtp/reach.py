"""Reach a host that may have several addresses, of which some may lead nowhere (RFC 8305, happy eyeballs).

The event loop's own way is not enough: uvloop tries one address after the other without a limit of its own.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Sequence
from itertools import chain, zip_longest
from typing import Any, TypeAlias

_HEAD_START = 0.25  # seconds before the next address is tried as well (RFC 8305, 5)

Address: TypeAlias = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int]]


class NotReachedError(OSError):
    """No address took a connection; the text names each with its reason."""


async def reach(host: str, port: int, seconds: float) -> socket.socket:
    """Return a connected socket within `seconds`; raises NotReachedError, or gaierror for an unknown name."""
    race = _Race(await addresses(host, port), seconds)
    return await race.run()


async def addresses(host: str, port: int) -> list[Address]:
    """Return a host's addresses, the families by turns, in the order that the system prefers."""
    found = await _look_up(host, port)
    families: dict[int, list[Address]] = {}
    for family, _, _, _, address in found:
        families.setdefault(family, []).append((family, address))
    rounds = zip_longest(*families.values())
    return list(dict.fromkeys(address for address in chain.from_iterable(rounds) if address))


async def _look_up(host: str, port: int) -> list[Any]:
    return await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)


class _Race:
    """Attempts at a host's addresses, begun one after the other; the first connection wins."""

    def __init__(self, addresses: Sequence[Address], seconds: float) -> None:
        self._addresses = addresses
        self._seconds = seconds
        self._failures: dict[str, str] = {}

    async def run(self) -> socket.socket:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._seconds
        attempts: set[asyncio.Task[socket.socket]] = set()
        coming = list(self._addresses)
        try:
            while (coming or attempts) and (left := end - loop.time()) > 0:
                if coming:
                    attempts.add(asyncio.create_task(self._attempt(coming.pop(0), end)))
                pause = min(left, _HEAD_START) if coming else left
                done, attempts = await asyncio.wait(
                    attempts, timeout=pause, return_when=asyncio.FIRST_COMPLETED
                )
                if (winner := _first_of(done)) is not None:
                    return winner
            raise NotReachedError(self._reason())
        finally:
            await _abandon(attempts)

    async def _attempt(self, address: Address, end: float) -> socket.socket:
        family, where = address
        loop = asyncio.get_running_loop()
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._failures[where[0]] = "no answer"
            async with asyncio.timeout_at(end):
                await loop.sock_connect(connection, where)
        except BaseException as error:
            connection.close()
            if isinstance(error, OSError) and not isinstance(error, TimeoutError):
                self._failures[where[0]] = os.strerror(error.errno).lower() if error.errno else str(error)
            raise
        return connection

    def _reason(self) -> str:
        return ", ".join(f"{address}: {reason}" for address, reason in self._failures.items()) or "no address"


def _first_of(done: set[asyncio.Task[socket.socket]]) -> socket.socket | None:
    """Return a connection of those that were made, and close the others."""
    made = [task.result() for task in done if not task.cancelled() and task.exception() is None]
    for surplus in made[1:]:
        surplus.close()
    return made[0] if made else None


async def _abandon(attempts: set[asyncio.Task[socket.socket]]) -> None:
    for attempt in attempts:
        attempt.cancel()
    for late in await asyncio.gather(*attempts, return_exceptions=True):
        if isinstance(late, socket.socket):  # connected in the moment it was given up
            late.close()

"""A wire that can be cut: a TCP proxy between a program and its server, on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias

Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Wire:
    """Carries bytes both ways while it is whole; `cut` breaks it, `hold` lets nothing through, `heal` mends it."""

    def __init__(self, dial: Callable[[], Awaitable[Streams]]) -> None:
        self.port = 0
        self.carried = 0  # connections
        self._dial = dial
        self._whole = True
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._ends: set[asyncio.StreamWriter] = set()
        self._frozen = 0  # connections up to this one carry nothing any more

    def cut(self) -> None:
        """Reset every connection, and those to come."""
        self._whole = False
        for end in self._ends:
            end.transport.abort()

    def hold(self) -> None:
        """Keep connections and hold every byte back, as a network does that loses all packets for a while."""
        self._flowing.clear()

    def freeze(self) -> None:
        """Let the connections of this moment carry nothing any more, open as they are; new ones work."""
        self._frozen = self.carried

    def heal(self) -> None:
        self._whole = True
        self._flowing.set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Be one connection."""
        if not self._whole:
            writer.transport.abort()
            return
        self.carried += 1
        number = self.carried
        try:
            far_reader, far_writer = await self._dial()
        except OSError:  # nobody listens at the other end now
            writer.transport.abort()
            return
        self._ends |= {writer, far_writer}
        ways = [
            asyncio.create_task(self._copy(reader, far_writer, number)),
            asyncio.create_task(self._copy(far_reader, writer, number)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            for end in (writer, far_writer):
                self._ends.discard(end)
                end.close()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                await self._flowing.wait()
                if number <= self._frozen:
                    await asyncio.Event().wait()
                writer.write(data)
                await writer.drain()


@asynccontextmanager
async def wire_to(port: int = 0, *, path: str = "") -> AsyncIterator[Wire]:
    """Lay a wire to a port of this machine, or to the socket at a path."""

    async def dial() -> Streams:
        if path:
            return await asyncio.open_unix_connection(path)
        return await asyncio.open_connection("127.0.0.1", port)

    wire = Wire(dial)
    server = await asyncio.start_server(wire.carry, "127.0.0.1", 0)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        wire.cut()
        server.close()

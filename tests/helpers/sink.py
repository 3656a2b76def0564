"""A small, quick SMTP server that notes who got what: for proofs and measurements that need thousands of mails."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

_MESSAGE_ID = re.compile(rb"^message-id:\s*<([^>]+)>", re.IGNORECASE | re.MULTILINE)
_ADDRESS = re.compile(rb"<([^>]*)>")

#: Called with the phase ("mail", "rcpt", "data", "body", "dot", "replied") and the recipient where it is known.
Watcher: TypeAlias = Callable[[str, str], None]


@dataclass(slots=True)
class Sink:
    """What arrived, in order: (recipient, Message-ID). `answer` gives another reply to a final dot than 250."""

    received: list[tuple[str, str]] = field(default_factory=list)
    delay: float = 0.0  # seconds before the final dot is answered
    answer: Callable[[str], str | None] = lambda _: None
    watch: Watcher | None = None
    port: int = 0
    keep: bool = True  # note every mail; else count only
    count: int = 0
    connections: int = 0

    @property
    def recipients(self) -> list[str]:
        return [recipient for recipient, _ in self.received]


class _Session(asyncio.Protocol):
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._buffer = bytearray()
        self._seen = 0  # of the buffer, in vain
        self._data = False
        self._recipient = ""
        self._replies: deque[tuple[float, bytes, str]] = deque()  # when, what, and to whose mail

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._sink.connections += 1
        transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._body() if self._data else self._command():
            pass

    def connection_lost(self, exc: Exception | None) -> None:
        self._data = False

    def _command(self) -> bool:
        end = self._buffer.find(b"\r\n")
        if end < 0:
            return False
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        verb = line[:4].upper()
        if verb == b"EHLO":
            self._reply("250-sink\r\n250-PIPELINING\r\n250 8BITMIME")
        elif verb == b"DATA":
            self._tell("data")
            self._data, self._seen = True, 0
            self._reply("354 go on")
        elif verb == b"QUIT":
            self._reply("221 bye")
            self._transport.close()
        else:
            if verb == b"RCPT" and (address := _ADDRESS.search(line)):
                self._recipient = address[1].decode()
            self._tell(verb.decode().lower())
            self._reply("250 ok")
        return True

    def _body(self) -> bool:
        if self._buffer and not self._seen:
            self._tell("body")
        end = self._buffer.find(b"\r\n.\r\n", max(0, self._seen - 4))
        if end < 0:
            self._seen = len(self._buffer)
            return False
        self._data = False
        self._tell("dot")
        sink, recipient = self._sink, self._recipient
        reply = sink.answer(recipient)
        if reply is None:
            sink.count += 1
            reply = f"250 2.0.0 queued as {sink.count:08X}"
            if sink.keep:
                found = _MESSAGE_ID.search(self._buffer, 0, 4000)
                sink.received.append((recipient, found[1].decode() if found else ""))
        del self._buffer[: end + 5]
        self._reply(reply, recipient, sink.delay)
        return True

    def _reply(self, text: str, recipient: str = "", delay: float = 0.0) -> None:
        """Answer after a while; answers behind one that is late are late as well, as a real server's are."""
        ready = asyncio.get_running_loop().time() + delay
        self._replies.append((ready, text.encode() + b"\r\n", recipient))
        if len(self._replies) == 1:
            self._flush()

    def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        while self._replies:
            ready, reply, recipient = self._replies[0]
            if ready > loop.time():
                loop.call_at(ready, self._flush)
                return
            self._replies.popleft()
            self._transport.write(reply)
            if recipient:
                self._tell("replied")

    def _tell(self, phase: str) -> None:
        if self._sink.watch:
            self._sink.watch(phase, self._recipient)


@asynccontextmanager
async def listen(sink: Sink) -> AsyncIterator[Sink]:
    """Let a sink listen on a free port of this machine."""
    server = await asyncio.get_running_loop().create_server(lambda: _Session(sink), "127.0.0.1", sink.port)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()

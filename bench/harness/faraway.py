"""An SMTP server that stands far away: it reads at once and answers late, in order.

python -m bench.harness.faraway MILLISECONDS     # prints its port
"""

from __future__ import annotations

import asyncio
import sys
from typing import cast

from bench.harness import loops


class FarAway(asyncio.Protocol):
    """One connection; every answer leaves `delay` seconds after what it answers has come."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._buffer = bytearray()
        self._data = False
        self._searched = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        self._answer(b"220 far.example.org ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        answers = bytearray()
        while answer := self._next():
            answers += answer
        if answers:
            self._answer(bytes(answers))

    def _answer(self, answers: bytes) -> None:
        asyncio.get_running_loop().call_later(self._delay, self._transport.write, answers)

    def _next(self) -> bytes:
        """Return the answer to what comes next in the buffer, or nothing if it is not complete."""
        if self._data:
            return self._end_of_data()
        line, found, _ = bytes(self._buffer[:1000]).partition(b"\r\n")
        if not found:
            return b""
        verb, _, rest = line.partition(b" ")
        if verb.upper() == b"BDAT":
            length = len(line) + 2 + int(rest.split()[0])
            if len(self._buffer) < length:
                return b""
            del self._buffer[:length]
            return b"250 2.0.0 ok\r\n"
        del self._buffer[: len(line) + 2]
        if verb.upper() == b"EHLO":
            return b"250-far.example.org\r\n250-PIPELINING\r\n250 CHUNKING\r\n"
        if verb.upper() == b"DATA":
            self._data, self._searched = True, 0
            return b"354 go on\r\n"
        return b"221 bye\r\n" if verb.upper() == b"QUIT" else b"250 2.0.0 ok\r\n"

    def _end_of_data(self) -> bytes:
        end = self._buffer.find(b"\r\n.\r\n", max(0, self._searched - 4))
        self._searched = len(self._buffer)
        if end < 0:
            return b""
        del self._buffer[: end + 5]
        self._data = False
        return b"250 2.0.0 ok\r\n"


async def serve(delay: float) -> None:
    server = await asyncio.get_running_loop().create_server(
        lambda: FarAway(delay), "127.0.0.1", 0, backlog=1024
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    loops.run(serve(float(sys.argv[1]) / 1000))

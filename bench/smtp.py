"""What pipelining is worth when the mail server is not next door: our SMTP sender beside smtp-source of Postfix.

Both send to the same small server on this machine, which answers every command after a while, as if it stood far
away. smtp-source waits for each answer; we let the next envelope ride behind a mail, and with CHUNKING four mails are
on their way at once. Nothing here is about the ledger: see delivery.py.

    python bench/smtp.py [--delay 20] [--connections 20] [--seconds 3]
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe

from digest.http import Http
from digest.model import Message, Sent
from digest.senders.smtp import Options, Sender

BODY = (
    b"Subject: a mail\r\n\r\n" + b"A line of a mail that is as long as its lines are in the middle.\r\n" * 830
)
SMTP_SOURCE = shutil.which("smtp-source") or shutil.which("smtp-source", path="/usr/sbin")


class FarAway(asyncio.Protocol):
    """A server that reads at once and answers late, in order."""

    delay = 0.02

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._skip = 0  # bytes of a chunk still to come
        self._data = False
        self._searched = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._answer(b"220 far.example.org ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        answers = bytearray()
        while answer := self._next():
            answers += answer
        if answers:
            self._answer(bytes(answers))

    def _answer(self, answers: bytes) -> None:
        asyncio.get_running_loop().call_later(self.delay, self._transport.write, answers)

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


def serve(delay: float, pipe: Pipe) -> None:
    async def run() -> None:
        FarAway.delay = delay
        server = await asyncio.get_running_loop().create_server(FarAway, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


@contextmanager
def far_away(delay: float) -> Iterator[int]:
    """Run the server in a process of its own; yields its port."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=serve, args=(delay, theirs), daemon=True)
    process.start()
    yield int(ours.recv())
    process.terminate()


async def send_ours(port: int, connections: int, count: int, *, chunking: bool) -> float:
    """Return messages per second, connections included."""
    http = Http(user_agent="bench")
    given = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "connections": connections,
        "chunking": chunking,
    }
    sender = Sender(Options.model_validate({**given, "messages_per_connection": count}), http)
    message = Message(id="1@x.org", key="1", sender="s@x.org", recipient="r@x.org", pieces=(BODY,), wire_safe=True)
    left = iter(range(count))

    async def work() -> None:
        for _ in left:
            [outcome] = await sender.send([message])
            assert isinstance(outcome, Sent), outcome

    started = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(sender.concurrency)))
    spent = time.perf_counter() - started
    await sender.close()
    await http.close()
    return count / spent


def send_theirs(port: int, connections: int, count: int) -> float:
    arguments = ["-d", "-s", str(connections), "-m", str(count), "-l", str(len(BODY)), f"127.0.0.1:{port}"]
    started = time.perf_counter()
    subprocess.run([str(SMTP_SOURCE), *arguments], check=True)
    return count / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--delay", type=float, default=20.0, help="milliseconds before each answer")
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=3.0, help="about how long each of them sends")
    options = parser.parse_args()
    delay, connections = options.delay / 1000, options.connections
    count = int(
        options.seconds * connections / delay / 4
    )  # what a client that waits for all four answers can send
    print(f"{len(BODY):,} bytes a message, {connections} connections, answers after {options.delay:g} ms")
    with far_away(delay) as port:
        base = send_theirs(port, connections, count) if SMTP_SOURCE else 0.0
        ours = asyncio.run(send_ours(port, connections, 3 * count, chunking=False))
        chunks = asyncio.run(send_ours(port, connections, 8 * count, chunking=True))
    for name, rate in (("smtp-source", base), ("ours, PIPELINING", ours), ("ours, CHUNKING", chunks)):
        ratio = f"{rate / base:>6.1f} x" if base else ""
        print(f"{name:<20}{rate:>10,.0f} messages/s {ratio}")


if __name__ == "__main__":
    main()

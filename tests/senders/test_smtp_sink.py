"""The SMTP sender against Postfix's own test server, which knows how to misbehave too."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from digest.errors import SenderBusy
from digest.model import Deferred, Message, Outcome, Refused, Sent, Unknown, Unsent
from digest.net.http import Http
from digest.senders.smtp import Options, Sender
from tests.senders.contract import mail_to

SMTP_SINK = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = pytest.mark.skipif(SMTP_SINK is None, reason="needs smtp-sink (Debian: apt install postfix)")

Sink = Callable[..., int]


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    """A starter of sinks: `sink("-f", "rcpt")` returns the port of one that refuses every RCPT."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> int:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            port = int(free.getsockname()[1])
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        running.append(
            subprocess.Popen([str(SMTP_SINK), *user, *arguments, f"127.0.0.1:{port}", "100"], cwd=tmp_path)
        )
        return port

    yield start
    for process in running:
        process.terminate()
        process.wait(10)


async def sender_at(port: int, http: Http, **more: object) -> Sender:
    """Return a sender for the sink on a port, once that listens."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            break
        except ConnectionRefusedError:
            await asyncio.sleep(0.01)
    writer.close()
    given = {"host": "127.0.0.1", "port": port, "security": "none", "timeout": timedelta(seconds=20)}
    return Sender(Options.model_validate({**given, **more}), http)


@pytest.mark.parametrize("arguments", [[], ["-p"], ["-e"]], ids=["ESMTP", "no PIPELINING", "no ESMTP"])
async def test_it_takes_everything(sink: Sink, http: Http, arguments: list[str]) -> None:
    sender = await sender_at(sink(*arguments), http)
    messages = [mail_to(f"reader{number}@example.org", number) for number in range(300)]
    outcomes = await asyncio.gather(*(sender.send([message]) for message in messages))
    await sender.close()
    assert all(isinstance(outcome, Sent) for [outcome] in outcomes)


#: what the sink does at which command, what becomes of the mail
TABLE: list[tuple[str, str, type[Outcome] | type[SenderBusy]]] = [
    ("-q", "mail", Unsent),
    ("-q", "rcpt", Unsent),
    ("-q", "data", Unsent),
    ("-q", ".", Unknown),
    ("-r", "rcpt", Deferred),
    ("-r", "data", Deferred),
    ("-r", ".", Deferred),
    ("-f", "rcpt", Refused),
    ("-f", "data", Refused),
    ("-f", ".", Refused),
    ("-Q", "rcpt", SenderBusy),  # 421: the server closes the connection, whoever the mail is for
    ("-Q", ".", SenderBusy),
]


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(("option", "command", "expected"), TABLE)
async def test_what_it_does_decides_the_outcome(
    sink: Sink, http: Http, option: str, command: str, expected: type[object], *, pipelining: bool
) -> None:
    port = sink(option, command, *([] if pipelining else ["-p"]))
    sender = await sender_at(port, http, connections=1)
    outcome: object
    try:
        [outcome] = await sender.send([mail_to("ada@example.org")])
    except SenderBusy as busy:
        outcome = busy
    await sender.close()
    assert type(outcome) is expected


async def test_a_mail_bigger_than_all_buffers(sink: Sink, http: Http) -> None:
    sender = await sender_at(sink(), http)
    big: Message = replace(mail_to("ada@example.org"), pieces=(b"X: y\r\n\r\n", b"A line.\r\n" * 1_000_000))
    [outcome] = await sender.send([big])
    await sender.close()
    assert isinstance(outcome, Sent)

"""The catch-all over real SMTP: everything is taken, nothing is changed, ends are clean."""

from __future__ import annotations

import asyncio
import smtplib
import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest

from digest.errors import UsageError
from digest.inbox import Mailbox, serve_smtp

MAIL = b"Subject: hello\r\nMessage-ID: <1@example.org>\r\n\r\n.leading dot\r\n..two\r\nend\r\n"
LOOPS = [("asyncio", {"use_uvloop": False}), ("asyncio", {"use_uvloop": True})]
UP_TO_DATA = b"MAIL FROM:<b@example.org>\r\nRCPT TO:<a@example.org>\r\nDATA\r\n"


async def talk(port: int, conversation: Callable[[smtplib.SMTP], object]) -> object:
    """Hold a conversation with the server in a thread."""

    def hold() -> object:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            return conversation(client)

    return await asyncio.to_thread(hold)


async def test_a_mail_arrives_with_its_envelope(now: datetime) -> None:
    box = await Mailbox.open()
    async with serve_smtp(box, clock=lambda: now) as port:
        await talk(
            port, lambda client: client.sendmail("b@example.org", ["a@example.org", "c@example.org"], MAIL)
        )
    (mail,) = box.mails()
    assert mail.envelope.sender == "b@example.org"
    assert mail.envelope.recipients == ("a@example.org", "c@example.org")
    assert mail.envelope.arrived == now
    assert await box.read(1) == MAIL


async def test_the_null_sender_is_taken() -> None:
    box = await Mailbox.open()
    async with serve_smtp(box) as port:
        await talk(port, lambda client: client.sendmail("", "a@example.org", MAIL))
    assert box.mails()[0].envelope.sender == ""


async def test_any_password_logs_in() -> None:
    box = await Mailbox.open()

    def conversation(client: smtplib.SMTP) -> tuple[int, bytes]:
        client.ehlo()
        return client.login("anybody", "anything")

    async with serve_smtp(box) as port:
        assert await talk(port, conversation) == (235, b"2.7.0 Authentication successful")


async def test_addresses_beyond_ascii_are_taken() -> None:
    box = await Mailbox.open()

    def conversation(client: smtplib.SMTP) -> None:
        client.ehlo()
        assert client.has_extn("smtputf8")
        client.sendmail("b@example.org", "jürgen@example.org", MAIL, mail_options=["SMTPUTF8"])

    async with serve_smtp(box) as port:
        await talk(port, conversation)
    assert box.mails()[0].envelope.recipients == ("jürgen@example.org",)


async def test_pipelined_mails_all_arrive() -> None:
    box = await Mailbox.open()
    stuffed = MAIL.replace(b"\r\n.", b"\r\n..")
    async with serve_smtp(box) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"EHLO me\r\n" + (UP_TO_DATA + stuffed + b".\r\n") * 30 + b"QUIT\r\n")
        replies = await reader.read()
        writer.close()
    assert b"250-PIPELINING\r\n" in replies
    assert replies.count(b"250 2.0.0 Kept as ") == 30
    assert len(box) == 30
    assert await box.read(30) == MAIL


async def test_only_crlf_dot_crlf_ends_a_mail() -> None:
    """Else one mail could smuggle a second one in (CVE-2023-51764 and its kin)."""
    box = await Mailbox.open()
    async with serve_smtp(box) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        body = b"Subject: x\r\n\r\na\n.\nMAIL FROM:<evil@example.org>\n.\r\nb\r\n"
        writer.write(b"EHLO me\r\n" + UP_TO_DATA + body + b".\r\nQUIT\r\n")
        await reader.read()
        writer.close()
    assert len(box) == 1


async def test_a_full_disk_is_said_and_the_next_mail_is_taken(tmp_path: Path) -> None:
    folder = tmp_path / "mails"
    box = await Mailbox.open(folder)
    folder.rmdir()  # as good as full

    def conversation(client: smtplib.SMTP) -> None:
        with pytest.raises(smtplib.SMTPDataError) as caught:
            client.sendmail("b@example.org", "a@example.org", MAIL)
        assert caught.value.smtp_code == 452
        folder.mkdir()
        client.sendmail("b@example.org", "a@example.org", MAIL)

    async with serve_smtp(box) as port:
        await talk(port, conversation)
    assert len(box) == 1


@pytest.mark.parametrize("anyio_backend", LOOPS, ids=["asyncio", "uvloop"])
async def test_it_ends_although_clients_hang_on() -> None:
    box = await Mailbox.open()
    async with serve_smtp(box) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.readline()
        writer.write(
            b"EHLO me\r\nMAIL FROM:<b@example.org>\r\nRCPT TO:<a@example.org>\r\nDATA\r\nhalf a mail"
        )
        while not (await reader.readline()).startswith(b"354"):
            pass
    with suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()
    assert len(box) == 0


async def test_a_busy_port_is_said_in_words() -> None:
    box = await Mailbox.open()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"127.0.0.1:{port}: .*in use"):
            async with serve_smtp(box, port=port):
                pass

"""The SMTP sender and a message for it, set up against a server of the tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from digest.errors import SenderError
from digest.model import Message, Outcome
from digest.net.http import Http
from digest.senders.smtp import Options, Sender
from tests.helpers.smtp_server import ScriptedServer, SmtpServer

MESSAGE = Message(
    id="1@news.example.org",
    key="daily/1",
    sender="daily@news.example.org",
    recipient="ada@example.org",
    pieces=(b"Subject: Hello\r\n\r\n", b"A line of a mail.\r\n" * 20),
)
WIRE_SAFE = replace(MESSAGE, wire_safe=True)


def mail_to(recipient: str) -> Message:
    return replace(MESSAGE, id=f"{recipient}.id", recipient=recipient)


def options(server: SmtpServer, **more: object) -> Options:
    return Options.model_validate(
        {"host": server.host, "port": server.port, "security": "none", "timeout": "10s", **more}
    )


def sender_for(server: ScriptedServer, http: Http, **more: object) -> Sender:
    options = {
        "host": server.host,
        "port": server.port,
        "security": "none",
        "timeout": timedelta(seconds=10),
        "connections": 1,
    }
    return Sender(Options.model_validate({**options, **more}), http)


async def outcome(
    server: ScriptedServer, http: Http, message: Message = WIRE_SAFE, **more: object
) -> Outcome | type[Exception]:
    """Send one message; returns its outcome, or the type of the error that stopped the sender."""
    sender = sender_for(server, http, **more)
    try:
        [result] = await sender.send([message])
    except SenderError as error:
        return type(error) if str(server.port) in str(error) else AssertionError
    finally:
        await sender.close()
    return result

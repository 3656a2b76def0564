"""SMTP: the exam of all senders."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from digest.model import Message
from digest.net.http import Http
from digest.senders.smtp import Options, Sender
from tests.helpers.smtp_server import DROP, STALL, ScriptedServer, Serve
from tests.senders.contract import NOBODY, SECRET, Exam

QUEUED = "250 2.0.0 queued as 4711"


class Smtp:
    """A server that keeps what it took, even if its answer was lost."""

    def __init__(self, server: ScriptedServer, script: dict[str, Any], refused: dict[str, str]) -> None:
        self.server, self._script, self._refused = server, script, refused

    @property
    def taken(self) -> list[str]:
        return [received.recipient for received in self.server.received]

    def refuse(self, address: str) -> None:
        self._refused[address] = "550 5.1.1 no such user"

    def throttle(self, retry_after: int | None) -> None:
        self._script["mail"] = "451 4.3.2 try again later"

    def fail_in_html(self) -> None:
        self._script["dot"] = b"<html><h1>Bad Gateway</h1></html>\r\n"

    def answer_half(self) -> None:
        self._script["dot"] = [b"250 2.0.0 que", QUEUED]

    def hang_after_taking(self) -> None:
        self._script["dot"] = [STALL, QUEUED]

    def drop_after_taking(self) -> None:
        self._script["dot"] = [DROP, QUEUED]

    def deny_login(self) -> None:
        self._script["auth"] = "535 5.7.8 wrong password"


@pytest.fixture
async def provider(scripted: Serve) -> Smtp:
    script, refused = dict[str, Any](), dict[str, str]()
    server = await scripted(
        script=script, refuse=refused, offers=["PIPELINING", "8BITMIME", "AUTH PLAIN"], greedy=True
    )
    return Smtp(server, script, refused)


def sender_at(port: int, http: Http, *, patience: str = "10s") -> Sender:
    options = {"host": "127.0.0.1", "port": port, "security": "none", "timeout": patience}
    return Sender(Options.model_validate({**options, "username": "daily", "password": SECRET}), http)


@pytest.fixture
async def sender(provider: Smtp, http: Http) -> AsyncIterator[Sender]:
    sender = sender_at(provider.server.port, http)
    yield sender
    await sender.close()


@pytest.fixture
async def hasty(provider: Smtp, http: Http) -> AsyncIterator[Sender]:
    sender = sender_at(provider.server.port, http, patience="1s")
    yield sender
    await sender.close()


@pytest.fixture
def unreachable(http: Http) -> Sender:
    return sender_at(NOBODY, http)


class TestExam(Exam):
    hints = False

    def inspect(self, provider: Smtp, message: Message) -> None:
        [received] = provider.server.received
        assert received.data == message.data
        assert (received.sender, received.recipient) == (message.sender, message.recipient)

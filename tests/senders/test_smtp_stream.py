"""The SMTP sender helping itself: it takes the next message when it has room, and settles every one it took."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import pytest

from digest.errors import SenderBusy, SenderError
from digest.model import Message, Refused, Sent
from digest.net.http import Http
from digest.senders import SendResult, Streaming
from digest.senders.smtp import Options, Sender
from tests.helpers.sink import Sink, listen
from tests.helpers.smtp_client import MESSAGE, mail_to, options
from tests.helpers.smtp_server import Certificates, SmtpServer, serve


class _Job:
    def __init__(self, pile: Pile, message: Message) -> None:
        self._pile, self.message = pile, message

    def settle(self, verdict: SendResult) -> None:
        self._pile.verdicts.append((self.message.recipient, verdict))
        self._pile.changed.set()


class Pile:
    """A queue of messages, and what became of each."""

    ahead = True

    def __init__(self, messages: Sequence[Message] = ()) -> None:
        self.messages = list(messages)
        self.verdicts: list[tuple[str, SendResult]] = []
        self.changed = asyncio.Event()
        self._more = asyncio.Event()

    @property
    def waiting(self) -> int:
        return len(self.messages)

    def take(self) -> _Job | None:
        return _Job(self, self.messages.pop(0)) if self.messages else None

    async def filled(self) -> None:
        await self._more.wait()
        self._more.clear()

    def fail(self, error: SenderError) -> None:
        while job := self.take():
            job.settle(error)

    def add(self, messages: Sequence[Message]) -> None:
        self.messages += messages
        self._more.set()

    async def settled(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.verdicts) < count:
                self.changed.clear()
                await self.changed.wait()


def mails(count: int, name: str = "reader") -> list[Message]:
    return [mail_to(f"{name}{number}@example.org") for number in range(count)]


async def end(stream: asyncio.Task[None], sender: Sender) -> None:
    stream.cancel()
    with suppress(asyncio.CancelledError):
        await stream
    await sender.close()


@pytest.mark.parametrize("offers", [("PIPELINING",), (), ("PIPELINING", "SIZE 100000")], ids=str)
async def test_every_mail_arrives_once_and_unchanged(http: Http, offers: tuple[str, ...]) -> None:
    async with serve(offers=offers) as server:
        sender, pile = Sender(options(server), http), Pile(mails(250))
        assert isinstance(sender, Streaming)
        stream = asyncio.create_task(sender.stream(pile))
        await pile.settled(250)
        await end(stream, sender)
        assert all(isinstance(verdict, Sent) for _, verdict in pile.verdicts)
        assert server.recipients == sorted(name for name, _ in pile.verdicts)
        assert {received.data for received in server.received} == {MESSAGE.data}
        assert server.connections <= 4 + 250 // 100


async def test_encrypted_mails_arrive_as_they_are(http: Http, certificates: Certificates) -> None:
    async with serve(security="tls", certificates=certificates) as server:
        encrypted = options(server, security="tls", ca_file=str(certificates.ca_file))
        sender, pile = Sender(encrypted, http), Pile(mails(40))
        stream = asyncio.create_task(sender.stream(pile))
        await pile.settled(40)
        await end(stream, sender)
        assert {received.data for received in server.received} == {MESSAGE.data}
        assert len(server.received) == 40


async def test_what_comes_later_is_taken_too_and_calls_are_served_beside(
    http: Http, smtp_server: SmtpServer
) -> None:
    sender, pile = Sender(options(smtp_server, connections=2), http), Pile()
    stream = asyncio.create_task(sender.stream(pile))
    for number in range(5):
        pile.add(mails(7, f"batch{number}-"))
        [outcome] = await sender.send([mail_to(f"call{number}@example.org")])
        assert isinstance(outcome, Sent)
        await pile.settled(7 * (number + 1))
    await end(stream, sender)
    assert len(set(smtp_server.recipients)) == len(smtp_server.received) == 40


async def test_refused_readers_do_not_disturb_the_others(http: Http, smtp_server: SmtpServer) -> None:
    smtp_server.refuse = {"reader3@example.org": "550 5.1.1 no such user"}
    unfit = replace(MESSAGE, recipient="two words@example.org", wire_safe=False)
    sender, pile = Sender(options(smtp_server), http), Pile([*mails(6), unfit, *mails(3, "last")])
    stream = asyncio.create_task(sender.stream(pile))
    await pile.settled(10)
    await end(stream, sender)
    refused = {name for name, verdict in pile.verdicts if isinstance(verdict, Refused)}
    assert refused == {"reader3@example.org", "two words@example.org"}
    assert len(smtp_server.received) == 8


async def test_a_server_that_is_away_fails_what_waits(http: Http) -> None:
    async with listen(Sink()) as sink:
        port = sink.port
    sender = Sender(Options.model_validate({"host": "127.0.0.1", "port": port, "security": "none"}), http)
    pile = Pile(mails(3))
    stream = asyncio.create_task(sender.stream(pile))
    await pile.settled(3)
    assert all(isinstance(verdict, SenderBusy) for _, verdict in pile.verdicts)
    await end(stream, sender)


async def test_after_the_end_nothing_is_taken_and_what_was_taken_is_settled(http: Http) -> None:
    async with listen(Sink(delay=0.2)) as sink:
        where = {"host": "127.0.0.1", "port": sink.port, "security": "none", "connections": 2}
        sender, pile = Sender(Options.model_validate(where), http), Pile(mails(50))
        stream = asyncio.create_task(sender.stream(pile))
        await pile.settled(1)
        await end(stream, sender)
        taken = 50 - pile.waiting
        assert len(pile.verdicts) == taken < 50
        answers = {name for name, verdict in pile.verdicts if not isinstance(verdict, SenderError)}
        assert answers >= set(sink.recipients)

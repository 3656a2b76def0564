"""The exam that every sender passes: whatever its other side does, each message gets the one outcome that is true.

A sender's test file has a `Provider`, the other side under the test's control, and a class that inherits `Exam`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Protocol

import pytest

from digest.errors import SenderBroken, SenderBusy
from digest.message import Letterhead, Skeleton
from digest.model import Mail, Message, Outcome, Recipient, Refused, Sent, Unknown
from digest.senders import Sender, Verifying
from tests.helpers.copies import DATE, VALUES
from tests.helpers.servers import Answer, Request, Server

NOBODY = 9  # a port of this machine that nothing listens on
SECRET = "s3cret-that-nobody-may-see"
REFUSED = "refused@example.org"

LETTERHEAD = Letterhead(
    sender="Tägliche Nachrichten <daily@news.example.org>",
    list_name="daily",
    reply_to="desk@news.example.org",
)
SKELETON = Skeleton(
    Mail(subject="Straßenbahn fährt", preheader="", html="<p>Größe</p>", text="Größe\n"),
    LETTERHEAD,
    edition="daily-2026-03-02T0700",
    date=DATE,
)


def mail_to(address: str, number: int = 1) -> Message:
    return SKELETON.message(
        Recipient(reader_id=number, subscription_id=number, address=address, name="Ada"), VALUES
    )


def mails(count: int) -> list[Message]:
    return [mail_to(f"reader{number}@example.org", number) for number in range(count)]


class Provider(Protocol):
    """The other side: what it took, in order, and how it behaves from now on."""

    @property
    def taken(self) -> list[str]: ...
    def refuse(self, address: str) -> None: ...
    def throttle(self, retry_after: int | None) -> None: ...
    def fail_in_html(self) -> None: ...
    def answer_half(self) -> None: ...
    def hang_after_taking(self) -> None: ...
    def drop_after_taking(self) -> None: ...
    def deny_login(self) -> None: ...


class Taking(Protocol):
    """As much of the other side as even a folder has."""

    @property
    def taken(self) -> list[str]: ...


class Basics:
    """Tests of what every sender does, that need the fixtures `provider` and `sender`."""

    @pytest.fixture(autouse=True)
    def no_secret_is_told(self, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
        caplog.set_level(logging.DEBUG)
        yield
        assert SECRET not in "".join(record.getMessage() for record in caplog.get_records("call"))

    async def send(self, sender: Sender, messages: Sequence[Message]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for start in range(0, len(messages), sender.batch_size):
            outcomes += await sender.send(messages[start : start + sender.batch_size])
        assert SECRET not in repr(outcomes)
        return outcomes

    async def test_outcomes_come_in_the_order_of_the_messages(self, sender: Sender, provider: Taking) -> None:
        messages = mails(min(sender.batch_size, 40) + 2)
        outcomes = await self.send(sender, messages)
        assert [type(outcome) for outcome in outcomes] == [Sent] * len(messages)
        assert provider.taken == [message.recipient for message in messages]
        identities = [outcome.remote_id for outcome in outcomes if isinstance(outcome, Sent)]
        assert len(set(identities)) == len(messages)

    async def test_a_whole_batch_is_one_call(self, sender: Sender, provider: Taking) -> None:
        outcomes = await sender.send(mails(sender.batch_size))
        assert len(outcomes) == len(provider.taken) == sender.batch_size

    async def test_a_check_sends_nothing(self, sender: Sender, provider: Taking) -> None:
        assert SECRET not in await sender.check()
        if isinstance(sender, Verifying):
            found = await sender.verify(["news.example.org"])
            assert {finding.id.partition(".")[0] for finding in found} == {"sender"}
            assert SECRET not in repr(found)
        assert not provider.taken

    async def test_a_mail_arrives_as_it_was_set(self, sender: Sender, provider: Taking) -> None:
        message = mail_to("ada@example.org")
        assert [type(outcome) for outcome in await sender.send([message])] == [Sent]
        self.inspect(provider, message)

    def inspect(self, provider: Any, message: Message) -> None:
        """Look at what the provider got for one message."""
        raise NotImplementedError


class Exam(Basics):
    """Tests of what senders do that may fail: they need `hasty` as well, a sender that waits one second for answers,
    and `unreachable`, one that nobody listens to.
    """

    idempotent: ClassVar[bool] = False  # may a request be repeated without harm
    hints: ClassVar[bool] = True  # can it say how long to wait

    async def test_one_refused_reader_among_many(self, sender: Sender, provider: Provider) -> None:
        provider.refuse(REFUSED)
        messages = mails(5)
        messages[2] = mail_to(REFUSED, 2)
        outcomes = await self.send(sender, messages)
        assert [type(outcome) for outcome in outcomes] == [Sent, Sent, Refused, Sent, Sent]
        assert REFUSED not in provider.taken
        assert len(provider.taken) == 4

    @pytest.mark.parametrize(("asked", "seconds"), [(7, 7), (90_000, 3600), (None, 1)])
    async def test_asked_to_wait(
        self, sender: Sender, provider: Provider, asked: int | None, seconds: int | None
    ) -> None:
        provider.throttle(asked)
        with pytest.raises(SenderBusy) as caught:
            await sender.send(mails(1))
        assert caught.value.retry_after == (seconds if self.hints else None)
        assert SECRET not in str(caught.value)
        assert not provider.taken

    async def test_an_error_page_is_never_taken_for_an_answer(
        self, sender: Sender, provider: Provider
    ) -> None:
        provider.fail_in_html()
        outcomes = await sender.send(mails(1))
        assert [type(outcome) for outcome in outcomes] == [Unknown]

    async def test_half_an_answer_is_at_worst_a_doubt(self, hasty: Sender, provider: Provider) -> None:
        provider.answer_half()
        outcomes = await hasty.send(mails(1))
        assert [type(outcome) for outcome in outcomes] in ([Sent], [Unknown])
        assert len(provider.taken) == 1

    @pytest.mark.parametrize("ending", ["hang_after_taking", "drop_after_taking"])
    async def test_taken_but_the_answer_was_lost(
        self, hasty: Sender, provider: Provider, ending: str
    ) -> None:
        await hasty.check()
        getattr(provider, ending)()
        outcomes = await hasty.send(mails(1))
        assert [type(outcome) for outcome in outcomes] == [Sent if self.idempotent else Unknown]
        assert len(provider.taken) == 1

    async def test_nobody_there_means_nothing_was_sent(self, unreachable: Sender) -> None:
        with pytest.raises(SenderBusy):
            await unreachable.send(mails(1))
        with pytest.raises(SenderBusy):
            await unreachable.check()

    async def test_a_denied_login_is_for_a_person(self, sender: Sender, provider: Provider) -> None:
        provider.deny_login()
        with pytest.raises(SenderBroken) as sending:
            await sender.send(mails(1))
        with pytest.raises(SenderBroken) as checking:
            await sender.check()
        assert SECRET not in f"{sending.value}{sending.value.__cause__!r}{checking.value}"
        assert not provider.taken


class ApiProvider:
    """An HTTP API on loopback; what an answer looks like is up to the one that inherits it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.taken: list[str] = []
        self.refused: set[str] = set()
        self._behaviour: Callable[[Request], Answer] = self.accept
        self._once: Callable[[Request], Answer] | None = None

    def respond(self, request: Request) -> Answer:
        """Answer a request to send: the route."""
        behaviour, self._once = self._once or self._behaviour, None
        return behaviour(request)

    def accept(self, request: Request) -> Answer:
        raise NotImplementedError

    def denied(self) -> Answer:
        raise NotImplementedError

    def throttled(self) -> Answer:
        raise NotImplementedError

    def refuse(self, address: str) -> None:
        self.refused.add(address)

    def throttle(self, retry_after: int | None) -> None:
        answer = self.throttled()
        if retry_after is not None:
            answer = replace(answer, headers={**answer.headers, "Retry-After": str(retry_after)})
        self._behaviour = lambda _: answer

    def fail_in_html(self) -> None:
        self._behaviour = lambda _: Answer(status=502, body="<html><h1>Bad Gateway</h1></html>")

    def answer_half(self) -> None:
        def half(request: Request) -> Answer:
            answer = self.accept(request)
            return replace(answer, body=answer.body[: len(answer.body) // 2])

        self._once = half

    def hang_after_taking(self) -> None:
        self._once = lambda request: replace(self.accept(request), delay=30.0)

    def drop_after_taking(self) -> None:
        self._once = lambda request: replace(self.accept(request), raw=b"")

    def deny_login(self) -> None:
        self._behaviour = lambda _: self.denied()
        for path in self.server.routes:
            self.server.routes[path] = self.denied()

"""A sender that does not want us, or not this mail, or does not answer: what that means for the others."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

import pytest

from digest.clock import utc_now
from digest.delivery import Hooks, Policy, SenderRoute, deliver
from digest.errors import SenderBroken, SenderBusy, SenderDenied, SenderError
from digest.model import EditionStatus, Message, Outcome, Sent, State
from digest.net.http import Http
from digest.senders.smtp import Options, Sender
from digest.store.db.database import Database
from digest.store.editions import editions
from digest.store.editions.canaries import CanaryPlan
from tests.delivery.running import run, status
from tests.helpers.ledger import (
    CLOCK,
    MAIL,
    NOW,
    FakeSender,
    Times,
    a_plan,
    add_readers,
    address,
    copies,
    open_edition,
    states,
)
from tests.helpers.smtp_server import serve

REPLY = "550 5.7.1 only colleagues may write to this list"


def denying(*numbers: int) -> FakeSender:
    """Return a sender whose server refuses the mails to these readers as a matter of policy."""
    unwanted = {address(number) for number in numbers}

    def answer(message: Message) -> Outcome:
        if message.recipient in unwanted:
            raise SenderDenied(f"relay refuses mail from us: {REPLY}", reply=REPLY, code=550)
        return Sent("250 ok")

    return FakeSender(answer)


async def test_one_reader_whose_server_does_not_want_us_holds_up_nobody(db: Database) -> None:
    edition = await open_edition(db, readers=300)
    sender = denying(20)
    report = await run(db, sender)
    assert len(sender.sent) == 299
    assert (await states(db, edition))[address(20)] is State.DEFERRED
    assert report.next_due is not None
    assert report.next_due >= NOW + timedelta(minutes=10)


async def test_a_reader_who_stays_unwanted_is_refused_in_the_end(sqlite_db: Database) -> None:
    edition = await open_edition(sqlite_db, readers=1)
    times = Times()
    for _ in range(4):
        await run(sqlite_db, denying(1), clock=times, attempts=3)
        times.on(timedelta(hours=6))
    assert (await states(sqlite_db, edition))[address(1)] is State.REFUSED
    assert await status(sqlite_db, edition) is EditionStatus.PAUSED  # it has reached nobody


async def test_a_server_that_wants_none_of_our_mails_stops_it_and_burns_nobody(db: Database) -> None:
    edition = await open_edition(db, readers=300)
    route = SenderRoute("relay", denying(*range(1, 301)))
    for runs in (1, 2):
        with pytest.raises(SenderBroken, match=r"refuses mail from us: 550 5\.7\.1"):
            await deliver(db, [route], copies, hooks=Hooks(clock=CLOCK))
        found = list((await states(db, edition)).values())
        assert found.count(State.QUEUED) >= 300 - 2 * runs
        assert set(found) <= {State.QUEUED, State.DEFERRED}


async def test_a_canary_that_is_not_wanted_holds_the_others(sqlite_db: Database) -> None:
    await add_readers(sqlite_db, 100)
    first = CanaryPlan(every=4, wait=timedelta(minutes=10))
    edition = await editions.open(sqlite_db, a_plan(), MAIL, NOW, first=first)
    assert edition is not None
    sender, times = denying(*range(4, 101, 8)), Times()
    for _ in range(2):
        await run(sqlite_db, sender, clock=times, wait=0)
        times.on(timedelta(minutes=11))
    assert len(sender.sent) < 25
    assert await status(sqlite_db, edition) is EditionStatus.PAUSED


@pytest.mark.parametrize("error", [SenderBusy("quota", retry_after=3600.0), SenderBroken("535 no")])
async def test_who_asks_for_an_hour_gets_it_also_from_the_next_run(
    sqlite_db: Database, error: SenderError
) -> None:
    await open_edition(sqlite_db, readers=20)

    def answer(_: Message) -> Outcome:
        raise error

    sender = FakeSender(answer, concurrency=1)
    route = SenderRoute("provider", sender)
    for _ in range(3):
        with contextlib.suppress(SenderBroken):
            await deliver(sqlite_db, [route], copies, Policy(wait=timedelta(seconds=1)), Hooks(clock=CLOCK))
    assert sender.calls == (1 if isinstance(error, SenderBusy) else 3)


async def test_the_next_sender_works_while_the_first_one_is_tried(sqlite_db: Database) -> None:
    edition = await open_edition(sqlite_db, readers=600)
    http, hung = Http(user_agent="tests"), list[asyncio.StreamWriter]()
    listener = await asyncio.start_server(lambda _, writer: hung.append(writer), "127.0.0.1", 0)
    async with listener, serve() as good:
        silent = listener.sockets[0].getsockname()[1]
        senders = [
            Sender(
                Options(host="127.0.0.1", port=silent, security="none", timeout=timedelta(seconds=1)), http
            ),
            Sender(Options(host="127.0.0.1", port=good.port, security="none"), http),
        ]
        routes = [SenderRoute(f"sender {n}", sender) for n, sender in enumerate(senders)]
        async with asyncio.timeout(30):
            await deliver(sqlite_db, routes, copies, Policy(wait=timedelta(seconds=10)), Hooks(clock=utc_now))
        for sender in senders:
            await sender.close()
        await http.close()
        for writer in hung:
            writer.close()
    assert len(good.received) == 600
    assert await status(sqlite_db, edition) is EditionStatus.SENT


async def test_a_sender_that_does_not_say_what_became_of_each_ends_the_run_with_a_doubt(
    sqlite_db: Database,
) -> None:
    class Forgetful(FakeSender):
        async def send(self, messages: object) -> list[Outcome]:
            return (await super().send(messages))[:-1]  # type: ignore[arg-type]

    edition = await open_edition(sqlite_db, readers=6)
    with pytest.raises(ValueError, match="zip"):
        await run(sqlite_db, Forgetful(batch_size=3, concurrency=1))
    found = await states(sqlite_db, edition)
    assert [found[address(number)] for number in (1, 2)] == [State.SENT, State.SENT]
    assert State.SENDING not in found.values()

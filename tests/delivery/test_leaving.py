"""Who leaves while an edition goes out gets nothing that was not under way already, however slow the server is."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress as suppressed

import pytest
from sqlalchemy import select, text, update

from digest.clock import utc_now
from digest.delivery import Hooks, Policy, SenderRoute, deliver
from digest.model import Edition, Message, Outcome, State
from digest.net.http import Http
from digest.senders.smtp import Options, Sender
from digest.store.db.database import Database
from digest.store.db.schema.tables import delivery, subscription
from digest.store.editions import lifecycle
from digest.store.people import suppressions
from tests.delivery.running import run
from tests.helpers.ledger import NOW, FakeSender, address, copies, open_edition, states
from tests.helpers.sink import Sink, listen

GRACE = 1.0  # seconds after which nothing may begin for who has left: the bound of docs/reliability.md


async def unsubscribe(db: Database, edition: Edition, number: int) -> None:
    async with db.begin() as conn:
        gone = update(subscription).where(subscription.c.reader_id == number).values(status="unsubscribed")
        await conn.execute(gone)


async def suppress(db: Database, edition: Edition, number: int) -> None:
    await suppressions.suppress(db, [address(number)], "asked by telephone", NOW)


async def forget(db: Database, edition: Edition, number: int) -> None:
    await suppressions.forget(db, address(number), NOW)


HOW = [unsubscribe, suppress, forget]
Leaving = Callable[[Database, Edition, int], Awaitable[None]]


async def marked(db: Database) -> int:
    """Return how many are being handed over now, as the ledger says."""
    async with db.connect() as conn:
        return len((await conn.scalars(select(delivery.c.id).where(delivery.c.state == "sending"))).all())


@pytest.mark.parametrize("leave", HOW)
async def test_from_a_server_that_takes_seconds_for_a_mail(db: Database, leave: Leaving) -> None:
    edition = await open_edition(db, readers=60)
    http, sink = Http(user_agent="tests"), Sink(delay=1.0)
    async with listen(sink):
        options = Options(host="127.0.0.1", port=sink.port, security="none", connections=1)
        sender, stop = Sender(options, http), asyncio.Event()
        work = asyncio.create_task(
            deliver(
                db,
                [SenderRoute("slow", sender)],
                copies,
                Policy(edition_id=edition.id),
                Hooks(clock=utc_now, stop=stop),
            )
        )
        while sink.count < 2:
            await asyncio.sleep(0.01)
        begun = {"reader1@example.org", "reader2@example.org", *sink.recipients}
        for number in (5, 6, 7):
            await leave(db, edition, number)
        assert await marked(db) <= 3, "one at its end, at the beginning one behind it, and no stock"
        while sink.count < 7:
            await asyncio.sleep(0.05)
        stop.set()
        await work
        await sender.close()
        await http.close()
    assert len(begun) < 5
    assert not {address(number) for number in (5, 6, 7)} & set(sink.recipients)
    found = await states(db, edition)
    gone = {found.get(address(number), found.get("")) for number in (5, 6, 7)}
    assert gone <= {State.SKIPPED, State.QUEUED}, "left out, or will be by the next claim"


@pytest.mark.parametrize("leave", HOW)
async def test_from_a_service_that_takes_seconds_for_a_call(db: Database, leave: Leaving) -> None:
    edition = await open_edition(db, readers=80)
    calls: list[list[str]] = []

    class Provider(FakeSender):
        async def send(self, messages: object) -> list[Outcome]:
            batch: list[Message] = list(messages)  # type: ignore[call-overload]
            calls.append([message.recipient for message in batch])
            return await super().send(batch)

    work = asyncio.create_task(run(db, Provider(batch_size=20, concurrency=1, delay=0.7)))
    while len(calls) < 2:
        await asyncio.sleep(0.01)
    assert await marked(db) <= 20, "a batch is marked when its call begins"
    await leave(db, edition, 41)  # the first of the next call
    await leave(db, edition, 79)
    await work
    assert [len(call) for call in calls][:2] == [20, 20]
    asked = {name for call in calls for name in call}
    assert asked == {address(number) for number in range(1, 81)} - {address(41), address(79)}
    assert max(len(call) for call in calls) == 20


async def depart(
    db: Database, edition: Edition, stop: asyncio.Event, begun: Collection[str], gone: dict[str, float]
) -> None:
    """Let readers whose turn comes soon leave, in one way or another; `gone` gets who, and by when the database knew."""
    chance, loop = random.Random(20260302), asyncio.get_running_loop()
    while not stop.is_set():
        number = len(begun) + len(gone) + chance.randint(1, 30)
        if address(number) not in gone:
            await chance.choice(HOW)(db, edition, number)
            gone[address(number)] = loop.time()
        await asyncio.sleep(chance.uniform(0.0, 0.3))


def check_late(begun: dict[str, float], gone: dict[str, float], *, at_least: int) -> None:
    """Hold when mails were begun against when their readers left."""
    latest = max((at - gone[name] for name, at in begun.items() if name in gone), default=0.0)
    assert latest <= GRACE
    assert len(gone) >= at_least, "enough of them left for this to prove something"
    print(f"\n{len(begun)} mails, {len(gone)} left meanwhile: a mail was begun {latest:.2f} s later at most")


@pytest.mark.timeout(180)
async def test_readers_leave_at_random_from_a_slow_server(db: Database, soak: bool) -> None:
    readers, pauses, seconds = (1500, (0.1, 1.0, 4.0), 16.0) if soak else (200, (0.1,), 1.5)
    edition, loop = await open_edition(db, readers=readers), asyncio.get_running_loop()
    begun: dict[str, float] = {}
    gone: dict[str, float] = {}

    def watch(phase: str, recipient: str) -> None:
        if phase == "rcpt":
            begun.setdefault(recipient, loop.time())

    http, sink = Http(user_agent="tests"), Sink(watch=watch)
    async with listen(sink):
        for sink.delay in pauses:
            options = Options(host="127.0.0.1", port=sink.port, security="none", connections=3)
            sender, stop = Sender(options, http), asyncio.Event()
            leaving = asyncio.create_task(depart(db, edition, stop, begun, gone))
            loop.call_later(seconds, stop.set)
            await deliver(db, [SenderRoute("slow", sender)], copies, hooks=Hooks(clock=utc_now, stop=stop))
            await leaving
            await sender.close()
    await http.close()
    assert set(sink.recipients) <= begun.keys()
    assert max(Counter(sink.recipients).values()) == 1
    check_late(begun, gone, at_least=3 * len(pauses))


@pytest.mark.timeout(180)
async def test_readers_leave_at_random_from_a_slow_service(db: Database, soak: bool) -> None:
    readers, seconds = (4000, 40.0) if soak else (300, 1.5)
    edition, loop = await open_edition(db, readers=readers), asyncio.get_running_loop()
    begun: dict[str, float] = {}
    gone: dict[str, float] = {}

    class Provider(FakeSender):
        async def send(self, messages: object) -> list[Outcome]:
            batch: list[Message] = list(messages)  # type: ignore[call-overload]
            begun.update((message.recipient, loop.time()) for message in batch)
            return await super().send(batch)

    stop, sender = asyncio.Event(), Provider(batch_size=20, concurrency=2, delay=0.6)
    leaving = asyncio.create_task(depart(db, edition, stop, begun, gone))
    loop.call_later(seconds, stop.set)
    await run(db, sender, stop=stop)
    await leaving
    assert max(Counter(sender.sent).values()) == 1
    check_late(begun, gone, at_least=3)


@pytest.mark.parametrize("change", ["pause", "cancel"])
async def test_a_person_stops_an_edition(db: Database, change: str) -> None:
    edition = await open_edition(db, readers=80)
    begun: list[tuple[float, int]] = []
    loop = asyncio.get_running_loop()

    class Provider(FakeSender):
        async def send(self, messages: object) -> list[Outcome]:
            batch: list[Message] = list(messages)  # type: ignore[call-overload]
            begun.append((loop.time(), len(batch)))
            return await super().send(batch)

    work = asyncio.create_task(run(db, Provider(batch_size=10, concurrency=2, delay=1.5)))
    while not begun:
        await asyncio.sleep(0.01)
    await lifecycle.set_status(db, edition.name, change, NOW)  # type: ignore[arg-type]
    said = loop.time()
    await work
    assert all(at <= said + GRACE for at, _ in begun)
    assert sum(n for _, n in begun) <= 20


async def test_a_server_that_falls_asleep_lets_nobody_wait_in_front_of_it(db: Database) -> None:
    edition = await open_edition(db, readers=3000)
    asleep = asyncio.Event()

    class Sleepy(FakeSender):
        async def send(self, messages: object) -> list[Outcome]:
            if len(self.sent) > 300:
                asleep.set()
                await asyncio.sleep(3600)
            return await super().send(messages)  # type: ignore[arg-type]

    stop = asyncio.Event()
    work = asyncio.create_task(run(db, Sleepy(concurrency=4, delay=0.001), stop=stop))
    await asleep.wait()
    await asyncio.sleep(2 * GRACE + 1.0)
    assert await marked(db) <= 4, "what was marked behind the sleeper is put back"
    assert edition
    work.cancel()
    with suppressed(asyncio.CancelledError):
        await work


async def test_consent_counts_at_the_moment_of_marking(db: Database) -> None:
    """Rows that are claimed already, and whose readers leave before they are marked, are not marked."""
    edition = await open_edition(db, readers=400)
    sender = FakeSender(concurrency=2, delay=0.05)
    work = asyncio.create_task(run(db, sender))
    while len(sender.sent) < 4:
        await asyncio.sleep(0.01)
    async with db.begin() as conn:
        if db.dialect == "postgresql":  # a statement that marks now has seen them as they were
            await conn.execute(text("LOCK TABLE delivery IN SHARE MODE"))
        everybody = update(subscription).where(subscription.c.reader_id > 10)
        await conn.execute(everybody.values(status="unsubscribed"))
    async with db.connect() as conn:
        claimed = list(await conn.scalars(select(delivery.c.reader_id).where(delivery.c.state == "claimed")))
    assert claimed
    await work
    assert not {address(number) for number in claimed if number > 10} & set(sender.sent)
    found = await states(db, edition)
    assert {found[address(number)] for number in claimed if number > 10} == {State.SKIPPED}

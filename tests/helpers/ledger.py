"""Editions with readers, and senders that answer as they are told: for tests of ledger and delivery."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, select, update

from digest.clock import Clock
from digest.delivery import MessageMaker
from digest.model import Edition, Mail, Message, Outcome, Plan, Recipient, Sent, State
from digest.store.db.database import Database
from digest.store.db.schema.tables import reader, subscription
from digest.store.editions import deliveries, editions

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
MAIL = Mail(subject="The harbour reopens", preheader="", html="<p>news</p>", text="news")


async def add_readers(db: Database, n: int, *, newsletter: str = "daily", start: int = 1) -> None:
    """Add confirmed readers reader1@example.org, reader2@..., all with the id of their number."""
    ids = range(start, start + n)
    since = NOW - timedelta(days=30)
    async with db.begin() as conn:
        known = set(await conn.scalars(select(reader.c.id)))
        people = [
            {"id": i, "address": address(i), "key": address(i), "created_at": since}
            for i in ids
            if i not in known
        ]
        if people:
            await conn.execute(insert(reader), people)
        await conn.execute(
            insert(subscription),
            [
                {
                    "reader_id": i,
                    "newsletter": newsletter,
                    "status": "confirmed",
                    "since": since,
                    "consent": {},
                }
                for i in ids
            ],
        )


def address(number: int) -> str:
    return f"reader{number}@example.org"


def a_plan(newsletter: str = "daily", slot: str = "2026-03-02T07:00") -> Plan:
    return Plan(newsletter=newsletter, slot=slot, due=NOW, sections=())


async def open_edition(
    db: Database, *, readers: int = 0, newsletter: str = "daily", deadline: datetime | None = None
) -> Edition:
    """Open an edition to that many new readers."""
    if readers:
        await add_readers(db, readers, newsletter=newsletter)
    edition = await editions.open(db, a_plan(newsletter), MAIL, NOW, deadline=deadline)
    assert edition is not None
    return edition


async def states(db: Database, edition: Edition) -> dict[str, State]:
    """Return the state of each reader's delivery."""
    return {row.address: row.state async for row in deliveries.rows(db, edition.id)}


def copies(edition: Edition) -> MessageMaker:
    """Return a maker of tiny copies."""

    def copy(recipient: Recipient) -> Message:
        name = f"{edition.name}.{recipient.reader_id}"
        return Message(
            id=name, key=name, sender="daily@example.org", recipient=recipient.address, pieces=(b"news\r\n",)
        )

    return copy


@dataclass(slots=True)
class FakeSender:
    """Answers with `answer(message)`, which may raise, after `delay` seconds; notes who it was asked to send to."""

    answer: Callable[[Message], Outcome] = lambda _: Sent("250 ok")
    delay: float = 0.0
    batch_size: int = 1
    concurrency: int = 4
    sent: list[str] = field(default_factory=list)
    calls: int = 0

    async def send(self, messages: Sequence[Message]) -> list[Outcome]:
        self.calls += 1
        if self.delay:
            await asyncio.sleep(self.delay)
        outcomes = [self.answer(message) for message in messages]
        self.sent += [
            message.recipient
            for message, outcome in zip(messages, outcomes, strict=True)
            if isinstance(outcome, Sent)
        ]
        return outcomes

    async def check(self) -> str:
        return "ready"

    async def close(self) -> None:
        return None


class Times:
    """A clock that a test moves on."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def on(self, span: timedelta) -> None:
        self.now += span


CLOCK: Clock = lambda: NOW  # noqa: E731  # one line says it


async def spread(db: Database, hosts: int) -> None:
    """Give the readers addresses at so many mail hosts, in turn."""
    async with db.begin() as conn:
        for id_ in (await conn.scalars(select(reader.c.id))).all():
            elsewhere = f"reader{id_}@paper{id_ % hosts}.example"
            await conn.execute(
                update(reader).where(reader.c.id == id_).values(address=elsewhere, key=elsewhere)
            )

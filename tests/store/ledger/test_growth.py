"""What the ledger is asked all the time costs the same however many mails an edition has: counted in steps of SQLite."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import EditionStatus
from digest.store.db.database import Database
from digest.store.editions import deliveries, lifecycle
from digest.store.ledger import claims, leases
from digest.store.ledger.leases import Holder
from tests.helpers.ledger import NOW, add_readers, open_edition

LEASE = NOW + timedelta(minutes=5)
FILL = """
    INSERT INTO delivery (edition_id, reader_id, subscription_id, state, at)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    SELECT 1, -i, -i, 'sent', '2026-03-02 06:00:00.000000' FROM n
"""

Question = Callable[[AsyncConnection], Awaitable[object]]


async def next_due(conn: AsyncConnection) -> object:
    return await deliveries.next_due(conn, [1], NOW)


async def claim(conn: AsyncConnection) -> object:
    return await claims.claim(conn, 1, "me", 5, now=NOW, lease_until=LEASE)


async def recover(conn: AsyncConnection) -> object:
    return await leases.recover(conn, Holder(1, EditionStatus.SENDING, "me", LEASE), resend=True, now=NOW)


async def finish(conn: AsyncConnection) -> object:
    return await lifecycle.finish(conn, 1, NOW)


async def renew(conn: AsyncConnection) -> object:
    return await leases.renewing("sqlite", "me", LEASE).on(conn)


async def release(conn: AsyncConnection) -> object:
    return await claims.releasing_claimed("me").on(conn)


async def steps(db: Database, question: Question) -> int:
    """Return how many hundreds of steps SQLite's machine takes to answer a question; nothing of it is kept."""
    taken = 0

    def count() -> int:
        nonlocal taken
        taken += 1
        return 0

    async with db.begin() as conn:
        driver = (await conn.get_raw_connection()).driver_connection
        assert driver is not None
        await driver.set_progress_handler(count, 100)
        await question(conn)
        await driver.set_progress_handler(None, 100)
        await conn.rollback()
    return taken


@pytest.mark.parametrize(
    ("question", "claimed"),
    [
        pytest.param(question, claimed, id=question.__name__)
        for question, claimed in (
            (leases.holders, 10),
            (recover, 10),
            (renew, 10),
            (release, 10),
            (next_due, 10),
            (claim, 10),
            (finish, 20),
        )
    ],
)
async def test_it_does_not_grow_with_what_was_sent(
    sqlite_db: Database, question: Question, claimed: int
) -> None:
    await add_readers(sqlite_db, 20)
    await open_edition(sqlite_db)
    async with sqlite_db.begin() as conn:
        await claims.claim(conn, 1, "me", claimed, now=NOW, lease_until=LEASE)
    before = await steps(sqlite_db, question)
    async with sqlite_db.begin() as conn:
        await conn.execute(text(FILL))
    assert await steps(sqlite_db, question) <= before + 10

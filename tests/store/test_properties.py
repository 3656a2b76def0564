"""Whatever happens in whatever order: every article is stored once, and nobody is mailed who must not be."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from digest.store.db.database import Database
from digest.store.db.schema import tables
from digest.store.people import audience, readers, suppressions
from digest.store.people.readers import AddResult, Entry
from tests.helpers.fetched import story, visit

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
PEOPLE = ("anna", "bert", "cara")


def with_a_database(work: Callable[[Database], Awaitable[None]]) -> None:
    """Run `work` on an empty database in memory."""

    async def run() -> None:
        db = await Database.open("sqlite:////nowhere/at/all.db", create=False)
        try:
            await work(db)
        finally:
            await db.close()

    asyncio.run(run())


@given(st.lists(st.lists(st.integers(0, 30), max_size=20), min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_every_article_is_stored_once_and_remembers_when_it_was_seen(lists: list[list[int]]) -> None:
    async def work(db: Database) -> None:
        seen: dict[str, list[datetime]] = {}
        for step, numbers in enumerate(lists):
            at = NOW + timedelta(hours=step)
            await visit(db, [story(number, NOW) for number in numbers], at)
            for number in set(numbers):
                seen.setdefault(f"story-{number}", []).append(at)
        async with db.connect() as conn:
            rows = (await conn.execute(select(tables.article))).all()
        assert {row.guid: (row.first_seen, row.last_seen) for row in rows} == {
            guid: (times[0], times[-1]) for guid, times in seen.items()
        }
        assert len(rows) == len(seen)
        assert all(row.last_changed == row.first_seen for row in rows)

    with_a_database(work)


ACTIONS = st.tuples(
    st.sampled_from(["add", "unsubscribe", "suppress", "release", "forget"]), st.sampled_from(PEOPLE)
)


@given(st.lists(ACTIONS, max_size=25))
@settings(max_examples=60, deadline=None)
def test_nobody_is_mailed_who_must_not_be(actions: list[tuple[str, str]]) -> None:
    confirmed: set[str] = set()
    left: set[str] = set()
    suppressed: set[str] = set()
    forgotten: set[str] = set()

    async def act(db: Database, action: str, who: str) -> None:
        key = f"{who}@example.org"
        ids = {one.address: one.subscription_id async for one in readers.list_(db)}
        if action == "add":
            (verdict,) = await readers.add(db, "daily", [Entry(address=key, key=key)], NOW)
            barred = who in left | suppressed | forgotten
            assert (verdict in (AddResult.ADDED, AddResult.KNOWN)) is not barred
            if not barred:
                confirmed.add(who)
        elif action == "unsubscribe" and key in ids:
            await readers.unsubscribe(db, ids[key], NOW)
            confirmed.discard(who)
            left.add(who)
        elif action == "suppress":
            await suppressions.suppress(db, [key], "", NOW)
            suppressed.add(who)
        elif action == "release":
            assert await suppressions.release(db, key) is (who in suppressed | forgotten)
            suppressed.discard(who)
            forgotten.discard(who)
        elif action == "forget":
            assert await suppressions.forget(db, key, NOW) is (key in ids)
            confirmed.discard(who)
            left.discard(who)
            suppressed.discard(who)
            forgotten.add(who)

    async def work(db: Database) -> None:
        for action, who in actions:
            await act(db, action, who)
            assert await audience.size(db, "daily") == len(confirmed - suppressed)
        listed = {one.address async for one in readers.list_(db)}
        assert listed == {f"{who}@example.org" for who in confirmed | left}

    with_a_database(work)

"""An edition is made once per slot, with everything that belongs to it, or not at all."""

from __future__ import annotations

import asyncio
import multiprocessing
from dataclasses import replace
from datetime import timedelta
from multiprocessing.connection import Connection

import pytest
from sqlalchemy import func, insert, select, update

from digest.errors import UsageError
from digest.model import Article as Story
from digest.model import Candidate, Chosen, EditionStatus, LeftOut, Plan, PlannedSection, State
from digest.store.db.database import Database
from digest.store.db.schema.tables import (
    article,
    decision,
    delivery,
    edition,
    source,
    subscription,
    suppression,
)
from digest.store.editions import editions, lifecycle
from digest.store.ledger import attempts, claims
from tests.helpers.ledger import MAIL, NOW, a_plan, add_readers, address, open_edition, states


async def test_it_has_a_delivery_for_every_confirmed_reader_who_is_not_suppressed(db: Database) -> None:
    await add_readers(db, 5)
    await add_readers(db, 2, newsletter="weekly", start=6)
    async with db.begin() as conn:
        await conn.execute(
            update(subscription).where(subscription.c.reader_id == 2).values(status="unsubscribed")
        )
        await conn.execute(update(subscription).where(subscription.c.reader_id == 3).values(status="pending"))
        await conn.execute(insert(suppression).values(key=address(4), reason="bounced", since=NOW))
    made = await open_edition(db)
    assert await states(db, made) == {address(1): State.QUEUED, address(5): State.QUEUED}


async def test_the_second_to_ask_gets_none_and_changes_nothing(db: Database) -> None:
    made = await open_edition(db, readers=3)
    assert made.name == "daily-2026-03-02T0700"
    assert await editions.open(db, a_plan(), MAIL, NOW) is None
    assert await editions.skip(db, a_plan(), EditionStatus.SKIPPED_LATE, "late", NOW) is None
    assert (await editions.tally(db, made.id)).recipients == 3
    assert await editions.find(db, "daily", "2026-03-02T07:00") == made


async def test_who_races_for_a_slot_finds_one_winner(db: Database) -> None:
    await add_readers(db, 20)
    made = await asyncio.gather(*(editions.open(db, a_plan(), MAIL, NOW) for _ in range(8)))
    winners = [one for one in made if one]
    assert len(winners) == 1
    assert (await editions.tally(db, winners[0].id)).recipients == 20


def _race(url: str, pipe: Connection) -> None:
    async def race() -> bool:
        database = await Database.open(url)
        try:
            pipe.send("ready")
            pipe.recv()
            return await editions.open(database, a_plan(), MAIL, NOW) is not None
        finally:
            await database.close()

    pipe.send(asyncio.run(race()))


async def test_processes_that_race_for_a_slot_find_one_winner(db: Database, db_url: str) -> None:
    await add_readers(db, 200)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["digest.store.editions.editions", "tests.helpers.ledger"])
    pipes = []
    processes = []
    for _ in range(4):
        here, there = context.Pipe()
        process = context.Process(target=_race, args=(db_url, there), daemon=True)
        process.start()
        pipes.append(here)
        processes.append(process)
    for pipe in pipes:
        assert await asyncio.to_thread(pipe.recv) == "ready"
    for pipe in pipes:
        pipe.send("go")
    won = [await asyncio.to_thread(pipe.recv) for pipe in pipes]
    for process in processes:
        await asyncio.to_thread(process.join)
    assert sorted(won) == [False, False, False, True]
    async with db.connect() as conn:
        assert await conn.scalar(select(func.count()).select_from(edition)) == 1
        assert await conn.scalar(select(func.count()).select_from(delivery)) == 200


async def _stories(db: Database, n: int) -> list[Candidate]:
    async with db.begin() as conn:
        await conn.execute(insert(source).values(id=1, key="feed:x"))
        for i in range(1, n + 1):
            await conn.execute(
                insert(article).values(
                    id=i, source_id=1, guid=str(i), tags=[], first_seen=NOW, last_seen=NOW, last_changed=NOW
                )
            )
    story = Story(guid="", url="", title="")
    return [
        Candidate(
            id=i,
            source="feed:x",
            source_title="",
            article=story,
            url_key="",
            first_seen=NOW,
            last_changed=NOW,
        )
        for i in range(1, n + 1)
    ]


def _plan_of(candidates: list[Candidate], *, skip: str = "") -> Plan:
    lead, waiting, dropped = candidates
    section = PlannedSection(title="World", articles=(Chosen(candidate=lead, rank=1, why="newest"),))
    left = (
        LeftOut(candidate=waiting, why="too fresh", settled=False),
        LeftOut(candidate=dropped, why="too old"),
    )
    return Plan(
        newsletter="daily", slot="2026-03-02T07:00", due=NOW, sections=(section,), left_out=left, skip=skip
    )


async def _decided(db: Database) -> dict[int, tuple[bool, bool, str]]:
    async with db.connect() as conn:
        rows = await conn.execute(select(decision))
        return {row.article_id: (row.included, row.settled, row.why) for row in rows}


async def test_it_settles_what_it_considered_but_for_what_waits(db: Database) -> None:
    assert await editions.open(db, _plan_of(await _stories(db, 3)), MAIL, NOW)
    assert await _decided(db) == {
        1: (True, True, "newest"),
        2: (False, False, "too fresh"),
        3: (False, True, "too old"),
    }


async def test_a_skipped_one_settles_nothing_and_may_be_made_by_hand(db: Database) -> None:
    await add_readers(db, 2)
    plan = _plan_of(await _stories(db, 3))
    skipped = await editions.skip(db, plan, EditionStatus.SKIPPED_EMPTY, "1 article, 5 wanted", NOW)
    assert skipped is not None
    assert (skipped.status, skipped.reason, skipped.mail) == ("skipped-empty", "1 article, 5 wanted", None)
    assert not any(settled for _, settled, _ in (await _decided(db)).values())
    assert await editions.newest(db, "daily") is None

    again = replace(plan, problems=("a source could not be read",))
    assert await editions.skip(db, again, EditionStatus.SKIPPED_EMPTY, "nothing", NOW) is None
    skipped = await editions.skip(db, again, EditionStatus.SKIPPED_EMPTY, "nothing", NOW, by_hand=True)
    assert skipped is not None
    assert (skipped.reason, skipped.problems) == ("nothing", ("a source could not be read",))

    assert await editions.open(db, plan, MAIL, NOW) is None
    made = await editions.open(db, plan, MAIL, NOW, by_hand=True)
    assert made is not None
    assert (made.status, made.mail) == (EditionStatus.SENDING, MAIL)
    assert await editions.newest(db, "daily") == made
    assert await editions.skip(db, again, EditionStatus.SKIPPED_EMPTY, "nothing", NOW, by_hand=True) is None
    assert (await editions.tally(db, made.id)).recipients == 2
    assert await editions.open(db, plan, MAIL, NOW, by_hand=True) is None


async def test_nothing_of_it_is_kept_if_anything_fails(db: Database) -> None:
    await add_readers(db, 2)
    first, second, third = await _stories(db, 3)
    plan = _plan_of([first, second, replace(third, id=99)])
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        await editions.open(db, plan, MAIL, NOW)
    assert await editions.find(db, "daily", plan.slot) is None
    assert await _decided(db) == {}


async def test_it_can_be_paused_resumed_and_cancelled(db: Database) -> None:
    made = await open_edition(db, readers=3)
    assert (await lifecycle.set_status(db, made.name, "pause", NOW)).status is EditionStatus.PAUSED
    async with db.connect() as conn:
        assert await editions.sending(conn) == []
    assert (await lifecycle.set_status(db, str(made.id), "resume", NOW)).status is EditionStatus.SENDING
    async with db.connect() as conn:
        assert await editions.sending(conn) == [(made.id, None)]
    cancelled = await lifecycle.set_status(db, made.name, "cancel", NOW, reason="wrong headline")
    assert (cancelled.status, cancelled.reason) == (EditionStatus.CANCELLED, "wrong headline")
    assert set((await states(db, made)).values()) == {State.SKIPPED}
    with pytest.raises(UsageError, match=r"is cancelled: it cannot be paused"):
        await lifecycle.set_status(db, made.name, "pause", NOW)
    with pytest.raises(UsageError, match=r"no edition 'daily-2031'"):
        await lifecycle.set_status(db, "daily-2031", "pause", NOW)


async def test_a_pause_takes_away_what_was_only_claimed(db: Database) -> None:
    made = await open_edition(db, readers=4)
    async with db.begin() as conn:
        claimed, _ = await claims.claim(conn, made.id, "me", 3, now=NOW, lease_until=NOW)
        await claims.marking(db.dialect, claimed[:1], "me", now=NOW).on(conn)
    await lifecycle.set_status(db, made.name, "pause", NOW)
    assert sorted((await states(db, made)).values()) == [*[State.QUEUED] * 3, State.SENDING]
    assert await db.carry_out([claims.marking(db.dialect, claimed[1:], "me", now=NOW)]) == [0]
    async with db.begin() as conn:
        assert await claims.claim(conn, made.id, "me", 9, now=NOW, lease_until=NOW) == ([], 0)
    await lifecycle.set_status(db, made.name, "resume", NOW)
    async with db.begin() as conn:
        again, _ = await claims.claim(conn, made.id, "me", 9, now=NOW, lease_until=NOW)
    assert len(again) == 3


async def test_it_goes_on_after_its_deadline_only_with_a_new_one(db: Database) -> None:
    made = await open_edition(db, readers=3, deadline=NOW + timedelta(hours=1))
    await lifecycle.set_status(db, made.name, "pause", NOW)
    late = NOW + timedelta(hours=2)
    for gone in (None, NOW):
        with pytest.raises(lifecycle.DeadlinePassedError):
            await lifecycle.set_status(db, made.name, "resume", late, deadline=gone)
        assert (await editions.by_name(db, made.name)).status is EditionStatus.PAUSED
    until = late + timedelta(hours=6)
    resumed = await lifecycle.set_status(db, made.name, "resume", late, deadline=until)
    assert (resumed.status, resumed.deadline) == (EditionStatus.SENDING, until)


async def test_it_is_finished_only_when_nothing_is_open(db: Database) -> None:
    made = await open_edition(db, readers=1)
    async with db.begin() as conn:
        assert not await lifecycle.finish(conn, made.id, NOW)
        claimed, _ = await claims.claim(conn, made.id, "me", 9, now=NOW, lease_until=NOW)
        assert not await lifecycle.finish(conn, made.id, NOW)
        await claims.marking(db.dialect, claimed, "me", now=NOW).on(conn)
        assert not await lifecycle.finish(conn, made.id, NOW)
        await attempts.recording(db.dialect, [attempts.Result(claimed[0], State.SENT)], now=NOW).on(conn)
        assert await lifecycle.finish(conn, made.id, NOW)
        assert not await lifecycle.finish(conn, made.id, NOW)
    assert (await editions.by_name(db, made.name)).status is EditionStatus.SENT


async def test_the_latest_come_first(db: Database) -> None:
    for day in (2, 3):
        plan = Plan(
            newsletter="daily", slot=f"2026-03-0{day}T07:00", due=NOW + timedelta(days=day), sections=()
        )
        await editions.open(db, plan, MAIL, NOW)
    await editions.open(db, a_plan("weekly"), MAIL, NOW)
    assert [one.slot for one in await editions.list_(db, "daily")] == ["2026-03-03T07:00", "2026-03-02T07:00"]
    assert len(await editions.list_(db, limit=2)) == 2


async def test_a_misspelt_name_is_told_with_the_nearest(db: Database) -> None:
    edition = await open_edition(db)
    with pytest.raises(UsageError, match=f"there is no edition .*; did you mean '{edition.name}'"):
        await editions.by_name(db, edition.name.replace("daily", "dayly"))

"""The ledger: how a row may change, who may change it, and what people read there."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, update

from digest.model import Delivery, EditionStatus, State
from digest.store.db.database import Database
from digest.store.db.schema.tables import reader, subscription, suppression
from digest.store.editions import deliveries, editions, profiles
from digest.store.ledger import attempts, claims, leases
from digest.store.ledger.attempts import Result
from digest.store.ledger.leases import Holder
from tests.helpers.ledger import NOW, add_readers, address, open_edition, states

LEASE = NOW + timedelta(minutes=5)


async def claim(db: Database, edition_id: int, owner: str = "me", n: int = 100) -> list[Delivery]:
    async with db.begin() as conn:
        return (await claims.claim(conn, edition_id, owner, n, now=NOW, lease_until=LEASE))[0]


async def mark(db: Database, claimed: Collection[Delivery], owner: str = "me") -> set[int]:
    await db.carry_out([claims.marking(db.dialect, claimed, owner, now=NOW)])
    async with db.connect() as conn:
        return await claims.marked(conn, claimed, owner)


async def record(db: Database, *results: Result) -> int:
    [met] = await db.carry_out([attempts.recording(db.dialect, results, now=NOW)])
    return len(results) - met


async def recover(db: Database, edition_id: int, owner: str = "me", *, resend: bool = True) -> int:
    async with db.begin() as conn:
        return await leases.recover(
            conn, Holder(edition_id, EditionStatus.SENDING, owner, LEASE), resend=resend, now=NOW
        )


async def test_a_row_goes_its_way(db: Database) -> None:
    edition = await open_edition(db, readers=3)
    claimed = await claim(db, edition.id, n=2)
    assert [(one.recipient.address, one.attempts, one.fence, one.doubted) for one in claimed] == [
        (address(1), 1, 1, False),
        (address(2), 1, 1, False),
    ]
    assert await mark(db, claimed) == {one.id for one in claimed}
    refused = Result(
        claimed[1], State.REFUSED, reason="the mail was refused", code=550, reply="550 5.1.1 who?"
    )
    assert await record(db, Result(claimed[0], State.SENT, reply="250 ok", remote_id="Q1"), refused) == 0
    assert await states(db, edition) == {
        address(1): State.SENT,
        address(2): State.REFUSED,
        address(3): State.QUEUED,
    }
    rows = [row async for row in deliveries.missed(db, edition.id)]
    assert [(row.address, row.reply, row.attempts, row.at) for row in rows] == [
        (address(2), "the mail was refused; 550 5.1.1 who?", 1, NOW)
    ]


async def test_claims_do_not_overlap(db: Database) -> None:
    edition = await open_edition(db, readers=60)
    pages = await asyncio.gather(*(claim(db, edition.id, f"worker {i}", 20) for i in range(4)))
    ids = [one.id for page in pages for one in page]
    assert len(ids) == len(set(ids)) == 60


async def test_consent_and_suppression_are_read_again_with_the_claim(db: Database) -> None:
    edition = await open_edition(db, readers=5)
    async with db.begin() as conn:
        await conn.execute(
            update(subscription).where(subscription.c.reader_id == 1).values(status="unsubscribed")
        )
        await conn.execute(insert(suppression).values(key=address(2), reason="complained", since=NOW))
        await conn.execute(update(reader).where(reader.c.id == 3).values(address="", name=""))
        await conn.execute(update(subscription).where(subscription.c.reader_id == 4).values(status="pending"))
    assert [one.recipient.address for one in await claim(db, edition.id)] == [address(5)]
    rows = {row.reader_id: (row.state, row.reply) async for row in deliveries.missed(db, edition.id)}
    assert rows == {
        1: (State.SKIPPED, "the reader has unsubscribed"),
        2: (State.SKIPPED, "the address is suppressed: complained"),
        3: (State.SKIPPED, "the reader was forgotten"),
        4: (State.SKIPPED, "the subscription is not confirmed"),
    }


async def test_what_is_deferred_comes_back_when_it_is_due_and_first(db: Database) -> None:
    edition = await open_edition(db, readers=3)
    (first,) = await claim(db, edition.id, n=1)
    await mark(db, [first])
    later = NOW + timedelta(minutes=7)
    await record(db, Result(first, State.DEFERRED, code=450, reply="450 later", not_before=later))
    async with db.begin() as conn:
        assert await deliveries.next_due(conn, [edition.id], NOW) == NOW
        claimed, _ = await claims.claim(conn, edition.id, "me", 9, now=later, lease_until=LEASE)
        assert [(one.recipient.reader_id, one.attempts) for one in claimed] == [(1, 2), (2, 1), (3, 1)]
        await claims.releasing(db.dialect, claimed[:1], "me").on(conn)
        assert await deliveries.next_due(conn, [edition.id], NOW) == later
    assert (await states(db, edition))[address(1)] is State.DEFERRED


async def test_what_did_not_leave_goes_back_uncounted(db: Database) -> None:
    edition = await open_edition(db, readers=2)
    claimed = await claim(db, edition.id)
    await mark(db, claimed[:1])
    await db.carry_out([claims.releasing(db.dialect, claimed, "me")])
    assert {row.state: row.attempts async for row in deliveries.rows(db, edition.id)} == {State.QUEUED: 0}
    again = await claim(db, edition.id)
    assert [(one.attempts, one.fence) for one in again] == [(1, 2), (1, 2)]
    await mark(db, again)
    await record(db, Result(again[0], State.QUEUED, reply="connection lost", counted=False))
    assert [row.attempts async for row in deliveries.rows(db, edition.id)] == [0, 1]


async def test_a_claim_that_was_lost_can_neither_be_sent_nor_recorded(db: Database) -> None:
    edition = await open_edition(db, readers=2)
    stale = await claim(db, edition.id, "stopped")
    await mark(db, stale[:1], "stopped")
    assert await recover(db, edition.id, "stopped") == 1
    fresh = await claim(db, edition.id, "other")
    assert [(one.recipient.reader_id, one.doubted) for one in fresh] == [(1, True), (2, False)]
    assert await mark(db, stale, "stopped") == set()
    assert await record(db, Result(stale[0], State.SENT)) == 1
    await mark(db, fresh, "other")
    assert await record(db, Result(stale[0], State.SENT), Result(fresh[0], State.SENT)) == 1


async def test_a_late_answer_is_better_than_a_doubt(db: Database) -> None:
    edition = await open_edition(db, readers=2)
    claimed = await claim(db, edition.id, "stopped")
    await mark(db, claimed, "stopped")
    await recover(db, edition.id, "stopped", resend=False)
    assert set((await states(db, edition)).values()) == {State.UNKNOWN}
    assert await record(db, Result(claimed[0], State.SENT, reply="250 ok")) == 0
    assert (await states(db, edition))[address(1)] is State.SENT


async def test_what_was_being_sent_is_tried_again_and_stays_listed(db: Database) -> None:
    edition = await open_edition(db, readers=3)
    claimed = await claim(db, edition.id, n=2)
    await mark(db, claimed[:1])
    assert await recover(db, edition.id) == 1
    assert set((await states(db, edition)).values()) == {State.QUEUED}
    again = await claim(db, edition.id)
    assert [one.attempts for one in again] == [2, 1, 1]
    await mark(db, again)
    await record(db, *(Result(one, State.SENT) for one in again))
    doubtful = {row.address: row.state async for row in deliveries.rows(db, edition.id, State.UNKNOWN)}
    assert doubtful == {address(1): State.SENT}
    known = await profiles.show(db, address(1))
    assert known is not None
    [got] = known.received
    assert (got.state, got.in_doubt_since) == (State.SENT, NOW)
    assert got.words == "may have been delivered before"
    tally = await editions.tally(db, edition.id)
    assert (tally[State.UNKNOWN], tally[State.SENT], tally.doubted) == (0, 3, 1)


async def test_a_mail_with_which_processes_die_again_and_again_is_left_to_a_person(db: Database) -> None:
    edition = await open_edition(db, readers=1)
    for _ in range(20):
        assert set((await states(db, edition)).values()) == {State.QUEUED}
        await mark(db, await claim(db, edition.id))
        await recover(db, edition.id)
    assert set((await states(db, edition)).values()) == {State.UNKNOWN}
    assert await claim(db, edition.id) == []


async def test_holders_show_their_signs_of_life(db: Database) -> None:
    edition = await open_edition(db, readers=4)
    await claim(db, edition.id, "a", 1)
    await claim(db, edition.id, "b", 1)
    later = LEASE + timedelta(minutes=1)
    async with db.begin() as conn:
        await leases.renewing(db.dialect, "b", later).on(conn)
        found = await leases.holders(conn)
    assert sorted((one.owner, one.lease_until) for one in found) == [("a", LEASE), ("b", later)]


async def test_rows_are_read_in_pages(db: Database) -> None:
    await add_readers(db, 2300)
    edition = await open_edition(db)
    ids = [row.reader_id async for row in deliveries.rows(db, edition.id)]
    assert ids == list(range(1, 2301))
    assert [row async for row in deliveries.rows(db, edition.id, State.SENT)] == []


async def test_what_the_other_side_says_is_kept_short_and_whole(db: Database) -> None:
    edition = await open_edition(db, readers=1)
    claimed = await claim(db, edition.id)
    await mark(db, claimed)
    said = 'Größe "zu" groß\\ \N{SNOWMAN} ' + "x" * 900
    await record(db, Result(claimed[0], State.REFUSED, reply=said))
    (row,) = [row async for row in deliveries.rows(db, edition.id)]
    assert row.said == said[:500]


@pytest.mark.parametrize("state", [State.SENT, State.REFUSED])
async def test_what_no_database_takes_does_not_spoil_the_results_of_others(
    db: Database, state: State
) -> None:
    edition = await open_edition(db, readers=2)
    claimed = await claim(db, edition.id)
    await mark(db, claimed)
    odd = Result(claimed[0], state, reply="Invalid: \0 \ud83d \n\t", remote_id="\0\udfff7", reason="\ud800")
    await record(db, odd, Result(claimed[1], state, reply="fine"))
    first, second = [row async for row in deliveries.rows(db, edition.id)]
    assert (first.state, second.state) == (state, state)
    assert first.said.startswith("Invalid: ")
    assert second.said == "fine"


async def test_a_subscription_that_is_missing_is_no_goodbye(db: Database) -> None:
    edition = await open_edition(db, readers=2)
    async with db.begin() as conn:
        await conn.execute(delete(subscription).where(subscription.c.reader_id == 1))
    assert [one.recipient.address for one in await claim(db, edition.id)] == [address(2)]
    [row] = [row async for row in deliveries.missed(db, edition.id)]
    assert (row.address, row.state) == (address(1), State.SKIPPED)
    assert row.reason == "the subscription is missing in the database"


async def test_what_the_gone_had_in_hand_is_told_as_it_is(db: Database) -> None:
    edition = await open_edition(db, readers=4)
    claimed = await claim(db, edition.id, "gone", 2)
    await mark(db, claimed[:1], "gone")
    await mark(db, await claim(db, edition.id, "alive", 1), "alive")
    told = {row.address: row.state async for row in deliveries.rows(db, edition.id, gone=["gone"])}
    assert told == {
        address(1): State.UNKNOWN,
        address(2): State.QUEUED,
        address(3): State.SENDING,
        address(4): State.QUEUED,
    }
    unknown = [row async for row in deliveries.rows(db, edition.id, State.UNKNOWN, gone=["gone"])]
    assert [(row.address, row.reply) for row in unknown] == [(address(1), leases.MAYBE_SENT)]
    assert [row.address async for row in deliveries.missed(db, edition.id, gone=["gone"])] == [address(1)]
    tally = await editions.tally(db, edition.id, gone=["gone"])
    assert (tally[State.UNKNOWN], tally[State.SENDING], tally.doubted) == (1, 1, 1)
    assert (await editions.tally(db, edition.id))[State.SENDING] == 2, "nothing was written"

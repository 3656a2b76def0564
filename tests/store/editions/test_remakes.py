"""A remade edition: whom it reaches, whom it does not, and that it is made once."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from digest.errors import UsageError
from digest.model import Edition, EditionStatus, State
from digest.store.content import candidates
from digest.store.db.database import Database
from digest.store.db.schema.tables import delivery, subscription
from digest.store.db.schema.tables import edition as edition_table
from digest.store.editions import editions, lifecycle, remakes
from digest.store.ledger import attempts, claims
from tests.helpers.articles import key, newsletter
from tests.helpers.ledger import MAIL, NOW, a_plan, add_readers, address, open_edition, states
from tests.helpers.stories import add_stories, plan

LATER = NOW + timedelta(hours=1)


async def set_states(db: Database, made: Edition, given: dict[int, State], **values: object) -> None:
    async with db.begin() as conn:
        for reader_id, state in given.items():
            of_it = (delivery.c.edition_id == made.id) & (delivery.c.reader_id == reader_id)
            await conn.execute(update(delivery).where(of_it).values(state=state, **values))


async def remake(db: Database, old: Edition) -> Edition:
    return await remakes.take_place(db, old, a_plan(), MAIL, LATER)


def readers(*numbers: int) -> set[str]:
    return {address(number) for number in numbers}


async def test_it_goes_to_those_who_have_not_got_the_old_one(db: Database) -> None:
    old = await open_edition(db, readers=7)
    await set_states(db, old, {1: State.SENT, 2: State.UNKNOWN, 3: State.REFUSED, 4: State.DEFERRED})
    await set_states(db, old, {5: State.QUEUED}, doubted_at=NOW)
    async with db.begin() as conn:
        left = subscription.c.reader_id == 6
        await conn.execute(update(subscription).where(left).values(status="unsubscribed"))
    expected = remakes.Reach(left=3, had=3, in_hand=0, away=1)
    assert await remakes.reach(db, old) == expected
    new = await remake(db, old)
    assert (new.name, new.slot, new.status) == (f"{old.name}-2", old.slot, EditionStatus.SENDING)
    assert set(await states(db, new)) == readers(3, 4, 7)
    after = await editions.by_name(db, old.name)
    assert (after.status, after.remade_as) == (EditionStatus.CANCELLED, new.name)
    assert after.reason == f"remade as {new.name}"
    assert await editions.find(db, "daily", old.slot) == new
    assert await remakes.reach(db, after) == expected


async def test_who_subscribes_later_gets_the_next_edition(db: Database) -> None:
    old = await open_edition(db, readers=2)
    await add_readers(db, 1, start=3)
    assert set(await states(db, await remake(db, old))) == readers(1, 2)


async def test_one_that_was_cancelled_and_one_that_was_remade_can_be_remade(db: Database) -> None:
    old = await open_edition(db, readers=4)
    await set_states(db, old, {1: State.SENT})
    await lifecycle.set_status(db, old.name, "cancel", NOW)
    second = await remake(db, old)
    await set_states(db, second, {2: State.SENT})
    third = await remake(db, second)
    assert third.name == f"{old.name}-3"
    assert set(await states(db, third)) == readers(3, 4)
    with pytest.raises(UsageError, match=f"{old.name} was remade already, as {second.name}"):
        await remake(db, old)
    assert await editions.open(db, a_plan(), MAIL, NOW) is None, "the slot is taken"


async def test_one_that_was_sent_stays_sent(db: Database) -> None:
    old = await open_edition(db, readers=2)
    await set_states(db, old, {1: State.SENT, 2: State.REFUSED})
    async with db.begin() as conn:
        assert await lifecycle.finish(conn, old.id, NOW)
    assert set(await states(db, await remake(db, old))) == readers(2)
    assert (await editions.by_name(db, old.name)).status is EditionStatus.SENT


async def test_while_a_mail_is_being_handed_over_nothing_changes(db: Database) -> None:
    old = await open_edition(db, readers=3)
    async with db.begin() as conn:
        claimed, _ = await claims.claim(conn, old.id, "me", 1, now=NOW, lease_until=NOW)
    before = await states(db, old)
    assert await remakes.reach(db, old) == remakes.Reach(left=3, had=0, in_hand=0, away=0)
    with pytest.raises(remakes.InHand):
        await remake(db, old)
    assert await states(db, old) == before
    assert (await editions.by_name(db, old.name)).remade_as == ""
    async with db.begin() as conn:
        await claims.marking(db.dialect, claimed, "me", now=NOW).on(conn)
    assert await remakes.reach(db, old) == remakes.Reach(left=2, had=0, in_hand=1, away=0)
    async with db.begin() as conn:
        await attempts.recording(db.dialect, [attempts.Result(claimed[0], State.SENT)], now=NOW).on(conn)
    assert set(await states(db, await remake(db, old))) == readers(2, 3)


async def test_what_a_dead_process_had_in_hand_is_taken_back(db: Database) -> None:
    old = await open_edition(db, readers=3)
    async with db.begin() as conn:
        claimed, _ = await claims.claim(conn, old.id, "dead", 2, now=NOW, lease_until=NOW)
        await claims.marking(db.dialect, claimed[:1], "dead", now=NOW).on(conn)
    held = await remakes.holding(db, old)
    assert {holder.owner for holder in held} == {"dead"}
    await remakes.take_back(db, old, {"dead"}, LATER)
    sending, waiting = (one.recipient.reader_id for one in claimed)
    new = await remake(db, old)
    assert set(await states(db, new)) == readers(*({1, 2, 3} - {sending}))
    assert waiting in {1, 2, 3}
    assert (await states(db, old))[address(sending)] is State.UNKNOWN


async def test_of_many_at_once_one_wins(db: Database) -> None:
    old = await open_edition(db, readers=30)
    await set_states(db, old, dict.fromkeys(range(1, 16), State.SENT))
    results = await asyncio.gather(*(remake(db, old) for _ in range(6)), return_exceptions=True)
    [won] = [one for one in results if isinstance(one, Edition)]
    assert all(isinstance(one, UsageError) for one in results if one is not won)
    assert set(await states(db, won)) == readers(*range(16, 31))
    async with db.connect() as conn:
        assert await conn.scalar(select(func.count()).select_from(edition_table)) == 2
        assert await conn.scalar(select(func.count()).select_from(delivery)) == 45


# --- stories ------------------------------------------------------------------------------------------------


async def an_edition(db: Database) -> tuple[Edition, list[int]]:
    await add_readers(db, 2)
    await add_stories(db, key("a"), 4, at=NOW - timedelta(hours=1))
    paper = newsletter(max_articles=3, overflow="drop")
    made = plan(await candidates.load(db, paper, NOW), paper, NOW)
    opened = await editions.open(db, made, MAIL, NOW)
    assert opened
    return opened, [one.candidate.id for one in made.chosen]


async def free(db: Database) -> Collection[int]:
    """The stories that the next edition may take."""
    return {one.id for one in await candidates.load(db, newsletter(), LATER) if not one.mailed_at}


async def test_cancelling_one_that_nobody_got_gives_its_stories_back(db: Database) -> None:
    made, _ = await an_edition(db)
    assert await free(db) == set()
    await lifecycle.set_status(db, made.name, "cancel", NOW)
    assert await free(db) == {1, 2, 3, 4}
    assert {one.passed_over for one in await candidates.load(db, newsletter(), LATER)} == {0}


@pytest.mark.parametrize("state", [State.SENT, State.UNKNOWN])
async def test_cancelling_one_that_somebody_got_does_not(db: Database, state: State) -> None:
    made, _ = await an_edition(db)
    await set_states(db, made, {1: state})
    await lifecycle.set_status(db, made.name, "cancel", NOW)
    assert await free(db) == set()


@pytest.mark.parametrize(("outcome", "given_back"), [(State.REFUSED, True), (State.SENT, False)])
async def test_whether_stories_are_given_back_waits_for_what_is_in_hand(
    db: Database, outcome: State, given_back: bool
) -> None:
    made, _ = await an_edition(db)
    async with db.begin() as conn:
        claimed, _ = await claims.claim(conn, made.id, "me", 1, now=NOW, lease_until=NOW)
        await claims.marking(db.dialect, claimed, "me", now=NOW).on(conn)
    await lifecycle.set_status(db, made.name, "cancel", NOW)
    assert await free(db) == set()
    async with db.begin() as conn:
        await attempts.recording(db.dialect, [attempts.Result(claimed[0], outcome)], now=NOW).on(conn)
        await lifecycle.sweep(conn, [made.id], NOW)
    assert bool(await free(db)) == given_back


async def test_the_stories_of_the_old_one_are_free_for_the_new_one_alone(db: Database) -> None:
    made, carried = await an_edition(db)
    await set_states(db, made, {1: State.SENT})
    paper = newsletter(max_articles=1, overflow="drop")
    found = await candidates.load(db, paper, LATER, remade_slot=made.slot)
    assert {one.id for one in found} == {1, 2, 3, 4}
    assert {one.mailed_at for one in found} == {None}
    other = await candidates.load(db, newsletter(), LATER)
    assert {one.id for one in other if one.mailed_at} == set(carried)
    again = plan([one for one in found if one.id in (3, 4)], newsletter(max_articles=9), NOW)
    new = await remakes.take_place(db, made, again, MAIL, LATER)
    assert new.slot == made.slot
    mailed = {one.id for one in await candidates.load(db, newsletter(), LATER) if one.mailed_at}
    assert mailed == {1, 2, 3, 4}, "what the old one carried is not mailed once more to those who had it"


async def test_where_nobody_had_the_old_one_what_the_new_one_does_not_carry_is_free(db: Database) -> None:
    made, _ = await an_edition(db)
    found = await candidates.load(db, newsletter(), LATER, remade_slot=made.slot)
    again = plan([one for one in found if one.id == 4], newsletter(), NOW)
    await remakes.take_place(db, made, again, MAIL, LATER)
    assert await free(db) == {1, 2, 3}


async def test_one_that_was_remade_is_not_sent_after_all(db: Database) -> None:
    old = await open_edition(db, readers=2)
    new = await remake(db, old)
    async with db.begin() as conn:
        with pytest.raises(UsageError, match=f"it was remade as {new.name}"):
            await lifecycle.reopen(conn, old.id, None)
    assert (await editions.by_name(db, old.name)).status is EditionStatus.CANCELLED


async def test_one_that_goes_out_after_all_settles_its_stories_again(db: Database) -> None:
    made, _ = await an_edition(db)
    await lifecycle.set_status(db, made.name, "cancel", NOW)
    async with db.begin() as conn:
        await lifecycle.reopen(conn, made.id, None)
    assert await free(db) == {4}

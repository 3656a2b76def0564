"""Processes that are gone: what they held is taken over, and whoever may have had a mail is listed."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from digest.delivery import LivenessTracker
from digest.delivery.aftermath import take_back
from digest.delivery.liveness import new_owner
from digest.delivery.outcomes import Rules, decide
from digest.model import Deferred, Delivery, Edition, EditionStatus, State, Unsent
from digest.store.db.database import Database
from digest.store.editions import deliveries, lifecycle
from digest.store.ledger import attempts, claims
from tests.delivery.running import by_reader, run, status
from tests.helpers.ledger import NOW, FakeSender, Times, address, open_edition, states

ELSEWHERE = "elsewhere:1:2:3"  # a process on another machine


def dead() -> str:
    """Return a process of this machine that the system knows to have ended: our own number, from an earlier life."""
    return ":".join([*new_owner().split(":")[:2], "0", "dead"])


async def hold_rows(
    db: Database, edition: Edition, owner: str, *, claimed: int, sending: int
) -> list[Delivery]:
    """Leave rows in a process's hands; by our clock its lease ended long ago, for clocks prove nothing."""
    async with db.begin() as conn:
        until = NOW - timedelta(hours=1)
        rows, _ = await claims.claim(conn, edition.id, owner, claimed + sending, now=NOW, lease_until=until)
        await claims.marking(db.dialect, rows[:sending], owner, now=NOW).on(conn)
    return rows


async def doubted(db: Database, edition: Edition) -> list[str]:
    return [row.address async for row in deliveries.rows(db, edition.id, State.UNKNOWN)]


async def test_what_a_dead_process_held_is_taken_over_at_once(db: Database) -> None:
    edition = await open_edition(db, readers=10)
    dead = ":".join([*new_owner().split(":")[:2], "0", "dead"])  # our own number, from an earlier life
    async with db.begin() as conn:
        claimed, _ = await claims.claim(
            conn, edition.id, dead, 4, now=NOW, lease_until=NOW + timedelta(hours=1)
        )
        await claims.marking(db.dialect, claimed[:2], dead, now=NOW).on(conn)
    sender = FakeSender()
    async with asyncio.timeout(5):
        await run(db, sender)
    assert sorted(sender.sent) == sorted(address(number) for number in range(1, 11))
    doubted = [row.address async for row in deliveries.rows(db, edition.id, State.UNKNOWN)]
    assert doubted == [address(1), address(2)]


async def test_what_a_silent_process_holds_is_taken_over_after_its_lease(db: Database) -> None:
    edition = await open_edition(db, readers=6)
    async with db.begin() as conn:
        # Its lease ends long ago by our clock: clocks prove nothing, only that it gives no sign of life while we watch.
        await claims.claim(
            conn, edition.id, "elsewhere:1:2:3", 4, now=NOW, lease_until=NOW - timedelta(hours=1)
        )
    sender = FakeSender()
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await run(db, sender, lease=timedelta(seconds=0.6))
    assert loop.time() - begun >= 0.6
    assert Counter(sender.sent) == Counter(address(number) for number in range(1, 7))


async def test_a_silent_process_is_noticed_also_while_a_retry_is_not_due(db: Database) -> None:
    edition = await open_edition(db, readers=6)
    await hold_rows(db, edition, ELSEWHERE, claimed=2, sending=2)
    sender = FakeSender(by_reader({5: Deferred("450 4.2.0 greylisted", 450)}))
    async with asyncio.timeout(20):
        await run(db, sender, lease=timedelta(seconds=0.6))
    assert sorted(sender.sent) == [address(number) for number in (1, 2, 3, 4, 6)]
    assert await doubted(db, edition) == [address(1), address(2)]


async def test_after_the_deadline_what_a_dead_process_held_is_settled(db: Database) -> None:
    edition = await open_edition(db, readers=10, deadline=NOW + timedelta(hours=1))
    await hold_rows(db, edition, dead(), claimed=2, sending=2)
    sender = FakeSender()
    await run(db, sender, clock=Times(NOW + timedelta(hours=2)))
    assert not sender.sent
    assert Counter((await states(db, edition)).values()) == {State.UNKNOWN: 2, State.SKIPPED: 8}
    assert await doubted(db, edition) == [address(1), address(2)]
    assert await status(db, edition) is EditionStatus.SENT


async def test_after_the_deadline_a_silent_process_is_noticed_by_whoever_looks_again_and_again(
    db: Database,
) -> None:
    edition = await open_edition(db, readers=4, deadline=NOW + timedelta(hours=1))
    await hold_rows(db, edition, ELSEWHERE, claimed=1, sending=1)
    watch = LivenessTracker(0.3)
    for _ in range(2):
        await run(db, FakeSender(), clock=Times(NOW + timedelta(hours=2)), watch=watch)
        assert await status(db, edition) is EditionStatus.SENDING
    await asyncio.sleep(0.4)
    await run(db, FakeSender(), clock=Times(NOW + timedelta(hours=2)), watch=watch)
    assert await doubted(db, edition) == [address(1)]
    assert await status(db, edition) is EditionStatus.SENT


async def test_a_late_word_settles_a_doubt_or_leaves_it(db: Database) -> None:
    edition = await open_edition(db, readers=2)
    one, two = await hold_rows(db, edition, dead(), claimed=0, sending=2)
    await run(db, FakeSender(), hold=["daily"])
    assert await status(db, edition) is EditionStatus.SENT
    rules = Rules(resend=False)
    late = [
        decide(Unsent("lost before the last byte"), one, rules, now=NOW, chance=0.5),
        attempts.Result(two, State.SENT, reply="250 ok"),
    ]
    await db.carry_out([attempts.recording(db.dialect, late, now=NOW)])
    assert await states(db, edition) == {address(1): State.UNKNOWN, address(2): State.SENT}


@pytest.mark.parametrize(("hold", "state"), [(["daily"], State.UNKNOWN), ([], State.QUEUED)])
async def test_a_paused_edition_does_not_hide_who_is_in_doubt(
    db: Database, hold: list[str], state: State
) -> None:
    edition = await open_edition(db, readers=6)
    await hold_rows(db, edition, dead(), claimed=2, sending=2)
    await lifecycle.set_status(db, edition.name, "pause", NOW)
    sender = FakeSender()
    await run(db, sender, hold=hold)
    assert not sender.sent
    assert await doubted(db, edition) == [address(1), address(2)]
    expected = dict.fromkeys((1, 2), state) | dict.fromkeys((3, 4, 5, 6), State.QUEUED)
    assert await states(db, edition) == {address(number): one for number, one in expected.items()}
    assert await status(db, edition) is EditionStatus.PAUSED


async def test_nothing_of_a_cancelled_edition_waits_for_anybody(db: Database) -> None:
    edition = await open_edition(db, readers=6)
    one, two, *_ = await hold_rows(db, edition, ELSEWHERE, claimed=2, sending=2)
    await lifecycle.set_status(db, edition.name, "cancel", NOW)
    told = await states(db, edition)
    assert Counter(told.values()) == {State.SENDING: 2, State.SKIPPED: 4}, "what was only claimed as well"
    rules = Rules(attempts=3)
    late = [
        decide(Deferred("450 4.2.0 later", 450), one, rules, now=NOW, chance=0.5),
        decide(Unsent("lost before the last byte"), two, rules, now=NOW, chance=0.5),
    ]
    await db.carry_out([attempts.recording(db.dialect, late, now=NOW)])  # and its process is killed
    sender = FakeSender()
    await run(db, sender)
    assert not sender.sent
    assert set((await states(db, edition)).values()) == {State.SKIPPED}


async def test_a_person_who_acts_takes_back_what_the_dead_of_this_machine_had(db: Database) -> None:
    edition = await open_edition(db, readers=8)
    await hold_rows(db, edition, dead(), claimed=1, sending=2)
    await hold_rows(db, edition, ELSEWHERE, claimed=1, sending=1)
    assert await take_back(db, edition.id, resend=False, now=NOW) == 2
    counts = Counter((await states(db, edition)).values())
    assert counts == {State.UNKNOWN: 2, State.CLAIMED: 1, State.SENDING: 1, State.QUEUED: 4}

"""What is final may be tried again where a person wants it; a refusal of the address itself suppresses its reader."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.delivery.outcomes import Rules, decide
from digest.model import Delivery, Edition, EditionStatus, Outcome, Refused, State, Unknown
from digest.store.db.database import Database
from digest.store.editions import deliveries, editions, lifecycle, profiles
from digest.store.ledger import attempts, claims, refusals, retries
from digest.store.ledger.retries import Choice, InDoubt
from digest.store.people import readers, suppressions
from tests.delivery.running import by_reader, run, status
from tests.helpers.ledger import NOW, FakeSender, address, open_edition, states

GONE = Refused("550 5.1.1 no such user", 550, hard=True)
FULL = Refused("552 5.2.2 mailbox full", 552)
OURS = Refused("550 5.4.5 daily limit of Paper & Co% reached", 550)
LOST = Unknown("the line was cut")


async def answered(db: Database, answers: dict[int, Outcome], *, hold: bool = True) -> Edition:
    """An edition that every reader's server has answered; all others took it."""
    edition = await open_edition(db, readers=max(answers) + 1)
    await run(db, FakeSender(by_reader(answers)), hold=["daily"] if hold else [])
    return edition


async def queue(db: Database, choice: Choice) -> int:
    async with db.begin() as conn:
        return await retries.queue(conn, choice, NOW)


def refused(edition: Edition, **more: object) -> Choice:
    return Choice(edition_id=edition.id, states=[State.REFUSED], **more)  # type: ignore[arg-type]


# --- refusals of an address ---------------------------------------------------------------------------------


async def test_who_does_not_exist_is_suppressed_with_the_providers_words(db: Database) -> None:
    edition = await answered(db, {1: GONE, 2: FULL, 3: OURS})
    known = {number: await profiles.show(db, address(number)) for number in (1, 2, 3, 4)}
    suppressed = {number: one.suppressed for number, one in known.items() if one and one.suppressed}
    assert suppressed == {1: f"the server refused {edition.name} for good: 550 5.1.1 no such user"}
    assert known[1]
    assert known[1].suppressed_since == NOW
    assert await suppressions.release(db, address(1))
    again = await profiles.show(db, address(1))
    assert again
    assert not again.suppressed


async def test_who_is_suppressed_already_keeps_the_first_reason(db: Database) -> None:
    edition = await open_edition(db, readers=2)
    async with db.begin() as conn:
        claimed, _ = await claims.claim(conn, edition.id, "me", 2, now=NOW, lease_until=NOW)
        await claims.marking(db.dialect, claimed, "me", now=NOW).on(conn)
    await suppressions.suppress(db, [address(1)], "asked by phone", NOW)
    await record(db, claimed, GONE)
    found = {one.address: one.reason async for one in suppressions.list_(db)}
    assert found[address(1)] == "asked by phone"
    assert "550 5.1.1" in found[address(2)]


async def record(db: Database, claimed: list[Delivery], outcome: Outcome) -> None:
    results = [decide(outcome, one, Rules(), now=NOW, chance=0.5) for one in claimed]
    suppressing = refusals.suppressing(db.dialect, results, now=NOW)
    assert suppressing
    await db.carry_out([attempts.recording(db.dialect, results, now=NOW), suppressing])


async def test_a_late_word_about_a_row_that_is_anothers_suppresses_nobody(db: Database) -> None:
    edition = await open_edition(db, readers=1)
    async with db.begin() as conn:
        claimed, _ = await claims.claim(conn, edition.id, "me", 1, now=NOW, lease_until=NOW)
        await claims.marking(db.dialect, claimed, "me", now=NOW).on(conn)
        await claims.releasing(db.dialect, claimed, "me").on(conn)
        await claims.claim(conn, edition.id, "another", 1, now=NOW, lease_until=NOW)
    await record(db, claimed, GONE)
    assert [one async for one in suppressions.list_(db)] == []


async def test_it_is_withdrawn_by_the_deliveries_that_it_came_from(db: Database) -> None:
    edition = await answered(db, {1: GONE, 2: GONE, 3: GONE})
    await suppressions.suppress(db, [address(4)], "by hand", NOW)
    rows = [one async for one in retries.found(db, refused(edition), NOW)]
    assert all(one.suppressed_by_it for one in rows)
    ids = [one.id for one in rows if one.address != address(3)]
    assert await db.carry_out([refusals.withdrawing(db.dialect, ids)]) == [2]
    assert [one.address async for one in suppressions.list_(db)] == [address(3), address(4)]


# --- another try --------------------------------------------------------------------------------------------


async def test_the_refused_are_tried_as_if_for_the_first_time(db: Database) -> None:
    edition = await answered(db, {1: FULL, 2: OURS, 3: OURS})
    assert await status(db, edition) is EditionStatus.SENT
    assert await queue(db, refused(edition, words="paper & co% REACHED")) == 2
    assert await queue(db, refused(edition, words="o_reached")) == 0, "the words are no pattern"
    async with db.begin() as conn:
        await lifecycle.reopen(conn, edition.id, None)
    rows = {row.address: row async for row in deliveries.rows(db, edition.id)}
    again = rows[address(2)]
    assert (again.state, again.attempts, again.not_before) == (State.QUEUED, 0, None)
    assert again.reply == "queued again by hand; 550 5.4.5 daily limit of Paper & Co% reached"
    sender = FakeSender()
    await run(db, sender)
    assert sorted(sender.sent) == [address(2), address(3)]
    assert (await states(db, edition))[address(1)] is State.REFUSED
    assert await status(db, edition) is EditionStatus.SENT


async def test_who_may_not_be_mailed_stays_as_they_are(db: Database) -> None:
    edition = await answered(db, {1: OURS, 2: OURS, 3: OURS, 4: OURS})
    await suppressions.suppress(db, [address(1)], "by hand", NOW)
    await suppressions.forget(db, address(2), NOW)
    reader = await profiles.show(db, address(3))
    assert reader
    await readers.unsubscribe(db, reader.subscriptions[0].id, NOW)
    stay = {one.skip async for one in retries.found(db, refused(edition), NOW) if one.skip}
    assert stay == {
        "the address is suppressed: by hand",
        "the reader was forgotten",
        "the reader has unsubscribed",
    }
    assert await queue(db, refused(edition)) == 1
    assert (await states(db, edition))[address(4)] is State.QUEUED


async def test_whom_the_refusal_suppressed_is_released_by_the_same_choice(db: Database) -> None:
    edition = await answered(db, {1: GONE, 2: GONE})
    await suppressions.suppress(db, [address(3)], "by hand", NOW)
    choice = refused(edition, keys=[address(1), address(3)])
    async with db.begin() as conn:
        assert await retries.release(conn, choice) == 1
        assert await retries.queue(conn, choice, NOW) == 1
    assert [one.address async for one in suppressions.list_(db)] == [address(2), address(3)]


async def test_doubts_are_sent_again_and_stay_listed_or_are_noted_as_received(db: Database) -> None:
    edition = await answered(db, {1: LOST, 2: LOST, 3: LOST})
    in_doubt = {"edition_id": edition.id, "states": [State.UNKNOWN]}
    assert await queue(db, Choice(**in_doubt, keys=[address(1)])) == 1  # type: ignore[arg-type]
    async with db.begin() as conn:
        await lifecycle.reopen(conn, edition.id, None)
        assert await retries.accept(conn, InDoubt(**in_doubt, keys=[address(2)]), NOW) == 1  # type: ignore[arg-type]
    sender = FakeSender()
    await run(db, sender, hold=["daily"])
    assert sender.sent == [address(1)]
    told = await states(db, edition)
    assert [told[address(number)] for number in (1, 2, 3)] == [State.SENT, State.SENT, State.UNKNOWN]
    listed = [row.address async for row in deliveries.rows(db, edition.id, State.UNKNOWN)]
    assert listed == [address(1), address(2), address(3)], "all that were ever in doubt"


async def test_what_is_repeated_by_itself_may_be_noted_as_received_before(db: Database) -> None:
    edition = await open_edition(db, readers=2)
    async with db.begin() as conn:
        claimed, _ = await claims.claim(conn, edition.id, "me", 1, now=NOW, lease_until=NOW)
        await claims.marking(db.dialect, claimed, "me", now=NOW).on(conn)
        lost = decide(LOST, claimed[0], Rules(resend=True), now=NOW, chance=0.5)
        await attempts.recording(db.dialect, [lost], now=NOW).on(conn)
        in_doubt = InDoubt(edition_id=edition.id, states=[State.UNKNOWN])
        assert await retries.accept(conn, in_doubt, NOW) == 1
    sender = FakeSender()
    await run(db, sender)
    assert sender.sent == [address(2)]


@pytest.mark.parametrize(
    ("before", "after"),
    [("sent", EditionStatus.SENDING), ("cancel", EditionStatus.SENDING), ("pause", EditionStatus.PAUSED)],
)
async def test_an_edition_is_opened_again_unless_it_is_paused(
    db: Database, before: str, after: EditionStatus
) -> None:
    edition = await open_edition(db, readers=1, deadline=NOW + timedelta(hours=1))
    if before == "sent":
        await run(db, FakeSender())
    else:
        await lifecycle.set_status(db, edition.name, before, NOW)  # type: ignore[arg-type]
    until = NOW + timedelta(hours=6)
    async with db.begin() as conn:
        await lifecycle.reopen(conn, edition.id, until)
        await lifecycle.reopen(conn, edition.id, NOW)  # never brought forward
    again = await editions.by_name(db, edition.name)
    assert (again.status, again.deadline) == (after, until)

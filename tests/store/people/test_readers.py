"""Readers and subscriptions: nobody is brought back against their will, and the forgotten stay forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import insert, select

from digest.model import State, SubscriptionStatus
from digest.store.db.database import Database
from digest.store.db.schema import tables
from digest.store.editions import profiles
from digest.store.people import audience, readers, suppressions
from digest.store.people.readers import AddResult, Entry


def entry(name: str) -> Entry:
    return Entry(address=f"{name}@example.org", key=f"{name.casefold()}@example.org", name=name.title())


async def test_adding_is_safe_to_repeat_and_keeps_the_proof_of_consent(db: Database, now: datetime) -> None:
    first = await readers.add(
        db, "daily", [entry("Anna"), entry("bert"), entry("ANNA")], now, consent={"how": "form"}
    )
    assert first == [AddResult.ADDED] * 3
    assert await readers.add(db, "daily", [entry("anna")], now) == [AddResult.KNOWN]
    assert await readers.add(db, "weekly", [entry("anna")], now) == [AddResult.ADDED]
    anna = await profiles.show(db, "anna@example.org")
    assert anna is not None
    assert [(sub.newsletter, sub.status, sub.consent) for sub in anna.subscriptions] == [
        ("daily", SubscriptionStatus.CONFIRMED, {"how": "form"}),
        ("weekly", SubscriptionStatus.CONFIRMED, {}),
    ]
    assert await audience.size(db, "daily") == 2


async def test_a_pending_subscription_is_confirmed_and_its_proof_replaced(
    db: Database, now: datetime
) -> None:
    await readers.add(db, "daily", [entry("anna")], now, consent={"how": "form"})
    async with db.begin() as conn:
        await conn.execute(tables.subscription.update().values(status=SubscriptionStatus.PENDING))
    proven = replace(entry("anna"), proof={"letter": "of 1 March"})
    verdicts = await readers.add(db, "daily", [proven], now + timedelta(hours=1), consent={"how": "by hand"})
    assert verdicts == [AddResult.ADDED]
    (line,) = [one async for one in readers.list_(db)]
    assert (line.status, line.since) == (SubscriptionStatus.CONFIRMED, now + timedelta(hours=1))
    assert line.consent == {"how": "by hand", "letter": "of 1 March"}


async def test_nobody_who_left_is_added_again(db: Database, now: datetime) -> None:
    await readers.add(db, "daily", [entry("anna"), entry("bert"), entry("cara")], now)
    ids = {one.address: one.subscription_id async for one in readers.list_(db)}
    left = await readers.unsubscribe(db, ids["anna@example.org"], now + timedelta(hours=1))
    assert left is not None
    assert (left.address, left.newsletter, left.status) == ("anna@example.org", "daily", "unsubscribed")
    assert await suppressions.suppress(db, ["bert@example.org"], "complaint", now) == {"bert@example.org"}
    assert await suppressions.forget(db, "cara@example.org", now)
    verdicts = await readers.add(db, "daily", [entry("anna"), entry("bert"), entry("cara")], now)
    assert verdicts == [AddResult.UNSUBSCRIBED, AddResult.SUPPRESSED, AddResult.FORGOTTEN]
    assert await audience.size(db, "daily") == 0


async def test_unsubscribing_twice_keeps_the_first_moment(db: Database, now: datetime) -> None:
    await readers.add(db, "daily", [entry("anna")], now)
    (one,) = [line async for line in readers.list_(db)]
    await readers.unsubscribe(db, one.subscription_id, now + timedelta(hours=1))
    again = await readers.unsubscribe(db, one.subscription_id, now + timedelta(hours=9))
    assert again is not None
    assert again.since == now + timedelta(hours=1)
    assert await readers.unsubscribe(db, 999, now) is None
    assert await readers.unsubscribe(db, 0, now) is None


async def test_suppressing_and_releasing(db: Database, now: datetime) -> None:
    await readers.add(db, "daily", [entry("anna")], now)
    both = ["anna@example.org", "anna@example.org", "x@example.org"]
    assert await suppressions.suppress(db, both, "", now) == set(both)
    assert await suppressions.suppress(db, ["anna@example.org"], "again", now) == set()
    (line,) = [line async for line in readers.list_(db)]
    assert line.suppressed == "by hand"
    assert await audience.size(db, "daily") == 0
    assert await suppressions.release(db, "anna@example.org")
    assert not await suppressions.release(db, "anna@example.org")
    assert await audience.size(db, "daily") == 1


async def test_the_suppressed_are_read_in_pages(db: Database, now: datetime) -> None:
    await readers.add(db, "daily", [entry("Anna"), entry("Bert")], now)
    keys = [f"{name}@example.org" for name in ("anna", "bert", "cleo", "dora", "emil")]
    await suppressions.suppress(db, keys, "asked", now)
    await suppressions.forget(db, "emil@example.org", now)
    found = [one async for one in suppressions.list_(db, page=2)]
    assert [(one.address, one.reason, one.since) for one in found] == [
        ("Anna@example.org", "asked", now),
        ("Bert@example.org", "asked", now),
        ("cleo@example.org", "asked", now),
        ("dora@example.org", "asked", now),
    ]
    assert [one.key async for one in suppressions.list_(db, "daily")] == keys[:2]
    assert [one async for one in suppressions.list_(db, "weekly")] == []


async def test_the_forgotten_can_be_released(db: Database, now: datetime) -> None:
    await readers.add(db, "daily", [entry("anna")], now)
    await suppressions.forget(db, "anna@example.org", now)
    assert await suppressions.release(db, "anna@example.org")
    assert not await suppressions.release(db, "anna@example.org")
    assert await readers.add(db, "daily", [entry("anna")], now) == [AddResult.ADDED]
    assert await audience.size(db, "daily") == 1


async def test_who_left_comes_back_only_by_asking_again(db: Database, now: datetime) -> None:
    await readers.add(db, "daily", [entry("anna")], now, consent={"how": "form"})
    await readers.unsubscribe(db, 1, now)
    assert await readers.add(db, "daily", [entry("anna")], now) == [AddResult.UNSUBSCRIBED]
    later = now + timedelta(hours=1)
    verdicts = await readers.add(db, "daily", [entry("anna")], later, consent={"how": "letter"}, again=True)
    assert verdicts == [AddResult.ADDED]
    (line,) = [one async for one in readers.list_(db)]
    assert (line.standing, line.since, line.consent) == ("confirmed", later, {"how": "letter"})


async def test_who_is_of_the_audience(db: Database, now: datetime) -> None:
    await readers.add(db, "daily", [entry("anna"), entry("bert"), entry("cleo")], now)
    await readers.add(db, "weekly", [entry("dora")], now)
    found = await audience.member(db, "daily", "anna@example.org")
    assert found is not None
    assert (found.address, found.name) == ("anna@example.org", "Anna")
    await suppressions.suppress(db, ["bert@example.org"], "asked", now)
    for name in ("bert", "dora", "emil"):
        assert await audience.member(db, "daily", f"{name}@example.org") is None


async def test_the_list_is_read_in_pages_and_filtered(db: Database, now: datetime) -> None:
    await readers.add(db, "daily", [entry(f"r{number}") for number in range(7)], now)
    await readers.add(db, "weekly", [entry(f"r{number}") for number in range(3)], now)
    everybody = [line async for line in readers.list_(db, page=3)]
    assert len(everybody) == 10
    assert [line.subscription_id for line in everybody] == sorted(line.subscription_id for line in everybody)
    assert len([line async for line in readers.list_(db, "daily", page=7)]) == 7
    await readers.unsubscribe(db, everybody[0].subscription_id, now)
    left = [line.address async for line in readers.list_(db, status=SubscriptionStatus.UNSUBSCRIBED)]
    assert left == [everybody[0].address]


async def _deliver(db: Database, now: datetime, states: list[State]) -> None:
    """Make an edition per state, with a row for the first reader in it."""
    async with db.begin() as conn:
        reader_id = await conn.scalar(select(tables.reader.c.id))
        for number, state in enumerate(states):
            edition_id = await conn.scalar(
                insert(tables.edition)
                .values(name=f"daily-{number}", newsletter="daily", slot=str(number), status="sending")
                .values(due=now, opened_at=now, problems=[])
                .returning(tables.edition.c.id)
            )
            row = {"edition_id": edition_id, "reader_id": reader_id, "subscription_id": 1, "state": state}
            await conn.execute(
                insert(tables.delivery).values(reply="550 <anna@example.org> is full", at=now, **row)
            )


async def test_everything_about_a_reader_can_be_shown(db: Database, now: datetime) -> None:
    await readers.add(db, "daily", [entry("anna")], now)
    await _deliver(db, now, [State.REFUSED, State.SENT])
    anna = await profiles.show(db, "anna@example.org")
    assert anna is not None
    assert (anna.address, anna.name, anna.suppressed, anna.created_at) == (
        "anna@example.org",
        "Anna",
        "",
        now,
    )
    assert [(one.edition, one.state, one.at) for one in anna.received] == [
        ("daily-1", State.SENT, now),
        ("daily-0", State.REFUSED, now),
    ]
    assert await profiles.show(db, "nobody@example.org") is None


async def test_a_forgotten_reader_leaves_counts_and_no_trace(db: Database, now: datetime) -> None:
    await readers.add(db, "daily", [entry("anna")], now, consent={"address": "192.0.2.7"})
    await suppressions.suppress(db, ["anna@example.org"], "complaint", now)
    await _deliver(db, now, [State.SENT, State.QUEUED])
    assert await suppressions.forget(db, "anna@example.org", now)
    assert not await suppressions.forget(db, "anna@example.org", now)
    kept = ""
    async with db.connect() as conn:
        for table in tables.metadata.sorted_tables:
            kept += repr([tuple(row) for row in await conn.execute(select(table))])
        states = list(await conn.scalars(select(tables.delivery.c.state).order_by(tables.delivery.c.id)))
    assert "anna" not in kept.casefold()
    assert "192.0.2.7" not in kept
    assert states == ["sent", "skipped"]
    anna = await profiles.show(db, "anna@example.org")
    assert anna == profiles.Reader(
        address="anna@example.org", suppressed="forgotten", suppressed_since=now
    ), "all that can be told, and only to who knows the address"
    assert [one async for one in suppressions.list_(db)] == []
    assert [line async for line in readers.list_(db)] == []


async def test_a_name_comes_later_and_is_not_taken_away(db: Database, now: datetime) -> None:
    nameless = Entry(address="anna@example.org", key="anna@example.org")
    for known in (
        nameless,
        entry("anna"),
        nameless,
        Entry(address=nameless.address, key=nameless.key, name="Other"),
    ):
        await readers.add(db, "daily", [known], now)
    anna = await profiles.show(db, nameless.key)
    assert anna is not None
    assert anna.name == "Anna"

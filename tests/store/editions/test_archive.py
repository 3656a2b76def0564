"""The archive's queries: what is shown, in the order of the slots, whatever becomes of an edition."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from digest.model import EditionStatus
from digest.store.db.database import Database
from digest.store.editions import archive, editions, lifecycle, remakes
from tests.helpers.ledger import MAIL, NOW, a_plan, add_readers

SLOTS = ["2026-02-27T07:00", "2026-02-28T07:00", "2026-03-01T07:00", "2026-03-02T07:00"]


async def make(db: Database) -> None:
    for day, slot in enumerate(SLOTS):
        plan = replace(a_plan(), slot=slot, due=NOW + timedelta(days=day))
        assert await editions.open(db, plan, replace(MAIL, subject=slot), NOW)


async def slots(db: Database, limit: int = 50, month: str = "", before: str = "") -> list[str]:
    found = await archive.entries(db, "daily", limit, month=month, before=before)
    return [entry.slot for entry in found]


async def test_editions_are_found_by_month_and_page(db: Database) -> None:
    await make(db)
    await editions.open(db, replace(a_plan(), newsletter="weekly"), MAIL, NOW)
    assert await slots(db) == SLOTS[::-1]
    assert await slots(db, limit=3) == SLOTS[:0:-1]
    assert await slots(db, before=SLOTS[2]) == SLOTS[1::-1]
    assert await slots(db, month="2026-02", before=SLOTS[1]) == SLOTS[:1]
    assert await archive.months(db, "daily") == ["2026-03", "2026-02"]
    around = await archive.neighbours(db, "daily", SLOTS[1])
    assert around.previous is not None
    assert around.next is not None
    assert (around.previous.slot, around.next.slot) == (SLOTS[0], SLOTS[2])
    assert [name for name, _ in await archive.names(db, ["daily", "weekly"], 2)] == [
        "daily-2026-03-02T0700",
        "daily-2026-03-01T0700",
    ]


async def test_a_remade_edition_keeps_its_place_and_its_date(db: Database) -> None:
    await add_readers(db, 2)
    await make(db)
    old = await editions.by_name(db, "daily-2026-02-28T0700")
    plan = replace(a_plan(), slot=old.slot, due=old.due)
    new = await remakes.take_place(db, old, plan, MAIL, NOW + timedelta(days=9))
    found = await archive.entries(db, "daily", 50)
    assert [entry.slot for entry in found] == SLOTS[::-1]
    assert (found[2].name, found[2].due) == (new.name, old.due)
    assert old.name not in [name for name, _ in await archive.names(db, ["daily"], 9)]


async def test_what_was_not_sent_or_is_held_is_not_shown(db: Database) -> None:
    await make(db)
    await lifecycle.set_status(db, "daily-2026-03-02T0700", "cancel", NOW)
    await lifecycle.set_status(db, "daily-2026-03-01T0700", "pause", NOW)
    skipped = replace(a_plan(), slot="2026-03-03T07:00")
    await editions.skip(db, skipped, EditionStatus.SKIPPED_EMPTY, "nothing new", NOW)
    assert await slots(db) == SLOTS[1::-1]
    assert (await archive.neighbours(db, "daily", SLOTS[1])).next is None
    assert await archive.months(db, "daily") == ["2026-02"]

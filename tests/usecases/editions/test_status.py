"""How an edition stands, as commands and pages are told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from digest.delivery.liveness import new_owner
from digest.errors import UsageError
from digest.model import EditionStatus, State
from digest.settings import SenderSettings
from digest.store.db.schema.tables import delivery, edition
from digest.store.editions import editions
from digest.tools import Tools
from digest.usecases.editions import status as edition_status
from digest.usecases.editions.deliveries import departed_owners
from tests.helpers.ledger import NOW, open_edition


async def set_deliveries(tools: Tools, first: int, **values: object) -> None:
    """Give the deliveries of the readers up to that number these values."""
    async with tools.db.begin() as conn:
        await conn.execute(update(delivery).where(delivery.c.reader_id <= first).values(**values))


async def test_json_names_every_state_and_the_words_are_plain(tools: Tools) -> None:
    made = await open_edition(tools.db, readers=3)
    await set_deliveries(tools, 1, state=State.SENT, at=NOW)
    row = edition_status.as_json(made, await editions.tally(tools.db, made.id))
    assert (row["edition"], row["newsletter"], row["recipients"]) == (made.name, "daily", 3)
    assert {state.value: row[state.value] for state in State if row[state.value]} == {"sent": 1, "queued": 2}
    assert row["refused"] == 0
    assert type(row["status"]) is str


async def test_the_latest_come_first_and_as_many_as_were_asked_for(tools: Tools) -> None:
    made = [await open_edition(tools.db, newsletter=name) for name in ("daily", "weekly")]
    latest = await edition_status.latest(tools, limit=1)
    assert [one.edition.name for one in latest] == [made[1].name]
    assert [one.edition.name for one in await edition_status.latest(tools, "daily", limit=9)] == [
        made[0].name
    ]


async def test_a_newsletter_that_never_was_is_no_empty_list(tools: Tools) -> None:
    assert await edition_status.latest(tools, "weekly", limit=9) == []
    with pytest.raises(UsageError, match="weekly"):
        await edition_status.latest(tools, "weakly", limit=9)


async def test_an_edition_in_the_hands_of_a_live_process_has_a_pace(tools: Tools) -> None:
    made = await open_edition(tools.db, readers=30)
    await set_deliveries(tools, 20, state=State.SENT, at=NOW - timedelta(seconds=4))
    in_hand = {"state": State.CLAIMED, "owner": new_owner(), "lease_until": NOW + timedelta(minutes=1)}
    async with tools.db.begin() as conn:
        await conn.execute(update(delivery).where(delivery.c.reader_id > 20).values(**in_hand))
    found = await edition_status.details(tools, made.name)
    assert found.sent_by_a_process
    assert found.pace == (5.0, 2.0)  # 20 in 4 seconds, and 10 are left


async def test_what_a_dead_process_left_is_sent_by_nobody_and_in_doubt(tools: Tools) -> None:
    made = await open_edition(tools.db, readers=2)
    lease = {"owner": "elsewhere:1:1:a", "lease_until": NOW - timedelta(seconds=1)}
    await set_deliveries(tools, 1, state=State.SENDING, **lease)
    found = await edition_status.details(tools, made.name)
    assert not found.sent_by_a_process
    assert found.pace == (0.0, None)
    assert (found.tally[State.UNKNOWN], found.tally.doubted) == (1, 1)
    assert [one.row.state for one in found.missed] == [State.UNKNOWN]
    assert await departed_owners(tools) == {"elsewhere:1:1:a"}


@pytest.mark.parametrize("status", [one for one in EditionStatus if one is not EditionStatus.SENDING])
async def test_only_an_open_edition_is_being_sent(tools: Tools, status: EditionStatus) -> None:
    made = await open_edition(tools.db, readers=1)
    in_hand = {"owner": new_owner(), "lease_until": NOW + timedelta(minutes=1)}
    await set_deliveries(tools, 1, state=State.CLAIMED, reply="451 later", **in_hand)
    async with tools.db.begin() as conn:
        await conn.execute(update(edition).values(status=status))
    found = await edition_status.details(tools, made.name)
    assert (found.edition.status, found.sent_by_a_process, found.heard_last) == (status, False, "")


async def test_what_was_heard_last_of_those_who_wait(tools: Tools) -> None:
    made = await open_edition(tools.db, readers=2)
    await set_deliveries(tools, 1, state=State.DEFERRED, at=NOW, reply="451 come back later", not_before=NOW)
    found = await edition_status.details(tools, made.name)
    assert "451 come back later" in found.heard_last
    assert [one.row.not_before for one in found.missed if one.row.state is State.DEFERRED] == [NOW]


async def test_an_unknown_name_is_refused(tools: Tools) -> None:
    with pytest.raises(UsageError):
        await edition_status.details(tools, "daily-2026-03-02T0700")


def test_nothing_is_promised_that_the_rates_do_not_allow() -> None:
    limited = [SenderSettings.model_validate({"rate": rate}) for rate in ("2/s", "5/s")]
    assert edition_status.pace(100, 50, limited) == (5, 10)
    assert edition_status.pace(100, 50, []) == (100, 0.5)
    assert edition_status.pace(0.001, 50, []).seconds_left is None
    assert edition_status.pace(10, 0, []).seconds_left == 0

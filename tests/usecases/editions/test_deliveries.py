"""The ledger of an edition as it is listed: every state, and the Message-ID that a mail server's log knows."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from digest.errors import UsageError
from digest.model import State
from digest.store.db.schema.tables import delivery
from digest.tools import Tools
from digest.usecases.editions import deliveries, status
from tests.helpers.ledger import NOW, address, open_edition


async def test_rows_come_in_the_order_of_readers_with_their_message_ids(tools_on_both: Tools) -> None:
    tools = tools_on_both
    made = await open_edition(tools.db, readers=3)
    async with tools.db.begin() as conn:
        await conn.execute(
            update(delivery).where(delivery.c.reader_id == 2).values(state=State.SENT, at=NOW, doubted_at=NOW)
        )
    rows = [one.as_json() async for one in deliveries.list_(tools, made.name)]
    assert [row["address"] for row in rows] == [address(number) for number in (1, 2, 3)]
    assert len({row["message_id"] for row in rows}) == 3
    assert all(row["message_id"].endswith("@news.example.org") for row in rows)
    assert [row["state"] for row in rows] == ["queued", "sent", "queued"]
    doubted = [one.row.address async for one in deliveries.list_(tools, made.name, State.UNKNOWN)]
    assert doubted == [address(2)], "also where a later attempt succeeded"


async def test_of_a_newsletter_that_has_left_the_configuration_no_id_is_known(tools: Tools) -> None:
    made = await open_edition(tools.db, readers=1, newsletter="gone")
    assert [one.message_id async for one in deliveries.list_(tools, made.name)] == [None]
    with pytest.raises(UsageError):
        assert [one async for one in deliveries.list_(tools, "gone-2026-03-02T0800")]


async def test_the_same_rows_stand_in_the_details_of_an_edition(tools: Tools) -> None:
    made = await open_edition(tools.db, readers=2)
    async with tools.db.begin() as conn:
        await conn.execute(
            update(delivery)
            .where(delivery.c.reader_id == 1)
            .values(state=State.REFUSED, reply="550 no", at=NOW)
        )
    shown = await status.details(tools, made.name)
    [missed] = shown.as_json()["missed"]
    [listed] = [one.as_json() async for one in deliveries.list_(tools, made.name, State.REFUSED)]
    assert missed == listed
    assert (shown.as_json()["refused"], shown.as_json()["seconds_left"]) == (1, None)

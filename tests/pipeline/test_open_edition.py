"""Opening: one edition for a slot, one row for each reader who can be mailed, and the seeds before all others."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import update

from digest.model import EditionStatus, State, SubscriptionStatus
from digest.pipeline.open_edition import first_readers, open_edition, why_no_readers
from digest.store.db.schema.tables import subscription
from digest.store.editions import editions
from digest.store.people import suppressions
from digest.tools import Tools
from tests.helpers.ledger import MAIL, NOW, a_plan, add_readers, address, states
from tests.helpers.newsroom import Newsroom, daily


async def test_an_edition_opens_once_however_many_open_it(newsroom: Newsroom, tools: Tools) -> None:
    await add_readers(tools.db, 3)
    async with newsroom.opened() as other:
        opened = await asyncio.gather(
            *(open_edition(daily(one), a_plan(), MAIL, one, by_hand=False) for one in (tools, other) * 4)
        )
    [edition] = [one for one in opened if one]
    assert len(await states(tools.db, edition)) == 3


async def test_there_is_one_row_for_each_reader_who_can_be_mailed(tools: Tools) -> None:
    await add_readers(tools.db, 6)
    await add_readers(tools.db, 2, newsletter="weekly", start=20)
    for number, status in ((2, SubscriptionStatus.PENDING), (3, SubscriptionStatus.UNSUBSCRIBED)):
        async with tools.db.begin() as conn:
            changed = update(subscription).where(subscription.c.reader_id == number)
            await conn.execute(changed.values(status=status))
    await suppressions.suppress(tools.db, [address(4)], "complaint", NOW)
    edition = await open_edition(daily(tools), a_plan(), MAIL, tools, by_hand=False)
    assert edition is not None
    assert await states(tools.db, edition) == dict.fromkeys(map(address, (1, 5, 6)), State.QUEUED)


async def test_without_readers_the_slot_is_skipped_and_says_how_to_add_one(tools: Tools) -> None:
    edition = await open_edition(daily(tools), a_plan(), MAIL, tools, by_hand=False)
    assert edition is not None
    assert edition.status is EditionStatus.SKIPPED_EMPTY
    assert "digest subscribers add" in edition.reason
    assert edition.reason in edition.problems
    assert await editions.newest(tools.db, "daily") is None
    await add_readers(tools.db, 1)
    assert await why_no_readers(daily(tools), tools) == ""


async def test_the_deadline_of_an_edition_counts_from_when_it_opens_if_that_is_later(
    newsroom: Newsroom, tools: Tools
) -> None:
    await add_readers(tools.db, 1)
    newsroom.clock.on(tools.settings.delivery.deadline * 2)
    edition = await open_edition(daily(tools), a_plan(), MAIL, tools, by_hand=True)
    assert edition is not None
    [(_, deadline)] = await _sending(tools)
    assert deadline == newsroom.clock() + tools.settings.delivery.deadline


async def _sending(tools: Tools) -> list[tuple[int, object]]:
    async with tools.db.connect() as conn:
        return list(await editions.sending(conn))


@pytest.mark.parametrize("seed", ["stranger@example.org", "reader9@example.org"])
async def test_seeds_are_first_and_a_seed_that_does_not_read_it_is_told(
    newsroom: Newsroom, seed: str
) -> None:
    newsroom.extra = {"seeds": [address(2), seed]}
    async with newsroom.opened() as tools:
        await add_readers(tools.db, 3)
        first, strangers = await first_readers(daily(tools), tools)
        assert first is not None
        assert list(first.seeds) == [address(2)]
        [problem] = strangers
        assert problem.startswith(f"{seed} is among the seeds of daily")
        edition = await open_edition(daily(tools), a_plan(), MAIL, tools, by_hand=False)
        assert edition is not None
        assert problem in edition.problems
        assert len(await states(tools.db, edition)) == 3


async def test_without_canary_and_seeds_all_readers_are_alike(tools: Tools) -> None:
    assert await first_readers(daily(tools), tools) == (None, [])

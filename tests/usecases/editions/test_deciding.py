"""Deciding about readers who did not get an edition: whom it reaches is what it does, no more and no fewer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from digest.errors import UsageError
from digest.model import EditionStatus, State
from digest.store.db.schema.tables import delivery, edition
from digest.store.editions import editions
from digest.tools import Tools
from digest.usecases.editions import deciding
from digest.usecases.editions.deciding import Whom
from digest.usecases.readers import suppression
from tests.helpers.ledger import NOW, a_plan, address, open_edition


async def an_edition(tools: Tools) -> str:
    """Return the name of a finished edition: readers 1 to 3 were refused, 4 is in doubt, 5 has it."""
    made = await open_edition(tools.db, readers=5)
    async with tools.db.begin() as conn:
        for readers, values in (
            ([1, 2], {"state": State.REFUSED, "reply": "554 5.6.0 bad header in 1a2b3c4d"}),
            ([3], {"state": State.REFUSED, "reply": "550 no such user"}),
            ([4], {"state": State.UNKNOWN, "doubted_at": NOW}),
            ([5], {"state": State.SENT}),
        ):
            await conn.execute(
                update(delivery).where(delivery.c.reader_id.in_(readers)).values(at=NOW, **values)
            )
        await conn.execute(update(edition).values(status=EditionStatus.SENT, closed_at=NOW))
    return made.name


async def states(tools: Tools, name: str) -> dict[State, int]:
    tally = await editions.tally(tools.db, (await editions.by_name(tools.db, name)).id)
    return {state: tally[state] for state in State if tally[state]}


async def test_what_it_would_reach_is_what_it_queues(tools_on_both: Tools) -> None:
    tools = tools_on_both
    name = await an_edition(tools)
    await suppression.suppress(tools, [address(3)])
    reach = await deciding.would_retry(tools, name, Whom())
    assert (reach.ready, reach.doubted, sum(reach.staying.values())) == (2, 0, 1)
    assert list(reach.reasons.values()) == [2], "what differs from reader to reader is no reason of its own"
    assert reach.as_json(queued=0)["would_reach"] == 2
    assert (await states(tools, name))[State.REFUSED] == 3, "looking changes nothing"
    queued = await deciding.retry(tools, name, Whom(), deadline=timedelta(hours=1))
    assert (queued.readers, queued.until) == (2, NOW + timedelta(hours=1))
    assert await states(tools, name) == {State.QUEUED: 2, State.REFUSED: 1, State.UNKNOWN: 1, State.SENT: 1}
    assert (await editions.by_name(tools.db, name)).status is EditionStatus.SENDING


async def test_words_and_addresses_narrow_it_down(tools: Tools) -> None:
    name = await an_edition(tools)
    assert (await deciding.would_retry(tools, name, Whom(words="No Such User"))).ready == 1
    one = Whom(addresses=[f"Reader <{address(2).upper()}>"])
    assert (await deciding.would_retry(tools, name, one)).first == [address(2)]
    assert (await deciding.would_retry(tools, name, Whom(words="never said"))).ready == 0
    assert (await deciding.retry(tools, name, Whom(words="never said"))).readers == 0
    assert (await editions.by_name(tools.db, name)).status is EditionStatus.SENT, "nothing opens it again"
    with pytest.raises(UsageError):
        await deciding.would_retry(tools, name, Whom(addresses=["no address"]))


async def test_a_doubt_is_accepted_or_sent_again_and_said_to_be_one(tools_on_both: Tools) -> None:
    tools = tools_on_both
    name = await an_edition(tools)
    doubted = Whom(state=State.UNKNOWN)
    assert (await deciding.would_retry(tools, name, doubted)).doubted == 1
    assert (await deciding.would_accept(tools, name, doubted)).ready == 1
    assert await deciding.accept(tools, name, doubted) == 1
    assert (await states(tools, name))[State.SENT] == 2
    assert await deciding.accept(tools, name, doubted) == 0, "safe to repeat"


async def test_an_edition_without_readers_or_with_a_successor_is_refused(tools: Tools) -> None:
    name = await an_edition(tools)
    async with tools.db.begin() as conn:
        await conn.execute(update(edition).values(remade_as=f"{name}-2"))
    with pytest.raises(UsageError, match=f"was remade as {name}-2"):
        await deciding.would_retry(tools, name, Whom())
    skipped = await editions.skip(tools.db, a_plan("weekly"), EditionStatus.SKIPPED_EMPTY, "no news", NOW)
    assert skipped is not None
    for decide in (deciding.would_retry, deciding.retry, deciding.would_accept, deciding.accept):
        with pytest.raises(UsageError, match="has no readers"):
            await decide(tools, skipped.name, Whom())

"""Stopping an edition and letting it go on: what still leaves, who is in doubt, and a deadline that is over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from digest.clock import utc_now
from digest.delivery.liveness import new_owner
from digest.errors import UsageError
from digest.model import EditionStatus, State
from digest.store.db.schema.tables import delivery
from digest.tools import Tools
from digest.usecases.editions import stopping, told
from tests.helpers.ledger import NOW, open_edition


async def test_a_paused_edition_goes_on_and_a_cancelled_one_does_not(tools_on_both: Tools) -> None:
    tools = tools_on_both
    name = (await open_edition(tools.db, readers=2)).name
    stopped = await stopping.pause(tools, name)
    assert (stopped.edition.status, stopped.already, stopped.leaving) == (EditionStatus.PAUSED, False, 0)
    assert (await stopping.pause(tools, name)).already
    assert stopped.as_json()["status"] == "held"
    assert (await stopping.resume(tools, name)).status is EditionStatus.SENDING
    cancelled = await stopping.cancel(tools, name)
    assert (cancelled.edition.status, cancelled.tally[State.SKIPPED]) == (EditionStatus.CANCELLED, 2)
    for change in (stopping.pause, stopping.resume, stopping.cancel):
        with pytest.raises(UsageError, match="cancelled"):
            await change(tools, name)


async def test_what_is_being_handed_over_may_still_go_out(tools: Tools) -> None:
    name = (await open_edition(tools.db, readers=2)).name
    lease = {"owner": new_owner(), "lease_until": NOW + timedelta(minutes=1)}
    async with tools.db.begin() as conn:
        await conn.execute(
            update(delivery).where(delivery.c.reader_id == 1).values(state=State.SENDING, **lease)
        )
    assert (await stopping.pause(tools, name)).leaving == 1


async def test_a_dead_process_leaves_a_doubt_that_is_told(tools: Tools) -> None:
    made = await open_edition(tools.db, readers=2)
    lease = {"owner": "elsewhere:1:1:a", "lease_until": NOW - timedelta(seconds=1)}
    async with tools.db.begin() as conn:
        await conn.execute(
            update(delivery).where(delivery.c.reader_id == 1).values(state=State.SENDING, **lease)
        )
    stopped = await stopping.pause(tools, made.name)
    assert stopped.tally.doubted == 1
    [line] = told.in_doubt(stopped.edition, stopped.tally)
    assert line.startswith("1 reader may have had it")


async def test_who_resumes_too_late_is_told_and_nothing_changes(tools: Tools) -> None:
    over = utc_now() - timedelta(hours=2)
    name = (await open_edition(tools.db, readers=3, deadline=over)).name
    await stopping.pause(tools, name)
    with pytest.raises(stopping.TooLate, match="3 readers would be given up") as late:
        await stopping.resume(tools, name)
    assert late.value.edition.name == name
    assert "digest " not in str(late.value), "the ways out are the caller's to word"
    resumed = await stopping.resume(tools, name, deadline=timedelta(hours=6))
    assert resumed.status is EditionStatus.SENDING
    assert resumed.deadline is not None
    assert resumed.deadline > utc_now()


async def test_an_unknown_name_is_refused(tools: Tools) -> None:
    for change in (stopping.pause, stopping.resume, stopping.cancel):
        with pytest.raises(UsageError):
            await change(tools, "daily-2026-03-02T0700")

"""Sending by hand as values: why a run is no success, and what a dry run and a test would send."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.errors import UsageError
from digest.model import EditionStatus, State, Tally
from digest.pipeline.publish import Published
from digest.schedule.slots import Slot
from digest.store.editions import editions, lifecycle
from digest.tools import Tools
from digest.usecases.editions import sending, testing
from digest.usecases.editions.send_results import SendRun, Unfinished
from tests.helpers.ledger import NOW, a_plan, add_readers, open_edition

SLOT = Slot(NOW, "2026-03-02T07:00")


@pytest.mark.parametrize(
    ("status", "counts", "late", "reasons"),
    [
        (EditionStatus.SENT, {State.SENT: 2, State.REFUSED: 1}, 0, set()),
        (EditionStatus.SENDING, {State.DEFERRED: 1}, 0, {Unfinished.OPEN}),
        (EditionStatus.PAUSED, {State.SENT: 1}, 0, {Unfinished.OPEN}),
        (EditionStatus.SENT, {State.SENT: 1, State.UNKNOWN: 1}, 0, {Unfinished.IN_DOUBT}),
        (EditionStatus.SENT, {State.REFUSED: 2}, 0, {Unfinished.REACHED_NO_READER}),
        (EditionStatus.SENT, {State.SENT: 1, State.SKIPPED: 1}, 1, {Unfinished.GIVEN_UP}),
        (EditionStatus.SKIPPED_EMPTY, {}, 0, {Unfinished.NOT_MADE}),
    ],
)
async def test_why_a_run_is_no_success(
    tools: Tools, status: EditionStatus, counts: dict[State, int], late: int, reasons: set[Unfinished]
) -> None:
    made = replace(await open_edition(tools.db), status=status, reason="no source", problems=("no source",))
    published = Published(edition=made, tally=Tally(counts=counts), delivered=True)
    run = SendRun(
        published=published, given_up=late, heard_last="", did_not_fit={}, missed=(), more_missed=False
    )
    assert run.unfinished == reasons


async def test_an_edition_that_is_there_would_be_gone_on_with(tools: Tools) -> None:
    made = await open_edition(tools.db, readers=2)
    newsletter, slot = await sending.slot_of(tools, made.name)
    dry = await sending.dry_run(tools, newsletter, slot)
    assert dry.made is not None
    assert (dry.status, dry.made.edition.name, dry.made.tally.open) == (EditionStatus.SENDING, made.name, 2)


async def test_without_stories_the_slot_would_be_skipped_and_nothing_is_written(tools: Tools) -> None:
    await add_readers(tools.db, 1)
    dry = await sending.dry_run(tools, tools.settings.newsletter("daily"), SLOT)
    assert (dry.status, dry.recipients, bool(dry.skip)) == (EditionStatus.SKIPPED_EMPTY, 0, True)
    assert await editions.list_(tools.db) == []


async def test_a_paused_edition_is_not_sent_by_hand(tools: Tools) -> None:
    made = await open_edition(tools.db, readers=1)
    await lifecycle.set_status(tools.db, made.name, "pause", NOW)
    run = await sending.send(tools, tools.settings.newsletter("daily"), SLOT)
    assert run.unfinished == {Unfinished.OPEN}
    assert run.published.tally[State.QUEUED] == 1


async def test_a_skipped_edition_is_not_gone_on_with_and_a_stranger_is_refused(tools: Tools) -> None:
    await editions.skip(tools.db, a_plan(), EditionStatus.SKIPPED_LATE, "late", NOW)
    with pytest.raises(UsageError, match="tries the latest slot again"):
        await sending.slot_of(tools, "daily-2026-03-02T0700")
    with pytest.raises(UsageError):
        await sending.slot_of(tools, "daly")


async def test_the_newest_edition_stands_in_for_a_coming_one_without_stories(tools: Tools) -> None:
    newsletter = tools.settings.newsletter("daily")
    assert (await testing.test_edition(tools, newsletter)).instead == ""
    made = await open_edition(tools.db, readers=1)
    chosen = await testing.test_edition(tools, newsletter)
    assert chosen.proof.edition == made.name
    assert chosen.instead

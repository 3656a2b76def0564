"""Long rates: they hold over restarts and for all processes together."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from digest.delivery import Hooks, Policy, SenderRoute, deliver
from digest.model import EditionStatus
from digest.model.amounts import parse_hours, parse_rate
from digest.store.db.database import Database
from digest.store.editions import editions
from tests.delivery.running import status
from tests.helpers.ledger import CLOCK, NOW, FakeSender, Times, copies, open_edition


async def test_a_daily_limit_holds_over_restarts_and_processes(db: Database) -> None:
    edition = await open_edition(db, readers=100)
    times = Times()

    async def go(sender: FakeSender) -> None:
        route = SenderRoute("provider", sender, (parse_rate("40/day"),))
        await deliver(db, [route], copies, Policy(wait=timedelta(seconds=1)), Hooks(clock=times))

    first, second, next_day = FakeSender(), FakeSender(), FakeSender()
    await go(first)
    times.on(timedelta(hours=20))
    await go(second)
    assert (len(first.sent), len(second.sent)) == (40, 0)
    times.on(timedelta(hours=5))
    await go(next_day)
    assert len(next_day.sent) == 40
    assert (await editions.tally(db, edition.id)).open == 20


async def test_a_warm_up_and_hours_hold_over_restarts(db: Database) -> None:
    edition = await open_edition(db, readers=60)
    times = Times()  # six o'clock
    sent = []
    for hours in (0, 1, 23, 1):
        times.on(timedelta(hours=hours))
        sender = FakeSender()
        route = SenderRoute("new", sender, hours=parse_hours("06:30-22:00"), warm_up=(10, 30))
        report = await deliver(db, [route], copies, Policy(wait=timedelta(0)), Hooks(clock=times))
        sent.append((len(sender.sent), report.problems))
    too_early = ("new: its hours are 06:30-22:00 (UTC)",)
    assert sent[0] == sent[2] == (0, too_early)
    assert sent[1] == (10, ("new: day 1 of its warm-up: 10 mails are sent",))
    assert sent[3] == (30, ("new: day 2 of its warm-up: 30 mails are sent",))
    assert (await editions.tally(db, edition.id)).open == 20


async def test_processes_that_help_themselves_at_once_keep_to_it_together(db: Database) -> None:
    edition = await open_edition(db, readers=600)
    senders = [FakeSender(delay=0.002) for _ in range(4)]
    routes = [SenderRoute("new", sender, warm_up=(150, 500)) for sender in senders]
    runs = (
        deliver(db, [route], copies, Policy(wait=timedelta(seconds=1)), Hooks(clock=CLOCK))
        for route in routes
    )
    await asyncio.gather(*runs)
    assert sum(len(sender.sent) for sender in senders) == 150
    assert (await editions.tally(db, edition.id)).open == 450


async def test_what_a_clock_that_was_ahead_has_used_does_not_count(db: Database) -> None:
    await open_edition(db, readers=40)
    ahead, now = FakeSender(), FakeSender()
    for sender, days in ((ahead, 90), (now, 0)):
        await deliver(
            db,
            [SenderRoute("provider", sender, (parse_rate("20/day"),))],
            copies,
            Policy(wait=timedelta(seconds=1)),
            Hooks(clock=Times(NOW + timedelta(days=days))),
        )
    assert (len(ahead.sent), len(now.sent)) == (20, 20)


async def test_an_edition_that_uses_it_up_exactly_is_complete(db: Database) -> None:
    edition = await open_edition(db, readers=20)
    route = SenderRoute("provider", FakeSender(delay=0.6), (parse_rate("20/day"),))
    await deliver(db, [route], copies, Policy(wait=timedelta(seconds=1)), Hooks(clock=CLOCK))
    assert await status(db, edition) is EditionStatus.SENT

"""The engine: everybody gets it once, whatever senders, people and databases do."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from digest.clock import utc_now
from digest.delivery import Hooks, Progress, SenderRoute, deliver
from digest.errors import SenderBroken, SenderBusy, UsageError
from digest.model import (
    Deferred,
    Edition,
    EditionStatus,
    Message,
    Outcome,
    Recipient,
    Refused,
    Sent,
    State,
    Unknown,
    Unsent,
)
from digest.model.amounts import parse_rate
from digest.store.db.database import Database
from digest.store.db.schema.tables import subscription
from digest.store.editions import deliveries, lifecycle
from tests.delivery.running import by_reader, run, status
from tests.helpers.ledger import CLOCK, NOW, FakeSender, Times, address, copies, open_edition, states


async def test_everybody_gets_it_once(db: Database) -> None:
    edition = await open_edition(db, readers=250)
    sender = FakeSender()
    shown: list[Progress] = []
    report = await run(db, sender, progress=shown.append)
    assert Counter(sender.sent) == Counter(address(number) for number in range(1, 251))
    assert await status(db, edition) is EditionStatus.SENT
    assert (report.handled, report.next_due, report.problems) == (250, None, ())
    assert shown[-1].tally.counts == {State.SENT: 250}
    assert (await run(db, sender)).handled == 0
    assert len(sender.sent) == 250


async def test_an_edition_without_readers_is_sent_at_once(db: Database) -> None:
    edition = await open_edition(db)
    await run(db, FakeSender())
    assert await status(db, edition) is EditionStatus.SENT


async def test_several_editions_go_side_by_side_or_one_alone(db: Database) -> None:
    daily = await open_edition(db, readers=30)
    weekly = await open_edition(db, readers=30, newsletter="weekly")
    sender = FakeSender()
    await run(db, sender, edition=weekly)
    assert (await status(db, daily), await status(db, weekly)) == (EditionStatus.SENDING, EditionStatus.SENT)
    await run(db, sender)
    assert await status(db, daily) is EditionStatus.SENT
    assert set(Counter(sender.sent).values()) == {2}


async def test_many_runs_on_one_ledger_share_the_work(db: Database) -> None:
    edition = await open_edition(db, readers=400)
    senders = [FakeSender(delay=0.001) for _ in range(4)]
    await asyncio.gather(*(run(db, sender) for sender in senders))
    assert Counter(name for sender in senders for name in sender.sent) == Counter(
        address(number) for number in range(1, 401)
    )
    assert await status(db, edition) is EditionStatus.SENT


async def test_batches_are_as_large_as_the_sender_takes(sqlite_db: Database) -> None:
    await open_edition(sqlite_db, readers=200)
    sender = FakeSender(batch_size=50, concurrency=2, delay=0.005)
    await run(sqlite_db, sender)
    assert len(set(sender.sent)) == 200
    assert sender.calls <= 12


async def test_each_outcome_has_its_place(db: Database) -> None:
    edition = await open_edition(db, readers=6)
    sender = FakeSender(
        by_reader(
            {
                1: Refused("550 5.1.1 who?", 550, hard=True),
                2: Deferred("450 4.2.0 greylisted", 450),
                3: Unknown("lost behind the last byte"),
            }
        )
    )
    report = await run(db, sender, hold={"daily"})
    assert await states(db, edition) == {
        address(1): State.REFUSED,
        address(2): State.DEFERRED,
        address(3): State.UNKNOWN,
        address(4): State.SENT,
        address(5): State.SENT,
        address(6): State.SENT,
    }
    assert report.next_due is not None
    assert report.next_due > NOW + timedelta(minutes=4)
    assert await status(db, edition) is EditionStatus.SENDING

    times = Times(NOW + timedelta(hours=1))
    await run(db, FakeSender(), clock=times, hold={"daily"})
    assert (await states(db, edition))[address(2)] is State.SENT
    assert await status(db, edition) is EditionStatus.SENT


async def test_a_lost_reply_is_tried_once_more_with_the_same_message_and_stays_listed(db: Database) -> None:
    edition = await open_edition(db, readers=3)
    seen: list[str] = []

    def answer(message: Message) -> Outcome:
        seen.append(message.id)
        return Unknown("lost") if message.id.endswith(".2") else Sent("250 ok")

    times = Times()
    for _ in range(3):
        await run(db, FakeSender(answer), clock=times, wait=0.1)
        times.on(timedelta(minutes=5))
    assert seen.count(f"{edition.name}.2") == 2
    assert len(seen) == 4
    assert (await states(db, edition))[address(2)] is State.UNKNOWN
    listed = [row async for row in deliveries.rows(db, edition.id, State.UNKNOWN)]
    assert [(row.address, row.attempts) for row in listed] == [(address(2), 2)]
    assert await status(db, edition) is EditionStatus.SENT


async def test_a_lost_connection_is_tried_again_in_the_same_run(db: Database) -> None:
    await open_edition(db, readers=20)
    failed: set[str] = set()

    def answer(message: Message) -> Outcome:
        if message.id.endswith(".7") and message.id not in failed:
            failed.add(message.id)
            return Unsent("connection reset")
        return Sent("250 ok")

    sender = FakeSender(answer)
    await run(db, sender, clock=utc_now, wait=10)
    assert sorted(sender.sent) == sorted(address(number) for number in range(1, 21))


async def test_a_reader_whose_copy_cannot_be_made_does_not_stop_the_others(db: Database) -> None:
    edition = await open_edition(db, readers=3)

    def faulty(edition: Edition) -> Callable[[Recipient], Message]:
        make = copies(edition)

        def copy(recipient: Recipient) -> Message:
            if recipient.reader_id == 2:
                raise ValueError("the address holds a line break")
            return make(recipient)

        return copy

    await deliver(db, [SenderRoute("fake", FakeSender())], faulty, hooks=Hooks(clock=CLOCK))
    missed = [(row.address, row.state, row.reply) async for row in deliveries.missed(db, edition.id)]
    assert len(missed) == 1
    assert missed[0][:2] == (address(2), State.REFUSED)
    assert "line break" in missed[0][2]


async def test_the_next_sender_takes_over_from_a_broken_one(db: Database) -> None:
    await open_edition(db, readers=50)

    def broken(_: Message) -> Outcome:
        raise SenderBroken("the password was refused")

    first, second = FakeSender(broken), FakeSender()
    report = await run(db, first, second, clock=utc_now, wait=10)
    assert sorted(second.sent) == sorted(address(number) for number in range(1, 51))
    assert report.problems == ("sender 1: the password was refused",)


async def test_if_every_sender_is_broken_people_are_told_and_nothing_is_lost(db: Database) -> None:
    edition = await open_edition(db, readers=50)

    def broken(_: Message) -> Outcome:
        raise SenderBroken("the password was refused")

    with pytest.raises(SenderBroken, match="sender 1: the password was refused"):
        await run(db, FakeSender(broken))
    assert set((await states(db, edition)).values()) == {State.QUEUED}
    assert {row.attempts async for row in deliveries.rows(db, edition.id)} == {0}
    await run(db, FakeSender(), clock=utc_now)
    assert await status(db, edition) is EditionStatus.SENT


async def test_a_sender_that_asks_to_wait_is_left_alone_so_long(sqlite_db: Database) -> None:
    await open_edition(sqlite_db, readers=5)
    loop = asyncio.get_running_loop()
    asked: list[float] = []

    def busy_at_first(_: Message) -> Outcome:
        asked.append(loop.time())
        if len(asked) == 1:
            raise SenderBusy("slow down", retry_after=0.4)
        return Sent("250 ok")

    sender = FakeSender(busy_at_first, concurrency=1)
    await run(sqlite_db, sender, clock=utc_now, wait=10)
    assert len(sender.sent) == 5
    assert asked[1] - asked[0] >= 0.4


async def test_a_server_that_is_down_is_not_hammered(sqlite_db: Database) -> None:
    edition = await open_edition(sqlite_db, readers=500)
    sender = FakeSender(lambda _: Unsent("connection refused"))
    report = await run(sqlite_db, sender, clock=utc_now, wait=1.5)
    assert sender.calls < 40
    assert report.problems == ("sender 1: connection refused",)
    assert set((await states(sqlite_db, edition)).values()) == {State.QUEUED}


async def test_a_rate_is_kept(sqlite_db: Database) -> None:
    await open_edition(sqlite_db, readers=30)
    loop = asyncio.get_running_loop()
    times: list[float] = []

    def note(_: Message) -> Outcome:
        times.append(loop.time())
        return Sent("250 ok")

    route = SenderRoute("paced", FakeSender(note), (parse_rate("40/s"),))
    await deliver(sqlite_db, [route], copies, hooks=Hooks(clock=CLOCK))
    assert len(times) == 30
    assert 0.6 < times[-1] - times[0] < 2.0


@pytest.mark.parametrize(
    ("change", "left"), [("pause", State.QUEUED), ("cancel", State.SKIPPED)], ids=["pause", "cancel"]
)
async def test_it_stops_within_a_second_when_a_person_says_so(db: Database, change: str, left: State) -> None:
    edition = await open_edition(db, readers=3000)
    sender = FakeSender(delay=0.01)
    work = asyncio.create_task(run(db, sender))
    while not sender.sent:
        await asyncio.sleep(0.01)
    await lifecycle.set_status(db, edition.name, change, NOW)  # type: ignore[arg-type]
    async with asyncio.timeout(5):
        await work
    counts = Counter((await states(db, edition)).values())
    assert counts == {State.SENT: len(sender.sent), left: 3000 - len(sender.sent)}
    assert len(sender.sent) < 2000
    if change == "pause":
        await lifecycle.set_status(db, edition.name, "resume", NOW)
        await run(db, quick := FakeSender())
        assert Counter(sender.sent + quick.sent) == Counter(address(number) for number in range(1, 3001))


async def test_a_stop_finishes_what_is_leaving_and_puts_the_rest_back(db: Database) -> None:
    edition = await open_edition(db, readers=2000)
    sender = FakeSender(delay=0.02)
    stop = asyncio.Event()
    work = asyncio.create_task(run(db, sender, stop=stop))
    while not sender.sent:
        await asyncio.sleep(0.01)
    stop.set()
    await work
    counts = Counter((await states(db, edition)).values())
    assert counts == {State.SENT: len(sender.sent), State.QUEUED: 2000 - len(sender.sent)}


async def test_after_the_deadline_the_rest_is_given_up(db: Database) -> None:
    edition = await open_edition(db, readers=10, deadline=NOW + timedelta(hours=1))
    late = FakeSender(by_reader({}))
    await run(db, late, clock=Times(NOW + timedelta(hours=2)))
    assert late.calls == 0
    assert Counter((await states(db, edition)).values()) == {State.SKIPPED: 10}
    assert await status(db, edition) is EditionStatus.SENT


async def test_a_clock_in_doubt_gives_up_nobody_and_sends_nothing_late(db: Database) -> None:
    edition = await open_edition(db, readers=10, deadline=NOW + timedelta(hours=1))
    other = await open_edition(db, readers=0, newsletter="other")
    clock, sender, doubts = Times(NOW + timedelta(days=1)), FakeSender(by_reader({})), ["the clock was set"]

    async def doubt() -> str:
        return doubts[-1]

    report = await run(db, sender, clock=clock, doubt=doubt)
    assert any(problem.startswith("the clock was set; ") for problem in report.problems)
    assert (sender.calls, Counter((await states(db, edition)).values())) == (0, {State.QUEUED: 10})
    assert await status(db, other) is EditionStatus.SENT, "one without a deadline goes on"
    doubts.append("")
    await run(db, sender, clock=clock, doubt=doubt)
    assert Counter((await states(db, edition)).values()) == {State.SKIPPED: 10}


async def test_a_clock_in_doubt_that_is_put_right_takes_nothing_from_anybody(db: Database) -> None:
    edition = await open_edition(db, readers=10, deadline=NOW + timedelta(hours=1))
    clock, sender = Times(NOW + timedelta(days=1)), FakeSender(by_reader({}))

    async def look() -> str:
        clock.now = NOW  # the look finds out what time it is
        return ""

    await run(db, sender, clock=clock, doubt=look)
    assert Counter((await states(db, edition)).values()) == {State.SENT: 10}


async def test_who_unsubscribes_while_it_goes_out_gets_nothing(db: Database) -> None:
    await open_edition(db, readers=900)
    sender = FakeSender(delay=0.002, concurrency=2)
    work = asyncio.create_task(run(db, sender))
    while not sender.sent:
        await asyncio.sleep(0.01)
    async with db.begin() as conn:
        await conn.execute(
            update(subscription).where(subscription.c.reader_id == 900).values(status="unsubscribed")
        )
    await work
    assert address(900) not in sender.sent
    assert len(sender.sent) == 899


async def test_an_edition_that_cannot_be_set_does_not_stop_another(db: Database) -> None:
    daily = await open_edition(db, readers=2)
    weekly = await open_edition(db, readers=2, newsletter="weekly")

    def only_weekly(edition: Edition) -> Callable[[Recipient], Message]:
        if edition.newsletter == "daily":
            raise UsageError("there is no newsletter 'daily'")
        return copies(edition)

    report = await deliver(db, [SenderRoute("fake", FakeSender())], only_weekly, hooks=Hooks(clock=CLOCK))
    assert report.problems == (f"edition {daily.name} cannot be sent: there is no newsletter 'daily'",)
    assert (await status(db, daily), await status(db, weekly)) == (EditionStatus.SENDING, EditionStatus.SENT)


async def test_a_mistake_of_the_program_stops_it_and_leaves_a_doubt(sqlite_db: Database) -> None:
    edition = await open_edition(sqlite_db, readers=5)

    def mistaken(_: Message) -> Outcome:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await run(sqlite_db, FakeSender(mistaken, concurrency=1), hold={"daily"})
    counts = Counter((await states(sqlite_db, edition)).values())
    assert counts[State.UNKNOWN] == 1
    assert counts[State.QUEUED] == 4

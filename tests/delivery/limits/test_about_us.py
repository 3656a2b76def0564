"""Answers that everybody gets are the sender's: nobody loses anything for them, and the next sender takes over."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from digest.clock import utc_now
from digest.delivery import Hooks, LivenessTracker, Policy, SenderRoute, deliver
from digest.errors import SenderBroken, SenderBusy, SenderDenied, SenderError, SenderUnfit
from digest.model import (
    Deferred,
    Delivery,
    Edition,
    EditionStatus,
    Message,
    Outcome,
    Recipient,
    Refused,
    Sent,
    State,
)
from digest.store.db.database import Database
from digest.store.db.postgres.lines import Line
from digest.store.editions import deliveries, editions
from digest.store.ledger import attempts, claims
from tests.delivery.running import run, status
from tests.helpers.hurry import hurry
from tests.helpers.ledger import CLOCK, NOW, FakeSender, Times, copies, open_edition, spread, states

QUOTA = "550 your plan ends at {n} mails, order {n} more (ref {n}xZ)"


async def an_edition(db: Database, readers: int, *, hosts: int = 5, newsletter: str = "daily") -> Edition:
    edition = await open_edition(db, readers=readers, newsletter=newsletter)
    await spread(db, hosts)
    return edition


def until(limit: int, reply: Callable[[int], Outcome]) -> FakeSender:
    """Return a sender that takes so many mails and answers `reply` to all others."""
    sender = FakeSender()
    sender.answer = lambda _: Sent("250 ok") if len(sender.sent) < limit else reply(sender.calls)
    return sender


async def counts(db: Database, edition: Edition) -> Counter[State]:
    return Counter((await states(db, edition)).values())


async def attempted(db: Database, edition: Edition) -> set[int]:
    """Return the numbers of attempts that count, of those who have not got it."""
    return {row.attempts async for row in deliveries.rows(db, edition.id) if row.state is not State.SENT}


@pytest.mark.parametrize("taken", [0, 30])
async def test_a_refusal_nobody_foresaw_stops_the_sender_and_costs_nobody_anything(
    db: Database, taken: int
) -> None:
    edition = await an_edition(db, 80)
    first = until(taken, lambda n: Refused(QUOTA.format(n=n), 550))
    with pytest.raises(SenderBroken, match=r"your plan ends at"):
        await run(db, first)
    assert await counts(db, edition) == Counter({State.SENT: taken, State.QUEUED: 80 - taken}) - Counter()
    assert await attempted(db, edition) == {0}
    assert first.calls < taken + 20
    assert await status(db, edition) is EditionStatus.SENDING

    times = Times(NOW + timedelta(minutes=1))
    await run(db, FakeSender(), clock=times)
    assert await counts(db, edition) == {State.SENT: 80}


async def test_the_next_sender_takes_over_with_all_of_them(db: Database) -> None:
    edition = await an_edition(db, 60)
    second = FakeSender()
    report = await run(db, until(10, lambda n: Refused(QUOTA.format(n=n), 550)), second, clock=utc_now)
    assert len(second.sent) == 50
    assert await status(db, edition) is EditionStatus.SENT
    assert any("your plan ends" in problem for problem in report.problems)


async def test_what_a_killed_process_had_booked_in_the_same_row_is_taken_back_as_well(db: Database) -> None:
    edition = await an_edition(db, 40)
    async with db.begin() as conn:
        rows, _ = await claims.claim(conn, edition.id, "dead", 4, now=NOW, lease_until=NOW)
        await claims.marking(db.dialect, rows, "dead", now=NOW).on(conn)

    def refused(row: Delivery) -> attempts.Result:
        return attempts.Result(row, State.REFUSED, code=550, reply=QUOTA.format(n=row.id))

    await db.carry_out([attempts.recording(db.dialect, [refused(row) for row in rows], now=NOW)])
    with pytest.raises(SenderBroken):
        await run(db, until(0, lambda n: Refused(QUOTA.format(n=n), 550)))
    assert await counts(db, edition) == {State.QUEUED: 40}
    assert await attempted(db, edition) == {0}


async def test_refusals_before_the_last_mail_that_was_taken_stay(sqlite_db: Database) -> None:
    edition = await an_edition(sqlite_db, 40)
    times = Times()

    async def first(limit: int, answer: Outcome) -> None:
        """Give the next so many readers an answer, some time after those before."""
        times.on(timedelta(minutes=1))
        stop = asyncio.Event()

        def reply(_: Message) -> Outcome:
            if sender.calls == limit:
                stop.set()
            return answer

        sender = FakeSender(reply, concurrency=1, delay=0.1)
        await run(sqlite_db, sender, clock=times, stop=stop)

    await first(2, Refused("550 no, not today", 550))
    await first(3, Sent("250 ok"))
    with pytest.raises(SenderBroken):
        await run(sqlite_db, until(0, lambda _: Refused("550 no, not today", 550)), clock=times)
    found = await counts(sqlite_db, edition)
    assert 2 <= found[State.REFUSED] <= 4
    assert found[State.SENT] >= 3
    assert found[State.QUEUED] == 40 - found[State.REFUSED] - found[State.SENT]


async def test_mailboxes_that_do_not_exist_are_readers_of_their_own(db: Database) -> None:
    edition = await an_edition(db, 60)
    dead = {f"reader{n}@paper{n % 5}.example" for n in range(1, 16)}

    def answer(message: Message) -> Outcome:
        if message.recipient in dead:
            return Refused(f"550 5.1.1 <{message.recipient}> no such user", 550, hard=True)
        return Sent("250 ok")

    report = await run(db, FakeSender(answer))
    assert await counts(db, edition) == {State.REFUSED: 15, State.SENT: 45}
    assert await status(db, edition) is EditionStatus.SENT
    assert report.problems == ()


async def test_a_server_that_knows_nobody_anywhere_stops(sqlite_db: Database) -> None:
    edition = await an_edition(sqlite_db, 100)
    sender = FakeSender(
        lambda message: Refused(f"550 5.1.1 <{message.recipient}>: no such user", 550, hard=True)
    )
    with pytest.raises(SenderBroken, match="no such user"):
        await run(sqlite_db, sender)
    assert await counts(sqlite_db, edition) == {State.QUEUED: 100}


async def test_a_company_list_at_one_host(sqlite_db: Database) -> None:
    edition = await an_edition(sqlite_db, 40, hosts=1)
    gone = FakeSender(lambda _: Refused("550 5.1.1 no such user", 550, hard=True))
    report = await run(sqlite_db, gone)
    assert await counts(sqlite_db, edition) == {State.REFUSED: 40}
    assert await status(sqlite_db, edition) is EditionStatus.PAUSED
    assert report.reached_nobody == (edition.name,)
    assert any("reached nobody" in problem for problem in report.problems)


async def test_a_policy_of_that_one_host_stops_it(sqlite_db: Database) -> None:
    edition = await an_edition(sqlite_db, 40, hosts=1)
    with pytest.raises(SenderBroken, match="not by this way"):
        await run(sqlite_db, FakeSender(lambda _: Refused("550 not by this way", 550)))
    assert await counts(sqlite_db, edition) == {State.QUEUED: 40}


async def test_a_list_of_three_that_reached_nobody_is_not_sent(db: Database) -> None:
    edition = await an_edition(db, 3)
    with pytest.raises(SenderBroken, match="not verified"):
        await run(db, FakeSender(lambda _: Refused("554 the identity is not verified", 554)))
    assert await counts(db, edition) == {State.QUEUED: 3}
    assert await status(db, edition) is EditionStatus.SENDING
    second = FakeSender()
    refusing = FakeSender(lambda _: Refused("554 the identity is not verified", 554))
    await run(db, refusing, second, clock=Times(NOW + timedelta(minutes=1)))
    assert len(second.sent) == 3
    assert await status(db, edition) is EditionStatus.SENT


async def test_a_single_reader_who_was_refused_leaves_the_edition_to_a_person(sqlite_db: Database) -> None:
    edition = await an_edition(sqlite_db, 1)
    report = await run(sqlite_db, FakeSender(lambda _: Refused("550 no", 550)))
    assert report.reached_nobody == (edition.name,)
    held = await editions.by_name(sqlite_db, edition.name)
    assert (held.status, held.reason) == (
        EditionStatus.PAUSED,
        "it reached nobody: every mail was refused (1 reader)",
    )


async def put_off(db_url: str, readers: int, hours: float) -> tuple[Counter[str], float]:
    """Let a relay put everybody off for so long, as the service meets it.

    Returns how many were asked for in vain and well, and after how many seconds it was noticed to work again.
    """
    db = await Database.open(db_url)
    edition, loop = await an_edition(db, readers), asyncio.get_running_loop()
    begun = loop.time()
    mended = begun + 3600 * hours
    asked: Counter[str] = Counter()
    well_at: list[float] = []

    def answer(_: Message) -> Outcome:
        out = len(sender.sent) >= 5 and loop.time() < mended
        asked["in vain" if out else "well"] += 1
        if not out and loop.time() > mended:
            well_at.append(loop.time())
        if out:
            return Deferred(f"451 4.3.0 queue file {asked['in vain']} cannot be written", 451)
        return Sent("250 ok")

    def clock() -> datetime:
        return NOW + timedelta(seconds=loop.time() - begun)

    sender = FakeSender(answer)
    outlets, watch = [SenderRoute("relay", sender)], LivenessTracker(300)
    while await status(db, edition) is EditionStatus.SENDING:
        if loop.time() < mended:
            assert await attempted(db, edition) == {0}
            assert (await counts(db, edition))[State.DEFERRED] == 0
        await deliver(db, outlets, copies, hooks=Hooks(clock=clock, watch=watch))
        await asyncio.sleep(5)
    assert await counts(db, edition) == {State.SENT: readers}
    assert set(Counter(sender.sent).values()) == {1}
    assert {row.attempts async for row in deliveries.rows(db, edition.id)} == {1}
    await db.close()
    return asked, well_at[0] - mended


SAME = "552 no more of this"


@pytest.mark.parametrize(
    "said",
    [
        [Refused(SAME, 552), SenderUnfit("the mail is not taken", reply=SAME, code=552)],
        [Deferred("451 not now", 451), SenderBusy("wait", retry_after=3600, reply="451 not now", code=451)],
        [
            SenderDenied("it refuses us", reply=SAME, code=552),
            SenderBroken("it does not let us send", reply=SAME, code=552),
        ],
    ],
    ids=["a mail", "a moment", "us"],
)
async def test_what_seemed_to_be_about_two_readers_before_it_was_ours_is_taken_back(
    db: Database, said: list[Outcome | SenderError]
) -> None:
    edition = await an_edition(db, 40)
    script = iter([*[Sent("250 ok")] * 10, said[0], said[0]])

    def answer(_: Message) -> Outcome:
        return next(script, said[1])  # type: ignore[return-value]  # an error is a verdict as well

    second = FakeSender()
    await run(db, FakeSender(answer, concurrency=1), second, clock=utc_now, wait=8.0)
    assert await counts(db, edition) == {State.SENT: 40}
    assert {row.attempts async for row in deliveries.rows(db, edition.id)} == {1}
    assert len(second.sent) == 30


@pytest.mark.timeout(300)
def test_an_outage_of_the_relay_uses_up_no_attempts(
    db_url: str, soak: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers, hours, factor = (600, 6.0, 720) if soak else (60, 0.2, 360)
    monkeypatch.setattr(Line, "patience", Line.patience * factor)  # the database keeps to real time
    asked, took = hurry(put_off(db_url, readers, hours), factor)
    assert asked["well"] == readers
    assert asked["in vain"] <= 20 + 150 * hours, "one mail at a time finds out if it works again"
    assert took < 120, "it is noticed soon that it does"
    print(
        f"\nout for {hours:g} h, {readers} readers: {asked['in vain']} asked in vain, noticed {took:.0f} s after"
    )


async def test_five_readers_whose_mailboxes_fail_do_not_hold_up_the_others(sqlite_db: Database) -> None:
    edition = await an_edition(sqlite_db, 40)
    bad = {f"reader{n}@paper{n % 5}.example" for n in range(1, 9)}
    sender = FakeSender(
        lambda message: Deferred("451 4.3.0 not now", 451) if message.recipient in bad else Sent("250 ok")
    )
    await run(sqlite_db, sender, clock=utc_now, wait=5.0)
    assert len(sender.sent) == 32
    assert await status(sqlite_db, edition) is EditionStatus.SENDING


async def test_greylisting_is_passed_by_coming_back(sqlite_db: Database) -> None:
    edition = await an_edition(sqlite_db, 50)
    met: set[str] = set()

    def answer(message: Message) -> Outcome:
        if message.recipient in met:
            return Sent("250 ok")
        met.add(message.recipient)
        return Deferred("450 4.2.0 greylisted, come back in 5 minutes", 450)

    times = Times()
    await run(sqlite_db, FakeSender(answer), clock=times, wait=0.5)
    assert await counts(sqlite_db, edition) == {State.DEFERRED: 50}
    times.on(timedelta(hours=2))
    await run(sqlite_db, FakeSender(answer), clock=times)
    assert await status(sqlite_db, edition) is EditionStatus.SENT


async def test_three_denials_cost_nobody_anything(db: Database) -> None:
    edition = await an_edition(db, 20)

    def answer(_: Message) -> Outcome:
        raise SenderDenied("relay refuses us: 550 5.7.1 no", reply="550 5.7.1 no", code=550)

    with pytest.raises(SenderBroken, match="refuses us"):
        await run(db, FakeSender(answer, concurrency=1))
    assert await counts(db, edition) == {State.QUEUED: 20}
    assert await attempted(db, edition) == {0}


def unfit(names: str) -> FakeSender:
    """Return a sender that does not take the mails of an edition."""

    def answer(message: Message) -> Outcome:
        if message.id.startswith(names):
            raise SenderUnfit("the mail has 14,127 bytes, the relay takes at most 10,000")
        return Sent("250 ok")

    return FakeSender(answer)


async def test_a_mail_that_one_sender_does_not_take_goes_by_the_next(db: Database) -> None:
    daily = await an_edition(db, 20)
    weekly = await open_edition(db, readers=20, newsletter="weekly")
    first, second = unfit("daily"), FakeSender()
    report = await run(db, first, second)
    assert (len(first.sent), len(second.sent)) == (20, 20)
    assert first.calls < 20 + 10
    assert await status(db, daily) is await status(db, weekly) is EditionStatus.SENT
    assert any("at most 10,000" in problem for problem in report.problems)


async def test_a_mail_that_no_sender_takes_stays_queued_and_the_others_go_on(db: Database) -> None:
    daily = await an_edition(db, 20)
    weekly = await open_edition(db, readers=20, newsletter="weekly")
    sender = unfit("daily")
    async with asyncio.timeout(20):
        report = await run(db, sender)
    assert await counts(db, daily) == {State.QUEUED: 20}
    assert await attempted(db, daily) == {0}
    assert (await status(db, daily), await status(db, weekly)) == (EditionStatus.SENDING, EditionStatus.SENT)
    assert any("at most 10,000" in problem for problem in report.problems)


async def test_a_mail_that_one_sender_does_not_take_is_not_waited_with_for_the_next_ones_quota(
    db: Database,
) -> None:
    edition = await an_edition(db, 20)

    def answer(_: Message) -> Outcome:
        raise SenderBusy("the quota of the day is used up", retry_after=3600.0)

    async with asyncio.timeout(20):
        report = await run(db, unfit("daily"), FakeSender(answer), clock=utc_now, wait=1.0)
    assert await counts(db, edition) == {State.QUEUED: 20}, "and nothing of it stays claimed"
    assert any("at most 10,000" in problem for problem in report.problems)
    assert any("quota of the day" in problem for problem in report.problems)


async def test_a_refusal_of_one_edition_alone_keeps_the_sender_for_the_others(sqlite_db: Database) -> None:
    weekly = await open_edition(sqlite_db, readers=100, newsletter="weekly")
    daily = await an_edition(sqlite_db, 40)

    def answer(message: Message) -> Outcome:
        if message.id.startswith("daily"):
            return Refused("554 this content is not welcome", 554)
        return Sent("250 ok")

    report = await run(sqlite_db, FakeSender(answer, concurrency=1))
    assert (await status(sqlite_db, weekly), await status(sqlite_db, daily)) == (
        EditionStatus.SENT,
        EditionStatus.SENDING,
    )
    assert await counts(sqlite_db, daily) == {State.QUEUED: 40}
    assert any("not welcome" in problem for problem in report.problems)


async def test_a_throttled_sender_goes_more_slowly_and_is_not_left(sqlite_db: Database) -> None:
    edition = await an_edition(sqlite_db, 60)
    loop = asyncio.get_running_loop()
    taken: list[float] = []

    def answer(_: Message) -> Outcome:
        now = loop.time()
        if sum(at > now - 1 for at in taken) >= 12:
            raise SenderBusy("454 Throttling failure: Maximum sending rate exceeded", retry_after=1.0)
        taken.append(now)
        return Sent("250 ok")

    second = FakeSender()
    begun = loop.time()
    await run(sqlite_db, FakeSender(answer), second, clock=utc_now, wait=10.0)
    assert loop.time() - begun < 12
    assert (len(taken), len(second.sent)) == (60, 0)
    assert await status(sqlite_db, edition) is EditionStatus.SENT


async def test_a_quota_hands_over_to_the_next_sender_at_once(sqlite_db: Database) -> None:
    await an_edition(sqlite_db, 60)

    def answer(_: Message) -> Outcome:
        if len(first.sent) >= 20:
            raise SenderBusy("the quota of the day is used up", retry_after=3600.0)
        return Sent("250 ok")

    first, second = FakeSender(answer), FakeSender()
    async with asyncio.timeout(20):
        await run(sqlite_db, first, second, clock=utc_now, wait=10.0)
    assert (len(first.sent), len(second.sent)) == (20, 40)


async def test_a_batch_that_has_to_wait_stays_whole(sqlite_db: Database) -> None:
    await an_edition(sqlite_db, 100)
    calls: list[list[str]] = []

    class Provider(FakeSender):
        async def send(self, messages: object) -> list[Outcome]:
            calls.append([message.recipient for message in messages])  # type: ignore[attr-defined]
            if len(calls) == 2:
                raise SenderBusy("429 slow down", retry_after=0.5)
            return await super().send(messages)  # type: ignore[arg-type]

    await run(sqlite_db, Provider(batch_size=25, concurrency=1), clock=utc_now, wait=10.0)
    assert [len(call) for call in calls] == [25] * 5
    assert Counter(name for call in calls for name in call).most_common(26)[25][1] == 1, "25 were asked twice"


async def test_the_reason_is_told_from_the_first_failure_on(sqlite_db: Database) -> None:
    await an_edition(sqlite_db, 1)

    def answer(_: Message) -> Outcome:
        raise SenderBusy("cannot reach mx.example: connection refused")

    report = await deliver(
        sqlite_db,
        [SenderRoute("relay", FakeSender(answer))],
        copies,
        Policy(wait=timedelta(seconds=0)),
        Hooks(clock=CLOCK),
    )
    assert report.problems == ("relay: cannot reach mx.example: connection refused",)


async def test_a_reader_without_a_copy_is_none_of_the_senders(sqlite_db: Database) -> None:
    edition = await an_edition(sqlite_db, 12)

    def poisoned(edition: Edition) -> Callable[[Recipient], Message]:
        make = copies(edition)

        def copy(recipient: Recipient) -> Message:
            if recipient.reader_id <= 8:
                raise ValueError("a name that holds a line break")
            return make(recipient)

        return copy

    await deliver(sqlite_db, [SenderRoute("relay", FakeSender())], poisoned, hooks=Hooks(clock=CLOCK))
    assert await counts(sqlite_db, edition) == {State.REFUSED: 8, State.SENT: 4}

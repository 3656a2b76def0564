"""A mail host that throttles is mailed more slowly, and nobody else is."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta

from sqlalchemy import func, update

from digest.clock import utc_now
from digest.delivery import Outlet, deliver
from digest.delivery.domains import Domains, host_of
from digest.model import Deferred, Message, Outcome, Sent, State
from digest.store import editions
from digest.store.database import Database
from digest.store.schema import reader
from tests.helpers.ledger import FakeSender, copies, open_edition

THROTTLED = Deferred("421 4.7.28 unusual rate of unsolicited mail", 421)


def sent(domains: Domains, host: str, n: int, start: float, seconds: float) -> None:
    for i in range(n):
        domains.note(f"someone@{host}", Sent("250 ok"), start + seconds * i / n)


def passed(domains: Domains, host: str, start: float, seconds: float) -> int:
    steps = 200
    return sum(domains.delay(f"a@{host}", start + seconds * i / steps) == 0 for i in range(steps))


def test_names_of_one_host_are_one() -> None:
    assert host_of("ada@GoogleMail.com") == host_of("bob@gmail.com")
    assert host_of("ada@example.org") == "example.org"


def test_a_complaint_halves_the_pace_and_answers_lift_it_again() -> None:
    domains = Domains()
    sent(domains, "gmail.com", 1000, 100.0, 10.0)
    assert domains.delay("a@gmail.com", 110.0) == 0
    domains.note("a@gmail.com", THROTTLED, 110.0)
    assert 40 <= passed(domains, "gmail.com", 110.0, 1.0) <= 60
    assert passed(domains, "example.org", 110.0, 1.0) == 200

    domains.note("a@googlemail.com", THROTTLED, 111.0)  # of the same moment: says nothing new
    domains.note("a@gmail.com", THROTTLED, 117.0)
    assert 18 <= passed(domains, "gmail.com", 117.0, 1.0) <= 35
    sent(domains, "gmail.com", 200, 118.0, 4.0)
    assert passed(domains, "gmail.com", 123.0, 0.5) == 200


def test_those_who_wait_get_times_one_behind_the_other() -> None:
    domains = Domains()
    sent(domains, "gmail.com", 40, 100.0, 4.0)
    domains.note("a@gmail.com", THROTTLED, 104.0)
    delays = [domains.delay("a@gmail.com", 104.0) for _ in range(5)]
    assert delays[0] == 0
    assert all(later > earlier for earlier, later in itertools.pairwise(delays))


def test_other_temporary_refusals_are_no_complaint() -> None:
    domains = Domains()
    domains.note("a@gmail.com", Deferred("452 4.2.2 mailbox full", 452), 100.0)
    assert passed(domains, "gmail.com", 100.0, 1.0) == 200


async def test_a_slow_host_does_not_hold_up_the_others(sqlite_db: Database) -> None:
    edition = await open_edition(sqlite_db, readers=300)
    async with sqlite_db.begin() as conn:
        slow = update(reader).where(reader.c.id <= 150)
        await conn.execute(slow.values(address=func.replace(reader.c.address, "example.org", "gmail.com")))
    throttled = 0

    def answer(message: Message) -> Outcome:
        nonlocal throttled
        if message.recipient.endswith("@gmail.com") and throttled < 3:
            throttled += 1
            return THROTTLED
        return Sent("250 ok")

    sender = FakeSender(answer, delay=0.001)
    work = asyncio.create_task(
        deliver(sqlite_db, [Outlet("fake", sender)], copies, clock=utc_now, wait=timedelta(1))
    )
    async with asyncio.timeout(20):
        while sum(name.endswith("@example.org") for name in sender.sent) < 150:
            assert not work.done() or work.result() is None
            await asyncio.sleep(0.02)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    tally = await editions.tally(sqlite_db, edition.id)
    assert tally[State.DEFERRED] == 3
    assert tally[State.QUEUED] > 20, "the slow host's readers wait their turn"
    assert tally[State.SENT] + tally[State.QUEUED] + tally[State.DEFERRED] == 300

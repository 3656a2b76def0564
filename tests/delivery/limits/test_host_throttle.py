"""A mail host that throttles is mailed more slowly, and nobody else is."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from datetime import timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import func, update

from digest.clock import utc_now
from digest.delivery import Hooks, Policy, SenderRoute, deliver
from digest.delivery.limits.host_throttle import DEFAULTS, HostThrottle, host_rates
from digest.model import Deferred, EditionStatus, Message, Outcome, Sent, State
from digest.model.amounts import Rate, parse_rate
from digest.settings import SenderSettings
from digest.store.db.database import Database
from digest.store.db.schema.tables import reader
from digest.store.editions import editions
from tests.helpers.ledger import FakeSender, copies, open_edition

THROTTLED = Deferred("421 4.7.28 unusual rate of unsolicited mail", 421)


def sent(domains: HostThrottle, host: str, n: int, start: float, seconds: float) -> None:
    for i in range(n):
        domains.note(f"someone@{host}", Sent("250 ok"), start + seconds * i / n)


def passed(domains: HostThrottle, host: str, start: float, seconds: float) -> int:
    steps = 200
    return sum(domains.delay(f"a@{host}", start + seconds * i / steps) == 0 for i in range(steps))


def test_a_complaint_halves_the_pace_and_answers_lift_it_again() -> None:
    domains = HostThrottle()
    sent(domains, "gmail.com", 1000, 100.0, 10.0)
    assert domains.delay("a@gmail.com", 110.0) == 0
    assert domains.slowed() == ""
    domains.note("a@gmail.com", THROTTLED, 110.0)
    assert domains.slowed() == "gmail.com throttles (50/s)"
    assert 40 <= passed(domains, "gmail.com", 110.0, 1.0) <= 60
    assert passed(domains, "example.org", 110.0, 1.0) == 200

    domains.note("a@googlemail.com", THROTTLED, 111.0)  # of the same moment: says nothing new
    domains.note("a@gmail.com", THROTTLED, 117.0)
    assert 18 <= passed(domains, "gmail.com", 117.0, 1.0) <= 35
    sent(domains, "gmail.com", 200, 118.0, 4.0)
    assert passed(domains, "gmail.com", 123.0, 0.5) == 200
    assert domains.slowed() == ""


def test_an_hour_without_a_complaint_lifts_it() -> None:
    domains = HostThrottle({"yahoo.com": Rate(20, 1)})
    for host in ("gmail.com", "yahoo.com"):
        domains.note(f"a@{host}", THROTTLED, 100.0)
    domains.note("a@example.org", Sent("250 ok"), 2000.0)
    assert passed(domains, "gmail.com", 2000.0, 1.0) < 5
    domains.note("a@example.org", Sent("250 ok"), 4000.0)
    assert passed(domains, "gmail.com", 4000.0, 1.0) == 200
    assert 20 <= passed(domains, "yahoo.com", 4000.0, 1.0) <= 22


def test_those_who_wait_get_times_one_behind_the_other() -> None:
    domains = HostThrottle()
    sent(domains, "gmail.com", 40, 100.0, 4.0)
    domains.note("a@gmail.com", THROTTLED, 104.0)
    delays = [domains.delay("a@gmail.com", 104.0) for _ in range(5)]
    assert delays[0] == 0
    assert all(later > earlier for earlier, later in itertools.pairwise(delays))


def test_other_temporary_refusals_are_no_complaint() -> None:
    domains = HostThrottle()
    domains.note("a@gmail.com", Deferred("452 4.2.2 mailbox full", 452), 100.0)
    assert passed(domains, "gmail.com", 100.0, 1.0) == 200


# --- limits that are configured --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("configured", "expected"),
    [
        ({}, DEFAULTS),
        ({"gmail.com": Rate(5, 1)}, {**DEFAULTS, "gmail.com": Rate(5, 1)}),
        ({"googlemail.com": Rate(5, 1)}, {**DEFAULTS, "gmail.com": Rate(5, 1)}),
        ({"gmail.com": None}, {host: rate for host, rate in DEFAULTS.items() if host != "gmail.com"}),
        ({"*": None}, {}),
        ({"gmail.com": Rate(5, 1), "*": None}, {"gmail.com": Rate(5, 1)}),
        ({"gmail.com": None, "*": Rate(2, 1)}, {"*": Rate(2, 1)}),
    ],
)
def test_what_the_configuration_says_goes_before_the_defaults(
    configured: dict[str, Rate | None], expected: dict[str, Rate]
) -> None:
    assert host_rates(configured, defaults=True) == expected


def test_without_a_word_about_it_only_mail_servers_have_limits() -> None:
    assert host_rates({}) == {}
    smtp = {"kind": "smtp", "host": "mx.example.org"}
    assert SenderSettings.model_validate(smtp).felt_by_hosts
    assert not SenderSettings.model_validate({"kind": "eml"}).felt_by_hosts


@pytest.mark.parametrize(
    ("domains", "words"),
    [
        ({"gmail": "5/s"}, "'gmail' is no domain"),
        ({"ada@gmail.com": "5/s"}, "is no domain"),
        ({"gmail.com": "fast"}, "'fast' is not a rate"),
        ({"gmail.com": "500/day"}, "per second, minute or hour"),
    ],
)
def test_what_is_no_limit_is_said(domains: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        SenderSettings.model_validate({"kind": "eml", "domains": domains})


def test_a_hosts_rate_is_kept_and_nobody_elses() -> None:
    domains = HostThrottle({"gmail.com": Rate(20, 1)})
    assert 20 <= passed(domains, "gmail.com", 100.0, 1.0) <= 22
    assert passed(domains, "googlemail.com", 101.0, 0.01) <= 1
    assert passed(domains, "example.org", 100.0, 1.0) == 200


def test_one_rate_for_all_others_is_for_each_of_them() -> None:
    domains = HostThrottle({"*": Rate(60, 60), "gmail.com": Rate(100, 1)})
    assert passed(domains, "gmail.com", 100.0, 1.0) >= 100
    assert passed(domains, "one.example", 100.0, 1.0) == passed(domains, "two.example", 100.0, 1.0) == 1


def test_processes_share_a_hosts_rate() -> None:
    assert 5 <= passed(HostThrottle({"gmail.com": Rate(20, 1)}, processes=4), "gmail.com", 100.0, 1.0) <= 6


def test_a_complaint_lowers_a_configured_rate_and_answers_lift_it_no_higher() -> None:
    domains = HostThrottle({"gmail.com": Rate(100, 1)})
    sent(domains, "gmail.com", 200, 100.0, 10.0)
    domains.note("a@gmail.com", THROTTLED, 110.0)
    assert passed(domains, "gmail.com", 110.0, 2.0) <= 25, "half of what was sent, not of what was allowed"
    sent(domains, "gmail.com", 1000, 112.0, 4.0)
    assert 100 <= passed(domains, "gmail.com", 120.0, 1.0) <= 106


def test_who_waits_for_a_slow_host_looks_again_before_long() -> None:
    domains = HostThrottle({"gmail.com": Rate(1, 60)})
    assert max(domains.delay("a@gmail.com", 100.0) for _ in range(1000)) <= 300


@pytest.mark.stress
def test_of_very_many_who_wait_not_too_many_look_again_at_once() -> None:
    domains = HostThrottle({"gmail.com": Rate(10, 1)})
    again = Counter(int(100 + domains.delay("a@gmail.com", 100.0)) for _ in range(400_000))
    assert max(again.values()) <= 2000
    assert max(again) <= 100 + 900


@pytest.mark.stress
def test_hosts_that_nobody_feels_are_forgotten() -> None:
    domains = HostThrottle({"*": Rate(1, 1)})
    for number in range(50_000):
        domains.delay(f"a@host{number}.example", number / 100)
    assert len(domains._limits) <= 10_000


# --- the engine --------------------------------------------------------------------------------------------


async def move_to(db: Database, host: str, readers: int) -> None:
    """Give the first readers addresses at another host."""
    async with db.begin() as conn:
        slow = update(reader).where(reader.c.id <= readers)
        await conn.execute(slow.values(address=func.replace(reader.c.address, "example.org", host)))


@pytest.mark.parametrize("rate", ["", "100/s"])
async def test_thousands_who_stand_first_and_have_to_wait_hold_up_nobody(
    sqlite_db: Database, rate: str
) -> None:
    edition = await open_edition(sqlite_db, readers=6200)
    await move_to(sqlite_db, "slow.example", 6000)
    sender = FakeSender()
    route = SenderRoute(
        "fake",
        sender,
        (parse_rate(rate),) if rate else (),
        domains=HostThrottle({"slow.example": Rate(5, 1)}),
    )
    stop = asyncio.Event()
    work = asyncio.create_task(deliver(sqlite_db, [route], copies, hooks=Hooks(clock=utc_now, stop=stop)))
    async with asyncio.timeout(60):
        while sum(name.endswith("@example.org") for name in sender.sent) < 200:
            assert not work.done(), work.result()
            await asyncio.sleep(0.02)
    slow = len(sender.sent) - 200
    stop.set()
    await work
    assert 1 <= slow <= 25, "a few seconds' worth, not the time that thousands need"
    assert (await editions.tally(sqlite_db, edition.id))[State.QUEUED] == 6200 - len(sender.sent)


async def test_those_who_wait_for_their_host_get_it_at_its_rate(sqlite_db: Database) -> None:
    edition = await open_edition(sqlite_db, readers=40)
    times: list[float] = []

    def note(message: Message) -> Outcome:
        times.append(asyncio.get_running_loop().time())
        return Sent("250 ok")

    route = SenderRoute("fake", FakeSender(note), domains=HostThrottle({"example.org": Rate(40, 1)}))
    report = await deliver(sqlite_db, [route], copies, hooks=Hooks(clock=utc_now))
    assert report.handled == 40
    assert (await editions.by_name(sqlite_db, edition.name)).status is EditionStatus.SENT
    assert times[-1] - times[0] >= 0.9


async def test_a_slow_host_does_not_hold_up_the_others(sqlite_db: Database) -> None:
    edition = await open_edition(sqlite_db, readers=300)
    await move_to(sqlite_db, "gmail.com", 150)
    throttled = 0

    def answer(message: Message) -> Outcome:
        nonlocal throttled
        if message.recipient.endswith("@gmail.com") and throttled < 3:
            throttled += 1
            return THROTTLED
        return Sent("250 ok")

    sender = FakeSender(answer, delay=0.001)
    work = asyncio.create_task(
        deliver(
            sqlite_db, [SenderRoute("fake", sender)], copies, Policy(wait=timedelta(1)), Hooks(clock=utc_now)
        )
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

"""A few readers first: the others follow when the answers are good, and wait for a person when they are not."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from digest.delivery import Hooks, Policy, SenderRoute, deliver
from digest.model import Deferred, Edition, EditionStatus, Message, Outcome, Refused, Sent, State
from digest.model.amounts import Share, parse_share
from digest.store.db.database import Database
from digest.store.editions import editions, lifecycle
from digest.store.editions.canaries import CanaryPlan
from tests.helpers.ledger import MAIL, NOW, FakeSender, Times, a_plan, add_readers, address, copies, states

WAIT = timedelta(minutes=10)


async def opened(db: Database, first: CanaryPlan, readers: int = 100) -> Edition:
    await add_readers(db, readers)
    edition = await editions.open(db, a_plan(), MAIL, NOW, first=first)
    assert edition
    return edition


async def send(db: Database, times: Times, sender: FakeSender) -> None:
    await deliver(db, [SenderRoute("fake", sender)], copies, Policy(wait=timedelta(0)), Hooks(clock=times))


async def status(db: Database, edition: Edition) -> EditionStatus:
    return (await editions.by_name(db, edition.name)).status


async def test_the_others_follow_after_good_answers(db: Database) -> None:
    edition = await opened(db, CanaryPlan(every=20, wait=WAIT))
    times, sender = Times(), FakeSender()
    await send(db, times, sender)
    assert len(sender.sent) == 5
    times.on(timedelta(minutes=9))
    await send(db, times, FakeSender())  # another process, sooner than that
    assert (await editions.tally(db, edition.id)).open == 95
    times.on(timedelta(minutes=2))
    await send(db, times, sender)
    assert Counter(sender.sent) == Counter(address(n) for n in range(1, 101))
    assert await status(db, edition) is EditionStatus.SENT


@pytest.mark.parametrize(
    "answer",
    [Refused("550 5.7.1 looks like spam", 550), Deferred("421 4.7.28 too many complaints", 421)],
    ids=["refused", "put off"],
)
async def test_the_others_wait_for_a_person_after_bad_ones(db: Database, answer: Outcome) -> None:
    edition = await opened(db, CanaryPlan(every=5, wait=WAIT))
    times, bad = Times(), 0

    def some(message: Message) -> Outcome:
        nonlocal bad
        bad += 1
        return answer if bad <= 2 else Sent("250 ok")

    await send(db, times, FakeSender(some))
    times.on(timedelta(minutes=11))
    await send(db, times, late := FakeSender())
    assert not late.sent
    held = await editions.by_name(db, edition.name)
    assert held.status is EditionStatus.PAUSED
    assert held.reason.startswith("2 of the first ")
    assert answer.reply in held.reason
    assert (
        Counter((await states(db, edition)).values())[State.QUEUED] >= 80
    )  # a host that throttles is asked less

    await lifecycle.set_status(db, edition.name, "resume", NOW)
    times.on(timedelta(hours=5))
    await send(db, times, late)
    assert len(late.sent) >= 80
    assert await status(db, edition) is EditionStatus.SENT


async def test_one_bad_answer_is_chance(db: Database) -> None:
    edition = await opened(db, CanaryPlan(every=10, wait=WAIT))
    times = Times()
    bad = FakeSender(
        lambda message: Refused("550 5.1.1 no such user", 550) if bad.calls == 1 else Sent("250 ok")
    )
    bad.concurrency = 1
    await send(db, times, bad)
    times.on(timedelta(minutes=11))
    await send(db, times, FakeSender())
    assert await status(db, edition) is EditionStatus.SENT


async def test_seeds_go_before_all_others(db: Database) -> None:
    await opened(db, CanaryPlan(seeds=[address(70), address(90)]))
    sender = FakeSender()
    sender.concurrency = 1
    await send(db, Times(), sender)
    assert set(sender.sent[:2]) == {address(70), address(90)}
    assert len(sender.sent) == 100


async def test_seeds_belong_to_the_canary(db: Database) -> None:
    await opened(db, CanaryPlan(every=50, wait=WAIT, seeds=[address(70), address(90)]))
    sender = FakeSender()
    await send(db, Times(), sender)
    assert {address(70), address(90)} < set(sender.sent)
    assert len(sender.sent) <= 4


async def test_a_paused_edition_is_looked_at_when_it_goes_on(db: Database) -> None:
    edition = await opened(db, CanaryPlan(every=5, wait=WAIT))
    times = Times()
    await send(db, times, FakeSender(lambda _: Refused("550 5.1.1 no such user", 550, hard=True)))
    await lifecycle.set_status(db, edition.name, "pause", NOW)
    times.on(timedelta(hours=1))
    await send(db, times, FakeSender())
    await lifecycle.set_status(db, edition.name, "resume", NOW)
    await send(db, times, late := FakeSender())
    assert not late.sent
    assert await status(db, edition) is EditionStatus.PAUSED


@pytest.mark.parametrize(
    ("text", "total", "every"),
    [("5%", 7, 20), ("100%", 7, 1), ("40%", 7, 2), ("500", 10_000, 20), ("500", 90, 1)],
)
def test_shares(text: str, total: int, every: int) -> None:
    assert parse_share(text).every(total) == every


@pytest.mark.parametrize("text", ["five", "0", "-3", "0%", "101%", "nan%", "%"])
def test_what_is_no_share_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="5%"):
        parse_share(text)


def test_a_number_is_a_share() -> None:
    assert parse_share(25) == Share(count=25)

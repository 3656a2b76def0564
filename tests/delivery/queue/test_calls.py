"""Calls that can be repeated under their key: after a death nobody they carried is in doubt."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from digest.clock import utc_now
from digest.delivery import LivenessTracker
from digest.errors import SenderBusy
from digest.model import Edition, EditionStatus, Message, Outcome, Refused, Sent, State, Unknown
from digest.store.db.database import Database
from digest.store.db.schema.shared import sender_call
from digest.store.db.schema.tables import subscription
from digest.store.editions import deliveries
from tests.delivery.running import run, status
from tests.helpers.ledger import FakeSender, address, open_edition, states


@dataclass(slots=True)
class Provider:
    """What is on the other side: it answers a repeated call as it answered the first one, and mails nobody twice."""

    answers: dict[str, list[Outcome]] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    mailed: Counter[str] = field(default_factory=Counter)
    asked: list[str] = field(default_factory=list)

    def take(self, key: str, messages: Sequence[Message]) -> list[Outcome]:
        self.asked.append(key)
        names = [message.recipient for message in messages]
        if key not in self.answers:
            self.answers[key] = [Sent("taken", remote_id=f"{key}-{n}") for n in range(len(messages))]
            self.members[key] = names
            self.mailed.update(names)
        assert self.members[key] == names, "another call under the same key"
        return self.answers[key]


class Batches(FakeSender):
    """A sender of batches to a provider; `silent` may say of a call that its answer is lost."""

    idempotent_for = timedelta(hours=24)

    def __init__(self, provider: Provider, silent: Callable[[int], object] = lambda _: None) -> None:
        super().__init__(batch_size=10, concurrency=1)
        self.provider, self.silent = provider, silent

    def call_key(self, messages: Sequence[Message]) -> str:
        return "+".join(message.key.rpartition(".")[2] for message in messages)

    async def send(self, messages: Sequence[Message]) -> list[Outcome]:
        self.calls += 1
        outcomes = self.provider.take(self.call_key(messages), messages)
        match self.silent(self.calls):
            case None:
                return outcomes
            case "dies":
                await asyncio.sleep(3600)
            case Exception() as error:
                raise error
        return [Unknown("the answer was lost")] * len(messages)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a call that is under way no time when a run ends, so that it is left as a death leaves it."""
    monkeypatch.setattr("digest.delivery.run._MAX_DRAIN_SECONDS", 0.1)


async def killed(db: Database, sender: Batches, after: int, **options: object) -> None:
    """Run until a call has been taken and will never be answered, and end there."""
    stop = asyncio.Event()
    work = asyncio.create_task(run(db, sender, stop=stop, clock=utc_now, **options))  # type: ignore[arg-type]
    while sender.calls < after:
        await asyncio.sleep(0.01)
    stop.set()
    await work


async def left(db: Database) -> int:
    async with db.connect() as conn:
        return len((await conn.execute(select(sender_call))).all())


async def doubted(db: Database, edition: Edition) -> list[str]:
    return [row.address async for row in deliveries.rows(db, edition.id, State.UNKNOWN)]


def dies_at(number: int) -> Callable[[int], object]:
    return lambda call: "dies" if call == number else None


async def test_what_a_death_left_open_is_asked_again_under_its_key(db: Database) -> None:
    edition = await open_edition(db, readers=45)
    provider, watch = Provider(), LivenessTracker(300)
    await killed(db, Batches(provider, dies_at(3)), after=3, watch=watch)
    assert await left(db) == 1
    await run(db, Batches(provider), hold={"daily"}, watch=watch, clock=utc_now)
    assert await status(db, edition) is EditionStatus.SENT
    assert await doubted(db, edition) == []
    assert provider.mailed == {address(number): 1 for number in range(1, 46)}
    assert Counter(provider.asked)[provider.asked[2]] == 2
    assert await left(db) == 0


async def test_whoever_left_meanwhile_is_not_mailed_anew_and_the_others_are_in_doubt(db: Database) -> None:
    edition = await open_edition(db, readers=25)
    provider, watch = Provider(), LivenessTracker(300)
    await killed(db, Batches(provider, dies_at(2)), after=2, watch=watch)
    async with db.begin() as conn:
        gone = update(subscription).where(subscription.c.reader_id == 15).values(status="unsubscribed")
        await conn.execute(gone)
    await run(db, Batches(provider), hold={"daily"}, watch=watch, clock=utc_now)
    assert Counter(provider.asked)[provider.asked[1]] == 1
    assert await doubted(db, edition) == [address(number) for number in range(11, 21)]
    assert provider.mailed == {address(number): 1 for number in range(1, 26)}


async def test_after_the_providers_time_it_is_not_repeated(sqlite_db: Database) -> None:
    edition = await open_edition(sqlite_db, readers=25)
    provider, watch = Provider(), LivenessTracker(300)
    await killed(sqlite_db, Batches(provider, dies_at(2)), after=2, watch=watch)
    later = Batches(provider)
    later.idempotent_for = timedelta(seconds=0)
    await run(sqlite_db, later, hold={"daily"}, watch=watch, clock=utc_now)
    assert len(await doubted(sqlite_db, edition)) == 10
    assert Counter(provider.asked)[provider.asked[1]] == 1


async def test_another_sender_does_not_know_the_call(sqlite_db: Database) -> None:
    edition = await open_edition(sqlite_db, readers=25)
    provider, watch = Provider(), LivenessTracker(300)
    await killed(sqlite_db, Batches(provider, dies_at(2)), after=2, watch=watch)
    await run(sqlite_db, FakeSender(), hold={"daily"}, watch=watch, clock=utc_now)
    assert len(await doubted(sqlite_db, edition)) == 10
    assert await left(sqlite_db) == 0


async def test_a_lost_answer_is_asked_for_again_in_the_same_run(db: Database) -> None:
    edition = await open_edition(db, readers=25)
    provider = Provider()
    silences: dict[int, object] = {2: "lost", 3: "lost"}
    await run(db, Batches(provider, silences.get), hold={"daily"}, clock=utc_now, wait=20.0)
    assert await status(db, edition) is EditionStatus.SENT
    assert await doubted(db, edition) == []
    assert set(provider.mailed.values()) == {1}


async def test_a_repetition_that_has_to_wait_stays_a_repetition(sqlite_db: Database) -> None:
    edition = await open_edition(sqlite_db, readers=20)
    provider = Provider()
    silences: dict[int, object] = {1: "lost", 2: SenderBusy("429", retry_after=0.3)}
    await run(sqlite_db, Batches(provider, silences.get), hold={"daily"}, clock=utc_now, wait=20.0)
    assert await status(sqlite_db, edition) is EditionStatus.SENT
    assert await doubted(sqlite_db, edition) == []
    assert set(provider.mailed.values()) == {1}


async def test_the_first_answer_counts_also_where_it_refused_some(sqlite_db: Database) -> None:
    edition = await open_edition(sqlite_db, readers=10)
    provider = Provider()

    class Picky(Batches):
        async def send(self, messages: Sequence[Message]) -> list[Outcome]:
            key = self.call_key(messages)
            if key not in provider.answers:
                provider.take(key, messages)
                provider.answers[key][3] = Refused("no such mailbox", 422, hard=True)
            return await super().send(messages)

    silences: dict[int, object] = {1: "lost"}
    await run(sqlite_db, Picky(provider, silences.get), clock=utc_now, wait=20.0)
    found = await states(sqlite_db, edition)
    assert [number for number in range(1, 11) if found[address(number)] is State.REFUSED] == [4]
    assert await left(sqlite_db) == 0


async def test_nothing_is_kept_of_calls_that_were_answered_or_not_made(db: Database) -> None:
    await open_edition(db, readers=200)
    stop = asyncio.Event()
    provider = Provider()
    sender = Batches(provider, lambda call: stop.set() if call == 5 else None)
    await run(db, sender, stop=stop)
    assert await left(db) == 0
    assert len(provider.mailed) < 200
    await run(db, Batches(provider), clock=utc_now)
    assert len(provider.mailed) == 200
    assert set(provider.mailed.values()) == {1}
    assert await left(db) == 0


async def test_who_leaves_before_the_call_changes_what_is_written_down(db: Database) -> None:
    edition = await open_edition(db, readers=40)
    provider = Provider()

    async def leave() -> None:
        async with db.begin() as conn:
            everybody = update(subscription).where(subscription.c.reader_id.in_([12, 18, 25, 33]))
            await conn.execute(everybody.values(status="unsubscribed"))

    class Slow(Batches):
        async def send(self, messages: Sequence[Message]) -> list[Outcome]:
            if not self.calls:
                await leave()
            return await super().send(messages)

    await run(db, Slow(provider), clock=utc_now)
    assert len(provider.mailed) == 36
    assert await status(db, edition) is EditionStatus.SENT
    assert await left(db) == 0


@pytest.mark.parametrize("hold", [{"daily"}, set()])
async def test_a_stop_in_the_middle_of_a_call_leaves_it_to_the_next_run(
    sqlite_db: Database, hold: set[str]
) -> None:
    edition = await open_edition(sqlite_db, readers=30)
    provider, stop, watch = Provider(), asyncio.Event(), LivenessTracker(300)

    def silent(call: int) -> object:
        if call == 2:
            stop.set()
            return "dies"
        return None

    await run(sqlite_db, Batches(provider, silent), stop=stop, watch=watch, hold=hold, clock=utc_now)
    assert await status(sqlite_db, edition) is EditionStatus.SENDING
    await run(sqlite_db, Batches(provider), watch=watch, hold=hold, clock=utc_now)
    assert await doubted(sqlite_db, edition) == []
    assert set(provider.mailed.values()) == {1}
    assert len(provider.mailed) == 30

"""A queue alone: what is taken from it is settled, once, whoever hands it over and however that ends."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from digest.delivery.limits.route import SenderRoute
from digest.delivery.outcomes import Rules
from digest.delivery.queue.jobs import ReadyDelivery, SendJob
from digest.delivery.queue.sender_queue import SenderQueue
from digest.delivery.queue.workers import workers_of
from digest.errors import SenderBroken, SenderBusy
from digest.model import Delivery, Message, Outcome, Recipient, Refused, Sent, Unknown, Unsent
from digest.model.amounts import Rate
from digest.senders import JobQueue
from tests.delivery.running import moment
from tests.helpers.ledger import FakeSender


class Helper(FakeSender):
    """A sender that helps itself to everything at once, and settles nothing by itself."""

    connections = 4

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[SendJob] = []

    async def stream(self, queue: JobQueue) -> None:
        while True:
            while job := queue.take():
                assert isinstance(job, SendJob)
                self.taken.append(job)
            await queue.filled()


def ready(number: int) -> ReadyDelivery:
    recipient = Recipient(reader_id=number, subscription_id=number, address=f"{number}@example.org")
    delivery = Delivery(id=number, edition_id=1, recipient=recipient, attempts=1, fence=1)
    return ReadyDelivery(delivery, copy, Rules(), until=float("inf"))


def copy(recipient: Recipient) -> Message:
    if recipient.reader_id == 13:
        raise ValueError("no such name")
    if recipient.reader_id == 666:
        raise KeyError("a mistake")
    name = str(recipient.reader_id)
    return Message(id=name, key=name, sender="a@b", recipient=recipient.address, pieces=(b"x\r\n",))


class Reports:
    def __init__(self) -> None:
        self.all: list[tuple[int, Outcome]] = []

    def __call__(self, ready: ReadyDelivery, outcome: Outcome) -> None:
        self.all.append((ready.delivery.id, outcome))


async def take(queue: SenderQueue, helper: Helper, *numbers: int) -> asyncio.Task[None]:
    """Make deliveries ready and let the sender take them; returns the queue's only worker."""
    [worker] = [asyncio.create_task(work) for work in workers_of(queue)]
    queue.put([ready(number) for number in numbers])
    await asyncio.sleep(0.01)
    return worker


async def stop(worker: asyncio.Task[None]) -> None:
    worker.cancel()
    with suppress(asyncio.CancelledError):
        await worker


async def test_a_sender_helps_itself_and_the_first_word_counts() -> None:
    reports, helper = Reports(), Helper()
    queue = SenderQueue(SenderRoute("one", helper), reports)
    worker = await take(queue, helper, 1, 2)
    assert (queue.waiting, queue.in_hand) == (0, 2)
    helper.taken[0].settle(Sent("250 ok"))
    helper.taken[0].settle(Unknown("too late"))
    assert reports.all == [(1, Sent("250 ok"))]
    await stop(worker)
    assert reports.all[1:] == [(2, Unknown("the program was stopped before an answer came"))]
    assert queue.in_hand == 0


async def test_a_reader_without_a_copy_is_refused_and_the_next_one_taken() -> None:
    reports, helper = Reports(), Helper()
    worker = await take(SenderQueue(SenderRoute("one", helper), reports), helper, 13, 14)
    assert [job.message.id for job in helper.taken] == ["14"]
    assert reports.all == [(13, Refused("no copy could be made for this reader: no such name"))]
    await stop(worker)


async def test_a_queue_is_drained_when_all_that_it_was_given_is_taken() -> None:
    queue = SenderQueue(SenderRoute("one", Helper()), Reports())
    room = queue.grant(1000, moment(0.0))
    queue.put([ready(1000 + number) for number in range(room)])
    for _ in range(room - 1):
        queue.take()
    assert not queue.drained.is_set()
    queue.take()
    assert queue.drained.is_set()
    queue.put([ready(number) for number in range(3)])
    assert not queue.drained.is_set()


async def test_a_queue_that_may_not_have_more_is_not_drained() -> None:
    queue = SenderQueue(SenderRoute("one", Helper(), rates=(Rate(2, 1),)), Reports())
    assert queue.grant(1000, moment(0.0)) < queue.room()
    queue.put([ready(1)])
    queue.take()
    assert not queue.drained.is_set()


@pytest.mark.parametrize("sender", [Helper(), FakeSender()], ids=["stream", "calls"])
async def test_a_mistake_of_ours_is_not_lost(sender: FakeSender) -> None:
    reports = Reports()
    queue = SenderQueue(SenderRoute("one", sender), reports)
    workers = [asyncio.create_task(work) for work in workers_of(queue)]
    queue.put([ready(666)])
    await asyncio.sleep(0.01)
    assert isinstance(queue.crash, KeyError)
    assert [type(outcome) for _, outcome in reports.all] == [Unsent]
    for worker in workers:
        await stop(worker)


async def test_what_fails_the_sender_leaves_the_rest_unsent() -> None:
    reports, helper = Reports(), Helper()
    queue = SenderQueue(SenderRoute("one", helper), reports)
    worker = await take(queue, helper, 1, 2)
    helper.taken[0].settle(SenderBusy("come back later", retry_after=60))
    assert queue.limits.opens_in(moment(asyncio.get_running_loop().time())) > 50
    queue.put([ready(3)])
    await asyncio.sleep(0.01)
    helper.taken[1].settle(SenderBroken("the password is wrong"))
    assert queue.limits.broken == "the password is wrong"
    assert [(number, type(outcome)) for number, outcome in reports.all] == [
        (1, Unsent),
        (3, Unsent),
        (2, Unsent),
    ]
    await stop(worker)

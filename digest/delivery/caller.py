"""Hand copies over call by call, to a sender that does not stream."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from digest.delivery.queue.jobs import SendJob
from digest.errors import SenderDenied, SenderError, SenderUnfit
from digest.model import Unknown, Unsent
from digest.senders import SendResult

if TYPE_CHECKING:
    from digest.delivery.queue.sender_queue import SenderQueue


async def call_by_call(queue: SenderQueue) -> None:
    """Hand over what a queue has ready, one call after the other, until cancelled."""
    while True:
        while not (jobs := _batch(queue)):
            await queue.filled()
        queue.calls += 1
        try:
            outcomes = await _call(queue, jobs)
            if not _is_left_open(queue, jobs, outcomes):
                for job, outcome in zip(jobs, outcomes, strict=True):
                    job.settle(outcome)
        except BaseException:
            queue.abandon(jobs)
            raise
        finally:
            queue.calls -= 1


def _batch(queue: SenderQueue) -> list[SendJob]:
    """Take what the next call carries: where it can be repeated, exactly what was written down."""
    jobs: list[SendJob] = []
    call, now = queue.next_call, queue.now()
    while len(jobs) < queue.sender.batch_size and queue.waiting and queue.next_call == call:
        if job := queue.take(now):
            jobs.append(job)
    return jobs


async def _call(queue: SenderQueue, jobs: Sequence[SendJob]) -> Sequence[SendResult]:
    try:
        return await queue.sender.send([job.message for job in jobs])
    except (SenderDenied, SenderUnfit) as error:  # about this mail, whichever reader it is for
        return [error] * len(jobs)
    except SenderError as error:
        queue.judge.fail(error, queue.now())
        return [Unsent(str(error), 0.0)] * len(jobs)


def _is_left_open(queue: SenderQueue, jobs: Sequence[SendJob], outcomes: Sequence[SendResult]) -> bool:
    """Have a call repeated if it gave no answer, or gave none before and could not be made now."""
    first = jobs[0].ready
    silent = (Unknown, Unsent) if first.tries else (Unknown,)
    if not (first.call and all(isinstance(outcome, silent) for outcome in outcomes)):
        return False
    queue.judge.judge(first.delivery.edition_id, first.delivery.recipient.address, outcomes[0], queue.now())
    queue.leave(jobs)
    queue.again([job.ready for job in jobs])
    return True

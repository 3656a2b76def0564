"""Hand copies over call by call, to a sender that does not stream."""

from __future__ import annotations

from collections.abc import Sequence

from digest.delivery.queue.jobs import SendJob
from digest.delivery.queue.sender_queue import SenderQueue
from digest.errors import SenderDenied, SenderError, SenderUnfit
from digest.model import Unknown, Unsent
from digest.senders import SendResult
from digest.telemetry import tracing


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
    call, at = queue.next_call, queue.at()
    while len(jobs) < queue.sender.batch_size and queue.waiting and queue.next_call == call:
        if job := queue.take(at):
            jobs.append(job)
    return jobs


async def _call(queue: SenderQueue, jobs: Sequence[SendJob]) -> Sequence[SendResult]:
    try:
        with tracing.span("send", sender=queue.name, copies=len(jobs)):
            return await queue.sender.send([job.message for job in jobs])
    except (SenderDenied, SenderUnfit) as error:  # about this mail, whichever reader it is for
        return [error] * len(jobs)
    except SenderError as error:
        queue.limits.judge.fail(error, queue.at())
        return [Unsent(str(error), 0.0)] * len(jobs)


def _is_left_open(queue: SenderQueue, jobs: Sequence[SendJob], outcomes: Sequence[SendResult]) -> bool:
    """Have a call repeated if it gave no answer, or gave none before and could not be made now."""
    first = jobs[0].ready
    silent = (Unknown, Unsent) if first.tries else (Unknown,)
    if not (first.call and all(isinstance(outcome, silent) for outcome in outcomes)):
        return False
    edition_id, address = first.delivery.edition_id, first.delivery.recipient.address
    queue.limits.judge.judge(edition_id, address, outcomes[0], queue.at())
    queue.leave(jobs)
    queue.repeat([job.ready for job in jobs])
    return True

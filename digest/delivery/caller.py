"""Hand copies over call by call, to a sender that does not help itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from digest.delivery.queue.parcels import SendJob
from digest.errors import SenderDenied, SenderError, SenderUnfit
from digest.model import Unknown, Unsent
from digest.senders import SendResult

if TYPE_CHECKING:
    from digest.delivery.queue.lanes import Lane


async def call_by_call(lane: Lane) -> None:
    """Hand over what a lane has ready, one call after the other, until cancelled."""
    while True:
        while not (errands := _batch(lane)):
            await lane.filled()
        lane.calls += 1
        try:
            outcomes = await _call(lane, errands)
            if not _is_left_open(lane, errands, outcomes):
                for errand, outcome in zip(errands, outcomes, strict=True):
                    errand.settle(outcome)
        except BaseException:
            lane.abandon(errands)
            raise
        finally:
            lane.calls -= 1


def _batch(lane: Lane) -> list[SendJob]:
    """Take what the next call carries: where it can be repeated, exactly what was written down."""
    errands: list[SendJob] = []
    call, now = lane.next_call, lane.now()
    while len(errands) < lane.sender.batch_size and lane.waiting and lane.next_call == call:
        if errand := lane.take(now):
            errands.append(errand)
    return errands


async def _call(lane: Lane, errands: Sequence[SendJob]) -> Sequence[SendResult]:
    try:
        return await lane.sender.send([errand.message for errand in errands])
    except (SenderDenied, SenderUnfit) as error:  # about this mail, and whoever it is for
        return [error] * len(errands)
    except SenderError as error:
        lane.judge.fail(error, lane.now())
        return [Unsent(str(error), 0.0)] * len(errands)


def _is_left_open(lane: Lane, errands: Sequence[SendJob], outcomes: Sequence[SendResult]) -> bool:
    """Have a call repeated that gave no answer, or that gave none before and could not be made now."""
    first = errands[0].parcel
    silent = (Unknown, Unsent) if first.tries else (Unknown,)
    if not (first.call and all(isinstance(outcome, silent) for outcome in outcomes)):
        return False
    lane.judge.judge(first.delivery.edition_id, first.delivery.recipient.address, outcomes[0], lane.now())
    lane.leave(errands)
    lane.again([errand.parcel for errand in errands])
    return True

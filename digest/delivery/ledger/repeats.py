"""Make calls again, as they were, where no answer came: within the provider's time, while all readers may be mailed."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from digest.delivery.context import Context
from digest.delivery.editions.opened import Opened
from digest.delivery.ledger.calls import Calls
from digest.delivery.moment import Moment
from digest.delivery.queue.jobs import MessageMaker, ReadyDelivery, built
from digest.delivery.queue.sender_queue import SenderQueue
from digest.model import Delivery, Message, Unknown
from digest.senders import Idempotent
from digest.store.ledger import calls
from digest.store.ledger.calls import Call
from digest.store.ledger.leases import Holder

log = logging.getLogger("digest")

_REPEAT_WITHIN_FRACTION = 0.9  # of the time for which the provider remembers a call
_MAX_REPEAT_PAUSE_SECONDS = 60.0  # seconds between two repetitions
_NOT_REPEATED = Unknown(
    "the call gave no answer, and is not repeated: one of its readers has left, or too long ago"
)


@dataclass(slots=True)
class _Repeat:
    queue: SenderQueue
    deliveries: list[ReadyDelivery]
    made_at: datetime
    due_at: float  # monotonic seconds
    tries: int = 0


class Repeats:
    """The calls of one run that are to be repeated; queues hand them over through their `repeat`."""

    def __init__(self, context: Context, made: Calls, opened: Mapping[int, Opened]) -> None:
        self._context, self._calls, self._open = context, made, opened
        self._waiting: list[_Repeat] = []
        for queue in made.queues.values():
            queue.repeat = lambda deliveries, queue=queue: self._add(queue, deliveries)  # type: ignore[misc]

    @property
    def next_at(self) -> float:
        """When a call is to be repeated next, monotonic; infinity if none is."""
        return min((repeat.due_at for repeat in self._waiting), default=math.inf)

    def _add(self, queue: SenderQueue, deliveries: list[ReadyDelivery]) -> None:
        made, tries = self._calls.made[deliveries[0].call], deliveries[0].tries
        due_at = self._context.at() + min(_MAX_REPEAT_PAUSE_SECONDS, 2.0**tries)
        self._waiting.append(_Repeat(queue, deliveries, made.made_at, due_at, tries))

    async def make_due(self, now: Moment) -> None:
        """Make what is due again, as it was; what must not be made again is reported as unknown."""
        for repeat in [one for one in self._waiting if one.due_at <= now.at]:
            queue = repeat.queue
            if queue.limits.opens_in(now) or queue.busy:
                continue
            members = [ready.delivery.id for ready in repeat.deliveries]
            async with self._context.db.connect() as conn:
                may = await calls.mailable(conn, members, self._context.owner, now=now.wall)
            self._waiting.remove(repeat)
            if may and self._in_time(queue, repeat.made_at):
                until, tries = self._context.safe_until(now.at), repeat.tries + 1
                again = (one._replace(since=now.at, until=until, tries=tries) for one in repeat.deliveries)
                queue.put(again)
            else:
                queue.give_up(repeat.deliveries, _NOT_REPEATED)

    def _in_time(self, queue: SenderQueue, made_at: datetime) -> bool:
        assert isinstance(queue.sender, Idempotent)
        return self._context.now().wall - made_at < _REPEAT_WITHIN_FRACTION * queue.sender.idempotent_for

    async def adopt(self, holder: Holder) -> None:
        """Take over the calls of a process that is gone, to be repeated; what is left is in doubt as ever."""
        opened, adopted = self._open.get(holder.edition_id), list[tuple[Call, _Repeat]]()
        async with self._context.db.begin() as conn:
            for call in await calls.left_by(conn, holder.owner, holder.edition_id):
                queue = self._calls.queues.get(call.sender)
                if not (opened and queue and self._in_time(queue, call.made_at)):
                    continue
                if found := await self._as_it_was(conn, call, queue, opened.make):
                    adopted.append((call, self._as_repeat(call, queue, found, opened)))
        for call, repeat in adopted:
            self._calls.made[call.key] = call._replace(owner=self._context.owner)
            self._waiting.append(repeat)
            log.warning(
                "%s: a call that was under way when a process died is repeated under its key", holder.edition
            )

    def _as_repeat(self, call: Call, queue: SenderQueue, found: list[Delivery], opened: Opened) -> _Repeat:
        at = self._context.at()
        ready = [ReadyDelivery(one, opened.make, opened.rules, at, at, call.key, 1) for one in found]
        return _Repeat(queue, ready, call.made_at, at)

    async def _as_it_was(
        self, conn: calls.Connection, call: Call, queue: SenderQueue, make: MessageMaker
    ) -> list[Delivery]:
        """Return the deliveries of a call if it would be the same call, and make them ours."""
        assert isinstance(queue.sender, Idempotent)
        async with conn.begin_nested() as savepoint:
            now = self._context.now()
            until = self._context.lease_until(now)
            found = await calls.adopt(conn, call, self._context.owner, until, now=now.wall)
            copies = [built(make, delivery.recipient) for delivery in found]
            messages = [one for one in copies if isinstance(one, Message)]
            if found and len(messages) == len(found) and queue.sender.call_key(messages) == call.key:
                return found
            await savepoint.rollback()
        return []

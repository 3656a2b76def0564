"""Calls that can be repeated: written before they are made, and made again as they were where no answer came.

A sender that documents idempotency answers a repeated call with what became of the first one, so none of its readers
is in doubt. It is repeated only within the provider's time, and only while all of its readers may still be mailed: else
they are in doubt like any others (docs/adr/0021).
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.clock import Clock
from digest.delivery.open_editions import OpenEditions
from digest.delivery.queue.jobs import ReadyDelivery
from digest.delivery.queue.sender_queue import SenderQueue
from digest.model import Delivery, Message, Unknown
from digest.senders import Idempotent
from digest.store.db.changes import Change
from digest.store.db.database import Database
from digest.store.ledger import calls
from digest.store.ledger.calls import Call
from digest.store.ledger.holders import Holder

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


class Calls:
    """The calls of one run: `forget` are keys of those that need not be kept any more."""

    def __init__(
        self,
        db: Database,
        queues: Sequence[SenderQueue],
        open_editions: OpenEditions,
        *,
        owner: str,
        lease: timedelta,
        clock: Clock,
    ) -> None:
        self.forget: set[str] = set()
        self._db, self._open_editions, self._owner = db, open_editions, owner
        self._lease, self._clock = lease, clock
        self._queues = {queue.name: queue for queue in queues if isinstance(queue.sender, Idempotent)}
        self._made: dict[str, Call] = {}
        self._key_of: dict[int, str] = {}  # of a delivery that is being marked
        self._repeats: list[_Repeat] = []
        open_editions.adopt = self.adopt
        for queue in self._queues.values():
            queue.again = lambda deliveries, queue=queue: self._again(queue, deliveries)  # type: ignore[misc]

    # --- before a call is made ------------------------------------------------------------------------------

    def compose(self, chosen: Iterable[tuple[SenderQueue, Sequence[Delivery]]]) -> list[Call]:
        """Form the calls that carry what is marked now, for senders that take repetitions."""
        if not self._queues:
            return []
        self._key_of.clear()
        made = [
            call
            for queue, deliveries in chosen
            if queue.name in self._queues
            for call in self._form(queue, deliveries)
        ]
        self._made |= {call.key: call for call in made}
        self._key_of |= {member: call.key for call in made for member in call.members}
        return made

    def _form(self, queue: SenderQueue, deliveries: Sequence[Delivery]) -> Iterable[Call]:
        assert isinstance(queue.sender, Idempotent)
        for edition_id, opened in self._open_editions.open.items():
            built = [
                (delivery.id, message)
                for delivery in deliveries
                if delivery.edition_id == edition_id
                and isinstance(message := _built(opened.make, delivery), Message)
            ]
            for start in range(0, len(built), queue.sender.batch_size):
                part = built[start : start + queue.sender.batch_size]
                key = queue.sender.call_key([message for _, message in part])
                members = tuple(id_ for id_, _ in part)
                yield Call(key, queue.name, self._owner, edition_id, members, self._clock())

    async def correct(
        self, chosen: Iterable[tuple[SenderQueue, Sequence[Delivery]]], mine: Collection[int]
    ) -> None:
        """Form calls again where not all of their readers were marked."""
        wrong = [key for key in set(self._key_of.values()) if not set(self._made[key].members) <= set(mine)]
        if not wrong:
            return
        left = [(queue, [one for one in deliveries if one.id in mine]) for queue, deliveries in chosen]
        before = set(self._key_of.values())
        made = self.compose(left)
        dialect = self._db.dialect
        await self._db.carry_out(
            [calls.forgetting(dialect, before), *([calls.recording(dialect, made)] if made else [])]
        )

    def key(self, delivery: Delivery) -> str:
        """Return the key of the call that a delivery which was just marked belongs to; "" for none."""
        return self._key_of.get(delivery.id, "")

    def forgetting(self) -> Change | None:
        return calls.forgetting(self._db.dialect, self.forget) if self.forget else None

    def forgotten(self, keys: Collection[str]) -> None:
        """Note that these are not kept any more."""
        self.forget -= set(keys)
        for key in keys:
            self._made.pop(key, None)

    # --- where no answer came -------------------------------------------------------------------------------

    @property
    def next_at(self) -> float:
        """When a call is to be repeated next, monotonic; infinity if none is."""
        return min((repeat.due_at for repeat in self._repeats), default=math.inf)

    def _again(self, queue: SenderQueue, deliveries: list[ReadyDelivery]) -> None:
        made = self._made[deliveries[0].call]
        tries = deliveries[0].tries
        due_at = asyncio.get_running_loop().time() + min(_MAX_REPEAT_PAUSE_SECONDS, 2.0**tries)
        self._repeats.append(_Repeat(queue, deliveries, made.made_at, due_at, tries))

    async def repeat(self, at: float, wall: float) -> None:
        """Make what is due again, as it was; what must not be made again is reported as unknown."""
        for repeat in [one for one in self._repeats if one.due_at <= at]:
            queue = repeat.queue
            if queue.opens_in(at, wall) or queue.busy:
                continue
            members = [ready.delivery.id for ready in repeat.deliveries]
            async with self._db.connect() as conn:
                may = await calls.mailable(conn, members, self._owner)
            self._repeats.remove(repeat)
            if may and self._in_time(queue, repeat.made_at):
                until = at + 0.8 * self._lease.total_seconds()
                queue.put(
                    ready._replace(since=at, until=until, tries=repeat.tries + 1)
                    for ready in repeat.deliveries
                )
            else:
                queue.give_up(repeat.deliveries, _NOT_REPEATED)

    def _in_time(self, queue: SenderQueue, made_at: datetime) -> bool:
        assert isinstance(queue.sender, Idempotent)
        return self._clock() - made_at < _REPEAT_WITHIN_FRACTION * queue.sender.idempotent_for

    async def adopt(self, holder: Holder) -> None:
        """Take over the calls of a process that is gone, to be repeated; what is left is in doubt as ever."""
        opened = self._open_editions.open.get(holder.edition_id)
        at = asyncio.get_running_loop().time()
        async with self._db.begin() as conn:
            for call in await calls.left_by(conn, holder.owner, holder.edition_id):
                queue = self._queues.get(call.sender)
                if not (opened and queue and self._in_time(queue, call.made_at)):
                    continue
                if found := await self._as_it_was(conn, call, queue):
                    deliveries = [
                        ReadyDelivery(one, opened.make, opened.rules, at, at, call.key, 1) for one in found
                    ]
                    self._made[call.key] = call._replace(owner=self._owner)
                    self._repeats.append(_Repeat(queue, deliveries, call.made_at, at))
                    log.warning(
                        "%s: a call that was under way when a process died is repeated under its key",
                        holder.edition,
                    )

    async def _as_it_was(self, conn: calls.Connection, call: Call, queue: SenderQueue) -> list[Delivery]:
        """Return the deliveries of a call if it would be the same call, and make them ours."""
        assert isinstance(queue.sender, Idempotent)
        make = self._open_editions.open[call.edition_id].make
        async with conn.begin_nested() as savepoint:
            found = await calls.adopt(conn, call, self._owner, self._clock() + self._lease)
            built = [_built(make, delivery) for delivery in found]
            messages = [one for one in built if isinstance(one, Message)]
            if found and len(messages) == len(found) and queue.sender.call_key(messages) == call.key:
                return found
            await savepoint.rollback()
        return []


def _built(make: object, delivery: Delivery) -> object:
    return ReadyDelivery(delivery, make, None, 0.0).build()  # type: ignore[arg-type]

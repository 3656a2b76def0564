"""Calls that can be repeated: written down before they are made, in the transaction that marks their deliveries.

A sender that documents idempotency answers a repeated call with what became of the first one, so none of its readers
is in doubt (docs/adr/0021). `repeats` makes a call again that gave no answer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from digest.delivery.context import Context
from digest.delivery.editions.opened import Opened
from digest.delivery.queue.jobs import MessageMaker, built
from digest.delivery.queue.sender_queue import SenderQueue
from digest.model import Delivery, Message
from digest.senders import Idempotent
from digest.store.ledger import calls
from digest.store.ledger.calls import Call


class Calls:
    """The calls of one run; `finished` are the keys of those that need not be kept any more."""

    def __init__(self, context: Context, queues: Sequence[SenderQueue], opened: Mapping[int, Opened]) -> None:
        self.made: dict[str, Call] = {}  # by key
        self.finished: set[str] = set()
        self.queues = {queue.name: queue for queue in queues if isinstance(queue.sender, Idempotent)}
        self._context, self._open = context, opened
        self._key_of: dict[int, str] = {}  # of a delivery that is being marked

    def compose(self, marks: Mapping[str, Sequence[Delivery]]) -> list[Call]:
        """Form the calls that carry what is marked now, for senders that take repetitions."""
        if not self.queues:
            return []
        self._key_of.clear()
        made = [
            call
            for name, deliveries in marks.items()
            if name in self.queues
            for call in self._form(self.queues[name], deliveries)
        ]
        self.made |= {call.key: call for call in made}
        self._key_of |= {member: call.key for call in made for member in call.members}
        return made

    def _form(self, queue: SenderQueue, deliveries: Sequence[Delivery]) -> Iterable[Call]:
        assert isinstance(queue.sender, Idempotent)
        now, owner = self._context.now().wall, self._context.owner
        for edition_id, opened in self._open.items():
            theirs = _messages(opened.make, (one for one in deliveries if one.edition_id == edition_id))
            for start in range(0, len(theirs), queue.sender.batch_size):
                part = theirs[start : start + queue.sender.batch_size]
                key = queue.sender.call_key([message for _, message in part])
                yield Call(key, queue.name, owner, edition_id, tuple(id_ for id_, _ in part), now)

    async def correct(self, marks: Mapping[str, Sequence[Delivery]], mine: Collection[int]) -> None:
        """Form calls again where not all of their readers were marked."""
        before = set(self._key_of.values())
        if all(set(self.made[key].members) <= set(mine) for key in before):
            return
        made = self.compose(
            {name: [one for one in chosen if one.id in mine] for name, chosen in marks.items()}
        )
        dialect = self._context.db.dialect
        forget = calls.forgetting(dialect, before)
        await self._context.db.carry_out([forget, *([calls.recording(dialect, made)] if made else [])])

    def key(self, delivery: Delivery) -> str:
        """Return the key of the call that a delivery which was just marked belongs to; "" for none."""
        return self._key_of.get(delivery.id, "")

    def forget(self, keys: Collection[str]) -> None:
        """Note that these are not in the ledger any more."""
        self.finished -= set(keys)
        for key in keys:
            self.made.pop(key, None)


def _messages(make: MessageMaker, deliveries: Iterable[Delivery]) -> list[tuple[int, Message]]:
    """Return the copies of deliveries with their ids, without those that cannot be made."""
    found = ((one.id, built(make, one.recipient)) for one in deliveries)
    return [(id_, message) for id_, message in found if isinstance(message, Message)]

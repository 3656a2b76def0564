"""Copies on their way: marked in the ledger, then built, then handed over."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from digest.delivery.outcomes import Rules
from digest.model import Delivery, Message, Recipient, Refused
from digest.senders import SendResult

if TYPE_CHECKING:
    from digest.delivery.queue.sender_queue import SenderQueue

#: Makes one reader's copy; a ValueError says that this reader's values do not go into a mail.
MessageMaker: TypeAlias = Callable[[Recipient], Message]


class ReadyDelivery(NamedTuple):
    """A delivery that is marked as being sent: what makes its copy, since when, and until when its lease is certain.

    Both moments are monotonic, in seconds.
    """

    delivery: Delivery
    make: MessageMaker
    rules: Rules
    until: float
    since: float = float("inf")
    call: str = ""  # the key of the call that it belongs to, where that can be repeated
    tries: int = 0  # how often that call was made before

    def build(self) -> Message | Refused:
        """Return this reader's copy; a reader whose values cannot be put into a mail is refused, the others go on."""
        try:
            return self.make(self.delivery.recipient)
        except ValueError as error:
            return Refused(f"no copy could be made for this reader: {error}")


class SendJob:
    """A copy that is being handed over; whoever does it settles it."""

    __slots__ = ("_queue", "message", "ready")

    def __init__(self, queue: SenderQueue, ready: ReadyDelivery, message: Message) -> None:
        self._queue = queue
        self.ready = ready
        self.message = message

    def settle(self, verdict: SendResult) -> None:
        """Say what became of it; only the first word counts."""
        self._queue.settle(self, verdict)

"""Copies on their way: marked in the ledger, then built, then handed over."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from digest.delivery.outcomes import Rules
from digest.model import Delivery, Message, Recipient, Refused
from digest.senders import SendResult

#: Makes one reader's copy; a ValueError says that this reader's values do not go into a mail.
MessageMaker: TypeAlias = Callable[[Recipient], Message]


def built(make: MessageMaker, recipient: Recipient) -> Message | Refused:
    """Return a reader's copy; a reader whose values cannot be put into a mail is refused, the others go on."""
    try:
        return make(recipient)
    except ValueError as error:
        return Refused(f"no copy could be made for this reader: {error}")


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
        """Return this reader's copy."""
        return built(self.make, self.delivery.recipient)


class SendJob:
    """A copy that is being handed over; the sender settles it, through `on_settled`."""

    __slots__ = ("_on_settled", "message", "ready")

    def __init__(
        self, ready: ReadyDelivery, message: Message, on_settled: Callable[[SendJob, SendResult], None]
    ) -> None:
        self.ready = ready
        self.message = message
        self._on_settled = on_settled

    def settle(self, verdict: SendResult) -> None:
        """Say what became of the copy; only the first result counts."""
        self._on_settled(self, verdict)

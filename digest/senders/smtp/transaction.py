"""One message on its way, the steps that it takes, and how long a server may take over each of them."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum, auto

from digest.model import Message
from digest.senders import SendResult


class Step(IntEnum):
    """What a reply is awaited to."""

    RSET = auto()
    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    DOT = auto()  # the end of a message
    VOID = auto()  # the end of a message without recipients
    BDAT = auto()  # a message in one chunk
    QUIT = auto()


#: Seconds to wait for a reply (RFC 5321, 4.5.3.2): servers may scan and store before they answer.
PATIENCE = {
    Step.RSET: 30.0,
    Step.MAIL: 300.0,
    Step.RCPT: 300.0,
    Step.DATA: 120.0,
    Step.DOT: 600.0,
    Step.VOID: 600.0,
    Step.BDAT: 600.0,
    Step.QUIT: 5.0,
}


class Transaction:
    """One message on its way: `ended` once its last byte has been handed over, `settled` once its outcome is known."""

    __slots__ = ("_settle", "ended", "message", "settled")

    def __init__(self, message: Message, settle: Callable[[SendResult], None]) -> None:
        self.message = message
        self.ended = False
        self.settled = False
        self._settle = settle

    def settle(self, verdict: SendResult) -> None:
        if not self.settled:
            self.settled = True
            self._settle(verdict)

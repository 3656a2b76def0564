"""A sender of one's own that refuses some readers and puts off others."""

from __future__ import annotations

PICKY = """\
from digest.model import Deferred, Refused, Sent
from digest.senders import SenderOptions


class Options(SenderOptions):
    pass


class Sender:
    batch_size = 10
    concurrency = 1

    def __init__(self, options, http):
        pass

    async def send(self, messages):
        return [self._answer(message.recipient) for message in messages]

    def _answer(self, address):
        if address.startswith("gone"):
            return Refused("550 5.1.1 no such user", 550, hard=True)
        return Deferred("450 4.2.0 greylisted", 450) if address.startswith("grey") else Sent("250 ok")

    async def check(self):
        return "picky"

    async def close(self):
        pass
"""

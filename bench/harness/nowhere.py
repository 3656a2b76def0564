"""A sender that takes every mail at once and drops it: what is left is the engine, the ledger and the copies."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from digest.model import Message, Outcome, Sent
from digest.net.http import Http
from digest.senders import SenderOptions


class Options(SenderOptions):
    """Nothing to set."""


class Sender:
    """Nobody is there."""

    batch_size = 1
    concurrency = 20

    def __init__(self, options: Options, http: Http) -> None:
        pass

    async def send(self, messages: Sequence[Message]) -> list[Outcome]:
        await asyncio.sleep(0)  # let others have a turn, as any sender does
        return [Sent() for _ in messages]

    async def check(self) -> str:
        return "nowhere"

    async def close(self) -> None:
        pass

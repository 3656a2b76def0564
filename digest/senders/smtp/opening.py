"""The talk before the first mail: one reply for each command, and nothing unasked."""

from __future__ import annotations

import asyncio
from collections import deque

from digest.errors import SenderBroken, SenderError
from digest.senders.smtp.replies import NotSmtpError, Reply, ReplyReader


class Opening:
    """What a server says during the handshake; the connection feeds it, the handshake asks it for replies."""

    def __init__(self, where: str) -> None:
        self.failure: SenderError | None = None
        self._where = where
        self._reader = ReplyReader()
        self._awaited: asyncio.Future[Reply] | None = None
        self._early: deque[Reply] = deque()  # came before they were waited for

    @property
    def talkative(self) -> bool:
        """Whether the server said more than it was asked for."""
        return bool(self._early) or self._reader.pending

    async def reply(self, seconds: float) -> Reply:
        """Return the next reply; raises TimeoutError, or why there will be none."""
        if self._early:
            return self._early.popleft()
        if self.failure:
            raise self.failure
        self._awaited = asyncio.get_running_loop().create_future()
        async with asyncio.timeout(seconds):
            return await self._awaited

    def put_back(self, reply: Reply) -> None:
        """Put a reply back for the next caller."""
        self._early.appendleft(reply)

    def hear(self, data: bytes) -> SenderError | None:
        """Take in what the server wrote; return an error if that is no SMTP."""
        try:
            for reply in self._reader.feed(data):
                if self._awaited and not self._awaited.done():
                    self._awaited.set_result(reply)
                elif self._early:
                    raise NotSmtpError(f"more than was asked for: {reply}")
                else:
                    self._early.append(reply)
        except NotSmtpError as error:
            return SenderBroken(f"{self._where} does not speak SMTP: it sent {error}")
        return None

    def give_up(self, error: SenderError) -> None:
        """Tell the waiting caller why there will be no reply."""
        self.failure = self.failure or error
        if self._awaited and not self._awaited.done():
            self._awaited.set_exception(self.failure)

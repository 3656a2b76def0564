"""A sender of one's own: it writes each mail into a file named by the reader, and knows a loft that is closed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from digest.plugin_api import Http, Message, Outcome, Refused, SenderBroken, SenderOptions, Sent


class Options(SenderOptions):
    loft: Path = Field(description="The folder that the pigeons fly to.")


class Sender:
    batch_size = 1
    concurrency = 1

    def __init__(self, options: Options, http: Http) -> None:
        self._loft = options.loft

    async def send(self, messages: Sequence[Message]) -> list[Outcome]:
        if not self._loft.is_dir():
            raise SenderBroken(f"there is no loft at {self._loft}: build one")
        return [self._fly(message) for message in messages]

    def _fly(self, message: Message) -> Outcome:
        if message.recipient.startswith("cat@"):
            return Refused("pigeons do not fly to cats")
        (self._loft / message.recipient).write_bytes(message.data)
        return Sent("landed", remote_id=message.key)

    async def check(self) -> str:
        return f"a loft at {self._loft}"

    async def close(self) -> None:
        """Pigeons come home by themselves."""

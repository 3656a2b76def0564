"""Write mails as files instead of sending them: the default, so that a first run cannot mail anybody."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

from pydantic import Field

from digest.errors import SenderBroken
from digest.model import Message, Outcome, Sent, Unsent
from digest.net import private
from digest.net.http import Http
from digest.senders import SenderOptions
from digest.settings import LocalPath

_UNSAFE = re.compile(r"[^A-Za-z0-9@._+-]")
_LONGEST = 200  # file systems take names of 255 bytes


class Options(SenderOptions):
    """One folder."""

    folder: LocalPath = Field(
        Path("outbox"),
        description="Where the files go; made when the first mail is written, for one user alone.",
    )

    def faults(self) -> Iterator[tuple[str, str]]:
        """Yield `folder` where no mail can be written into it."""
        nearest = next(path for path in (self.folder, *self.folder.absolute().parents) if path.exists())
        if not nearest.is_dir():
            yield "folder", f"{nearest} is not a folder: name another"
        elif not os.access(nearest, os.W_OK | os.X_OK):
            yield "folder", f"this user may not write to {nearest}: change its owner, or name another"


class Sender:
    """Writes one .eml file per message; the same message overwrites its own file."""

    batch_size = 50
    concurrency = 2

    def __init__(self, options: Options, http: Http) -> None:
        self._folder = options.folder

    async def send(self, messages: Sequence[Message]) -> list[Outcome]:
        """Write the messages, durably; raises SenderBroken if the folder cannot be written to."""
        return await asyncio.to_thread(self._write_all, messages)

    async def check(self) -> str:
        """Say where the files go; raises SenderBroken if that cannot be written to."""
        await asyncio.to_thread(self._open_folder)
        return f"writes mails as files into {self._folder.absolute()}"

    async def close(self) -> None:
        """Nothing is open between two calls."""

    def _open_folder(self) -> None:
        try:
            private.make_folder(self._folder)
        except OSError as error:
            raise self._broken(error) from error
        if not os.access(self._folder, os.W_OK | os.X_OK):
            raise SenderBroken(
                f"the folder {self._folder.absolute()} is not ours to write to: change its owner or `folder`"
            )

    def _write_all(self, messages: Sequence[Message]) -> list[Outcome]:
        self._open_folder()
        outcomes: list[Outcome] = []
        for message in messages:
            try:
                path = self._write(message)
            except OSError as error:
                if not outcomes:
                    raise self._broken(error) from error
                return outcomes + [Unsent(str(self._broken(error)))] * (len(messages) - len(outcomes))
            outcomes.append(Sent(f"written to {path}", remote_id=path.name))
        return outcomes

    def _write(self, message: Message) -> Path:
        path = self._folder / file_name(message)
        private.write(path, message.data, durable=True)
        return path

    def _broken(self, error: OSError) -> SenderBroken:
        return SenderBroken(f"cannot write mails into {self._folder.absolute()}: {error.strerror or error}")


def file_name(message: Message) -> str:
    """Return the name of a message's file: id and recipient, for people, and safe on any file system."""
    name = f"{message.id.partition('@')[0]} {message.recipient}"
    safe = _UNSAFE.sub("_", name).lstrip(".")
    if safe == name.replace(" ", "_") and len(safe) <= _LONGEST:
        return f"{safe}.eml"
    return f"{safe[:_LONGEST]}-{blake2b(name.encode('utf-8', 'replace'), digest_size=6).hexdigest()}.eml"

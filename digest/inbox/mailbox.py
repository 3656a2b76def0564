"""Every mail that came: kept as one .eml file each in a folder, or in memory where there is none.

A file is complete or absent (written aside, then renamed). What the list shows is held in memory, about half
a kilobyte a mail; the mails themselves stay in their files.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import getaddresses
from pathlib import Path

from digest.inbox.reading import Heading, read_heading
from digest.inbox.trace import Envelope, split_trace, write_trace
from digest.net import private

_NUMBERED = re.compile(r"(\d+)-")
_UNSAFE = re.compile(r"[^A-Za-z0-9@._+-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A mail that came: its envelope, what its headers say, its size in octets, which copy it is (from 1)."""

    number: int
    envelope: Envelope
    heading: Heading
    size: int
    copy: int = 1  # 2 and more: the same Message-ID came before

    def matches(self, words: Sequence[str]) -> bool:
        """Say whether every word occurs in the subject, From, or the envelope, whatever their case."""
        heading, envelope = self.heading, self.envelope
        text = " ".join(
            (heading.subject, heading.author, heading.message_id, envelope.sender, *envelope.recipients)
        )
        folded = text.casefold()
        return all(word.casefold() in folded for word in words)


class Mailbox:
    """Mails in the order of their arrival; open one with `Mailbox.open`."""

    memory_limit = 200_000_000  # octets of mails held in memory; beyond, the oldest are forgotten

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._mails: dict[int, Received] = {}
        self._places: dict[int, Path | bytes] = {}
        self._copies: Counter[str] = Counter()
        self._last = 0  # the highest number given out
        self._held = 0  # octets in memory

    @classmethod
    async def open(cls, folder: Path | None = None) -> Mailbox:
        """Return the mailbox in `folder` with what it already holds; without one, an empty one in memory."""
        mailbox = cls(folder)
        if folder is not None:
            await asyncio.to_thread(mailbox._load, folder)
        return mailbox

    def __len__(self) -> int:
        return len(self._mails)

    def mails(self, search: str = "") -> list[Received]:
        """Return what came, newest first; with `search`, only mails that hold all its words."""
        newest_first = reversed(self._mails.values())
        words = search.split()
        return [mail for mail in newest_first if mail.matches(words)] if words else list(newest_first)

    def find(self, number: int) -> Received | None:
        """Return one mail by its number."""
        return self._mails.get(number)

    def copies(self, mail: Received) -> int:
        """Return how many mails with this one's Message-ID came; 1 for a mail without one."""
        return self._copies[mail.heading.message_id] if mail.heading.message_id else 1

    async def read(self, number: int) -> bytes:
        """Return a mail's own bytes, as they came over the wire.

        Raises KeyError if there is no such mail and OSError if its file has gone.
        """
        place = self._places[number]
        data = place if isinstance(place, bytes) else await asyncio.to_thread(place.read_bytes)
        return split_trace(data)[1]

    async def add(self, envelope: Envelope, data: bytes) -> Received:
        """Keep a mail: complete in its folder when this returns. Raises OSError if it cannot be kept."""
        self._last = number = self._last + 1
        place: Path | bytes = data
        if self.folder is not None:
            place = await asyncio.to_thread(_write, self.folder, number, envelope, data)
        return self._remember(number, envelope, data, place)

    def _remember(self, number: int, envelope: Envelope, data: bytes, place: Path | bytes) -> Received:
        heading = read_heading(data)
        self._copies[heading.message_id] += 1
        copy = self._copies[heading.message_id] if heading.message_id else 1
        mail = Received(number=number, envelope=envelope, heading=heading, size=len(data), copy=copy)
        self._mails[number], self._places[number] = mail, place
        self._last = max(self._last, number)
        if isinstance(place, bytes):
            self._held += len(place)
            self._forget_oldest()
        return mail

    def _forget_oldest(self) -> None:
        while self._held > self.memory_limit and len(self._mails) > 1:
            oldest = next(iter(self._mails))
            self._held -= self._mails.pop(oldest).size
            del self._places[oldest]

    def _load(self, folder: Path) -> None:
        private.make_folder(folder)
        for number, path in _numbered(sorted(folder.glob("*.eml"))):
            envelope, data = split_trace(path.read_bytes())
            self._remember(number, envelope or _envelope_of(path, data), data, path)


def _numbered(paths: Sequence[Path]) -> Iterator[tuple[int, Path]]:
    """Yield each file with its number: the one in its name, or the next free one for a file of another program."""
    ours = {path: int(match[1]) for path in paths if (match := _NUMBERED.match(path.name))}
    yield from sorted((number, path) for path, number in ours.items())
    others = (path for path in paths if path not in ours)
    yield from zip(itertools.count(max(ours.values(), default=0) + 1), others, strict=False)


def _envelope_of(path: Path, data: bytes) -> Envelope:
    """Guess the envelope of a file that we did not write from its headers and its date."""
    heading = read_heading(data)
    senders, recipients = getaddresses([heading.author]), getaddresses([heading.recipients])
    return Envelope(
        sender=senders[0][1] if senders else "",
        recipients=tuple(address for _, address in recipients if address),
        arrived=datetime.fromtimestamp(path.stat().st_mtime, UTC),
    )


def _write(folder: Path, number: int, envelope: Envelope, data: bytes) -> Path:
    recipient = _UNSAFE.sub("_", envelope.recipients[0] if envelope.recipients else "nobody")[:80]
    path = folder / f"{number:05d}-{recipient}.eml"
    private.write(path, write_trace(envelope) + data)
    return path

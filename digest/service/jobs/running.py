"""What a job has at hand: the process that does it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any

from digest.clock import steady
from digest.errors import DigestError
from digest.notices import Notices
from digest.service.edition_log import EditionLog
from digest.settings import Newsletter, SourceSettings
from digest.store.jobs.kinds import source_id
from digest.tools import Tools

log = logging.getLogger("digest")

#: How long this process leaves its senders alone while every one waits for a person, twice as long each time: a wrong
#: password that is tried again and again closes accounts.
FIRST_PAUSE = timedelta(seconds=10)
MAX_PAUSE = timedelta(minutes=10)


class PutBack(DigestError):
    """This process cannot do the job now: another may, or this one in `seconds`; given up after `most_attempts`."""

    def __init__(self, text: str, seconds: float, most_attempts: int | None = None) -> None:
        super().__init__(text)
        self.seconds, self.most_attempts = seconds, most_attempts


class Patience:
    """How long to leave alone what waits for a person."""

    def __init__(self) -> None:
        self._pause, self._until = timedelta(0), float("-inf")

    def grow(self) -> None:
        """Note that it was tried in vain."""
        self._pause = min(max(2 * self._pause, FIRST_PAUSE), MAX_PAUSE)
        self._until = steady() + self._pause.total_seconds()

    def reset(self) -> None:
        self._pause, self._until = timedelta(0), float("-inf")

    @property
    def left(self) -> float:
        """The seconds until it may be tried again."""
        return max(0.0, self._until - steady())


@dataclass
class Running:
    """One process of the service: its tools, what ends it, and what its jobs share."""

    tools: Tools
    stop: asyncio.Event
    edition_log: EditionLog = field(init=False)
    made: asyncio.Event = field(default_factory=asyncio.Event)  # an edition that waits to be delivered
    senders: Patience = field(default_factory=Patience)
    intake: Patience = field(default_factory=Patience)

    let_go: asyncio.Event = field(init=False)  # ends the delivery that is under way

    def __post_init__(self) -> None:
        self.edition_log, self.let_go = EditionLog(self.tools), self.stop

    @cached_property
    def newsletters(self) -> dict[str, Newsletter]:
        """The configured newsletters by name."""
        return {one.name: one for one in self.tools.settings.newsletters}

    @cached_property
    def sources(self) -> dict[str, SourceSettings]:
        """The configured sources, by what jobs call them."""
        return {source_id(key): source for key, source in self.tools.settings.sources.items()}


async def in_words(work: Awaitable[Any], notices: Notices, finder: str) -> Exception | None:
    """Let one failed piece of work be a line in the log and not the end of the service; return what failed.

    What it returns may be the problems that it found.
    """
    try:
        problems = await work
    except DigestError as error:
        notices.tell(finder, str(error).splitlines(), level=logging.ERROR)
        return error
    except Exception as error:
        log.exception("a mistake of the program; the service goes on")
        return error
    notices.tell(finder, problems if isinstance(problems, tuple) else ())
    return None

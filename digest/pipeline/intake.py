"""Fetch the mails that came back from where they wait, one process at a time; nothing is let go before it is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterator
from contextlib import closing

from digest.errors import IntakeError
from digest.feedback.intake import maildir
from digest.feedback.intake.batch import Batch
from digest.gathering.leasing import alone
from digest.pipeline import returned_mail
from digest.settings import BounceSettings
from digest.store.content import leases
from digest.tools import Tools


async def collect(tools: Tools, *, stop: asyncio.Event | None = None) -> tuple[str, ...]:
    """Take in all mails that wait; return what could not be read. A mail may be read again, it counts once."""
    problems = []
    async with alone(tools.db, leases.OF_INTAKE):
        for place in _places(tools.settings.bounces):
            try:
                with closing(place):  # and with it the line to a server
                    await _empty(tools, place, stop)
            except IntakeError as error:
                problems.append(str(error))
    return tuple(problems)


def _places(settings: BounceSettings) -> Iterator[Generator[Batch, None, None]]:
    if settings.maildir:
        yield maildir.batches(settings.maildir)
    if settings.imap.host:
        from digest.feedback.intake import imap  # with a library that only this needs

        yield imap.batches(settings.imap)


async def _empty(tools: Tools, place: Generator[Batch, None, None], stop: asyncio.Event | None) -> None:
    while not (stop and stop.is_set()):
        batch = await asyncio.to_thread(next, place, None)
        if batch is None:
            return
        await returned_mail.take_in(tools, batch.mails)
        await asyncio.to_thread(batch.done)

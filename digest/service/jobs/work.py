"""What the jobs do. Each may be repeated by any process at any time: what was done already is left as it is.

A function gets the ids of one job, or of several that are due at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, TypeAlias

from digest.errors import SenderBroken
from digest.gathering.visits import host_of
from digest.model import Edition, EditionStatus
from digest.pipeline import feedback, intake, publish, system_mails
from digest.schedule.slots import due_slot
from digest.service.jobs.due import due, is_as_visited
from digest.service.jobs.running import PutBack, Running
from digest.settings import SourceSettings
from digest.store.content import articles, pages, pictures
from digest.store.content import sources as source_store
from digest.store.editions import editions
from digest.store.feedback import events
from digest.store.jobs import failures, kinds, queue
from digest.store.people import limits, sign_ups
from digest.store.people import system_mails as system_mail_store

log = logging.getLogger("digest")

Ids: TypeAlias = Mapping[str, Any]
Work: TypeAlias = Callable[[Running, Sequence[Ids]], Awaitable[tuple[str, ...]]]

#: How long the texts of articles and pages are kept after their sources stopped listing them.
KEEP_TEXTS_FOR = timedelta(days=60)

#: How long mails show our copies of pictures; few are opened again after that.
KEEP_PICTURES_FOR = timedelta(days=180)

#: How long reports are kept.
KEEP_EVENTS_FOR = timedelta(days=400)

#: How long mails to single readers are kept, sent or not; limits on asking again look back this far.
KEEP_SYSTEM_MAILS_FOR = timedelta(days=30)

#: How long jobs that failed stay listed.
KEEP_FAILED_DAYS = 14

_MOST_REFUSALS = 60  # by machines that do not have what a job is about, after which it is given up
_ANOTHER_TRIES_SECONDS = 5.0  # before a job that this process cannot do is offered again


async def make(running: Running, wanted: Sequence[Ids]) -> tuple[str, ...]:
    """Make the edition of a newsletter's slot, unless it exists or a later slot is due by now."""
    for ids in wanted:
        await _make(running, ids["newsletter"], ids["slot"])
    return ()


async def _make(running: Running, name: str, slot_text: str) -> None:
    tools = running.tools
    if (newsletter := running.newsletters.get(name)) is None:
        raise _not_configured(f"a newsletter {name!r}")
    if await editions.find(tools.db, name, slot_text):
        return
    slot = await due(newsletter, tools)
    # What is made or skipped cannot be taken back, so not on one look at one clock.
    if doubt := await tools.timekeeper.look():
        raise PutBack(f"{name}, slot {slot_text}: {doubt}", _ANOTHER_TRIES_SECONDS)
    latest = due_slot(newsletter, tools.clock())
    if latest is None or latest.text < slot_text:
        raise PutBack(
            f"{name}, slot {slot_text}: by this machine's clock it is not due yet", _ANOTHER_TRIES_SECONDS
        )
    if slot is None or slot.text != slot_text or slot != await due(newsletter, tools):
        return  # a later slot is due, or none; whoever finds that it is due again says so
    edition, new = await publish.make(newsletter, slot, tools)
    if new:
        _tell_made(edition)
        if edition.status is EditionStatus.SENDING:
            running.edition_log.opened(edition)
            running.made.set()


def _tell_made(edition: Edition) -> None:
    why = f" ({edition.reason})" if edition.reason else ""
    log.log(logging.WARNING if edition.fault else logging.INFO, "%s: %s%s", edition.name, edition.status, why)
    for problem in edition.problems:
        if problem != edition.reason:
            log.warning("%s: %s", edition.name, problem)


async def deliver(running: Running, _: Sequence[Ids]) -> tuple[str, ...]:
    """Deliver what is open, of whatever edition, until nothing is left to do now; return what is wrong.

    Raises SenderBroken if a person must act first.
    """
    if pause := running.senders.left:
        raise PutBack("every sender waits for a person", pause)
    tell = partial(running.tools.notices.tell, "delivery")
    try:
        report = await publish.deliver(running.tools, stop=running.let_go, tell=tell)
    except SenderBroken:
        running.senders.grow()
        raise
    running.senders.reset()
    for event in report.events:
        log.warning("%s", event)
    return report.problems


async def fetch(running: Running, wanted: Sequence[Ids]) -> tuple[str, ...]:
    """Visit sources that were not visited since their jobs were made; what goes wrong is the source's own."""
    known = [(running.sources.get(ids["source"]), ids["visited"]) for ids in wanted]
    if any(source is None for source, _ in known):
        raise _not_configured("this source")
    sources = [source for source, _ in known if source]
    states = await source_store.states(running.tools.db, [source.key for source in sources])
    asked = [source for source, visited in known if source and is_as_visited(states.get(source.key), visited)]
    for visit in await publish.fetch(asked, running.tools):
        if visit.error:
            log.warning("%s: %s", visit.name, visit.error)
    return ()


async def keep_pause(running: Running, ids: Ids) -> None:
    """Hold a host's turn for the pause after a visit, if another machine waits for it."""
    source: SourceSettings | None = running.sources.get(ids["source"])
    pause = running.tools.settings.fetch.host_pause.total_seconds()
    host = host_of(source) if source else ""
    if host and pause and await queue.others_wait(running.tools.db, kinds.lock_of_host(host)):
        await asyncio.sleep(pause)


async def send_system_mails(running: Running, _: Sequence[Ids]) -> tuple[str, ...]:
    """Send the mails to single readers that are due; return what is wrong."""
    return (await system_mails.send_due(running.tools, stop=running.stop)).problems


async def act_on_feedback(running: Running, _: Sequence[Ids]) -> tuple[str, ...]:
    """Act on the reports that came back; return those that a person has to act on."""
    return (await feedback.process(running.tools, stop=running.stop)).ours


async def take_in(running: Running, _: Sequence[Ids]) -> tuple[str, ...]:
    """Take in the mails that came back; return what could not be read, which is left alone for a while."""
    if running.intake.left:
        return ()
    problems = await intake.collect(running.tools, stop=running.stop)
    if problems:
        running.intake.grow()
    else:
        running.intake.reset()
    return problems


async def tidy(running: Running, _: Sequence[Ids]) -> tuple[str, ...]:
    """Drop texts that are not needed any more; what identifies articles stays for ever."""
    tools = running.tools
    if await tools.timekeeper.look():
        return ()
    before = tools.clock() - KEEP_TEXTS_FOR
    await articles.purge(tools.db, before)
    await pages.purge(tools.db, before)
    await pictures.purge(tools.db, tools.clock() - KEEP_PICTURES_FOR)
    await events.purge(tools.db, tools.clock() - KEEP_EVENTS_FOR)
    await system_mail_store.purge(tools.db, tools.clock() - KEEP_SYSTEM_MAILS_FOR)
    await sign_ups.purge(tools.db, tools.clock())
    await limits.purge(tools.db, tools.clock())
    await failures.purge(tools.db, KEEP_FAILED_DAYS)
    return ()


def _not_configured(what: str) -> PutBack:
    return PutBack(
        f"this machine's configuration does not have {what}, another machine's does: give all the same",
        _ANOTHER_TRIES_SECONDS,
        _MOST_REFUSALS,
    )


#: By the name of the kind.
WORK: dict[str, Work] = {
    kinds.MAKE.name: make,
    kinds.SYSTEM_MAILS.name: send_system_mails,
    kinds.DELIVER.name: deliver,
    kinds.FEEDBACK.name: act_on_feedback,
    kinds.INTAKE.name: take_in,
    kinds.FETCH.name: fetch,
    kinds.TIDY.name: tidy,
}

#: What still belongs to a job when its result is kept: it keeps the lock meanwhile.
AFTERWARDS: dict[str, Callable[[Running, Ids], Awaitable[None]]] = {kinds.FETCH.name: keep_pause}

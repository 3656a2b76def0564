"""The service: a ticker that makes editions when their slots are due, and a loop that delivers what is open.

Both only ask the pipeline; any number of machines may do the same on one database. The ticker keeps nothing: once a
minute the schedule says which slot was last due and the ledger whether it is made, so that a slot missed while the
service was down is found all the same. While the clock is in doubt (see `timekeeping`) no slot is made or skipped.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

from digest import gc_tuning
from digest.clock import steady
from digest.errors import DigestError, SenderBroken
from digest.model import EditionStatus
from digest.notices import Notices
from digest.pipeline import feedback, publish, system_mails
from digest.schedule.slots import Slot, due_slot, is_late
from digest.service.edition_log import EditionLog
from digest.settings import Newsletter
from digest.store.content import articles, pages, pictures
from digest.store.editions import editions, lifecycle, newsletters
from digest.store.feedback import events
from digest.store.people import system_mails as system_mail_store
from digest.timekeeping.ticker import MAX_SLEEP_SECONDS, Job, Pulse, Ticker
from digest.tools import Tools

log = logging.getLogger("digest")

#: How long the delivery loop pauses when nothing is open and it is not woken.
IDLE_PAUSE = timedelta(seconds=5)

#: How long it pauses at most, twice as long each time, while every sender waits for a person: a wrong password that is
#: tried again and again closes accounts.
MAX_PAUSE = timedelta(minutes=10)

#: How soon a thread that parses or chooses lets the pages answer, in seconds; Python's own 5 ms add up.
THREAD_SWITCH_SECONDS = 0.001

#: How long the texts of articles and pages are kept after their sources stopped listing them.
KEEP_TEXTS_FOR = timedelta(days=60)

#: How long mails show our copies of pictures; few are opened again after that.
KEEP_PICTURES_FOR = timedelta(days=180)

#: An edition that may come later than this is wanted whenever the service starts: then, and only then, the first start
#: makes the slot before it too.
LATENESS_FOR_FIRST_START = timedelta(hours=12)

#: How often mails to single readers are looked for, in seconds: who has just signed up waits in front of a mailbox.
SYSTEM_MAILS_SECONDS = 2.0

#: How often reports that came back are looked for, in seconds.
FEEDBACK_SECONDS = 5.0

#: How long reports are kept.
KEEP_EVENTS_FOR = timedelta(days=400)

#: How long mails to single readers are kept, sent or not; limits on asking again look back this far.
KEEP_SYSTEM_MAILS_FOR = timedelta(days=30)

#: How often what a clock that was ahead has left behind is looked for, in seconds.
CLOCK_REPAIR_SECONDS = 15.0


async def run(tools: Tools, stop: asyncio.Event) -> None:
    """Make and deliver editions until `stop` is set; what is under way then is finished or handed back."""
    sys.setswitchinterval(THREAD_SWITCH_SECONDS)
    gc_tuning.raise_gc_threshold()
    made, edition_log = asyncio.Event(), EditionLog(tools)
    async with _ticking(_jobs(tools, made, edition_log), tools, tools.pulse):
        await deliver_until(tools, stop, made)
        await _in_words(edition_log.tell(), tools.notices, "edition_log")


@contextlib.asynccontextmanager
async def _ticking(jobs: Sequence[Job], tools: Tools, pulse: Pulse) -> AsyncIterator[None]:
    """Do jobs when they are due, beside what is done inside."""
    ticker = Ticker(jobs, steady=steady, wall=tools.clock, pulse=pulse)
    ticking = asyncio.create_task(ticker.run())
    try:
        yield
    finally:
        ticking.cancel()  # fetching can be cut at any moment, and making an edition is one transaction
        await asyncio.gather(ticking, return_exceptions=True)


def _job(work: Callable[[], Awaitable[object]], tools: Tools, finder: str, **when: Any) -> Job:
    return Job(work=lambda: _in_words(work(), tools.notices, finder), **when)


def _jobs(tools: Tools, made: asyncio.Event, edition_log: EditionLog) -> list[Job]:
    """Return what the ticker does, besides keeping the time (see `deliver_until`)."""

    def job(work: Callable[[], Awaitable[object]], **when: Any) -> Job:
        return _job(work, tools, f"job {next(numbers)}", **when)

    numbers = count(1)
    interval = tools.settings.fetch.interval.total_seconds()
    return [
        *(
            job(
                partial(_make_due, newsletter, tools, made, edition_log)
            )  # first for what was missed meanwhile
            for newsletter in tools.settings.newsletters
        ),
        job(partial(_mend_times, tools), every=CLOCK_REPAIR_SECONDS, at_once=True),
        job(partial(_fetch_all, tools), every=max(interval, 1.0), spread=interval / 20),
        job(partial(_send_system_mails, tools), every=SYSTEM_MAILS_SECONDS, at_once=True),
        job(partial(_process_feedback, tools), every=FEEDBACK_SECONDS, at_once=True),
        job(edition_log.tell, every=IDLE_PAUSE.total_seconds()),
        job(partial(_tidy, tools), every=86400.0),
    ]


async def deliver_until(
    tools: Tools, stop: asyncio.Event, wake: asyncio.Event | None = None, *, rest: timedelta = IDLE_PAUSE
) -> None:
    """Deliver whatever is open until `stop` is set, and keep the time; this alone is what one more machine does."""
    wake = wake or asyncio.Event()
    pause = rest
    async with _ticking(
        [_job(tools.timekeeper.look, tools, "clock", every=MAX_SLEEP_SECONDS)], tools, Pulse()
    ):
        while not stop.is_set():
            error = await _deliver(tools, stop)
            wake.clear()
            await _first_of(stop, wake, pause.total_seconds())
            pause = min(2 * pause, MAX_PAUSE) if isinstance(error, SenderBroken) else rest


async def _deliver(tools: Tools, stop: asyncio.Event) -> Exception | None:
    """Deliver what is open and tell the log what is wrong meanwhile; return what failed."""
    tell = partial(tools.notices.tell, "delivery")

    async def work() -> tuple[str, ...]:
        report = await publish.deliver(tools, stop=stop, tell=tell)
        for event in report.events:
            log.warning("%s", event)
        return report.problems

    return await _in_words(work(), tools.notices, "delivery")


async def _make_due(
    newsletter: Newsletter, tools: Tools, made: asyncio.Event, edition_log: EditionLog
) -> None:
    slot = await _due(newsletter, tools)
    # What is made or skipped cannot be taken back, so not on one look at one clock; the next look comes in a minute.
    if slot is None or await tools.timekeeper.look() or slot != await _due(newsletter, tools):
        return
    edition, new = await publish.make(newsletter, slot, tools)
    if not new:
        return
    why = f" ({edition.reason})" if edition.reason else ""
    log.log(logging.WARNING if edition.fault else logging.INFO, "%s: %s%s", edition.name, edition.status, why)
    for problem in edition.problems:
        if problem != edition.reason:
            log.warning("%s: %s", edition.name, problem)
    if edition.status is EditionStatus.SENDING:
        edition_log.opened(edition)
        made.set()


async def _due(newsletter: Newsletter, tools: Tools) -> Slot | None:
    """Return the newsletter's latest slot if it has no edition yet, and was not over before anybody knew of it."""
    now = tools.clock()
    slot = due_slot(newsletter, now)
    if slot is None or await editions.find(tools.db, newsletter.name, slot.text):
        return None
    since = await newsletters.known_since(tools.db, newsletter.name)
    if since is None or slot.due >= since:
        return slot
    return (
        slot
        if newsletter.max_lateness > LATENESS_FOR_FIRST_START and not is_late(newsletter, slot, now)
        else None
    )


async def _mend_times(tools: Tools) -> None:
    """Undo what a clock that was ahead has left behind, as far as it would keep editions from being made."""
    if await tools.timekeeper.look():
        return
    now = tools.clock()
    await newsletters.not_in_the_future(tools.db, now)
    for name in await lifecycle.forget_early(tools.db, now):
        log.warning("%s was skipped before its time had come: it is made when it comes", name)


async def _fetch_all(tools: Tools) -> None:
    for visit in await publish.fetch(tuple(tools.settings.sources.values()), tools):
        if visit.error:
            log.warning("%s: %s", visit.name, visit.error)


async def _send_system_mails(tools: Tools) -> tuple[str, ...]:
    return (await system_mails.send_due(tools)).problems


async def _process_feedback(tools: Tools) -> tuple[str, ...]:
    return (await feedback.process(tools)).ours


async def _tidy(tools: Tools) -> None:
    """Drop texts that are not needed any more; what identifies articles stays for ever."""
    if await tools.timekeeper.look():
        return
    before = tools.clock() - KEEP_TEXTS_FOR
    await articles.purge(tools.db, before)
    await pages.purge(tools.db, before)
    await pictures.purge(tools.db, tools.clock() - KEEP_PICTURES_FOR)
    await events.purge(tools.db, tools.clock() - KEEP_EVENTS_FOR)
    await system_mail_store.purge(tools.db, tools.clock() - KEEP_SYSTEM_MAILS_FOR)


async def _in_words(work: Awaitable[Any], notices: Notices, finder: str) -> Exception | None:
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


async def _first_of(stop: asyncio.Event, wake: asyncio.Event, seconds: float) -> None:
    waiting = [asyncio.create_task(event.wait()) for event in (stop, wake)]
    await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()

"""The service: a ticker that makes editions when their slots are due, and a loop that delivers what is open.

Both only ask the pipeline; any number of machines may do the same on one database. The ticker keeps nothing: once a
minute the schedule says which slot was last due and the ledger whether it is made, so that a slot missed while the
service was down, or while the clock jumped, is found all the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Awaitable, Coroutine
from datetime import UTC, timedelta
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from digest import collector, pipeline
from digest.errors import DigestError, SenderBroken
from digest.model import Edition, EditionStatus, State, Tally
from digest.schedule import due_slot
from digest.settings import Newsletter
from digest.store import articles, editions, pages, pictures
from digest.terminal import counted
from digest.tools import Tools
from digest.units import spoken

log = logging.getLogger("digest")

#: How long the delivery loop rests when nothing is open and nobody wakes it.
REST = timedelta(seconds=5)

#: How long it rests at most, twice as long each time, while every sender waits for a person: a wrong password that is
#: tried again and again closes accounts.
LONGEST_REST = timedelta(minutes=10)

#: How soon a thread that parses or chooses lets the pages answer, in seconds; Python's own 5 ms add up.
SWITCH = 0.001

#: How long the texts of articles and pages are kept after their sources stopped listing them.
KEPT = timedelta(days=60)

#: How long mails show our copies of pictures; few are opened again after that.
SHOWN = timedelta(days=180)

#: Whom a person should look after.
_MISSED = (State.REFUSED, State.UNKNOWN)


async def run(tools: Tools, stop: asyncio.Event) -> None:
    """Make and deliver editions until `stop` is set; what is under way then is finished or handed back."""
    sys.setswitchinterval(SWITCH)
    collector.spare_the_old()
    made, bulletin = asyncio.Event(), Bulletin(tools)
    ticker = AsyncIOScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    tasks: set[asyncio.Task[Any]] = set()

    def start(work: Coroutine[Any, Any, object]) -> None:
        """Run a tick as a task of ours: the ticker's own jobs would be cut off when it shuts down."""
        task = asyncio.create_task(_in_words(work))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def minute() -> None:
        for newsletter in tools.settings.newsletters:
            start(_make_due(newsletter, tools, made, bulletin))

    async def telling() -> None:
        start(bulletin.tell())

    async def fetching() -> None:
        start(_fetch_all(tools))

    async def tidying() -> None:
        start(_tidy(tools))

    await minute()  # what was missed while nobody ran
    ticker.add_job(minute, CronTrigger(second=0, timezone=UTC))
    seconds = int(tools.settings.fetch.interval.total_seconds())
    ticker.add_job(fetching, IntervalTrigger(seconds=max(seconds, 1), jitter=seconds // 20))
    ticker.add_job(telling, IntervalTrigger(seconds=int(REST.total_seconds())))
    ticker.add_job(tidying, IntervalTrigger(days=1))
    ticker.start()
    try:
        await deliver_until(tools, stop, made)
        await _in_words(bulletin.tell())
    finally:
        ticker.shutdown(wait=False)
        for task in tasks:
            task.cancel()  # fetching can be cut at any moment, and making an edition is one transaction
        await asyncio.gather(*tasks, return_exceptions=True)


async def deliver_until(
    tools: Tools, stop: asyncio.Event, wake: asyncio.Event | None = None, *, rest: timedelta = REST
) -> None:
    """Deliver whatever is open until `stop` is set; this alone is what one more machine does."""
    wake = wake or asyncio.Event()
    pause = rest
    while not stop.is_set():
        error = await _in_words(pipeline.deliver(tools, stop=stop))
        wake.clear()
        await _first_of(stop, wake, pause.total_seconds())
        pause = min(2 * pause, LONGEST_REST) if isinstance(error, SenderBroken) else rest


class Bulletin:
    """Tells the log what became of editions that were being sent, whichever process sent them."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._open: set[int] = set()
        self._one_at_a_time = asyncio.Lock()

    def opened(self, edition: Edition) -> None:
        """Take note of an edition, which may be finished before the next look."""
        self._open.add(edition.id)

    async def tell(self) -> None:
        """Say of each edition that is not being sent any more how it ended and who has to be looked after."""
        async with self._one_at_a_time:
            before = set(self._open)
            async with self._tools.db.connect() as conn:
                sending = {edition_id for edition_id, _ in await editions.sending(conn)}
            self._open = (self._open - before) | sending
            for edition_id in sorted(before - sending):
                if edition := await editions.get(self._tools.db, edition_id):
                    self._say(edition, await editions.tally(self._tools.db, edition_id))

    def _say(self, edition: Edition, tally: Tally) -> None:
        status = "paused" if edition.status is EditionStatus.PAUSED else edition.status.value
        why = f" ({edition.reason})" if edition.reason else ""
        counts = ", ".join(f"{tally[state]:,} {state.value}" for state in State if tally[state]) or "nobody"
        took = spoken(self._tools.clock() - edition.opened_at)
        of = counted(tally.recipients, "reader")
        log.info("%s: %s%s after %s: %s of %s", edition.name, status, why, took, counts, of)
        if missed := [f"{tally[state]:,} {state.value}" for state in _MISSED if tally[state]]:
            more = f"digest editions show {edition.name}"
            log.warning('%s: %s; "%s" lists them with the reasons', edition.name, ", ".join(missed), more)


async def _make_due(newsletter: Newsletter, tools: Tools, made: asyncio.Event, bulletin: Bulletin) -> None:
    slot = due_slot(newsletter, tools.clock())
    if slot is None:
        return
    edition, new = await pipeline.make(newsletter, slot, tools)
    if not new:
        return
    log.info("%s: %s%s", edition.name, edition.status, f" ({edition.reason})" if edition.reason else "")
    for problem in edition.problems:
        log.warning("%s: %s", edition.name, problem)
    if edition.status is EditionStatus.SENDING:
        bulletin.opened(edition)
        made.set()


async def _fetch_all(tools: Tools) -> None:
    for visit in await pipeline.fetch(tuple(tools.settings.sources.values()), tools):
        if visit.error:
            log.warning("%s: %s", visit.name, visit.error)


async def _tidy(tools: Tools) -> None:
    """Drop texts that nobody will ask for again; what tells articles apart stays for ever."""
    before = tools.clock() - KEPT
    await articles.purge(tools.db, before)
    await pages.purge(tools.db, before)
    await pictures.purge(tools.db, tools.clock() - SHOWN)


async def _in_words(work: Awaitable[object]) -> Exception | None:
    """Let one failed piece of work be a line in the log and not the end of the service; return what failed."""
    try:
        await work
    except DigestError as error:
        log.error("%s", error)
        return error
    except Exception as error:
        log.exception("a mistake of the program; the service goes on")
        return error
    return None


async def _first_of(stop: asyncio.Event, wake: asyncio.Event, seconds: float) -> None:
    waiting = [asyncio.create_task(event.wait()) for event in (stop, wake)]
    with contextlib.suppress(TimeoutError):
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()

"""What is due: the jobs that a tick finds. Any number of processes may look; the queue has each job once."""

from __future__ import annotations

from datetime import timedelta

from digest.gathering.visits import host_of, is_due
from digest.pipeline import system_mails
from digest.schedule.slots import Slot, due_slot, is_late
from digest.service.jobs.running import Running
from digest.settings import Newsletter
from digest.store.content import sources as source_store
from digest.store.content.sources import SourceState
from digest.store.editions import deliveries, editions, newsletters
from digest.store.feedback import events
from digest.store.jobs import kinds, queue, rounds, seats
from digest.store.jobs.kinds import Job
from digest.tools import Tools

#: An edition that may come later than this is wanted whenever the service starts: then, and only then, the first start
#: makes the slot before it too.
LATENESS_FOR_FIRST_START = timedelta(hours=12)

#: How often texts that are not needed any more are thrown away.
TIDY_EVERY = timedelta(days=1)


async def due(newsletter: Newsletter, tools: Tools) -> Slot | None:
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


async def makings(running: Running, newsletter: Newsletter) -> list[Job]:
    """Return the making of the slot that is due."""
    slot = await due(newsletter, running.tools)
    return [kinds.make(newsletter.name, slot.text)] if slot else []


async def visits(running: Running) -> list[Job]:
    """Return the visits to all sources whose turn it is."""
    sources, now = running.sources, running.tools.clock()
    states = await source_store.states(running.tools.db, [source.key for source in sources.values()])
    return [
        kinds.fetch(name, host_of(source), visited_at(states.get(source.key)))
        for name, source in sources.items()
        if is_due(source, states.get(source.key), now)
    ]


def visited_at(state: SourceState | None) -> str:
    """Return when a source was visited last, as jobs have it."""
    return state.last_visit_at.isoformat() if state and state.last_visit_at else ""


def is_as_visited(state: SourceState | None, visited: str) -> bool:
    """Tell whether nobody has visited a source since; no clock is compared with another."""
    return visited_at(state) == visited


async def put_makings(running: Running, newsletter: Newsletter) -> None:
    """Queue the making of the slot that is due."""
    if jobs := await makings(running, newsletter):
        async with running.tools.db.begin() as conn:
            await queue.put(conn, jobs)


async def put_visits(running: Running) -> None:
    """Queue visits to all sources if it is time for the next round, by the server's clock."""
    async with running.tools.db.begin() as conn:
        if await rounds.begin(conn, kinds.FETCH.name, running.tools.settings.fetch.interval):
            await queue.put(conn, await visits(running))


async def put_system_mails(running: Running) -> None:
    """Queue the sending of mails to single readers that are tried again; new ones queue it themselves."""
    if await system_mails.is_any_due(running.tools):
        async with running.tools.db.begin() as conn:
            await queue.put(conn, [kinds.single(kinds.SYSTEM_MAILS)])


async def put_feedback(running: Running) -> None:
    """Queue acting on reports that are judged once more; new ones queue it themselves."""
    if await events.is_any_pending(running.tools.db):
        async with running.tools.db.begin() as conn:
            await queue.put(conn, [kinds.single(kinds.FEEDBACK)])


async def put_intake(running: Running) -> None:
    """Queue a look at where mails that came back wait, if it is time."""
    settings = running.tools.settings.bounces
    if settings.collects:
        async with running.tools.db.begin() as conn:
            if await rounds.begin(conn, kinds.INTAKE.name, settings.interval):
                await queue.put(conn, [kinds.single(kinds.INTAKE)])


async def put_tidying(running: Running) -> None:
    """Queue the daily housekeeping."""
    async with running.tools.db.begin() as conn:
        if await rounds.begin(conn, kinds.TIDY.name, TIDY_EVERY):
            await queue.put(conn, [kinds.single(kinds.TIDY)])


async def offer_seats(running: Running) -> None:
    """Offer seats at all editions that are being sent and have something to do now."""
    db, now = running.tools.db, running.tools.clock()
    async with db.connect() as conn:
        sending = await editions.sending(conn)
        of_now = []
        for edition_id, deadline in sending:
            left = await deliveries.next_due(conn, [edition_id], now)
            if left is None or min(left, deadline or left) <= now:
                of_now.append(edition_id)
    if of_now:
        async with db.begin() as conn:
            await seats.offer(conn, *of_now)

"""Visit sources and remember what they brought: each source by one process at a time.

A process that wants a source which another one is visiting waits for that visit and uses its result. Results are stored
as they come, so that no process waits for the slowest source of another.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence

from digest.gathering.leasing import Held, holding
from digest.gathering.visits import Visit, collect, is_due
from digest.settings import SourceSettings
from digest.store.content import leases
from digest.store.content import sources as store
from digest.store.content.sources import SourceState
from digest.telemetry.measures import FETCH_SECONDS, FETCHES, Measures
from digest.tools import Tools

_BATCH_SECONDS = 0.2  # seconds for which results wait for others, since each time costs a commit


async def fetch(sources: Sequence[SourceSettings], tools: Tools, *, urgent: bool) -> list[Visit]:
    """Visit the sources that are due, or all that are not given up with `urgent`; returns the visits made here."""
    before = await store.states(tools.db, [source.key for source in sources])
    wanted = {source.key: source for source in wish(sources, before, tools, urgent=urgent)}
    if not wanted:
        return []
    names = {leases.of_visit(key): key for key in wanted}

    async def visit(mine: Collection[str]) -> list[Visit]:
        return await _visit([wanted[names[name]] for name in mine], before, tools, held, urgent=urgent)

    async with holding(tools.db) as held:
        mine = await held.take(names)
        visits = await visit(mine)
        async for name in held.wait(names.keys() - mine):
            visits += await visit([name])
        return visits


def wish(
    sources: Sequence[SourceSettings], states: Mapping[str, SourceState], tools: Tools, *, urgent: bool
) -> list[SourceSettings]:
    """Return the sources to visit now."""
    if urgent:
        return [source for source in sources if not (source.key in states and states[source.key].disabled)]
    now = tools.clock()
    return [source for source in sources if is_due(source, states.get(source.key), now)]


async def _visit(
    sources: Sequence[SourceSettings],
    before: Mapping[str, SourceState],
    tools: Tools,
    held: Held,
    *,
    urgent: bool,
) -> list[Visit]:
    """Visit sources whose leases we hold, and write down what they bring as it comes."""
    if not sources:
        return []
    states = await store.states(tools.db, [source.key for source in sources])
    # Another process may have made the visit between our wish and our lease.
    asked = [one for one in sources if _visited_at(states, one) == _visited_at(before, one)]
    arrived: asyncio.Queue[Visit | None] = asyncio.Queue()
    visiting = asyncio.create_task(
        collect(asked, states, tools.http, tools.clock(), force=urgent, done=arrived.put_nowait)
    )
    visiting.add_done_callback(lambda _: arrived.put_nowait(None))
    try:
        async for some in _gathered(arrived):
            _measure(some, tools.measures)
            await store.record(tools.db, some, tools.clock(), owner=held.owner)
            held.names -= {leases.of_visit(visit.key) for visit in some}
        return await visiting
    finally:
        visiting.cancel()
        await asyncio.gather(visiting, return_exceptions=True)


def _measure(visits: Sequence[Visit], measures: Measures) -> None:
    for visit in visits:
        measures.count(FETCHES, visit.settings.kind, visit.result)
        measures.observe(FETCH_SECONDS, (visit.seconds,), visit.settings.kind)


def _visited_at(states: Mapping[str, SourceState], source: SourceSettings) -> object:
    state = states.get(source.key)
    return state and state.last_visit_at


async def _gathered(arrived: asyncio.Queue[Visit | None]) -> AsyncIterator[list[Visit]]:
    """Yield what has arrived, a moment's worth at a time, until None comes."""
    over = False
    while not over:
        some = [await arrived.get()]
        if some[0] is not None:
            await asyncio.sleep(_BATCH_SECONDS)
        while not arrived.empty():
            some.append(arrived.get_nowait())
        over = None in some
        if visits := [visit for visit in some if visit is not None]:
            yield visits

"""The machine that the program runs on: its clock, its disks, its database."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from digest.clock import utc_now
from digest.errors import HttpFailure
from digest.model.amounts import spoken
from digest.model.findings import Finding, Level
from digest.net.http import Http, refusal
from digest.store.db import engines, meta, versions
from digest.store.db.database import Database
from digest.terminal import counted
from digest.tools import Tools
from digest.usecases.doctor.silence import has_name

_GROUP = "this machine"
_MAX_DIFFERENCE_SECONDS = 60.0
_MOST_CLOCKS = 5  # servers that are asked for their time
_SECONDS = 10.0  # for the answer of one
_LITTLE, _TOO_LITTLE = 1_000_000_000, 100_000_000  # bytes that are free on a disk


async def clock(tools: Tools, http: Http, *, silent: str = "") -> AsyncIterator[Finding]:
    """Yield how far this machine's clock is from those of the servers it talks to, by the middle one of them.

    Where the DNS is `silent`, only servers with an address are asked.
    """
    private = tools.settings.fetch.allow_private
    places = [source.location for source in tools.settings.sources.values()]
    visited = [place for place in places if not refusal(place, allow_private=private)]
    reachable = [url for url in (tools.settings.site.url, *visited) if not (silent and has_name(url))]
    origins = dict.fromkeys(f"{urlsplit(url).scheme}://{urlsplit(url).netloc}/" for url in reachable)
    asked = [_difference(http, origin) for origin in list(origins)[:_MOST_CLOCKS]]
    found = [seconds for seconds in await asyncio.gather(*asked, _database(tools.db)) if seconds is not None]
    if not found:
        text = "no server that could be reached told its time"
        yield Finding(Level.UNKNOWN, "clock", text, id="machine.clock", group=_GROUP)
        return
    seconds = median(found)
    if abs(seconds) > _MAX_DIFFERENCE_SECONDS:
        way = "fast" if seconds < 0 else "slow"
        text = f"it is {spoken(timedelta(seconds=round(abs(seconds))))} {way}: let the machine keep its time by NTP"
        fix = "timedatectl set-ntp true"
        yield Finding(Level.FAILURE, "clock", text, id="machine.clock", group=_GROUP, fix=fix)
    else:
        text = f"right by the time of {counted(len(found), 'server')} asked"
        yield Finding(Level.OK, "clock", text, id="machine.clock", group=_GROUP)


async def _difference(http: Http, origin: str) -> float | None:
    """Return how many seconds a server's clock is ahead of ours, None if it does not tell."""
    try:
        answer = await http.request("HEAD", origin, timeout=_SECONDS)
        theirs = parsedate_to_datetime(answer.headers.get("date", ""))
    except (HttpFailure, ValueError, TypeError, IndexError):
        return None
    return _ahead(theirs)


async def _database(db: Database) -> float | None:
    theirs = await meta.server_time(db)
    return _ahead(theirs) if theirs else None


def _ahead(theirs: datetime) -> float | None:
    return (theirs - utc_now()).total_seconds() if theirs.tzinfo else None


async def disks(tools: Tools) -> AsyncIterator[Finding]:
    """Yield how much room there is for the database and for temporary files."""
    file = engines.file_of(engines.target(tools.settings.database.url))
    places = [("database's folder", file.parent)] if file else []
    for name, folder in (*places, ("folder of temporary files", Path(tempfile.gettempdir()))):
        try:
            free = (await asyncio.to_thread(shutil.disk_usage, folder)).free
        except OSError as error:
            level, text = Level.UNKNOWN, f"{folder} cannot be looked at: {error.strerror}"
        else:
            level = Level.OK if free >= _LITTLE else Level.WARNING if free >= _TOO_LITTLE else Level.FAILURE
            advice = "" if level is Level.OK else ": make room, or choose another disk"
            text = f"{free / 1e9:,.1f} GB free in {folder}{advice}"
        yield Finding(level, name, text, id="machine.disk", group=_GROUP)


async def database(tools: Tools) -> AsyncIterator[Finding]:
    """Yield whether the database is new enough, and whether its tables are this program's."""
    name, found, least = await versions.of(tools.db)
    level = Level.OK if found >= least else Level.FAILURE
    advice = "" if level is Level.OK else f": {_dotted(least)} is the oldest that works"
    yield Finding(level, name, f"version {_dotted(found)}{advice}", id="database.version", group=_GROUP)
    schema = await tools.db.version()  # an older or newer one is refused when the database is opened
    text = f"schema {schema}, the newest" if schema else "none yet: the first start makes them"
    yield Finding(Level.OK, "tables", text, id="database.schema", group=_GROUP)


def _dotted(version: Sequence[int]) -> str:
    return ".".join(str(part) for part in version)

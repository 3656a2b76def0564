"""Notice a database that is older than the mails it has sent, because it was restored from a backup.

While mails are being handed over, the moment is noted first in the database and then in the watermark, a small file
outside the database. Restoring the database does not restore that file, so the watermark is then the later of the two.
SQLite's log shows by itself where it was damaged (see `wal`).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import EditionStatus
from digest.store.db import meta
from digest.store.db.database import LOST_PAGES_KEY, Database
from digest.store.db.moving.marks import RETURNED_KEY
from digest.store.db.schema.tables import edition
from digest.store.db.schema.tables import meta as facts

log = logging.getLogger("digest")

_HANDED_OVER_KEY = "handed_over_at"
_RESTORED_KEY = "restored_before"
_NEVER = datetime.min.replace(tzinfo=UTC)
_ADVICE = (
    ": readers may have this edition already. Look into your mail server's log; "
    '"digest editions resume" sends it to all who have not got it as far as the database knows, '
    '"digest editions cancel" sends it to no further reader'
)


async def note(db: Database, watermark: Path, now: datetime) -> str:
    """Note that mails are being handed over; return why the watermark cannot be written, else ""."""
    async with db.begin() as conn:
        before = await _moment(conn, _HANDED_OVER_KEY, lock=True)
        moment = max(now.astimezone(UTC), before + timedelta(microseconds=1))  # whatever the clock does
        await meta.put(conn, _HANDED_OVER_KEY, moment.isoformat())
    # Only now: a process that is killed in between leaves a database that is ahead of the watermark: no harm.
    return await asyncio.to_thread(_write, watermark, await _identity(db), moment)


async def check(db: Database, watermark: Path, now: datetime) -> str:
    """Hold what is being sent if the database is older than the watermark; return why, "" where all is well.

    Editions made later for slots up to that moment are held as well (see `doubt`). The same loss is found once.
    """
    moment = await asyncio.to_thread(_read, watermark, await _identity(db))
    async with db.connect() as conn:
        if not await _loss(conn, moment):
            return ""
    async with db.begin() as conn:
        noted = await _moment(conn, _HANDED_OVER_KEY, lock=True)
        if not (loss := await _loss(conn, moment)):  # another process was faster
            return ""
        reason = loss + _ADVICE
        await meta.put(conn, _HANDED_OVER_KEY, max(noted, moment).isoformat())
        restored = min(moment, now) if moment > noted else now
        await meta.put(conn, _RESTORED_KEY, restored.isoformat())
        await conn.execute(delete(facts).where(facts.c.key.in_([LOST_PAGES_KEY, RETURNED_KEY])))
        sending = edition.c.status == EditionStatus.SENDING
        await conn.execute(update(edition).where(sending).values(status=EditionStatus.PAUSED, reason=reason))
    log.warning("%s", reason)
    return reason


async def carry_over(db: Database, watermark: Path) -> None:
    """Write the watermark of a database that has moved to its new place, as far as it has sent anything."""
    async with db.connect() as conn:
        moment = await _moment(conn, _HANDED_OVER_KEY)
    if moment > _NEVER and (fault := await asyncio.to_thread(_write, watermark, await _identity(db), moment)):
        log.warning("%s", fault)


async def doubt(conn: AsyncConnection, due: datetime) -> str:
    """Return why an edition that was due then may have been sent before the database was restored, or ""."""
    restored = await _moment(conn, _RESTORED_KEY)
    return _older(restored) + _ADVICE if due <= restored else ""


async def _loss(conn: AsyncConnection, moment: datetime) -> str:
    """Say what the database lost, by the watermark or by its own log; "" where nothing is missing."""
    if pages := await meta.get(conn, LOST_PAGES_KEY):
        return f"the database's log was damaged, and its last changes are lost ({pages} pages)"
    if elsewhere := await meta.get(conn, RETURNED_KEY):
        return (
            f"the database was moved to {elsewhere} and is used again here, without what was sent from there"
        )
    return _older(moment) if moment > await _moment(conn, _HANDED_OVER_KEY) else ""


def _older(moment: datetime) -> str:
    return f"the database was restored from a copy made before {moment:%Y-%m-%d %H:%M} UTC, when it last sent"


async def _identity(db: Database) -> str:
    """Return what tells this database, with all its copies, from others; the key cannot be learnt from it."""
    return hashlib.sha256(b"mark" + (await meta.token_key(db))[1]).hexdigest()[:20]


async def _moment(conn: AsyncConnection, key: str, *, lock: bool = False) -> datetime:
    query = select(facts.c.value).where(facts.c.key == key)
    if lock:  # SQLite has locked everything already
        await meta.put_first(conn, key, _NEVER.isoformat())
        query = query.with_for_update()
    value = await conn.scalar(query)
    return datetime.fromisoformat(value) if value else _NEVER


def _read(watermark: Path, identity: str) -> datetime:
    """Return the watermark's moment; `_NEVER` if the file is lost, damaged or another database's."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        said = json.loads(watermark.read_text(encoding="utf-8"))
        if said["database"] == identity:
            return datetime.fromisoformat(said["handed_over_at"]).astimezone(UTC)
    return _NEVER


def _write(watermark: Path, identity: str, moment: datetime) -> str:
    text = json.dumps({"database": identity, "handed_over_at": moment.isoformat()})
    new = watermark.with_name(f"{watermark.name}.{os.getpid()}")
    try:
        new.write_text(text + "\n", encoding="utf-8")
        new.replace(watermark)
    except OSError as error:
        return (
            f"{watermark}: it cannot be written ({error.strerror or error}), so that a database restored from an older "
            "copy would not be noticed; name another place in database.mark"
        )
    return ""

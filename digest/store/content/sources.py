"""Sources: what is known of each; a visit's result is stored in one transaction with its articles."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Protocol

from sqlalchemy import bindparam, case, select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite spells ON CONFLICT the same way
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.errors import SourceError, SourceGone
from digest.model import Fetched, SourceInfo, Validators
from digest.settings import SourceSettings
from digest.store.content import intake, leases
from digest.store.content.rows import Row, front_pages
from digest.store.content.rows import rows as rows_of
from digest.store.db.database import Database
from digest.store.db.in_values import in_values
from digest.store.db.schema.tables import source

_VISITS_PER_TRANSACTION = (
    25  # visits per transaction: a commit waits for the disk, and others wait for the commit
)
_FIRST_PAUSE = timedelta(minutes=10)  # after one failure, doubled with each further one
MAX_PAUSE = timedelta(hours=24)
_CHANGING = (
    *("title", "url", "language", "licence", "etag", "last_modified", "validated_at", "first_contact_at"),
    *(
        "last_success_at",
        "last_error",
        "losses",
        "failures",
        "not_before",
        "moved_to",
        "moved_since",
        "moved_seen",
        "disabled",
    ),
)
_OF_THE_PLACE: dict[str, Any] = {
    "etag": "",
    "last_modified": "",
    "failures": 0,
    "moved_to": "",
    "disabled": "",
}


class Visited(Protocol):
    """What a visit to a source came to: either it brought something, or `error` says why not."""

    @property
    def settings(self) -> SourceSettings: ...
    @property
    def fetched(self) -> Fetched | None: ...
    @property
    def error(self) -> SourceError | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """What is remembered of a source between visits; `location` is where it was when it was visited last."""

    id: int
    key: str
    location: str
    info: SourceInfo
    validators: Validators
    validated_at: datetime | None  # when they came
    first_contact_at: datetime | None
    last_visit_at: datetime | None
    last_success_at: datetime | None
    last_error: str  # of the last visit, "" if it went well
    failures: int  # in a row
    not_before: datetime | None  # the next visit
    moved_to: str  # where its server permanently redirects to
    moved_since: datetime | None
    moved_seen: int  # visits in a row that were redirected there
    disabled: str  # why it is not visited any more, "" if it is


async def states(db: Database, keys: Collection[str]) -> dict[str, SourceState]:
    """Return what is known of these sources, by key; those never visited are missing."""
    async with db.connect() as conn:
        rows = await conn.execute(
            select(source).where(in_values(conn, source.c.key, keys)).order_by(source.c.id)
        )
        return {row.key: _state(row) for row in rows}


async def record(db: Database, visits: Iterable[Visited], now: datetime, *, owner: str = "") -> None:
    """Write down visits: of each its articles and how the source is, both or nothing.

    With that, the lease of the visit is given back, if it is this `owner`'s.
    """
    waiting = iter(visits)
    while some := list(islice(waiting, _VISITS_PER_TRANSACTION)):
        # Hashing thousands of texts is no work for the event loop, nor for the time in which others cannot write.
        brought = await asyncio.to_thread(_brought, some)
        async with db.begin() as conn:
            rows = await _arrive(conn, [visit.settings for visit in some], now)
            await intake.store(conn, _listings(some, rows, brought), now)
            # Only now the validators: had the articles been lost, "not modified" would hide them for ever.
            await _leave(conn, some, rows, now)
            if owner:
                await leases.release(conn, [leases.of_visit(visit.settings.key) for visit in some], owner)


def _brought(visits: Sequence[Visited]) -> list[list[Row]]:
    return [_rows(visit.fetched, visit.settings.location) if visit.fetched else [] for visit in visits]


def _rows(fetched: Fetched, location: str) -> list[Row]:
    return rows_of(fetched.articles, front_pages(fetched.info.url, location))


def _listings(
    visits: Sequence[Visited], rows: Mapping[str, Any], brought: Sequence[list[Row]]
) -> list[intake.Listing]:
    found = []
    for visit, listed in zip(visits, brought, strict=True):
        source = rows[visit.settings.key]
        complete = visit.fetched is not None and visit.fetched.complete
        if listed or complete:
            found.append(intake.Listing(source.id, listed, source.first_contact_at is None, complete))
    return found


async def enable(db: Database, key: str) -> bool:
    """Visit a source again that had been given up; returns whether it is known."""
    async with db.begin() as conn:
        statement = update(source).where(source.c.key == key).values(disabled="", failures=0, not_before=None)
        return bool((await conn.execute(statement.returning(source.c.id))).all())


async def _arrive(conn: AsyncConnection, visited: Sequence[SourceSettings], now: datetime) -> dict[str, Any]:
    """Note the visits and return the sources' rows by key; the rows stay locked until the transaction ends."""
    statement = insert(source)
    stayed = source.c.location == statement.excluded.location
    # What servers and visits said of a former address does not hold for another one.
    kept = {name: case((stayed, source.c[name]), else_=new) for name, new in _OF_THE_PLACE.items()}
    place = {name: statement.excluded[name] for name in ("kind", "location", "last_visit_at")}
    await conn.execute(
        statement.on_conflict_do_update(index_elements=["key"], set_=kept | place),
        [
            {"key": one.key, "kind": one.kind, "location": one.location, "last_visit_at": now}
            for one in sorted(visited, key=lambda one: one.key)  # two processes lock them in the same order
        ],
    )
    rows = await conn.execute(
        select(source).where(in_values(conn, source.c.key, [one.key for one in visited]))
    )
    return {row.key: row for row in rows}


async def _leave(
    conn: AsyncConnection, visits: Sequence[Visited], rows: Mapping[str, Any], now: datetime
) -> None:
    """Note what the visits came to."""
    values = [
        {f"new_{name}": value for name, value in _outcome(visit, rows[visit.settings.key], now).items()}
        for visit in visits
    ]
    columns = {name: bindparam(f"new_{name}", type_=source.c[name].type) for name in _CHANGING}
    await conn.execute(update(source).where(source.c.id == bindparam("new_id")).values(columns), values)


def _outcome(visit: Visited, row: Any, now: datetime) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in ("id", *_CHANGING)}
    if visit.error is not None:
        return values | _failure(row, visit.error, now)
    return values | _success(row, visit.fetched, now) if visit.fetched else values


def _failure(row: Any, error: SourceError, now: datetime) -> dict[str, Any]:
    failures = row.failures + 1
    pause = min(_FIRST_PAUSE * 2 ** min(failures - 1, 10), MAX_PAUSE)
    asked = timedelta(seconds=min(error.retry_after or 0, MAX_PAUSE.total_seconds()))
    gone = {"disabled": str(error)} if isinstance(error, SourceGone) else {}
    return {"last_error": str(error), "failures": failures, "not_before": now + max(pause, asked), **gone}


def _success(row: Any, fetched: Fetched, now: datetime) -> dict[str, Any]:
    fresh = timedelta(seconds=min(fetched.fresh_for or 0, MAX_PAUSE.total_seconds()))
    values: dict[str, Any] = {
        "last_success_at": now,
        "last_error": "",
        "failures": 0,
        "not_before": now + fresh if fresh else None,
        "disabled": "",
        "moved_to": fetched.moved_to,
        "moved_since": row.moved_since if fetched.moved_to == row.moved_to else now,
        "moved_seen": row.moved_seen + 1 if fetched.moved_to == row.moved_to else 1,
    }
    if not fetched.moved_to:
        values |= {"moved_since": None, "moved_seen": 0}
    if fetched.not_modified:
        return values
    if fetched.articles and row.first_contact_at is None:
        values["first_contact_at"] = now
    info, validators = fetched.info, fetched.validators
    said = {"title": info.title, "url": info.url, "language": info.language, "licence": info.licence}
    kept = {"etag": validators.etag, "last_modified": validators.last_modified, "validated_at": now}
    return values | said | kept | {"losses": "; ".join(fetched.losses)}


def _state(row: Any) -> SourceState:
    return SourceState(
        id=row.id,
        key=row.key,
        location=row.location,
        info=SourceInfo(title=row.title, url=row.url, language=row.language, licence=row.licence),
        validators=Validators(etag=row.etag, last_modified=row.last_modified),
        validated_at=row.validated_at,
        first_contact_at=row.first_contact_at,
        last_visit_at=row.last_visit_at,
        last_success_at=row.last_success_at,
        last_error=row.last_error,
        failures=row.failures,
        not_before=row.not_before,
        moved_to=row.moved_to,
        moved_since=row.moved_since,
        moved_seen=row.moved_seen,
        disabled=row.disabled,
    )

"""Take in what sources list: which articles are new, which are known, changed, renamed, republished or gone.

What tells them apart is in `identity`. A source that suddenly lists many old stories is noticed too, or its archive would
be mailed again.

Many sources are taken in at once, in a few statements: what costs is each round trip, not the rows in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median_low
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Text,
    bindparam,
    case,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.content import identity
from digest.store.content.identity import Key, Known
from digest.store.content.rows import WORDS_LENGTH, Row
from digest.store.db import bulk
from digest.store.db.in_values import in_values
from digest.store.db.schema.tables import article, decision

_MAX_USUAL_NEW_GUIDS = 5  # in one visit; more may be an archive
_MIN_ARCHIVE_STORIES = 10  # unknown, and all older than what is known: then it is an archive

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_ROWS_PER_STATEMENT = 50  # rows per statement: the event loop has others to serve


@dataclass(frozen=True, slots=True)
class Listing:
    """What one source lists now; `complete` if that is all there is."""

    source_id: int
    rows: Sequence[Row]
    first_contact: bool
    complete: bool = False


async def store(conn: AsyncConnection, listings: Sequence[Listing], now: datetime) -> None:
    """Store what sources list now, in a transaction that the caller began."""
    listed = {(one.source_id, row["guid"]): row for one in listings for row in one.rows}
    first = {one.source_id for one in listings if one.first_contact}
    known = await identity.known(conn, [key for key in listed if key[0] not in first])
    await identity.set_free(conn, listed, known)
    strangers = [key for key in listed if key not in known and key[0] not in first]
    moves = await identity.moves(conn, listed, strangers)
    known |= moves.homes
    held = await _why_hold(conn, [key for key in strangers if key not in known], listed, now)
    new = {key: row for key, row in listed.items() if key not in known}
    await _insert(conn, new, first, held, now)
    await _reconsider(conn, listed, known)
    await _update(conn, {key: listed[key] for key in known}, known, now)
    await _share(conn, moves.shared)
    await _notice_gone(conn, [one for one in listings if not one.first_contact], now)


async def _why_hold(
    conn: AsyncConnection, strangers: Iterable[Key], listed: Mapping[Key, Row], now: datetime
) -> dict[int, str]:
    """Return, by source, why its unknown stories must wait for a person."""
    dates = defaultdict(list)
    for key in strangers:
        dates[key[0]].append(_latest(listed[key], now))
    heaps = {id_: one for id_, one in dates.items() if len(one) > _MIN_ARCHIVE_STORIES and None not in one}
    if not heaps:
        return {}
    # A date ahead was shown when it was seen.
    shown = case(
        (article.c.published > article.c.first_seen, article.c.first_seen), else_=article.c.published
    )
    query = select(article.c.source_id, func.max(shown, type_=article.c.published.type).label("newest"))
    found = await conn.execute(
        query.where(in_values(conn, article.c.source_id, heaps)).group_by(article.c.source_id)
    )
    return {
        row.source_id: f"came at once with {len(heaps[row.source_id]) - 1} others, all older than what the source "
        "had shown before: it looks like its archive was published again; pin what is to be mailed all the same"
        for row in found
        if row.newest and max(filter(None, heaps[row.source_id])) < row.newest
    }


def _latest(row: Row, now: datetime) -> datetime | None:
    """Return the latest moment that a story may be of; None if it has no date."""
    published: datetime | None = row["published"]
    return published and min(published + timedelta(days=row["day_only"]), now)


# --- what is written -------------------------------------------------------------------------------------------


async def _insert(
    conn: AsyncConnection, new: Mapping[Key, Row], first: set[int], held: Mapping[int, str], now: datetime
) -> None:
    seen = {"first_seen": now, "last_seen": now, "last_changed": now}
    values = [
        row | seen | {"source_id": id_, "first_contact": id_ in first, "held": held.get(id_, "")}
        for (id_, _), row in new.items()
    ]
    for start in range(0, len(values), _ROWS_PER_STATEMENT):
        await conn.execute(insert(article), values[start : start + _ROWS_PER_STATEMENT])


async def _update(
    conn: AsyncConnection, listed: Mapping[Key, Row], known: Mapping[Key, Known], now: datetime
) -> None:
    """Refresh what differs from what is stored, and note for all of them that they were seen."""
    if not known:
        return
    changed: list[Row] = []
    retouched: list[Row] = []
    for key, row in listed.items():
        before, after = known[key].fingerprint, row["fingerprint"]
        if before != after:
            kind = retouched if before[:WORDS_LENGTH] == after[:WORDS_LENGTH] else changed
            kind.append({f"new_{name}": value for name, value in row.items()} | {"known_id": known[key].id})
    columns: dict[str, ColumnElement[Any]] = {
        name: bindparam(f"new_{name}", type_=article.c[name].type) for name in next(iter(listed.values()))
    }
    columns["shares_page"] = or_(
        article.c.shares_page, columns["shares_page"]
    )  # once shared, never trusted again
    refresh = update(article).where(article.c.id == bindparam("known_id")).values(columns)
    if retouched:
        await conn.execute(refresh, retouched)
    if changed:
        await conn.execute(refresh.values(last_changed=now), changed)
    ids = [one.id for one in known.values()]
    await conn.execute(
        update(article).where(in_values(conn, article.c.id, ids)).values(last_seen=now, gone_at=None)
    )


async def _share(conn: AsyncConnection, ids: Sequence[int]) -> None:
    if ids:
        await conn.execute(update(article).where(in_values(conn, article.c.id, ids)).values(shares_page=True))


async def _reconsider(conn: AsyncConnection, listed: Mapping[Key, Row], known: Mapping[Key, Known]) -> None:
    """Let editions look again at what was taken down and is published again, with a newer date, and was never mailed."""
    dialect = conn.dialect.name
    back = [
        (one.id, bulk.moment(dialect, listed[key]["published"])) for key, one in known.items() if one.was_gone
    ]
    if not back:
        return
    again = bulk.table(dialect, "listed", {"id": BigInteger(), "published": Text()})
    younger = (
        select(article.c.id)
        .join_from(again, article, article.c.id == again.c.id)
        .where(article.c.published < bulk.as_moment(dialect, again.c.published))
    )
    settled = update(decision).where(
        decision.c.article_id.in_(younger), decision.c.settled, ~decision.c.included
    )
    await conn.execute(settled.values(settled=False), {"listed": bulk.rows(back)})


async def _notice_gone(conn: AsyncConnection, listings: Sequence[Listing], now: datetime) -> None:
    """Mark what is listed no more, neither itself nor its page, although it is newer than most of what is.

    It was taken down. Older stories leave a list because newer ones push them out, and a few old ones may be pinned to
    its top; in a list that is complete whatever is missing was taken down.
    """
    dialect = conn.dialect.name
    middle = [
        (one.source_id, bulk.moment(dialect, since)) for one in listings if (since := _gone_since(one, now))
    ]
    if not middle:
        return
    table = bulk.table(dialect, "listed", {"source_id": BigInteger(), "middle": Text()})
    of_source = select(bulk.as_moment(dialect, table.c.middle)).where(
        table.c.source_id == article.c.source_id
    )
    newer_than = of_source.scalar_subquery()
    other = article.alias()
    at_its_page = exists().where(
        other.c.source_id == article.c.source_id,
        other.c.url_key == article.c.url_key,
        other.c.last_seen == now,
    )
    missed = update(article).where(
        in_values(conn, article.c.source_id, [id_ for id_, _ in middle]),
        article.c.last_seen < now,
        article.c.gone_at.is_(None),
        article.c.published > newer_than,
        or_(
            article.c.scheduled, article.c.first_seen > newer_than
        ),  # a date ahead counts as when it was seen
        or_(article.c.shares_page, article.c.url_key == "", ~at_its_page),
    )
    await conn.execute(missed.values(gone_at=now), {"listed": bulk.rows(middle)})


def _gone_since(one: Listing, now: datetime) -> datetime | None:
    """Return the date after which a story that is listed no more was taken down."""
    if one.complete:
        return _LONG_AGO
    dates = [min(row["published"], now) for row in one.rows if row["published"]]
    return median_low(dates) if dates else None

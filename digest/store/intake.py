"""Take in what sources list: which articles are new, which are known, changed, renamed or gone.

An article is known by its guid within its source. Two things are noticed that would otherwise mail an archive again:
a source that gives all its articles new guids, and one that suddenly lists a heap of old stories.

Many sources are taken in at once, in a few statements: what costs is each round trip, not the rows in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median_low
from typing import TypeAlias

from sqlalchemy import BigInteger, Text, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store import bulk
from digest.store.among import among
from digest.store.rows import WORDS, Row
from digest.store.schema import article

_Key: TypeAlias = tuple[int, str]  # source and guid

_HANDFUL = 5  # so many new guids are nothing to wonder at
# Of the new guids at addresses that are known already: the source has renamed everything.
_RENAMED_SHARE = 0.8
_OLD_HEAP = 10  # so many unknown stories that are all older than what is known: an archive

_AT_ONCE = 50  # rows per statement: the event loop has others to serve


@dataclass(frozen=True, slots=True)
class Listing:
    """What one source lists now."""

    source_id: int
    rows: Sequence[Row]
    first_contact: bool


@dataclass(frozen=True, slots=True)
class _Known:
    id: int
    fingerprint: str


async def store(conn: AsyncConnection, listings: Sequence[Listing], now: datetime) -> None:
    """Store what sources list now, in a transaction that the caller began."""
    listed = {(one.source_id, row["guid"]): row for one in listings for row in one.rows}
    first = {one.source_id for one in listings if one.first_contact}
    known = await _known(conn, [key for key in listed if key[0] not in first])
    held: dict[int, str] = {}
    if suspicious := _suspicious(listed.keys() - known.keys(), first):
        at_url = await _at_known_urls(conn, listed, suspicious)
        known |= _renamed(at_url, suspicious)
        held = await _why_hold(conn, [key for key in suspicious if key not in at_url], listed)
    new = {key: row for key, row in listed.items() if key not in known}
    await _insert(conn, new, first, held, now)
    await _update(conn, {key: listed[key] for key in known}, known, now)
    await _notice_gone(conn, [one for one in listings if not one.first_contact], now)


# --- what is known ---------------------------------------------------------------------------------------------


async def _known(conn: AsyncConnection, keys: Sequence[_Key]) -> dict[_Key, _Known]:
    if not keys:
        return {}
    listed = bulk.table(conn.dialect.name, "listed", {"source_id": BigInteger(), "guid": Text()})
    query = select(article.c.source_id, article.c.guid, article.c.id, article.c.fingerprint).join_from(
        listed, article, (article.c.source_id == listed.c.source_id) & (article.c.guid == listed.c.guid)
    )
    found = await bulk.fetch(conn, query, {"listed": bulk.rows(keys)})
    return {(source_id, guid): _Known(id_, print_) for source_id, guid, id_, print_ in found}


def _suspicious(new: Iterable[_Key], first: set[int]) -> list[_Key]:
    """Return the new guids of sources that have more than a handful of them, on another than the first contact."""
    by_source = defaultdict(list)
    for key in new:
        by_source[key[0]].append(key)
    return [
        key for id_, keys in by_source.items() if id_ not in first and len(keys) > _HANDFUL for key in keys
    ]


async def _at_known_urls(
    conn: AsyncConnection, listed: Mapping[_Key, Row], new: Sequence[_Key]
) -> dict[_Key, _Known]:
    """Return, by new guid, the articles that have its address and are listed under their own guid no more."""
    at = bulk.table(conn.dialect.name, "listed", {"source_id": BigInteger(), "url_key": Text()})
    columns = (article.c.source_id, article.c.url_key, article.c.guid, article.c.id, article.c.fingerprint)
    query = select(*columns).join_from(
        at, article, (article.c.source_id == at.c.source_id) & (article.c.url_key == at.c.url_key)
    )
    wanted = {(key[0], listed[key]["url_key"]) for key in new}
    found = await bulk.fetch(conn, query, {"listed": bulk.rows([place for place in wanted if place[1]])})
    homes = {
        (source_id, place): _Known(id_, print_)
        for source_id, place, guid, id_, print_ in sorted(found, key=lambda row: row[3])
        if (source_id, guid) not in listed
    }
    return {key: home for key in new if (home := homes.pop((key[0], listed[key]["url_key"]), None))}


def _renamed(at_url: Mapping[_Key, _Known], suspicious: Iterable[_Key]) -> dict[_Key, _Known]:
    """Return the articles of those sources that have renamed nearly everything."""
    shares = defaultdict(list)
    for key in suspicious:
        shares[key[0]].append(key in at_url)
    renamed = {id_ for id_, known in shares.items() if sum(known) > _RENAMED_SHARE * len(known)}
    return {key: home for key, home in at_url.items() if key[0] in renamed}


async def _why_hold(
    conn: AsyncConnection, strangers: Iterable[_Key], listed: Mapping[_Key, Row]
) -> dict[int, str]:
    """Return, by source, why its unknown stories must wait for a person."""
    dates = defaultdict(list)
    for key in strangers:
        dates[key[0]].append(listed[key]["published"])
    heaps = {id_: one for id_, one in dates.items() if len(one) > _OLD_HEAP and None not in one}
    if not heaps:
        return {}
    query = select(article.c.source_id, func.max(article.c.published).label("newest")).group_by(
        article.c.source_id
    )
    found = await conn.execute(query.where(among(conn, article.c.source_id, heaps)))
    return {
        row.source_id: f"came at once with {len(heaps[row.source_id]) - 1} others, all older than what the source "
        "had shown before: it looks like its archive published anew; pin what shall be mailed all the same"
        for row in found
        if row.newest and max(heaps[row.source_id]) < row.newest
    }


# --- what is written -------------------------------------------------------------------------------------------


async def _insert(
    conn: AsyncConnection, new: Mapping[_Key, Row], first: set[int], held: Mapping[int, str], now: datetime
) -> None:
    seen = {"first_seen": now, "last_seen": now, "last_changed": now}
    values = [
        row | seen | {"source_id": id_, "first_contact": id_ in first, "held": held.get(id_, "")}
        for (id_, _), row in new.items()
    ]
    for start in range(0, len(values), _AT_ONCE):
        await conn.execute(insert(article), values[start : start + _AT_ONCE])


async def _update(
    conn: AsyncConnection, listed: Mapping[_Key, Row], known: Mapping[_Key, _Known], now: datetime
) -> None:
    """Refresh what differs from what is stored, and note for all of them that they were seen."""
    if not known:
        return
    changed: list[Row] = []
    retouched: list[Row] = []
    for key, row in listed.items():
        before, after = known[key].fingerprint, row["fingerprint"]
        if before != after:
            kind = retouched if before[:WORDS] == after[:WORDS] else changed
            kind.append({f"new_{name}": value for name, value in row.items()} | {"known_id": known[key].id})
    columns = {
        name: bindparam(f"new_{name}", type_=article.c[name].type) for name in next(iter(listed.values()))
    }
    refresh = update(article).where(article.c.id == bindparam("known_id")).values(columns)
    if retouched:
        await conn.execute(refresh, retouched)
    if changed:
        await conn.execute(refresh.values(last_changed=now), changed)
    ids = [one.id for one in known.values()]
    await conn.execute(
        update(article).where(among(conn, article.c.id, ids)).values(last_seen=now, gone_at=None)
    )


async def _notice_gone(conn: AsyncConnection, listings: Sequence[Listing], now: datetime) -> None:
    """Mark what is listed no more although it is newer than most of what is: it was taken down.

    Older stories leave a list because newer ones push them out, and a few old ones may be pinned to its top.
    """
    dialect = conn.dialect.name
    dates = {one.source_id: [row["published"] for row in one.rows if row["published"]] for one in listings}
    middle = [(id_, bulk.moment(dialect, median_low(known))) for id_, known in dates.items() if known]
    if not middle:
        return
    listed = bulk.table(dialect, "listed", {"source_id": BigInteger(), "middle": Text()})
    of_source = select(bulk.as_moment(dialect, listed.c.middle)).where(
        listed.c.source_id == article.c.source_id
    )
    missed = update(article).where(
        among(conn, article.c.source_id, [id_ for id_, _ in middle]),
        article.c.last_seen < now,
        article.c.gone_at.is_(None),
        article.c.published > of_source.scalar_subquery(),
    )
    await conn.execute(missed.values(gone_at=now), {"listed": bulk.rows(middle)})

"""Take in what a source lists: which articles are new, which are known, changed, renamed or gone.

An article is known by its guid within its source. Two things are noticed that would otherwise mail an archive again:
a source that gives all its articles new guids, and one that suddenly lists a heap of old stories.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from statistics import median_low
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import Article, Image
from digest.store.among import among
from digest.store.schema import article
from digest.text import url_key

WORDS = 16  # characters of a fingerprint that stand for a story's words; the others for everything else

_HANDFUL = 5  # so many new guids are nothing to wonder at
_RENAMED_SHARE = (
    0.8  # of the new guids at addresses that are known already: the source has renamed everything
)
_OLD_HEAP = 10  # so many unknown stories that are all older than what is known: an archive

_IMAGE = tuple(field.name for field in fields(Image))
_MARKUP = re.compile(r"<[^>]*>|\s+")


@dataclass(frozen=True, slots=True)
class _Known:
    id: int
    fingerprint: str


async def store(
    conn: AsyncConnection, source_id: int, listed: Sequence[Article], now: datetime, *, first_contact: bool
) -> None:
    """Store what a source lists now, in a transaction that the caller began."""
    rows = {one.guid: _row(one) for one in reversed(listed)}  # of equal guids the first one counts
    known = {} if first_contact else await _known(conn, source_id, rows)
    new = {guid: row for guid, row in rows.items() if guid not in known}
    held = ""
    if len(new) > _HANDFUL and not first_contact:
        at_url = await _at_known_urls(conn, source_id, rows, new)
        if len(at_url) > _RENAMED_SHARE * len(new):
            known |= at_url
            new = {guid: row for guid, row in new.items() if guid not in at_url}
        strangers = [row for guid, row in new.items() if guid not in at_url]
        held = await _why_hold(conn, source_id, strangers)
    await _insert(conn, source_id, new.values(), now, first_contact=first_contact, held=held)
    await _update(conn, {guid: rows[guid] for guid in known}, known, now)
    if not first_contact:
        await _notice_gone(conn, source_id, listed, now)


# --- what is known ---------------------------------------------------------------------------------------------


async def _known(conn: AsyncConnection, source_id: int, rows: Mapping[str, Any]) -> dict[str, _Known]:
    query = select(article.c.guid, article.c.id, article.c.fingerprint).where(
        article.c.source_id == source_id, among(conn, article.c.guid, rows)
    )
    return {row.guid: _Known(row.id, row.fingerprint) for row in await conn.execute(query)}


async def _at_known_urls(
    conn: AsyncConnection, source_id: int, rows: Mapping[str, Any], new: Mapping[str, Any]
) -> dict[str, _Known]:
    """Return, by new guid, the articles that have its address and are listed under their own guid no more."""
    keys = {row["url_key"] for row in new.values()} - {""}
    query = (
        select(article.c.guid, article.c.url_key, article.c.id, article.c.fingerprint)
        .where(article.c.source_id == source_id, among(conn, article.c.url_key, keys))
        .order_by(article.c.id)
    )
    homes = {
        row.url_key: _Known(row.id, row.fingerprint)
        for row in await conn.execute(query)
        if row.guid not in rows
    }
    return {guid: home for guid, row in new.items() if (home := homes.pop(row["url_key"], None))}


async def _why_hold(conn: AsyncConnection, source_id: int, strangers: Sequence[Mapping[str, Any]]) -> str:
    """Return why unknown stories must wait for a person, "" if they need not."""
    if len(strangers) <= _OLD_HEAP:
        return ""
    newest = await conn.scalar(select(func.max(article.c.published)).where(article.c.source_id == source_id))
    if newest is None or any(row["published"] is None or row["published"] >= newest for row in strangers):
        return ""
    return (
        f"came at once with {len(strangers) - 1} others, all older than what the source had shown before: "
        "it looks like its archive published anew"
    )


# --- what is written -------------------------------------------------------------------------------------------


async def _insert(
    conn: AsyncConnection,
    source_id: int,
    rows: Iterable[dict[str, Any]],
    now: datetime,
    *,
    first_contact: bool,
    held: str,
) -> None:
    constant = {"source_id": source_id, "first_seen": now, "last_seen": now, "last_changed": now}
    flags = {"first_contact": first_contact, "held": held}
    # In the order of the list turned round, so that of stories without a date the newest has the highest id.
    if values := [row | constant | flags for row in rows]:
        await conn.execute(insert(article), values)


async def _update(
    conn: AsyncConnection, rows: Mapping[str, dict[str, Any]], known: Mapping[str, _Known], now: datetime
) -> None:
    """Refresh what differs from what is stored, and note for all of them that they were seen."""
    if not known:
        return
    changed: list[dict[str, Any]] = []
    retouched: list[dict[str, Any]] = []
    for guid, row in rows.items():
        before, after = known[guid].fingerprint, row["fingerprint"]
        if before != after:
            kind = retouched if _words(before) == _words(after) else changed
            kind.append({f"b_{name}": value for name, value in row.items()} | {"b_id": known[guid].id})
    columns = {name: bindparam(f"b_{name}", type_=article.c[name].type) for name in next(iter(rows.values()))}
    refresh = update(article).where(article.c.id == bindparam("b_id")).values(columns)
    if retouched:
        await conn.execute(refresh, retouched)
    if changed:
        await conn.execute(refresh.values(last_changed=now), changed)
    ids = [one.id for one in known.values()]
    await conn.execute(
        update(article).where(among(conn, article.c.id, ids)).values(last_seen=now, gone_at=None)
    )


async def _notice_gone(
    conn: AsyncConnection, source_id: int, listed: Sequence[Article], now: datetime
) -> None:
    """Mark what is listed no more although it is newer than most of what is: it was taken down.

    Older stories leave a list because newer ones push them out, and a few old ones may be pinned to its top.
    """
    dates = [one.published for one in listed if one.published]
    if not dates:
        return
    await conn.execute(
        update(article)
        .where(
            article.c.source_id == source_id,
            article.c.last_seen < now,
            article.c.gone_at.is_(None),
            article.c.published > median_low(dates),
        )
        .values(gone_at=now)
    )


def _row(one: Article) -> dict[str, Any]:
    row = {
        "guid": one.guid,
        "url": one.url,
        "url_key": url_key(one.url),
        "title": one.title,
        "dek": one.dek,
        "byline": one.byline,
        "published": one.published,
        "updated": one.updated,
        "section": one.section,
        "tags": list(one.tags),
        "image": _image(one.image) if one.image else None,
        "body": one.body,
        "language": one.language,
        "licence": one.licence,
    }
    return row | {"fingerprint": _fingerprint(one, row)}


def _image(image: Image) -> dict[str, Any]:
    return {name: getattr(image, name) for name in _IMAGE}


def _fingerprint(one: Article, row: Mapping[str, Any]) -> str:
    """Return two hashes: of the words that readers see, and of everything but the guid."""
    words = "\n".join((one.title, one.dek, one.byline, _MARKUP.sub(" ", one.body)))
    everything = repr([value for name, value in row.items() if name != "guid"])
    return _hash(words) + _hash(everything)


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=WORDS // 2).hexdigest()


def _words(fingerprint: str) -> str:
    return fingerprint[:WORDS]

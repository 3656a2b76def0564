"""Articles: how they are read, and what became of each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import Article, EditionStatus, Image
from digest.store.content.rows import WORDS_LENGTH
from digest.store.db.database import Database
from digest.store.db.schema.tables import article, decision, edition, source
from digest.text import url_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one edition decided about an article."""

    edition: str
    newsletter: str
    status: EditionStatus  # of the edition
    opened_at: datetime
    included: bool
    settled: bool
    overflow: str  # what became of it if it did not fit: carry, list or drop
    section: str
    rank: int | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A stored article and all decisions about it, the oldest first; `held` says why it waits, "" if it does not."""

    source: str
    source_title: str
    article: Article
    first_seen: datetime
    last_seen: datetime
    last_changed: datetime
    held: str
    gone_at: datetime | None
    decisions: tuple[Decision, ...]


async def history(db: Database, url: str) -> list[History]:
    """Return every stored article at an address (tracking parameters do not matter), and what was decided about it."""
    more = (article.c.id, article.c.first_seen, article.c.last_seen, article.c.last_changed)
    query = _stored(*more, article.c.held, article.c.gone_at).where(article.c.url_key == url_key(url))
    async with db.connect() as conn:
        rows = (await conn.execute(query.order_by(article.c.id))).all()
        return [
            History(
                source=row.source,
                source_title=row.source_title,
                article=read(row[-len(ARTICLE_COLUMNS) :]),
                first_seen=row.first_seen,
                last_seen=row.last_seen,
                last_changed=row.last_changed,
                held=row.held,
                gone_at=row.gone_at,
                decisions=await _decisions(conn, row.id),
            )
            for row in rows
        ]


async def purge(db: Database, before: datetime) -> int:
    """Drop the texts of articles that their sources have not listed since `before`; returns of how many.

    What tells them apart stays, so that an article which turns up again is not mailed again.
    """
    async with db.begin() as conn:
        old = and_(article.c.last_seen < before, article.c.body != "")
        incomplete = func.substr(
            article.c.fingerprint, 1, WORDS_LENGTH
        )  # same words, something missing: see `intake`
        drop = update(article).where(old).values(body="", fingerprint=incomplete)
        return len((await conn.execute(drop.returning(article.c.id))).all())


#: The columns that `read` takes, in its order.
ARTICLE_COLUMNS = [article.c[field.name] for field in fields(Article)]


def _stored(*columns: ColumnElement[Any]) -> Select[Any]:
    return select(
        source.c.key.label("source"), source.c.title.label("source_title"), *columns, *ARTICLE_COLUMNS
    ).join_from(article, source)


async def _decisions(conn: AsyncConnection, article_id: int) -> tuple[Decision, ...]:
    query = (
        select(decision, edition.c.name, edition.c.status, edition.c.opened_at)
        .join_from(decision, edition, decision.c.edition_id == edition.c.id)
        .where(decision.c.article_id == article_id)
        .order_by(edition.c.opened_at, edition.c.id)
    )
    return tuple(
        Decision(
            edition=row.name,
            newsletter=row.newsletter,
            status=EditionStatus(row.status),
            opened_at=row.opened_at,
            included=row.included,
            settled=row.settled,
            overflow=row.overflow,
            section=row.section,
            rank=row.rank,
            why=row.why,
        )
        for row in await conn.execute(query)
    )


async def known_by(conn: AsyncConnection, ids: Sequence[int], now: datetime) -> None:
    """Take back what a clock ahead of ours has noted of articles that we know at `now`.

    Left alone, what is mailed now would seem to have changed afterwards, and might be mailed again.
    """
    for moment in (article.c.first_seen, article.c.last_changed):
        early = update(article).where(article.c.id.in_(ids), moment > now)
        await conn.execute(early.values({moment.name: now}))


def read(values: Sequence[Any]) -> Article:
    """Return an article from its columns `ARTICLE_COLUMNS`."""
    (
        guid,
        url,
        title,
        dek,
        byline,
        published,
        updated,
        section,
        tags,
        image,
        body,
        language,
        licence,
        *rest,
    ) = values
    day_only, scheduled, expires = rest
    return Article(
        guid=guid,
        url=url,
        title=title,
        dek=dek,
        byline=byline,
        published=published,
        updated=updated,
        section=section,
        tags=tuple(tags),
        image=Image(**image) if image else None,
        body=body,
        language=language,
        licence=licence,
        day_only=day_only,
        scheduled=scheduled,
        expires=expires,
    )

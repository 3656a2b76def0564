"""Articles: what an edition may choose from, and what was decided about each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.collector import resting
from digest.model import Article, Candidate, EditionStatus, Image
from digest.settings import Newsletter
from digest.store.among import among
from digest.store.database import Database
from digest.store.intake import WORDS
from digest.store.schema import article, decision, edition, source
from digest.text import url_key

_AT_ONCE = 500  # rows: there may be tens of thousands, and the event loop has others to serve
_STILL_KNOWN = timedelta(
    days=3
)  # mailed stories stay in sight, to recognise them when another source has them
_STILL_FOLLOWED = timedelta(days=30)  # and so long if they have changed since


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one edition decided about an article."""

    edition: str
    newsletter: str
    status: EditionStatus  # of the edition
    opened_at: datetime
    included: bool
    settled: bool
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


async def candidates(db: Database, newsletter: Newsletter, now: datetime) -> list[Candidate]:
    """Return what an edition of this newsletter may consider at `now`, in the order in which it came.

    That is every article of its sources that no made edition has settled, and, with `mailed_at`, those mailed lately.
    """
    names = {entry.key: entry.name for entry in newsletter.sources}
    async with db.connect() as conn:
        by_id, by_url = await _mailed(conn, newsletter.name)
        recent = [
            id_
            for id_, (at, changed) in by_id.items()
            if at > now - _STILL_KNOWN or _followed(at, changed, now)
        ]
        settled = select(decision.c.article_id).where(
            decision.c.newsletter == newsletter.name,
            decision.c.article_id == article.c.id,
            decision.c.settled,
        )
        query = _stored(*_CONSIDERED).where(
            among(conn, source.c.key, list(names)),
            article.c.first_seen <= now,
            or_(~settled.exists(), among(conn, article.c.id, recent)),
        )
        found: list[Candidate] = []
        with resting():
            async for rows in (await conn.stream(query.order_by(article.c.id))).partitions(_AT_ONCE):
                found += [_candidate(row, by_url, names) for row in rows]
        return found


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
                article=_article(row[-len(_TOLD) :]),
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
            article.c.fingerprint, 1, WORDS
        )  # same words, something missing: see `intake`
        drop = update(article).where(old).values(body="", fingerprint=incomplete)
        return len((await conn.execute(drop.returning(article.c.id))).all())


def _followed(mailed_at: datetime, changed: datetime, now: datetime) -> bool:
    return changed > mailed_at > now - _STILL_FOLLOWED


async def _mailed(
    conn: AsyncConnection, newsletter: str
) -> tuple[dict[int, tuple[datetime, datetime]], dict[str, datetime]]:
    """Return when articles were mailed last: by id (with their last change), and by the key of their address."""
    query = (
        select(
            article.c.id, article.c.url_key, article.c.last_changed, func.max(edition.c.opened_at).label("at")
        )
        .join_from(decision, edition, decision.c.edition_id == edition.c.id)
        .join(article, decision.c.article_id == article.c.id)
        .where(decision.c.newsletter == newsletter, decision.c.included, _made())
        .group_by(article.c.id)
        .order_by("at")
    )
    rows = (await conn.execute(query)).all()
    return {row.id: (row.at, row.last_changed) for row in rows}, {
        row.url_key: row.at for row in rows if row.url_key
    }


def _made() -> ColumnElement[bool]:
    return edition.c.status.not_in([EditionStatus.SKIPPED_EMPTY, EditionStatus.SKIPPED_LATE])


_CONSIDERED = [
    article.c[name]
    for name in ("id", "url_key", "first_seen", "last_changed", "first_contact", "held", "gone_at")
]
_TOLD = [article.c[field.name] for field in fields(Article)]  # what `_article` takes, in its order


def _stored(*columns: ColumnElement[Any]) -> Select[Any]:
    return select(
        source.c.key.label("source"), source.c.title.label("source_title"), *columns, *_TOLD
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
            section=row.section,
            rank=row.rank,
            why=row.why,
        )
        for row in await conn.execute(query)
    )


def _article(values: Sequence[Any]) -> Article:
    guid, url, title, dek, byline, published, updated, section, tags, image, body, language, licence = values
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
    )


def _candidate(row: Sequence[Any], mailed: Mapping[str, datetime], names: Mapping[str, str]) -> Candidate:
    # By position: an edition may have to consider tens of thousands.
    key, title, id_, url_key, first_seen, last_changed, first_contact, held, gone_at, *told = row
    return Candidate(
        id=id_,
        source=key,
        source_title=names[key] or title,
        article=_article(told),
        url_key=url_key,
        first_seen=first_seen,
        last_changed=last_changed,
        first_contact=first_contact,
        held=held,
        gone=gone_at is not None,
        mailed_at=mailed.get(url_key),
    )

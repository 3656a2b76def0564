"""Candidates: what an edition may choose from, read without the columns that choosing does not need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, literal, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.gc_tuning import gc_paused
from digest.model import SKIPPED, Article, Candidate, Chosen, EditionStatus, Plan
from digest.settings import Newsletter
from digest.store.content.articles import ARTICLE_COLUMNS, read
from digest.store.db.database import Database
from digest.store.db.in_values import in_values
from digest.store.db.schema.tables import article, decision, edition, source

_ROWS_PER_STATEMENT = 500  # rows: there may be tens of thousands, and the event loop has others to serve
_MAILED_FOLLOWED_FOR = timedelta(days=30)  # mailed stories stay in sight so long if they have changed since


async def load(
    db: Database,
    newsletter: Newsletter,
    now: datetime,
    *,
    as_of: datetime | None = None,
    remade_slot: str | None = None,
) -> list[Candidate]:
    """Return what an edition of this newsletter may consider at `now`, in the order in which it came.

    That is every article of its sources that no made edition has settled, and, with `mailed_at`, those mailed lately.
    What is stored is known, whatever this machine's clock says: another machine, or this one when its clock was ahead,
    may have stored it at a later time than `now`. Only a look at the past leaves out what was stored after `as_of`.
    Editions of `remade_slot` do not count: their stories are free again.
    Of each article it has what choosing looks at; the rest comes with those that are chosen (see `completed`).
    """
    async with db.connect() as conn:
        others = _of_other_slots(newsletter, remade_slot)
        by_id, by_page = await _mailed(conn, newsletter.name, others)
        passed_over = await _passed_over(conn, newsletter, now, others)
        recent = [
            id_
            for id_, (at, changed) in by_id.items()
            if at > now - newsletter.remembered or _followed(at, changed, now)
        ]
        settled = select(decision.c.article_id).where(
            decision.c.newsletter == newsletter.name,
            decision.c.article_id == article.c.id,
            decision.c.settled,
            others,
        )
        sources = await _sources(conn, newsletter)
        query = _columns(conn, [id_ for id_, one in sources.items() if one.measured]).where(
            in_values(conn, article.c.source_id, list(sources)),
            or_(~settled.exists(), in_values(conn, article.c.id, recent)),
        )
        if as_of is not None:
            query = query.where(article.c.first_seen <= as_of)
        found: list[Candidate] = []
        with gc_paused():
            async for rows in (await conn.stream(query)).partitions(_ROWS_PER_STATEMENT):
                found += [_candidate(row, by_id, by_page, sources, passed_over) for row in rows]
            found.sort(key=lambda one: one.id)  # the database would carry whole rows about to sort them
        return found


async def completed(db: Database, plan: Plan) -> Plan:
    """Return a plan whose chosen articles are all that is stored of them."""
    async with db.connect() as conn:
        ids = [chosen.candidate.id for chosen in plan.chosen]
        rows = await conn.execute(
            select(article.c.id, *ARTICLE_COLUMNS).where(in_values(conn, article.c.id, ids))
        )
        stored = {row.id: read(row[1:]) for row in rows}

    def whole(chosen: Chosen) -> Chosen:
        candidate = chosen.candidate
        return replace(chosen, candidate=replace(candidate, article=stored[candidate.id]))

    sections = (replace(one, articles=tuple(map(whole, one.articles))) for one in plan.sections)
    return replace(plan, sections=tuple(sections))


# --- which -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Source:
    key: str
    title: str
    measured: bool  # a filter asks how long its articles are


async def _sources(conn: AsyncConnection, newsletter: Newsletter) -> dict[int, _Source]:
    """Return the newsletter's sources by their number in the store."""
    names = {one.key: one.name for one in newsletter.sources}
    measured = {
        one.key
        for section in newsletter.sections
        for one in section.sources
        if section.min_length or one.min_length
    }
    query = select(source.c.id, source.c.key, source.c.title).where(
        in_values(conn, source.c.key, list(names))
    )
    return {
        row.id: _Source(row.key, names[row.key] or row.title, row.key in measured)
        for row in await conn.execute(query)
    }


def _followed(mailed_at: datetime, changed: datetime, now: datetime) -> bool:
    return changed > mailed_at > now - _MAILED_FOLLOWED_FOR


async def _mailed(
    conn: AsyncConnection, newsletter: str, others: ColumnElement[bool]
) -> tuple[dict[int, tuple[datetime, datetime]], dict[str, datetime]]:
    """Return when articles were mailed last: by id (with their last change), and by the key of their own page."""
    page = case((article.c.shares_page, ""), else_=article.c.url_key).label("page")
    query = (
        select(article.c.id, page, article.c.last_changed, func.max(edition.c.opened_at).label("at"))
        .join_from(decision, edition, decision.c.edition_id == edition.c.id)
        .join(article, decision.c.article_id == article.c.id)
        .where(
            decision.c.newsletter == newsletter,
            decision.c.settled,
            or_(decision.c.included, decision.c.overflow == "list"),
            _made(),
            others,
        )
        .group_by(article.c.id)
        .order_by("at")
    )
    rows = (await conn.execute(query)).all()
    return {row.id: (row.at, row.last_changed) for row in rows}, {
        row.page: row.at for row in rows if row.page
    }


async def _passed_over(
    conn: AsyncConnection, newsletter: Newsletter, now: datetime, others: ColumnElement[bool]
) -> dict[int, int]:
    """Return in how many editions articles did not fit, by their id."""
    query = (
        select(decision.c.article_id, func.count())
        .join_from(decision, edition, decision.c.edition_id == edition.c.id)
        .where(
            edition.c.newsletter == newsletter.name,
            edition.c.opened_at > now - newsletter.remembered,
            decision.c.overflow == "carry",
            edition.c.remade_as == "",
            edition.c.status != EditionStatus.CANCELLED,
            _made(),
            others,
        )
        .group_by(decision.c.article_id)
    )
    return {row[0]: row[1] for row in await conn.execute(query)}


def _of_other_slots(newsletter: Newsletter, slot: str | None) -> ColumnElement[bool]:
    """Return the condition on a decision that its edition is not one of this slot; true without a slot."""
    if slot is None:
        return true()
    of_slot = select(edition.c.id).where(edition.c.newsletter == newsletter.name, edition.c.slot == slot)
    return decision.c.edition_id.not_in(of_slot)


def _made() -> ColumnElement[bool]:
    return edition.c.status.not_in(SKIPPED)


# --- one of them -----------------------------------------------------------------------------------------------

_CONSIDERED = [
    article.c[name]
    for name in (
        *("source_id", "id", "url_key", "first_seen", "last_changed", "first_contact", "held", "gone_at"),
        *("shares_page", "guid", "url", "title", "dek", "byline", "published", "section", "tags", "language"),
        *("day_only", "scheduled", "expires"),
    )
]


def _columns(conn: AsyncConnection, measured: Sequence[int]) -> Select[Any]:
    """Return what is read of a candidate: the text itself only of sources whose articles are measured."""
    body: ColumnElement[str] = literal("")
    if measured:
        body = case((in_values(conn, article.c.source_id, measured), article.c.body), else_="")
    return select(*_CONSIDERED, article.c.image.is_not(None), article.c.body != "", body)


def _candidate(
    row: Sequence[Any],
    by_id: Mapping[int, tuple[datetime, datetime]],
    by_page: Mapping[str, datetime],
    sources: Mapping[int, _Source],
    passed_over: Mapping[int, int],
) -> Candidate:
    # By position: an edition may have to consider tens of thousands.
    source_id, id_, url_key, first_seen, last_changed, first_contact, held, gone_at, shares, *told = row
    guid, url, title, dek, byline, published, section, tags, language, *dated, has_image, has_body, body = (
        told
    )
    day_only, scheduled, expires = dated
    own = sources[source_id]
    mailed = [at for at in (by_id.get(id_, (None,))[0], None if shares else by_page.get(url_key)) if at]
    return Candidate(
        id=id_,
        source=own.key,
        source_title=own.title,
        article=Article(
            guid=guid,
            url=url,
            title=title,
            dek=dek,
            byline=byline,
            published=published,
            section=section,
            tags=tuple(tags),
            body=body,
            language=language,
            day_only=day_only,
            scheduled=scheduled,
            expires=expires,
        ),
        url_key=url_key,
        first_seen=first_seen,
        last_changed=last_changed,
        has_image=has_image,
        has_body=has_body,
        first_contact=first_contact,
        held=held,
        gone=gone_at is not None,
        mailed_at=max(mailed, default=None),
        shares_page=shares,
        passed_over=passed_over.get(id_, 0),
    )

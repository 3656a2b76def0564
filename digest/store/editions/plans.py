"""The plan of an edition that was made, read back from what it decided."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select

from digest.model import SKIPPED, Candidate, Carried, Chosen, Edition, Plan, PlannedSection, Variant
from digest.settings import Newsletter
from digest.store.content.articles import ARTICLE_COLUMNS, read
from digest.store.db.database import Database
from digest.store.db.in_values import in_values
from digest.store.db.schema.tables import article, decision, edition, source

_LAST_RANK = 1 << 30  # where what is only listed stands: after all that has a rank


async def of_edition(db: Database, made: Edition, newsletter: Newsletter) -> Plan:
    """Return what an edition carries, in its order, with its articles as they are stored now."""
    query = (
        _stories(or_(decision.c.included, decision.c.overflow == "list"))
        .where(decision.c.edition_id == made.id)
        .order_by(func.coalesce(decision.c.rank, _LAST_RANK), article.c.published.desc(), article.c.id)
    )
    async with db.connect() as conn:
        rows = (await conn.execute(query)).all()
    sections: dict[str, tuple[list[Chosen], list[Chosen]]] = {}
    for place, row in enumerate(rows, 1):
        articles, listed = sections.setdefault(row.in_section, ([], []))
        (articles if row.included else listed).append(_chosen(row, newsletter, rank=row.rank or place))
    return Plan(
        newsletter=made.newsletter,
        slot=made.slot,
        due=made.due,
        sections=tuple(
            PlannedSection(title=title, articles=tuple(articles), listed=tuple(listed))
            for title, (articles, listed) in sections.items()
        ),
        problems=made.problems,
    )


async def of_variant(db: Database, made: Edition, variant: Variant, newsletter: Newsletter) -> Plan:
    """Return what a variant of an edition carries, in its order, with its articles as they are stored now."""
    async with db.connect() as conn:
        query = _stories(decision.c.included).where(
            in_values(conn, decision.c.article_id, variant.stories),
            decision.c.newsletter == made.newsletter,
            decision.c.edition_id <= made.id,
        )
        rows = {row.own_id: row for row in await conn.execute(query.order_by(decision.c.edition_id))}
    sections: dict[str, list[Chosen]] = {}
    for rank, id_ in enumerate(variant.stories, 1):
        if row := rows.get(id_):
            sections.setdefault(row.in_section, []).append(_chosen(row, newsletter, rank=rank))
    planned = (PlannedSection(title=title, articles=tuple(articles)) for title, articles in sections.items())
    return Plan(newsletter=made.newsletter, slot=made.slot, due=made.due, sections=tuple(planned))


async def carried(db: Database, edition_ids: Collection[int], newsletter: Newsletter) -> list[Carried]:
    """Return the stories that readers were sent with any of these editions, each with the first one that had it."""
    earlier = decision.alias()
    first = (
        select(func.min(earlier.c.edition_id))
        .join_from(earlier, edition, edition.c.id == earlier.c.edition_id)
        .where(
            earlier.c.article_id == decision.c.article_id,
            earlier.c.newsletter == newsletter.name,
            earlier.c.settled,
            or_(earlier.c.included, earlier.c.overflow == "list"),
            edition.c.status.not_in(SKIPPED),
        )
        .correlate(decision)
        .scalar_subquery()
    )
    async with db.connect() as conn:
        query = (
            _stories(decision.c.included)
            .add_columns(first.label("first"))
            .join(edition, edition.c.id == decision.c.edition_id)
            .where(in_values(conn, decision.c.edition_id, edition_ids), decision.c.settled)
            .where(edition.c.remade_as == "")
            .order_by(decision.c.edition_id.desc(), decision.c.rank)
        )
        rows = (await conn.execute(query)).all()
    return [
        Carried(
            edition=row.edition_id,
            first=row.first,
            section=row.in_section,
            chosen=_chosen(row, newsletter, rank=row.rank or _LAST_RANK),
        )
        for row in rows
    ]


def _stories(which: ColumnElement[bool]) -> Select[Any]:
    columns = (
        *(decision.c[name] for name in ("edition_id", "rank", "why", "included")),
        decision.c.section.label("in_section"),  # an article has one of its own
        *(source.c.key, source.c.title.label("paper")),
        *(article.c[name].label(f"own_{name}") for name in ("id", "url_key", "first_seen", "last_changed")),
    )
    return (
        select(*ARTICLE_COLUMNS, *columns)
        .select_from(decision.join(article, article.c.id == decision.c.article_id).join(source))
        .where(which)
    )


def _chosen(row: Row[Any], newsletter: Newsletter, *, rank: int) -> Chosen:
    names = {one.key: one.name for one in newsletter.sources}
    candidate = Candidate(
        id=row.own_id,
        source=row.key,
        source_title=names.get(row.key) or row.paper,
        article=read(row[: len(ARTICLE_COLUMNS)]),
        url_key=row.own_url_key,
        first_seen=row.own_first_seen,
        last_changed=row.own_last_changed,
    )
    return Chosen(candidate=candidate, rank=rank, why=row.why)

"""What one edition decided about each article, as an editor reads it afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from digest.store.database import Database
from digest.store.schema import article, decision, source


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One article of an edition's plan: taken, with its rank from 1, or left out; and why."""

    source: str  # the source's key in the configuration
    url: str
    title: str
    included: bool
    section: str  # of the edition; "" where it was left out
    rank: int | None
    why: str


async def of_edition(db: Database, edition_id: int) -> list[Decided]:
    """Return what an edition took, in its order, then what it left out, newest first."""
    query = (
        select(
            source.c.key,
            article.c.url,
            article.c.title,
            decision.c.included,
            decision.c.section,
            decision.c.rank,
            decision.c.why,
        )
        .select_from(decision.join(article).join(source))
        .where(decision.c.edition_id == edition_id)
        .order_by(decision.c.included.desc(), decision.c.rank, article.c.published.desc(), article.c.id)
    )
    async with db.connect() as conn:
        rows = (await conn.execute(query)).all()
    return [
        Decided(
            source=row.key,
            url=row.url,
            title=row.title,
            included=row.included,
            section=row.section,
            rank=row.rank,
            why=row.why,
        )
        for row in rows
    ]

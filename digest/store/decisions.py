"""What one edition decided about each article: kept with it, and read by an editor afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import Plan
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


async def keep(conn: AsyncConnection, plan: Plan, edition_id: int, *, settle: bool) -> None:
    """Keep an edition's decisions; with `settle` what is settled is not considered again."""
    rows = [{**row, "settled": row["settled"] and settle} for row in _decisions(plan)]
    if rows:
        constant = {"edition_id": edition_id, "newsletter": plan.newsletter}
        await conn.execute(insert(decision), [row | constant for row in rows])


def _decisions(plan: Plan) -> Iterator[dict[str, Any]]:
    for section in plan.sections:
        for chosen in section.articles:
            yield {
                "article_id": chosen.candidate.id,
                "included": True,
                "settled": True,
                "section": section.title,
                "rank": chosen.rank,
                "why": chosen.why,
            }
    for left in plan.left_out:
        yield {
            "article_id": left.candidate.id,
            "included": False,
            "settled": left.settled,
            "section": "",
            "rank": None,
            "why": left.why,
        }


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

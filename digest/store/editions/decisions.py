"""What an edition decided about each article: written when it is made, read by an editor afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import Plan
from digest.store.db.database import Database
from digest.store.db.schema.tables import article, decision, source


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One article of an edition's plan: taken, with its rank from 1, or left out; and why."""

    article_id: int
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
            article.c.id,
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
            article_id=row.id,
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


async def did_not_fit(db: Database, edition_id: int) -> dict[str, int]:
    """Return how many stories did not fit into an edition, by what becomes of them: carry, list or drop."""
    query = (
        select(decision.c.overflow, func.count())
        .where(decision.c.edition_id == edition_id, decision.c.overflow != "")
        .group_by(decision.c.overflow)
    )
    async with db.connect() as conn:
        return {row[0]: row[1] for row in await conn.execute(query)}


async def free(conn: AsyncConnection, edition_id: int, *, reached: bool) -> None:
    """Take back what an edition settled: what it carried only if it `reached` no reader."""
    of_it = decision.c.edition_id == edition_id
    mailed = or_(decision.c.included, decision.c.overflow == "list")
    await conn.execute(update(decision).where(of_it, ~mailed if reached else true()).values(settled=False))


async def settle(conn: AsyncConnection, edition_id: int) -> None:
    """Settle again what an edition carried that goes out after all."""
    mailed = or_(decision.c.included, decision.c.overflow == "list")
    await conn.execute(
        update(decision).where(decision.c.edition_id == edition_id, mailed).values(settled=True)
    )


async def write(conn: AsyncConnection, plan: Plan, edition_id: int, *, settle: bool) -> None:
    """Note what an edition decided about each article; without `settle`, all stay free."""
    rows = [{**row, "settled": row["settled"] and settle} for row in _rows(plan)]
    if rows:
        constant = {"edition_id": edition_id, "newsletter": plan.newsletter}
        await conn.execute(insert(decision), [row | constant for row in rows])


def _rows(plan: Plan) -> Iterator[dict[str, Any]]:
    for section in plan.sections:
        for chosen in section.articles:
            yield {
                "article_id": chosen.candidate.id,
                "included": True,
                "settled": True,
                "overflow": "",
                "section": section.title,
                "rank": chosen.rank,
                "why": chosen.reason,
            }
        for chosen in section.listed:
            yield {
                "article_id": chosen.candidate.id,
                "included": False,
                "settled": True,
                "overflow": "list",
                "section": section.title,
                "rank": None,
                "why": chosen.reason,
            }
    for left in plan.left_out:
        yield {
            "article_id": left.candidate.id,
            "included": False,
            "settled": left.settled,
            "overflow": left.overflow or "",
            "section": "",
            "rank": None,
            "why": left.why,
        }

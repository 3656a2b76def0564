"""The plan of an edition that was made, read back from what it decided."""

from __future__ import annotations

from itertools import groupby

from sqlalchemy import select

from digest.model import Candidate, Chosen, Edition, Plan, PlannedSection
from digest.settings import Newsletter
from digest.store.articles import TOLD, read
from digest.store.database import Database
from digest.store.schema import article, decision, edition, source


async def of_edition(db: Database, made: Edition, newsletter: Newsletter) -> Plan:
    """Return what an edition carries, in its order, with its articles as they are stored now."""
    names = {one.key: one.name for one in newsletter.sources}
    query = (
        select(
            *(
                decision.c.section,
                decision.c.rank,
                decision.c.why,
                source.c.key,
                source.c.title.label("paper"),
            ),
            *(article.c[name] for name in ("id", "url_key", "first_seen", "last_changed")),
            *TOLD,
        )
        .select_from(decision.join(article).join(source))
        .where(decision.c.edition_id == made.id, decision.c.included)
        .order_by(decision.c.rank)
    )
    async with db.connect() as conn:
        due = await conn.scalar(select(edition.c.due).where(edition.c.id == made.id))
        rows = (await conn.execute(query)).all()
    chosen = [
        (
            row.section,
            Chosen(
                candidate=Candidate(
                    id=row.id,
                    source=row.key,
                    source_title=names.get(row.key) or row.paper,
                    article=read(row[-len(TOLD) :]),
                    url_key=row.url_key,
                    first_seen=row.first_seen,
                    last_changed=row.last_changed,
                ),
                rank=row.rank,
                why=row.why,
            ),
        )
        for row in rows
    ]
    return Plan(
        newsletter=made.newsletter,
        slot=made.slot,
        due=due or made.opened_at,
        sections=tuple(
            PlannedSection(title=title, articles=tuple(one for _, one in group))
            for title, group in groupby(chosen, lambda pair: pair[0])
        ),
        problems=made.problems,
    )

"""The plan of an edition that was made, read back from what it decided."""

from __future__ import annotations

from sqlalchemy import func, or_, select

from digest.model import Candidate, Chosen, Edition, Plan, PlannedSection
from digest.settings import Newsletter
from digest.store.content.articles import ARTICLE_COLUMNS, read
from digest.store.db.database import Database
from digest.store.db.schema.tables import article, decision, source

_LAST_RANK = 1 << 30  # where what is only listed stands: after all that has a rank


async def of_edition(db: Database, made: Edition, newsletter: Newsletter) -> Plan:
    """Return what an edition carries, in its order, with its articles as they are stored now."""
    names = {one.key: one.name for one in newsletter.sources}
    query = (
        select(
            *(
                decision.c.section,
                decision.c.rank,
                decision.c.why,
                decision.c.included,
                source.c.key,
                source.c.title.label("paper"),
            ),
            *(article.c[name] for name in ("id", "url_key", "first_seen", "last_changed")),
            *ARTICLE_COLUMNS,
        )
        .select_from(decision.join(article).join(source))
        .where(decision.c.edition_id == made.id, or_(decision.c.included, decision.c.overflow == "list"))
        .order_by(func.coalesce(decision.c.rank, _LAST_RANK), article.c.published.desc(), article.c.id)
    )
    async with db.connect() as conn:
        rows = (await conn.execute(query)).all()
    sections: dict[str, tuple[list[Chosen], list[Chosen]]] = {}
    for place, row in enumerate(rows, 1):
        candidate = Candidate(
            id=row.id,
            source=row.key,
            source_title=names.get(row.key) or row.paper,
            article=read(row[-len(ARTICLE_COLUMNS) :]),
            url_key=row.url_key,
            first_seen=row.first_seen,
            last_changed=row.last_changed,
        )
        articles, listed = sections.setdefault(row.section, ([], []))
        (articles if row.included else listed).append(
            Chosen(candidate=candidate, rank=row.rank or place, why=row.why)
        )
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

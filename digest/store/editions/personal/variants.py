"""The variants of editions: written with the edition, read when it is sent and when people ask."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import Mail, State, Variant, Variants
from digest.store.db.database import Database
from digest.store.db.schema.tables import delivery, edition
from digest.store.db.schema.variants import edition_variant


async def write(conn: AsyncConnection, edition_id: int, variants: Variants) -> None:
    """Store the variants of an edition that opens."""
    rows = [
        {
            "edition_id": edition_id,
            "number": one.number,
            "sections": None if one.sections is None else list(one.sections),
            "since": one.since,
            "reason": one.reason,
            "subject": one.mail.subject if one.mail else "",
            "preheader": one.mail.preheader if one.mail else "",
            "html": one.mail.html if one.mail else "",
            "text": one.mail.text if one.mail else "",
            "stories": list(one.stories),
        }
        for one in variants.all
    ]
    if rows:
        await conn.execute(insert(edition_variant), rows)


async def of_edition(db: Database, edition_id: int) -> dict[int, Variant]:
    """Return the variants of an edition by their number."""
    query = select(edition_variant).where(edition_variant.c.edition_id == edition_id)
    async with db.connect() as conn:
        rows = await conn.execute(query.order_by(edition_variant.c.number))
        return {row.number: _read(row) for row in rows}


async def last_had_by(
    conn: AsyncConnection, newsletter: str, reader_id: int
) -> tuple[int, int | None] | None:
    """Return the id of the newest edition that a reader has had or may get yet, and the variant; None without one."""
    query = (
        select(delivery.c.edition_id, delivery.c.variant)
        .join_from(edition, delivery, delivery.c.edition_id == edition.c.id)
        .where(edition.c.newsletter == newsletter, delivery.c.reader_id == reader_id)
        .where(delivery.c.state != State.SKIPPED)
        .order_by(edition.c.due.desc(), edition.c.id.desc())
        .limit(1)
    )
    row = (await conn.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def of_reader(db: Database, edition_id: int, reader_id: int) -> Variant | None:
    """Return the variant that a reader got of an edition; None for the edition's own mail, or where there is no row."""
    query = select(delivery.c.variant).where(
        delivery.c.edition_id == edition_id, delivery.c.reader_id == reader_id
    )
    async with db.connect() as conn:
        number = await conn.scalar(query)
    return None if number is None else (await of_edition(db, edition_id)).get(number)


def _read(row: Row[Any]) -> Variant:
    mail = Mail(subject=row.subject, preheader=row.preheader, html=row.html, text=row.text)
    return Variant(
        number=row.number,
        sections=None if row.sections is None else tuple(row.sections),
        since=row.since,
        reason=row.reason,
        mail=None if row.reason else mail,
        stories=tuple(row.stories),
    )

"""Articles' pictures: their measured sizes, so that each is read once, and our own copies."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, select
from sqlalchemy.dialects.postgresql import insert  # SQLite spells ON CONFLICT the same way
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.db.database import Database
from digest.store.db.in_values import in_values
from digest.store.db.schema.looked_up import picture, picture_copy


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A picture of our own; its key is a hash of its bytes, so that what stands at its address never changes."""

    key: str
    media_type: str
    width: int
    height: int
    data: bytes

    @property
    def name(self) -> str:
        """The last part of its address."""
        return f"{self.key}.{'png' if self.media_type == 'image/png' else 'jpg'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a picture turned out to be: its size in pixels, or its fault; and the name and size of its copy."""

    width: int = 0
    height: int = 0
    fault: str = ""
    copy: Copy | None = None  # without its data where it is read from the store


async def known(db: Database, keys: Collection[str], since: datetime) -> dict[str, Known]:
    """Return what is remembered of these pictures, if they were read since then and their copies are there."""
    copy = picture_copy.c
    query = (
        select(picture, copy.media_type, copy.width.label("copy_width"), copy.height.label("copy_height"))
        .outerjoin(picture_copy, copy.key == picture.c.copy)
        .where(picture.c.read_at >= since, (picture.c.copy == "") | copy.key.is_not(None))
    )
    async with db.connect() as conn:
        rows = await conn.execute(query.where(in_values(conn, picture.c.key, keys)))
        return {row.key: _known(row) for row in rows}


def _known(row: Any) -> Known:
    copy = None
    if row.copy:
        copy = Copy(
            key=row.copy,
            media_type=row.media_type,
            width=row.copy_width,
            height=row.copy_height,
            data=b"",
        )
    return Known(width=row.width, height=row.height, fault=row.fault, copy=copy)


async def keep(db: Database, found: Mapping[str, Known], now: datetime) -> None:
    """Remember what pictures turned out to be, and keep their copies."""
    if not found:
        return
    copies = {each.copy.key: each.copy for each in found.values() if each.copy}
    async with db.begin() as conn:
        # In one order for all processes: two that make the same edition must not wait for each other.
        for key, copy in sorted(copies.items()):
            values = {"media_type": copy.media_type, "width": copy.width, "height": copy.height}
            await _put(conn, picture_copy, {"key": key, **values, "data": copy.data, "read_at": now})
        for key, each in sorted(found.items()):
            values = {"width": each.width, "height": each.height, "fault": each.fault}
            name = each.copy.key if each.copy else ""
            await _put(conn, picture, {"key": key, **values, "copy": name, "read_at": now})


async def _put(conn: AsyncConnection, table: Table, row: Mapping[str, Any]) -> None:
    statement = insert(table).values(**row)
    newest = {name: statement.excluded[name] for name in row if name != "key"}
    await conn.execute(statement.on_conflict_do_update(index_elements=["key"], set_=newest))


async def copy_of(db: Database, key: str) -> Copy | None:
    """Return a copy by its key, None if it is not stored."""
    async with db.connect() as conn:
        row = (await conn.execute(select(picture_copy).where(picture_copy.c.key == key))).one_or_none()
    if row is None:
        return None
    return Copy(key=row.key, media_type=row.media_type, width=row.width, height=row.height, data=row.data)


async def purge(db: Database, before: datetime) -> int:
    """Forget pictures and drop copies that were made before then; returns how many copies."""
    async with db.begin() as conn:
        await conn.execute(delete(picture).where(picture.c.read_at < before))
        old = delete(picture_copy).where(picture_copy.c.read_at < before).returning(picture_copy.c.key)
        return len((await conn.execute(old)).all())

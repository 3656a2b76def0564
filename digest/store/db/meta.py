"""Small facts that the database keeps about itself, and the secrets that were made for it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert  # SQLite spells ON CONFLICT the same way
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.db.database import Database
from digest.store.db.schema.tables import meta

_TOKEN_KEY = "token_key:"  # noqa: S105  # the beginning of the keys' names; a version follows
HASH_KEY = "hash_key"

#: The last version of a key of links: a token has one byte for it.
LAST_TOKEN_KEY = 255


async def get(conn: AsyncConnection, key: str) -> str | None:
    """Return a fact, or None."""
    return await conn.scalar(select(meta.c.value).where(meta.c.key == key))


async def put(conn: AsyncConnection, key: str, value: str) -> None:
    """Keep a fact in place of the former one."""
    statement = insert(meta).values(key=key, value=value)
    await conn.execute(
        statement.on_conflict_do_update(index_elements=["key"], set_={"value": statement.excluded.value})
    )


async def drop(conn: AsyncConnection, key: str) -> None:
    """Forget a fact."""
    await conn.execute(delete(meta).where(meta.c.key == key))


async def put_first(conn: AsyncConnection, key: str, value: str) -> None:
    """Store a fact unless one is stored already."""
    await conn.execute(insert(meta).values(key=key, value=value).on_conflict_do_nothing())


async def server_time(db: Database) -> datetime | None:
    """Return the time by the database server's clock; None on SQLite, which has no server."""
    if db.dialect == "sqlite":
        return None
    async with db.connect() as conn:
        return await conn.scalar(select(func.clock_timestamp()))


async def token_key(db: Database) -> Mapping[int, bytes]:
    """Return the keys that sign readers' links, by version; the first is made when it is first asked for."""
    if not (keys := await _token_keys(db)):
        async with db.begin() as conn:
            await put_first(conn, f"{_TOKEN_KEY}1", secrets.token_hex(32))
        keys = await _token_keys(db)
    return keys


async def add_token_key(conn: AsyncConnection, version: int) -> None:
    """Store a new key of links; when two processes add the same version, the first one's is kept."""
    await put_first(conn, f"{_TOKEN_KEY}{version}", secrets.token_hex(32))


async def hash_key(conn: AsyncConnection) -> bytes:
    """Return the secret for hashes of forgotten addresses; it stays the same for the database's life."""
    await put_first(conn, HASH_KEY, secrets.token_hex(32))
    return bytes.fromhex(str(await get(conn, HASH_KEY)))


async def _token_keys(db: Database) -> dict[int, bytes]:
    async with db.connect() as conn:
        rows = await conn.execute(select(meta).where(meta.c.key.startswith(_TOKEN_KEY, autoescape=True)))
        return {int(row.key.removeprefix(_TOKEN_KEY)): bytes.fromhex(row.value) for row in rows}

"""Facts and secrets of the database."""

from __future__ import annotations

import asyncio

from digest.store.db import meta
from digest.store.db.database import Database


async def test_facts_are_kept_and_replaced(db: Database) -> None:
    async with db.begin() as conn:
        assert await meta.get(conn, "bucket") is None
        await meta.put(conn, "bucket", "1")
        await meta.put(conn, "bucket", "2")
        await meta.put_first(conn, "bucket", "3")
        assert await meta.get(conn, "bucket") == "2"


async def test_the_first_key_is_made_once_whoever_asks(db: Database) -> None:
    keys = await asyncio.gather(*(meta.token_key(db) for _ in range(5)))
    assert all(one == keys[0] for one in keys)
    assert list(keys[0]) == [1]
    assert len(keys[0][1]) == 32


async def test_the_secret_of_the_forgotten_stays_the_same(db: Database) -> None:
    secrets = []
    for _ in range(2):
        async with db.begin() as conn:
            secrets.append(await meta.hash_key(conn))
    assert secrets[0] == secrets[1]
    assert len(secrets[0]) == 32

"""Facts and secrets of the database."""

from __future__ import annotations

import asyncio

from digest.readers.links import Links
from digest.store import meta
from digest.store.database import Database


async def test_facts_are_kept_and_replaced(db: Database) -> None:
    assert await meta.get(db, "bucket") is None
    await meta.put(db, "bucket", "1")
    await meta.put(db, "bucket", "2")
    assert await meta.get(db, "bucket") == "2"


async def test_the_first_key_is_made_once_whoever_asks(db: Database) -> None:
    keys = await asyncio.gather(*(meta.token_key(db) for _ in range(5)))
    assert all(one == keys[0] for one in keys)
    assert list(keys[0]) == [1]
    assert len(keys[0][1]) == 32


async def test_links_made_before_a_rotation_stay_good(db: Database) -> None:
    old = Links("https://news.example.org", await meta.token_key(db))
    assert await meta.rotate_token_key(db) == 2
    new = Links("https://news.example.org", await meta.token_key(db))
    assert new.token(5) != old.token(5)
    assert new.read(old.token(5)) == 5
    assert old.read(new.token(5)) is None


async def test_the_secret_of_the_forgotten_stays_the_same(db: Database) -> None:
    secrets = []
    for _ in range(2):
        async with db.begin() as conn:
            secrets.append(await meta.hash_key(conn))
    assert secrets[0] == secrets[1]
    assert len(secrets[0]) == 32

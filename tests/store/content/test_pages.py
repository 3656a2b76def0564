"""The memory of articles' own pages."""

from __future__ import annotations

from datetime import datetime, timedelta

from digest.store.content import pages
from digest.store.db.database import Database


async def test_pages_are_kept_replaced_and_forgotten(db: Database, now: datetime) -> None:
    await pages.keep(db, {}, now)
    await pages.keep(db, {"example.org/a": {"title": "A", "image": None}, "example.org/b": {}}, now)
    await pages.keep(db, {"example.org/b": {"title": "ß"}}, now + timedelta(hours=1))
    assert await pages.known(db, ["example.org/b", "example.org/a", "example.org/c"]) == {
        "example.org/a": {"title": "A", "image": None},
        "example.org/b": {"title": "ß"},
    }
    assert await pages.known(db, []) == {}
    assert await pages.purge(db, now + timedelta(minutes=1)) == 1
    assert set(await pages.known(db, ["example.org/a", "example.org/b"])) == {"example.org/b"}

"""The memory of pictures, and the copies of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from digest.store.content import pictures
from digest.store.content.pictures import Copy, Known
from digest.store.db.database import Database

COPY = Copy(key="c1", media_type="image/png", width=480, height=320, data=b"\x89PNG\r\n\x1a\n\0\xff")


async def test_what_was_read_is_known(db: Database, now: datetime) -> None:
    await pictures.keep(db, {}, now)
    found = {
        "a": Known(width=1200, height=800, copy=COPY),
        "b": Known(fault="it is gone"),
        "c": Known(width=3, height=4),
    }
    await pictures.keep(db, found, now)
    assert await pictures.known(db, ["a", "b", "c", "d"], now) == {
        **found,
        "a": replace(found["a"], copy=replace(COPY, data=b"")),
    }
    assert await pictures.known(db, [], now) == {}
    assert await pictures.known(db, ["a"], now + timedelta(seconds=1)) == {}, "it may have changed since"


async def test_a_copy_comes_back_to_the_byte(db: Database, now: datetime) -> None:
    await pictures.keep(db, {"a": Known(copy=COPY), "b": Known(copy=COPY)}, now)
    assert await pictures.copy_of(db, "c1") == COPY
    assert await pictures.copy_of(db, "c2") is None


async def test_what_is_read_again_is_kept_for_longer(db: Database, now: datetime) -> None:
    old, hour = replace(COPY, key="old"), timedelta(hours=1)
    await pictures.keep(db, {"a": Known(copy=COPY), "b": Known(copy=old)}, now)
    await pictures.keep(db, {"a": Known(width=5, height=6, copy=COPY)}, now + hour)
    assert (await pictures.known(db, ["a"], now))["a"].width == 5
    assert await pictures.purge(db, now + hour) == 1
    assert await pictures.copy_of(db, "c1") == COPY
    assert await pictures.copy_of(db, "old") is None
    assert set(await pictures.known(db, ["a", "b"], now)) == {"a"}


async def test_a_picture_whose_copy_is_missing_is_not_known(db: Database, now: datetime) -> None:
    await pictures.keep(db, {"a": Known(copy=COPY)}, now)
    await pictures.keep(db, {"b": Known(copy=COPY)}, now + timedelta(hours=1))
    await pictures.purge(db, now + timedelta(minutes=1))
    assert set(await pictures.known(db, ["a", "b"], now)) == {"b"}

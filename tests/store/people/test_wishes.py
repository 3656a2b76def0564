"""What a reader has chosen reads back as it was written, and belongs to the one subscription or the whole reader."""

from __future__ import annotations

from datetime import timedelta

from digest.model import Frequency, Wishes
from digest.store.db.database import Database
from digest.store.people import wishes
from tests.helpers.ledger import NOW, add_readers

CHOSEN = Wishes(
    sections=("World", "Sport"),
    frequency=Frequency.WEEKLY,
    hour=6,
    paused_until=NOW + timedelta(days=3),
    name="Ada",
    language="de",
    timezone="Asia/Tokyo",
    text_only=True,
)


async def test_choices_are_one_subscriptions_and_the_readers_own(db: Database) -> None:
    await add_readers(db, 2)
    await add_readers(db, 1, newsletter="weekly")  # the first reader's second subscription
    async with db.begin() as conn:
        assert await wishes.read(conn, 1) == Wishes()
        await wishes.write(conn, 1, CHOSEN)
    async with db.connect() as conn:
        assert await wishes.read(conn, 1) == CHOSEN
        assert await wishes.read(conn, 2) == Wishes()
        other = Wishes(name="Ada", language="de", timezone="Asia/Tokyo", text_only=True)
        assert await wishes.read(conn, 3) == other
        assert await wishes.read(conn, 99) is None

"""Learn of keys for links that other processes have made."""

from __future__ import annotations

from digest.readers.links import Links
from digest.store.db import meta
from digest.store.db.database import Database

#: Seconds between two looks of a service; until it looks it signs with the key before, whose links are as good.
LOOK_SECONDS = 60.0


async def notice(links: Links, db: Database) -> None:
    """Learn the keys that the database has now; the newest one signs."""
    links.learn(await meta.token_key(db))

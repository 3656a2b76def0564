"""Hold leases while at work, and wait for the holders of leases that are taken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from digest.delivery.liveness import ended, new_owner
from digest.errors import StoreError
from digest.store.content import leases
from digest.store.db.database import Database

HEARTBEAT_SECONDS = 5.0  # seconds between two signs of life
#: Seconds of watching without a sign of life after which a holder counts as gone.
GONE_AFTER_SECONDS = 20.0
POLL_SECONDS = 0.5  # seconds between two looks at what others hold


@dataclass(slots=True)
class Held:
    """What one piece of work holds, under a name of its own."""

    db: Database
    owner: str = field(default_factory=new_owner)
    names: set[str] = field(default_factory=set)

    async def take(self, names: Iterable[str]) -> set[str]:
        """Take those of these that are free, and return them."""
        taken = await leases.take(self.db, names, self.owner)
        self.names |= taken
        return taken

    async def wait(self, names: Iterable[str]) -> AsyncIterator[str]:
        """Wait until no other process holds any of these; yields those taken over from a holder that is gone."""
        waiting = set(names)
        seen: dict[str, tuple[leases.Holder, float]] = {}
        while waiting:
            held = await leases.holders(self.db, waiting)
            waiting &= held.keys()
            at = asyncio.get_running_loop().time()
            for name, holder in held.items():
                if name not in seen or seen[name][0] != holder:
                    seen[name] = (holder, at)
                is_gone = at - seen[name][1] >= GONE_AFTER_SECONDS or ended(holder.owner)
                if is_gone and await leases.take_over(self.db, name, holder, self.owner):
                    self.names.add(name)
                    waiting.discard(name)
                    yield name
            if waiting:
                await asyncio.sleep(POLL_SECONDS)


@asynccontextmanager
async def holding(db: Database) -> AsyncIterator[Held]:
    """Give something to hold leases with; what it still holds at the end is given back."""
    held = Held(db)
    beating = asyncio.create_task(_beat(held))
    try:
        yield held
    finally:
        beating.cancel()
        if held.names:
            with suppress(StoreError):  # then it ends by itself
                async with db.begin() as conn:
                    await leases.release(conn, held.names, held.owner)


@asynccontextmanager
async def alone(db: Database, name: str) -> AsyncIterator[None]:
    """Wait until no other process does this, then hold its lease."""
    async with holding(db) as held:
        while not await held.take([name]):
            if [taken async for taken in held.wait([name])]:
                break
        yield


async def _beat(held: Held) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        if held.names:
            with suppress(StoreError):
                await leases.beat(held.db, held.owner)

"""Requests to sign up: noted without a look at who is known, so that no answer can tell; acted on afterwards.

Then the address gets the mail that fits: please confirm, or "you are subscribed already". A suppressed one gets none.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import Enum, auto

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert  # SQLite spells ON CONFLICT the same way
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.model import SubscriptionStatus
from digest.store.db import meta
from digest.store.db.database import Database
from digest.store.db.schema.people import sign_up_request
from digest.store.jobs.kinds import SYSTEM_MAILS, single
from digest.store.jobs.queue import put
from digest.store.people import limits, sign_ups, suppressions, system_mails
from digest.store.people.limits import Limit
from digest.store.people.sign_ups import SignUp

#: How often one address gets a mail because it was typed into the form of one newsletter, whoever typed it.
PER_NEWSLETTER = (
    Limit(2, timedelta(minutes=15)),
    Limit(3, timedelta(hours=24)),
    Limit(5, timedelta(days=30)),
)

#: The same for all newsletters together.
PER_ADDRESS = (Limit(10, timedelta(hours=24)), Limit(20, timedelta(days=30)))

#: A network that keeps on clicking is put off after so many times what it may do without a second click.
PATIENCE_WITH_NETWORKS = 5

_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)


class Reply(Enum):
    """What becomes of a request."""

    NOTED = auto()
    CLICK = auto()  # it must be asked for once more
    WORK = auto()  # that, and the browser must do some work: there is a flood of requests
    LATER = auto()  # this network has asked too often


class Look(Enum):
    """How a request has been looked at already."""

    FIRST = auto()
    SECOND = auto()  # it comes with a ticket
    SOLVED = auto()  # with one that was worked for


async def ask(
    db: Database, wanted: SignUp, *, network: str, per_network: int, per_minute: int, look: Look
) -> Reply:
    """Note a request unless too many come; the same once more changes nothing. Nobody is looked up."""
    async with db.begin() as conn:
        now = wanted.asked_at
        times = PATIENCE_WITH_NETWORKS if look is not Look.FIRST else 1
        allowed = Limit(per_network * times, _HOUR)
        if not await limits.within(conn, f"network:{network}", [allowed], now):
            return Reply.CLICK if look is Look.FIRST else Reply.LATER
        if look is not Look.SOLVED and not await limits.within(
            conn, "sign-ups", [Limit(per_minute, _MINUTE)], now
        ):
            return Reply.WORK
        values = {
            "newsletter": wanted.newsletter,
            "key": wanted.key,
            "address": wanted.address,
            "proof": dict(wanted.proof),
            "asked_at": now,
        }
        await conn.execute(insert(sign_up_request).values(values).on_conflict_do_nothing())
        await put(conn, [single(SYSTEM_MAILS)])
    return Reply.NOTED


class Invited(Enum):
    """What becomes of an invitation."""

    MAILED = auto()
    KNOWN = auto()  # is subscribed
    LEFT = auto()
    SUPPRESSED = auto()
    FORGOTTEN = auto()


async def invite(db: Database, wanted: SignUp) -> Invited:
    """Open a sign-up for somebody who did not ask, and queue the mail that invites; who had left is left alone."""
    async with db.begin() as conn:
        forgotten = (await suppressions.barred(conn, [wanted.key])).get(wanted.key)
        if forgotten is not None:
            return Invited.FORGOTTEN if forgotten else Invited.SUPPRESSED
        found = await sign_ups.find(conn, wanted.newsletter, wanted.key)
        if found and found[1] is not SubscriptionStatus.PENDING:
            return Invited.KNOWN if found[1] is SubscriptionStatus.CONFIRMED else Invited.LEFT
        if number := await sign_ups.open_(conn, wanted, wanted.asked_at):
            await _mail(conn, number, "invitation", wanted, wanted.asked_at)
    return Invited.MAILED


async def secret(db: Database) -> bytes:
    """Return the secret that signs tickets."""
    async with db.begin() as conn:
        return await meta.hash_key(conn)


async def is_any(db: Database) -> bool:
    """Tell whether a request waits to be acted on."""
    async with db.connect() as conn:
        return await conn.scalar(select(sign_up_request.c.key).limit(1)) is not None


async def act_on_all(db: Database, newsletters: Collection[str], now: datetime) -> None:
    """Act on every request that waits, each in a transaction of its own; only one caller at a time may do this."""
    while True:
        async with db.begin() as conn:
            if (wanted := await _take(conn)) is None:
                return
            if wanted.newsletter in newsletters and not await _is_suppressed(conn, wanted.key):
                await _act(conn, wanted, now)


async def _take(conn: AsyncConnection) -> SignUp | None:
    query = select(sign_up_request).order_by(sign_up_request.c.asked_at).limit(1)
    row = (await conn.execute(query)).mappings().one_or_none()
    if row is None:
        return None
    wanted = SignUp(**row)
    mine = (sign_up_request.c.newsletter == wanted.newsletter, sign_up_request.c.key == wanted.key)
    await conn.execute(delete(sign_up_request).where(*mine))
    return wanted


async def _is_suppressed(conn: AsyncConnection, key: str) -> bool:
    """Tell whether nothing is ever sent to an address; who was forgotten may ask again."""
    return (await suppressions.barred(conn, [key])).get(key) is False


async def _act(conn: AsyncConnection, wanted: SignUp, now: datetime) -> None:
    found = await sign_ups.find(conn, wanted.newsletter, wanted.key)
    if found and found[1] is SubscriptionStatus.CONFIRMED:
        await _mail(conn, found[0], "already", wanted, now)
    elif number := await sign_ups.open_(conn, wanted, now):
        await _mail(conn, number, "confirm", wanted, now)


async def _mail(conn: AsyncConnection, number: int, occasion: str, wanted: SignUp, now: datetime) -> None:
    if await system_mails.waits(conn, number, occasion):
        return
    address = f"address:{wanted.key}"
    one = await limits.within(conn, f"{address}:{wanted.newsletter}", PER_NEWSLETTER, now)
    if one and await limits.within(conn, address, PER_ADDRESS, now):
        await system_mails.queue(conn, occasion, now, newsletter=wanted.newsletter, subscription_id=number)

"""The queue of mails to single readers: asked for in the transaction that makes them due, sent one by one, kept a while.

A row is `sending` before its mail is handed over. One that is found so at the next look was interrupted: it may have
arrived, and is sent once more under the same Message-ID, for a confirmation that never comes costs a reader.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import case, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.db.database import Database
from digest.store.db.schema.people import system_mail
from digest.store.db.schema.tables import reader, subscription, suppression
from digest.store.jobs.kinds import SYSTEM_MAILS, single
from digest.store.jobs.queue import put


class MailState(StrEnum):
    """What has become of a system mail."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"  # nothing more is tried


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemMail:
    """A mail that is due: to whom, about which subscription, and which attempt this is."""

    id: int
    occasion: str
    newsletter: str
    subscription_id: int | None
    reader_id: int
    address: str
    details: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime
    attempts: int


async def queue(
    conn: AsyncConnection,
    occasion: str,
    now: datetime,
    *,
    newsletter: str = "",
    subscription_id: int | None = None,
    address: str = "",
    details: Mapping[str, Any] | None = None,
) -> int:
    """Queue a mail to the reader of a subscription, or to an address, in the caller's transaction; return its id."""
    statement = insert(system_mail).values(
        occasion=occasion,
        newsletter=newsletter,
        subscription_id=subscription_id,
        address=address,
        details=dict(details or {}),
        state=MailState.QUEUED,
        created_at=now,
        due=now,
    )
    mail_id = int((await conn.execute(statement.returning(system_mail.c.id))).scalar_one())
    await put(conn, [single(SYSTEM_MAILS)])
    return mail_id


async def count(
    conn: AsyncConnection, subscription_id: int, occasions: tuple[str, ...], since: datetime
) -> int:
    """Return how many mails of these occasions a subscription has caused since a moment."""
    query = select(func.count()).where(
        system_mail.c.subscription_id == subscription_id,
        system_mail.c.occasion.in_(occasions),
        system_mail.c.created_at > since,
    )
    return int(await conn.scalar(query) or 0)


async def waits(conn: AsyncConnection, subscription_id: int, occasion: str) -> bool:
    """Tell whether a mail of an occasion waits to be sent: one more would say the same."""
    query = select(system_mail.c.id).where(
        system_mail.c.subscription_id == subscription_id, system_mail.c.occasion == occasion, _OPEN
    )
    return await conn.scalar(query.limit(1)) is not None


async def take_next(db: Database, now: datetime) -> SystemMail | None:
    """Return the next mail that is due, marked `sending`; None where there is none.

    Only one caller at a time may do this (see `digest.pipeline.system_mails`). A reader who was suppressed or forgotten
    meanwhile gets nothing.
    """
    while True:
        async with db.begin() as conn:
            row = (await conn.execute(_NEXT.where(system_mail.c.due <= now))).one_or_none()
            if row is None:
                return None
            values: dict[str, Any] = {"state": MailState.SENDING, "attempts": row.attempts + 1, "at": now}
            if not row.to or row.suppressed:
                values = {"state": MailState.FAILED, "at": now, "reply": _WHY_NOT[bool(row.to)]}
            await conn.execute(update(system_mail).where(system_mail.c.id == row.id).values(values))
        if values["state"] is MailState.SENDING:
            return SystemMail(
                id=row.id,
                occasion=row.occasion,
                newsletter=row.newsletter,
                subscription_id=row.subscription_id,
                reader_id=row.reader_id or 0,
                address=row.to,
                details=row.details,
                created_at=row.created_at,
                attempts=row.attempts + 1,
            )


async def finish(db: Database, id_: int, state: MailState, now: datetime, reply: str = "") -> None:
    """Record what became of a mail for good."""
    await _set(db, id_, state=state, at=now, reply=reply)


async def try_again(db: Database, id_: int, due: datetime, reply: str) -> None:
    """Put a mail back until `due`."""
    await _set(db, id_, state=MailState.QUEUED, due=due, reply=reply)


async def postpone(db: Database, now: datetime, due: datetime, reply: str) -> None:
    """Put back all mails that are due: no sender takes any. The attempt that found that out does not count."""
    attempts = case(
        (system_mail.c.state == MailState.SENDING, system_mail.c.attempts - 1), else_=system_mail.c.attempts
    )
    values = {"state": MailState.QUEUED, "attempts": attempts, "due": due, "reply": reply}
    async with db.begin() as conn:
        await conn.execute(update(system_mail).where(_OPEN, system_mail.c.due <= now).values(values))


async def erase(conn: AsyncConnection, reader_id: int) -> None:
    """Delete a reader's mails, in the transaction that forgets the reader."""
    theirs = select(subscription.c.id).where(subscription.c.reader_id == reader_id)
    await conn.execute(delete(system_mail).where(system_mail.c.subscription_id.in_(theirs)))


async def purge(db: Database, before: datetime) -> None:
    """Delete what was asked for before a moment, sent or not."""
    async with db.begin() as conn:
        await conn.execute(delete(system_mail).where(system_mail.c.created_at < before))


async def is_any_due(db: Database, now: datetime) -> bool:
    """Tell whether a mail waits to be sent now."""
    async with db.connect() as conn:
        query = select(system_mail.c.id).where(_OPEN, system_mail.c.due <= now).limit(1)
        return await conn.scalar(query) is not None


async def _set(db: Database, id_: int, **values: Any) -> None:
    async with db.begin() as conn:
        await conn.execute(update(system_mail).where(system_mail.c.id == id_).values(values))


_OPEN = system_mail.c.state.in_([MailState.QUEUED, MailState.SENDING])
_WHY_NOT = {True: "the address is suppressed", False: "the reader was forgotten"}
_TO = func.coalesce(func.nullif(system_mail.c.address, ""), reader.c.address, "").label("to")
_NEXT = (
    select(system_mail, _TO, reader.c.id.label("reader_id"), suppression.c.key.label("suppressed"))
    .select_from(
        system_mail.outerjoin(subscription, subscription.c.id == system_mail.c.subscription_id)
        .outerjoin(reader, reader.c.id == subscription.c.reader_id)
        .outerjoin(suppression, suppression.c.key == reader.c.key)
    )
    .where(_OPEN)
    .order_by(system_mail.c.due, system_mail.c.id)
    .limit(1)
)

"""Whether a delivery's reader may be mailed at this moment, as a condition for the statements that decide it."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Text, and_, bindparam, exists, literal_column, or_

from digest.model import EditionStatus, SubscriptionStatus
from digest.store.db import bulk
from digest.store.db.schema.tables import delivery, edition, reader, subscription, suppression

_SENDING: ColumnElement[str] = literal_column(f"'{EditionStatus.SENDING.value}'")
_CONFIRMED: ColumnElement[str] = literal_column(f"'{SubscriptionStatus.CONFIRMED.value}'")
_BARRED = exists().where(suppression.c.key == reader.c.key).correlate(reader)


def mailable(dialect: str) -> ColumnElement[bool]:
    """Return the condition that a delivery's reader may be mailed `now`, a parameter as `bulk.moment` makes it.

    The edition is being sent, and its reader is confirmed, not forgotten, not suppressed and makes no pause. Where that
    is not so, `claims.claim` says why.
    """
    now = bulk.as_moment(dialect, bindparam("now", type_=Text))
    return and_(
        exists()
        .where(edition.c.id == delivery.c.edition_id, edition.c.status == _SENDING)
        .correlate(delivery),
        exists()
        .where(
            reader.c.id == delivery.c.reader_id,
            reader.c.address != literal_column("''"),
            subscription.c.id == delivery.c.subscription_id,
            subscription.c.status == _CONFIRMED,
            or_(subscription.c.paused_until.is_(None), subscription.c.paused_until <= now),
            ~_BARRED,
        )
        .correlate(delivery),
    )

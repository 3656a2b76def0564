"""Whether a delivery's reader may be mailed at this moment, as a condition for the statements that decide it."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, exists, literal_column

from digest.model import EditionStatus, SubscriptionStatus
from digest.store.db.schema.tables import delivery, edition, reader, subscription, suppression

_SENDING: ColumnElement[str] = literal_column(f"'{EditionStatus.SENDING.value}'")
_CONFIRMED: ColumnElement[str] = literal_column(f"'{SubscriptionStatus.CONFIRMED.value}'")
_BARRED = exists().where(suppression.c.key == reader.c.key).correlate(reader)

#: True where the edition is being sent, and its reader is confirmed, not forgotten and not suppressed. Where it is
#: false, `claims.claim` says why.
MAILABLE: ColumnElement[bool] = and_(
    exists().where(edition.c.id == delivery.c.edition_id, edition.c.status == _SENDING).correlate(delivery),
    exists()
    .where(
        reader.c.id == delivery.c.reader_id,
        reader.c.address != literal_column("''"),
        subscription.c.id == delivery.c.subscription_id,
        subscription.c.status == _CONFIRMED,
        ~_BARRED,
    )
    .correlate(delivery),
)

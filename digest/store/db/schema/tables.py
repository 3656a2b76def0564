"""The tables: one schema for SQLite and PostgreSQL; the migrations must lead to exactly this."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    and_,
    literal_column,
    or_,
    text,
)

from digest.model import State
from digest.store.db.schema.columns import (
    Id,
    Json,
    count_column,
    flag_column,
    moment_column,
    text_column,
)
from digest.store.db.schema.metadata import metadata as metadata

meta = Table("meta", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

source = Table(
    "source",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", Text, nullable=False, unique=True),  # its identity in the configuration
    text_column("kind"),
    text_column("location"),
    text_column("title"),
    text_column("url"),
    text_column("language"),
    text_column("licence"),
    text_column("etag"),
    text_column("last_modified"),
    moment_column("validated_at"),
    moment_column("first_contact_at"),
    moment_column("last_visit_at"),
    moment_column("last_success_at"),
    text_column("last_error"),
    text_column("losses"),  # what of its last answer could not be taken
    count_column("failures"),  # in a row
    moment_column("not_before"),  # the next visit
    text_column("moved_to"),
    moment_column("moved_since"),
    count_column("moved_seen"),
    text_column("disabled"),  # why it is not visited any more
)

article = Table(
    "article",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source_id", Id, ForeignKey("source.id"), nullable=False),
    Column("guid", Text, nullable=False),
    text_column("url"),
    text_column("url_key", index=True),
    text_column("title"),
    text_column("dek"),
    text_column("byline"),
    moment_column("published"),
    moment_column("updated"),
    text_column("section"),
    Column("tags", Json, nullable=False),
    Column("image", Json),
    text_column("body"),
    text_column("language"),
    text_column("licence"),
    flag_column("day_only"),  # `published` names a day
    flag_column("scheduled"),  # `published` is an order: not before then
    moment_column("expires"),
    flag_column("shares_page"),  # its source lists other stories at the same address
    text_column("fingerprint"),  # of what readers would see; it changes when the story does
    moment_column("first_seen", nullable=False),
    moment_column("last_seen", nullable=False),
    moment_column("last_changed", nullable=False),
    flag_column("first_contact"),
    text_column("held"),  # why no edition may take it yet
    moment_column("gone_at"),
    UniqueConstraint("source_id", "guid"),
    Index(None, "first_seen"),
)

edition = Table(
    "edition",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("newsletter", Text, nullable=False),
    Column("slot", Text, nullable=False),  # local wall time: "2026-10-25T02:30"
    Column("status", Text, nullable=False),  # model.EditionStatus
    text_column("reason"),
    moment_column("due", nullable=False),
    moment_column("opened_at", nullable=False),
    moment_column("deadline"),
    moment_column("closed_at"),
    text_column("subject"),
    text_column("preheader"),
    text_column("html"),
    text_column("text"),
    text_column("web"),  # the whole edition as a page, where the mail had to leave stories out
    Column("problems", Json, nullable=False),
    text_column("remade_as"),  # the name of the edition that took its slot, "" for the one that has it
    UniqueConstraint("newsletter", "slot", "remade_as"),
)

decision = Table(
    "decision",
    metadata,
    Column("edition_id", Id, ForeignKey("edition.id", ondelete="CASCADE"), primary_key=True),
    Column("article_id", Id, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True),
    Column("newsletter", Text, nullable=False),
    flag_column("included"),
    flag_column("settled"),  # not to be considered again
    text_column("overflow"),  # what becomes of what did not fit: carry | list | drop
    text_column("section"),
    Column("rank", Integer, nullable=True),
    text_column("why"),
    Index(None, "newsletter", "article_id"),
    Index(None, "article_id"),
)

reader = Table(
    "reader",
    metadata,
    Column("id", Id, primary_key=True),
    Column("address", Text, nullable=False),  # as given, normalised; "" once forgotten
    Column("key", Text, nullable=False, unique=True),  # case-folded, ASCII domain: for comparing only
    text_column("name"),
    moment_column("created_at", nullable=False),
    text_column("language"),  # of pages and of mails to this reader alone; "": the newsletter's
    text_column("timezone"),  # in which `subscription.hour` is meant; "": the newsletter's
    flag_column("text_only"),
)

subscription = Table(
    "subscription",
    metadata,
    Column("id", Id, primary_key=True),
    Column("reader_id", Id, ForeignKey("reader.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("newsletter", Text, nullable=False),
    Column("status", Text, nullable=False),  # pending | confirmed | unsubscribed
    moment_column("since", nullable=False),
    Column("consent", Json, nullable=False),
    Column("sections", Json),  # titles; null: all of them
    text_column("frequency"),  # model.Frequency
    Column("hour", Integer),  # of the day at which editions come; null: when they are made
    moment_column("paused_until"),
    text_column("left_as"),  # the status that leaving ended, which undoing it brings back
    flag_column("left_told"),  # whether this reader has said why
    Column("asked", Json),  # the proof of a sign-up that waits for its confirmation; whoever left may ask too
    moment_column("asked_at"),
    UniqueConstraint("newsletter", "reader_id"),
)
ASKED = subscription.c.asked_at.is_not(None)
Index("ix_subscription_asked", subscription.c.asked_at, sqlite_where=ASKED, postgresql_where=ASKED)

#: A subscription with a choice that its editions depend on; use it in queries exactly as it stands, for the index's sake.
CHOOSES = or_(
    subscription.c.sections.is_not(None),
    subscription.c.frequency != literal_column("''"),
    subscription.c.hour.is_not(None),
    subscription.c.paused_until.is_not(None),
)
CHOOSES_NOTHING = and_(
    subscription.c.sections.is_(None),
    subscription.c.frequency == literal_column("''"),
    subscription.c.hour.is_(None),
    subscription.c.paused_until.is_(None),
)

# Most have chosen nothing, and an edition that opens looks for the others.
Index(
    "ix_subscription_chooses",
    subscription.c.newsletter,
    subscription.c.reader_id,
    sqlite_where=CHOOSES,
    postgresql_where=CHOOSES,
)

suppression = Table(
    "suppression",
    metadata,
    Column("key", Text, primary_key=True),  # reader.key, or its keyed hash once the reader is forgotten
    text_column("reason"),
    moment_column("since", nullable=False),
    Column("delivery_id", Id),  # the delivery whose answer it comes from; null where a person wanted it
)

# The ledger. Rows are as lean as can be when an edition opens: a million of them are made in one statement.
# No foreign keys: looking up three parents for each of them takes longer than writing the rows, and nothing that a row
# names is ever deleted (a forgotten reader is emptied, and an edition with deliveries stays).
delivery = Table(
    "delivery",
    metadata,
    Column("id", Id, primary_key=True),
    Column("edition_id", Id, nullable=False),
    Column("reader_id", Id, nullable=False),
    Column("subscription_id", Id, nullable=False),
    Column("state", Text, nullable=False),  # model.State
    Column("reason", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    moment_column("not_before"),
    Column("owner", Text),
    moment_column("lease_until"),
    Column("fence", Integer, nullable=False, server_default=text("0")),
    Column("code", Integer),
    Column("reply", Text),
    Column("remote_id", Text),
    moment_column("at"),  # of the last change that a person would ask for
    Column("variant", Integer),  # edition_variant.number; null: the edition's own mail
    moment_column("doubted_at"),  # since when an attempt that gave no answer may have reached the reader
    UniqueConstraint("edition_id", "reader_id"),
)


def in_states(*states: State) -> ColumnElement[bool]:
    """Return the condition of being in one of these states, without parameters: partial indexes need that."""
    return delivery.c.state.in_([literal_column(f"'{state.value}'") for state in states])


CLAIMABLE = in_states(State.QUEUED, State.DEFERRED)  # use in queries exactly as it stands
IN_FLIGHT = in_states(State.CLAIMED, State.SENDING)

# Claims and recoveries look at open rows only: their cost must not grow with what has been sent already.
Index(
    "ix_delivery_claimable",
    delivery.c.edition_id,
    delivery.c.not_before,
    delivery.c.id,
    sqlite_where=CLAIMABLE,
    postgresql_where=CLAIMABLE,
)
Index("ix_delivery_in_flight", delivery.c.lease_until, sqlite_where=IN_FLIGHT, postgresql_where=IN_FLIGHT)

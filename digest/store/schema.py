"""The tables: one schema for SQLite and PostgreSQL; the migrations must lead to exactly this."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect

from digest.model import State


class UTCDateTime(TypeDecorator[datetime]):
    """A moment, kept in UTC; naive datetimes are refused, aware ones come back. In SQLite it is a text that sorts."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; only aware datetimes are stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value else None

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        # Editions consider tens of thousands of articles with five moments each: one call instead of four pays.
        return _from_sqlite if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _from_sqlite(text: str | None) -> datetime | None:
    return datetime.fromisoformat(f"{text}+00:00") if text else None


Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only in an INTEGER
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _text(name: str, **options: Any) -> Column[str]:
    """Return a text column that is never null: "" says that there is none."""
    return Column(name, Text, nullable=False, server_default="", **options)


def _moment(name: str, *, nullable: bool = True) -> Column[datetime]:
    return Column(name, UTCDateTime, nullable=nullable)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=false())


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=text("0"))


meta = Table("meta", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

source = Table(
    "source",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", Text, nullable=False, unique=True),  # its identity in the configuration
    _text("kind"),
    _text("location"),
    _text("title"),
    _text("url"),
    _text("language"),
    _text("licence"),
    _text("etag"),
    _text("last_modified"),
    _moment("validated_at"),
    _moment("first_contact_at"),
    _moment("last_visit_at"),
    _moment("last_success_at"),
    _text("last_error"),
    _count("failures"),  # in a row
    _moment("not_before"),  # the next visit
    _text("moved_to"),
    _moment("moved_since"),
    _count("moved_seen"),
    _text("disabled"),  # why it is not visited any more
)

article = Table(
    "article",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source_id", Id, ForeignKey("source.id"), nullable=False),
    Column("guid", Text, nullable=False),
    _text("url"),
    _text("url_key", index=True),
    _text("title"),
    _text("dek"),
    _text("byline"),
    _moment("published"),
    _moment("updated"),
    _text("section"),
    Column("tags", Json, nullable=False),
    Column("image", Json),
    _text("body"),
    _text("language"),
    _text("licence"),
    _text("fingerprint"),  # of what readers would see; it changes when the story does
    _moment("first_seen", nullable=False),
    _moment("last_seen", nullable=False),
    _moment("last_changed", nullable=False),
    _flag("first_contact"),
    _text("held"),  # why no edition may take it yet
    _moment("gone_at"),
    UniqueConstraint("source_id", "guid"),
    Index(None, "first_seen"),
)

page = Table(
    "page",
    metadata,
    Column("url_key", Text, primary_key=True),
    Column("data", Json, nullable=False),  # what the page says of its article
    _moment("read_at", nullable=False),
)

picture = Table(
    "picture",
    metadata,
    Column("key", Text, primary_key=True),  # hash of its address, and of the size of copy that was asked for
    _count("width"),  # pixels
    _count("height"),
    _text("fault"),  # why it cannot be mailed
    _text("copy"),  # key of our copy of it
    _moment("read_at", nullable=False),
)

picture_copy = Table(
    "picture_copy",
    metadata,
    Column("key", Text, primary_key=True),  # hash of its bytes
    Column("media_type", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    _moment("read_at", nullable=False),
)

edition = Table(
    "edition",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("newsletter", Text, nullable=False),
    Column("slot", Text, nullable=False),  # local wall time: "2026-10-25T02:30"
    Column("status", Text, nullable=False),  # model.EditionStatus
    _text("reason"),
    _moment("due", nullable=False),
    _moment("opened_at", nullable=False),
    _moment("deadline"),
    _moment("closed_at"),
    _text("subject"),
    _text("preheader"),
    _text("html"),
    _text("text"),
    _text("web"),  # the whole edition as a page, where the mail had to leave stories out
    Column("problems", Json, nullable=False),
    UniqueConstraint("newsletter", "slot"),
)

decision = Table(
    "decision",
    metadata,
    Column("edition_id", Id, ForeignKey("edition.id", ondelete="CASCADE"), primary_key=True),
    Column("article_id", Id, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True),
    Column("newsletter", Text, nullable=False),
    _flag("included"),
    _flag("settled"),  # not to be considered again
    _text("section"),
    Column("rank", Integer, nullable=True),
    _text("why"),
    Index(None, "newsletter", "article_id"),
    Index(None, "article_id"),
)

reader = Table(
    "reader",
    metadata,
    Column("id", Id, primary_key=True),
    Column("address", Text, nullable=False),  # as given, normalised; "" once forgotten
    Column("key", Text, nullable=False, unique=True),  # case-folded, ASCII domain: for comparing only
    _text("name"),
    _moment("created_at", nullable=False),
)

subscription = Table(
    "subscription",
    metadata,
    Column("id", Id, primary_key=True),
    Column("reader_id", Id, ForeignKey("reader.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("newsletter", Text, nullable=False),
    Column("status", Text, nullable=False),  # pending | confirmed | unsubscribed
    _moment("since", nullable=False),
    Column("consent", Json, nullable=False),
    UniqueConstraint("newsletter", "reader_id"),
)

suppression = Table(
    "suppression",
    metadata,
    Column("key", Text, primary_key=True),  # reader.key, or its keyed hash once the reader is forgotten
    _text("reason"),
    _moment("since", nullable=False),
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
    _moment("not_before"),
    Column("owner", Text),
    _moment("lease_until"),
    Column("fence", Integer, nullable=False, server_default=text("0")),
    Column("code", Integer),
    Column("reply", Text),
    Column("remote_id", Text),
    _moment("at"),  # of the last change that a person would ask for
    _moment("doubted_at"),  # since when an attempt that gave no answer may have reached the reader
    UniqueConstraint("edition_id", "reader_id"),
)

# What senders have used up of their long rates ("50000/day"), in slots of a sixtieth of each rate's span.
quota = Table(
    "quota",
    metadata,
    Column("sender", Text, primary_key=True),
    Column("rate", Text, primary_key=True),
    Column("slot", BigInteger, primary_key=True, autoincrement=False),
    Column("used", Integer, nullable=False),
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

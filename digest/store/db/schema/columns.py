"""What columns are made of: types that are the same in both databases, and the kinds of column that tables share."""

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
    Integer,
    Text,
    TypeDecorator,
    UnaryExpression,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.operators import custom_op


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


def text_column(name: str, **options: Any) -> Column[str]:
    """Return a text column that is never null; "" means no text."""
    return Column(name, Text, nullable=False, server_default="", **options)


def moment_column(name: str, *, nullable: bool = True) -> Column[datetime]:
    return Column(name, UTCDateTime, nullable=nullable)


def flag_column(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=false())


def count_column(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=text("0"))


def unindexed(column: Column[Any]) -> ColumnElement[Any]:
    """Return a column's value for a condition or an order for which SQLite must not choose an index.

    It knows no statistics of a table that fills up within seconds: given the choice it goes through all deliveries of an
    edition, in an index, to find the few in flight, which have one of their own.
    """
    return UnaryExpression(column, operator=custom_op("+"), type_=column.type)

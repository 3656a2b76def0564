"""Move many rows as one value.

SQLite's driver lets go of the interpreter's lock at every row it reads or writes and then has to wait for it again, which
beside a busy event loop costs milliseconds a row. As one JSON array, a thousand rows are a single step; PostgreSQL likes
it as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Select,
    Subquery,
    Text,
    any_,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine


def table(dialect: str, parameter: str, columns: Mapping[str, TypeEngine[Any]]) -> Subquery:
    """Return what a statement sees as a table where `parameter` is bound to the text that `rows` gives."""
    if dialect == "sqlite":
        array = func.json_each(bindparam(parameter, type_=Text)).table_valued("value")
        values = [
            func.json_extract(array.c.value, f"$[{i}]", type_=kind).label(name)
            for i, (name, kind) in enumerate(columns.items())
        ]
    else:
        array = func.jsonb_array_elements(cast(bindparam(parameter, type_=Text), JSONB)).table_valued("value")
        values = [
            cast(array.c.value.op("->>")(i), kind).label(name)
            for i, (name, kind) in enumerate(columns.items())
        ]
    return select(*values).select_from(array).subquery()


def rows(values: Sequence[Sequence[Any]]) -> str:
    """Return rows as the text that a statement over `table` takes."""
    return json.dumps(values, ensure_ascii=False)


def in_values_parameter(dialect: str, column: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
    """Return the condition that a column has one of the numbers that `numbers` makes the value of `parameter`.

    The statement is the same for any number of them, so that it is compiled and prepared once.
    """
    if dialect == "sqlite":
        array = func.json_each(bindparam(parameter, type_=Text)).table_valued("value")
        return column.in_(select(array.c.value))
    return column == any_(bindparam(parameter, type_=ARRAY(column.type)))


def numbers(dialect: str, values: Iterable[int]) -> str | list[int]:
    """Return numbers as the value that a statement with `in_values_parameter` takes."""
    return json.dumps(list(values)) if dialect == "sqlite" else list(values)


def moment(dialect: str, value: datetime | None) -> str | None:
    """Return a moment as it stands in such a text."""
    if value is None:
        return None
    text = value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return text if dialect == "sqlite" else f"{text}+00"


def as_moment(dialect: str, text: ColumnElement[str]) -> ColumnElement[Any]:
    """Return the moment that such a text names, as a value for a column."""
    return text if dialect == "sqlite" else cast(text, DateTime(timezone=True))


async def fetch(
    conn: AsyncConnection, query: Select[Any], parameters: Mapping[str, Any]
) -> Sequence[Sequence[Any]]:
    """Return the rows of a query for numbers and texts."""
    if conn.dialect.name != "sqlite":
        return [tuple(row) for row in await conn.execute(query, dict(parameters))]
    found: list[list[Any]] = json.loads((await conn.execute(_as_array(query), dict(parameters))).scalar_one())
    return found


@lru_cache(maxsize=16)  # the ledger asks the same few things all the time
def _as_array(query: Select[Any]) -> Select[Any]:
    """Return the query whose only value is the JSON of all that a query finds."""
    return select(func.json_group_array(func.json_array(*query.subquery().c)))

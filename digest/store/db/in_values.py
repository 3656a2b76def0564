"""Many values in one parameter: a list of any length stays one short statement, on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, any_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection


def in_values(
    conn: AsyncConnection, column: ColumnElement[Any], values: Iterable[str | int]
) -> ColumnElement[bool]:
    """Return the condition that a text or number column has one of these values."""
    listed = list(values)
    if conn.dialect.name == "postgresql":
        return column == any_(bindparam(None, listed, type_=ARRAY(column.type), unique=True))
    each = func.json_each(json.dumps(listed, ensure_ascii=False)).table_valued("value")
    return column.in_(select(each.c.value))

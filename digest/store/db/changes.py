"""Changes to rows as values: a statement and what it is bound to, so that many of them can be carried out in one step."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Compiled, UpdateBase
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


class Change(NamedTuple):
    """A statement, the same for any values; and its values: numbers, texts and lists as the driver takes them."""

    statement: UpdateBase  # INSERT, UPDATE or DELETE
    values: Mapping[str, Any]

    async def on(self, conn: AsyncConnection) -> int:
        """Carry it out in the connection's transaction; return how many rows it met."""
        return (await conn.execute(self.statement, dict(self.values))).rowcount

    def in_sqlite(self) -> tuple[str, Mapping[str, Any]]:
        """Return it as SQLite's driver takes it."""
        compiled = _compiled(self.statement)
        return str(compiled), compiled.construct_params(dict(self.values)) or {}


@lru_cache(maxsize=64)
def _compiled(statement: UpdateBase) -> Compiled:
    return statement.compile(dialect=sqlite.dialect(paramstyle="named"))

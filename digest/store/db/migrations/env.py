"""Alembic's entry; it finds an open connection in its attributes (see `digest.store.db.migrations`)."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

from digest.store.db.schema import metadata
from digest.store.db.schema.columns import Id, Json, UTCDateTime

_DIALECTS = (sqlite.dialect(), postgresql.dialect())  # type: ignore[no-untyped-call]


def columns_of(kind: TypeEngine[Any]) -> tuple[str, str]:
    """Return what a type becomes in SQLite and in PostgreSQL: that tells types apart, their names do not."""
    return kind.compile(_DIALECTS[0]), kind.compile(_DIALECTS[1])


_TYPES = {columns_of(Id): "Id", columns_of(Json): "Json", columns_of(UTCDateTime()): "UTCDateTime()"}


def render(kind: str, thing: Any, autogenerate: Any) -> str | Literal[False]:
    """Write our own column types by their names, with the import that they need."""
    if kind == "type" and (name := _TYPES.get(columns_of(thing))):
        autogenerate.imports.add(f"from digest.store.db.schema.columns import {name.removesuffix('()')}")
        return name
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=render,
)
with context.begin_transaction():
    context.run_migrations()

"""Write many rows into a table of PostgreSQL at once: COPY, the fastest way in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import psycopg
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.errors import StoreError
from digest.store.db.faults import describe


class Unfit(Exception):
    """A row holds something that PostgreSQL's types do not: the transaction has to be rolled back."""


async def rows(
    conn: AsyncConnection, database: str, table: str, columns: Sequence[str], values: Sequence[Sequence[Any]]
) -> None:
    """Write rows of texts, numbers and bytes in the connection's transaction.

    Raises Unfit, and StoreError in words that name the `database`.
    """
    driver = cast(psycopg.AsyncConnection[Any], (await conn.get_raw_connection()).driver_connection)
    names = ", ".join(f'"{name}"' for name in columns)
    try:
        async with driver.cursor() as cursor, cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
            for row in values:
                await copy.write_row(row)
    except (psycopg.DataError, UnicodeEncodeError) as error:
        raise Unfit from error
    except psycopg.errors.UntranslatableCharacter as error:  # of another class than the rest
        raise Unfit from error
    except psycopg.Error as error:
        words = describe(error) or f"refused rows of the table {table}"
        raise StoreError(f"The database {database} {words}.") from error

"""`digest db`: the database's schema."""

from __future__ import annotations

import rich_click as click


@click.group()
def db() -> None:
    """Look after the database."""


@db.command(epilog="Example: digest db upgrade")
def upgrade() -> None:
    """Bring the database's schema up to this program's version; safe to repeat."""
    from digest.cli.common.running import run, settings
    from digest.store.db.database import Database

    loaded = settings()

    async def work() -> None:
        database = await Database.open(loaded.database.url, upgrade=True)
        try:
            await database.upgrade()
        finally:
            await database.close()

    run(work())
    click.echo("The database is up to date.")

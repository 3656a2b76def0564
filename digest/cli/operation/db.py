"""`digest db`: the database's schema, copies of it, and its move to a server."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

if TYPE_CHECKING:
    from digest.settings import Settings
    from digest.usecases.database.moving import Watermarks


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


@db.command(epilog="Example: digest db backup /var/backups/digest-monday.db")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--replace", is_flag=True, help="Replace a file of that name, once the new copy is complete.")
def backup(file: Path, replace: bool) -> None:
    """Copy the SQLite database into a file, consistently, also while the service runs.

    The copy holds readers' addresses and the keys of their links: only its owner may read it. For PostgreSQL the command
    names the tool to use.
    """
    from digest.cli.common.running import run, settings
    from digest.usecases.database.backup import backup as copy

    run(copy(settings().database.url, file, replace=replace))
    click.echo(f"{file}: {file.stat().st_size / 1_000_000:,.1f} MB, complete")


@db.command(epilog="Example: digest db move postgresql://digest@db.example.org/digest")
@click.argument("url", default="", metavar="[URL]")
@click.option("--undo", "back", is_flag=True, help="Let the SQLite database be used again instead.")
def move(url: str, back: bool) -> None:
    """Copy everything from SQLite to an empty PostgreSQL database, and mark the old one as moved.

    Stop the service first. A move that was interrupted goes on when it is run again. Leave the password out of the URL
    and other users cannot see it: it is taken from PGPASSWORD or ~/.pgpass.
    """
    from digest.cli.common.running import run, settings
    from digest.clock import utc_now
    from digest.usecases.database import moving

    loaded = settings()
    if bool(url) is back:
        raise click.UsageError("Name the URL of the new database, or say --undo to use the old one again.")
    if back:
        to = run(moving.undo(loaded.database.url))
        click.echo(f"This database is used again; what happened in {to} since is not in it.")
        return
    with _copying() as tell:
        done = run(moving.move(loaded.database.url, url, _watermarks(loaded), utc_now(), tell))
    total = sum(done.rows.values())
    if done.before:
        click.echo(f"{done.source} was moved to {done.target} before; nothing was changed.")
        return
    click.echo(
        f"{done.source} was moved to {done.target}: {total:,} rows in {len(done.rows)} tables, counted on both sides.\n"
        "Now name the new database in database.url. The old one is left as it was, and refuses to be used."
    )


@contextmanager
def _copying() -> Iterator[Callable[[str, int], None]]:
    """Give a function that tells on stderr how many rows of each table are copied, a line for each table."""
    last = ""

    def tell(table: str, rows: int) -> None:
        nonlocal last
        line = f"{table}: {rows:,} rows copied"
        if sys.stderr.isatty():
            click.echo(
                f"\r{line}" if last.startswith(f"{table}:") or not last else f"\n{line}", err=True, nl=False
            )
        elif last and not last.startswith(f"{table}:"):
            click.echo(last, err=True)
        last = line

    try:
        yield tell
    finally:
        if last:
            click.echo("" if sys.stderr.isatty() else last, err=True)


def _watermarks(loaded: Settings) -> Watermarks:
    """Return where the watermark is, and where it will be looked for once the configuration names a server."""
    from digest.cli.common.running import config_path
    from digest.settings.running import DatabaseSettings
    from digest.usecases.database.moving import Watermarks

    old = loaded.database.mark
    by_default = DatabaseSettings.model_validate({"url": loaded.database.url}).mark
    folder = {"folder": config_path().absolute().parent}
    of_a_server = DatabaseSettings.model_validate({"url": "postgresql:///"}, context=folder).mark
    new = of_a_server if old == by_default else old
    return Watermarks(old=old, new=new)

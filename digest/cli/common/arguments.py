"""What all commands about readers need: addresses and newsletters as people name them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from digest.cli.common.running import settings, tools

if TYPE_CHECKING:
    from digest.store.db.database import Database
    from digest.store.people.readers import Entry
    from digest.tools import Tools

newsletter_option = click.option(
    "--newsletter",
    default="",
    metavar="NAME",
    help="The newsletter that it is about; needed where there are several.",
)
newsletter_argument = click.argument("newsletter", default="", metavar="[NEWSLETTER]")


@asynccontextmanager
async def reading() -> AsyncIterator[Tools]:
    """Open what the configuration names, to read only; say so where there is no database yet."""
    from digest.cli.common import output

    async with tools(settings(), changes=False) as opened:
        if _is_missing(opened.db):
            output.say(f"There is no database yet at {opened.db.name}")
        yield opened


def _is_missing(db: Database) -> bool:
    return db.dialect == "sqlite" and not Path(db.name).exists()


async def known_newsletter(name: str, opened: Tools) -> str:
    """Return the name of a newsletter that is configured or has readers, "" for "".

    Raises UsageError that names the nearest.
    """
    from digest.store.people import readers

    if name and not await readers.has(opened.db, name):
        opened.settings.newsletter(name)
    return name


def entries(addresses: tuple[str, ...], name: str = "") -> tuple[list[Entry], bool]:
    """Return the addresses that are some, and whether any is none; that is said at once.

    A name comes with the address ("Anna Berg <anna@example.org>"), or is `name`.
    """
    from digest.readers.addresses import checked_name, parse_mailbox
    from digest.store.people.readers import Entry

    found, failed = [], False
    for text in addresses:
        try:
            display, address = parse_mailbox(text)
            called = checked_name(name or display, address)
        except ValueError as error:
            click.echo(f"{text}: {error}", err=True)
            failed = True
        else:
            found.append(Entry(address=address.text, key=address.key, name=called))
    return found, failed


def key(address: str) -> str:
    """Return what an address is known by; raises UsageError if it is none."""
    from digest.errors import UsageError
    from digest.readers.addresses import parse_mailbox

    try:
        return parse_mailbox(address)[1].key
    except ValueError as error:
        raise UsageError(f"{address}: {error}") from None

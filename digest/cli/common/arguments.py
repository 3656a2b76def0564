"""What several commands share: how a newsletter is named, and tools that only read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from digest.cli.common import output
from digest.cli.common.running import settings, tools

if TYPE_CHECKING:
    from digest.store.db.database import Database
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
    async with tools(settings(), changes=False) as opened:
        if _is_missing(opened.db):
            output.say(f"There is no database yet at {opened.db.name}")
        yield opened


def _is_missing(db: Database) -> bool:
    return db.dialect == "sqlite" and not Path(db.name).exists()

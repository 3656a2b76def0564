"""A newsroom with stories in a folder, readers, and senders that answer as they are told: the whole way of an edition."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from digest.app import open_tools
from digest.delivery import SenderRoute
from digest.schedule.slots import Slot
from digest.settings import DatabaseSettings, Newsletter, Settings, Site
from digest.store.db.database import Database
from digest.store.db.schema import metadata
from digest.tools import Tools
from tests.helpers.ledger import NOW, FakeSender, Times

SLOT = Slot(NOW, "2026-03-02T07:00")


class Newsroom:
    """Stories in a folder, the configuration of one newsletter that prints them, a clock, and one sender."""

    def __init__(self, folder: Path, url: str) -> None:
        self.stories, self.url, self.clock, self.sender = folder / "stories", url, Times(), FakeSender()
        self.stories.mkdir()
        self.extra: dict[str, Any] = {}  # keys of the newsletter beside those that every test needs
        self.sources: list[dict[str, Any]] = [
            {"kind": "folder", "path": str(self.stories), "base_url": "https://news.example.org/"}
        ]

    def write(self, name: str, *, at: datetime = NOW - timedelta(hours=2)) -> None:
        """Write a story."""
        text = f"---\ntitle: The {name} is back\ndate: {at:%Y-%m-%d %H:%M:%S} +0000\n---\nIt goes again.\n"
        (self.stories / f"{name}.md").write_text(text, "utf-8")

    def settings(self) -> Settings:
        entry = {
            "name": "daily",
            "title": "The Daily",
            "from": "The Daily <daily@news.example.org>",
            "schedule": "0 7 * * *",
            "timezone": "Europe/Berlin",
            "sections": [{"title": "Harbour", "sources": self.sources}],
            **self.extra,
        }
        return Settings.model_validate(
            {
                "site": Site(
                    name="The Paper", url="https://news.example.org", postal_address="1 Quay Street"
                ),
                "database": DatabaseSettings(url=self.url),
                "fetch": {"allow_private": True, "host_pause": "0s"},
                "newsletters": [Newsletter.model_validate(entry)],
            }
        )

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Tools]:
        """Open what one process of the program works with; several may be open at once."""
        async with open_tools(self.settings(), clock=self.clock) as tools:
            await tools.db.upgrade()
            yield replace(tools, routes=(SenderRoute(name="fake", sender=self.sender),))


def daily(tools: Tools) -> Newsletter:
    return tools.settings.newsletters[0]


async def contents(db: Database) -> Mapping[str, list[tuple[Any, ...]]]:
    """Return all rows of all tables, in an order of their own."""
    async with db.connect() as conn:
        return {
            table.name: sorted((tuple(row) for row in await conn.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }

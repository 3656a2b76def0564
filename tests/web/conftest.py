"""A running `digest run`'s pages: real tools over a fresh database, real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import pytest

from digest.app import open_tools
from digest.model import Mail, Plan
from digest.settings import DatabaseSettings, Newsletter, Settings, Site
from digest.store.editions import editions
from digest.store.people import readers
from digest.store.people.readers import Entry, Subscriber
from digest.tools import Tools
from digest.web import create_app, serve

SITE_URL = "https://news.example.org"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The pages and what stands behind them."""

    tools: Tools
    url: str
    client: httpx.AsyncClient

    async def subscriber(self, number: int) -> Subscriber:
        found = await readers.subscriber(self.tools.db, number)
        assert found is not None
        return found


def settings(database: str) -> Settings:
    return Settings(
        site=Site(
            name="The Morning Paper",
            url=SITE_URL,
            tagline="News & notes",
            postal_address="1 Main Street",
            signup_url="https://news.example.org/join",
        ),
        database=DatabaseSettings(url=database),
        newsletters=(
            Newsletter(name="daily", title="The Daily", **{"from": "Daily <d@news.example.org>"}),
            Newsletter(name="weekly", title="The <Weekly>", **{"from": "Weekly <w@news.example.org>"}),
            Newsletter(
                name="woche",
                title="Die Woche",
                language="de",
                timezone="Europe/Berlin",
                **{"from": "Woche <w@news.example.org>"},
            ),
        ),
    )


async def add_reader(tools: Tools, name: str, newsletter: str = "daily") -> int:
    """Subscribe somebody and return the number of the subscription."""
    address = f"{name}@example.org"
    await readers.add(tools.db, newsletter, [Entry(address=address, key=address)], tools.clock())
    found = [one async for one in readers.list_(tools.db, newsletter) if one.address == address]
    return found[0].subscription_id


async def add_edition(
    tools: Tools,
    slot: str,
    html: str,
    *,
    newsletter: str = "daily",
    subject: str = "Tide & time",
    preheader: str = "",
) -> str:
    """Make an edition with this HTML and return its name."""
    due = datetime.fromisoformat(slot).replace(tzinfo=UTC)
    mail = Mail(subject=subject, preheader=preheader, html=html, text="")
    plan = Plan(newsletter=newsletter, slot=slot, due=due, sections=())
    edition = await editions.open(tools.db, plan, mail, tools.clock())
    assert edition is not None
    return edition.name


@pytest.fixture
async def service(sqlite_url: str, now: datetime) -> AsyncIterator[Service]:
    async with open_tools(settings(sqlite_url), clock=lambda: now) as tools:
        async with serve(create_app(tools), "127.0.0.1", 0) as port:
            url = f"http://127.0.0.1:{port}"
            async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
                yield Service(tools=tools, url=url, client=client)

"""A newsroom whose newsletter has sections, and readers who make choices."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from sqlalchemy import select

from digest.model import Edition, Message, Outcome, Sent
from digest.pipeline import publish
from digest.schedule.slots import Slot, next_slots
from digest.store.db.database import Database
from digest.store.db.schema.tables import delivery, subscription
from digest.store.people import wishes
from digest.tools import Tools
from tests.helpers.ledger import NOW
from tests.helpers.newsroom import Newsroom, daily

SECTIONS = ("World", "Sport", "Arts")


def choosing_newsroom(folder: Path, url: str, **extra: Any) -> Newsroom:
    """Return a newsroom with a folder of stories for each section; `copies` are the mails that it sent."""
    newsroom = Newsroom(folder, url)
    sections = []
    for title in SECTIONS:
        (newsroom.stories / title).mkdir()
        source = {"path": str(newsroom.stories / title), "base_url": f"https://news.example.org/{title}/"}
        sections.append({"title": title, "sources": [{"kind": "folder", **source}]})
    newsroom.extra = {"sections": sections, **extra}
    return newsroom


def write(newsroom: Newsroom, section: str, name: str) -> None:
    """Write a story of this hour for a section; its title is "The NAME is back"."""
    at = newsroom.clock() - timedelta(hours=1)
    text = f"---\ntitle: The {name} is back\ndate: {at:%Y-%m-%d %H:%M:%S} +0000\n---\nAll about {name}: {name * 3}.\n"
    (newsroom.stories / section / f"{name}.md").write_text(text, "utf-8")


class Mailboxes:
    """What readers have received: the text of each mail, by the reader's number."""

    def __init__(self, newsroom: Newsroom) -> None:
        self.mails: dict[int, list[str]] = {}
        self.raw: dict[int, bytes] = {}
        newsroom.sender.answer = self._take

    def _take(self, message: Message) -> Outcome:
        number = int(message.recipient.removeprefix("reader").partition("@")[0])
        mail = message_from_bytes(message.data, policy=policy.default)
        text = mail.get_body(("plain",))
        assert text is not None
        self.mails.setdefault(number, []).append(str(text.get_content()))
        self.raw[number] = message.data
        return Sent("250 ok")

    def stories(self, number: int) -> list[set[str]]:
        """Return the names of the stories in each mail of a reader."""
        return [
            {line.split("The ")[1].split(" is back")[0] for line in mail.splitlines() if " is back" in line}
            for mail in self.mails.get(number, [])
        ]


async def choose(db: Database, reader_id: int, *, newsletter: str = "daily", **choices: Any) -> None:
    """Have a reader choose as the preferences page would store it."""
    async with db.begin() as conn:
        which = (subscription.c.reader_id == reader_id, subscription.c.newsletter == newsletter)
        id_ = await conn.scalar(select(subscription.c.id).where(*which))
        assert id_ is not None
        known = await wishes.read(conn, id_)
        assert known is not None
        await wishes.write(conn, id_, replace(known, **choices))


def slot_at(tools: Tools, now: datetime = NOW) -> Slot:
    """Return the daily's first slot from a moment on."""
    entry = daily(tools)
    return next_slots(entry.schedule, entry.timezone, now - timedelta(seconds=1), 1)[0]


async def publish_now(newsroom: Newsroom, tools: Tools) -> Edition:
    """Go to the daily's next slot, and make and send what is due."""
    slot = slot_at(tools, newsroom.clock())
    newsroom.clock.now = slot.due
    return (await publish.publish(daily(tools), slot, tools)).edition


async def rows(db: Database, edition: Edition) -> dict[int, tuple[str, str, int | None, datetime | None]]:
    """Return state, reason, variant and the time before which it is not sent, by reader."""
    query = select(delivery).where(delivery.c.edition_id == edition.id)
    async with db.connect() as conn:
        return {
            row.reader_id: (row.state, row.reason or "", row.variant, row.not_before)
            for row in await conn.execute(query)
        }

"""What the demo's newsroom has published: invented for this project, dated from whatever moment one asks."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from pathlib import Path

FOLDER = Path(__file__).parent / "newsroom"
PICTURES = FOLDER / "pictures"
PICTURE_SIZE = (1200, 800)  # pixels of every drawing


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One article: plain texts, its body as HTML paragraphs; `image` is a drawing's name, "" if it has none."""

    slug: str
    feed: str
    hours: float  # how long ago it was published, whenever that is asked
    section: str
    title: str
    dek: str
    byline: str
    body: str
    image: str = ""
    alt: str = ""
    caption: str = ""
    credit: str = ""
    tags: tuple[str, ...] = ()
    again: bool = False  # the story of another feed, under the same address

    @property
    def guid(self) -> str:
        """The identity that stays, whatever port the newsroom is served on."""
        return f"tag:lantern.example.org,2026:{self.feed}/{self.slug}"

    @property
    def path(self) -> str:
        return f"/stories/{self.slug}"

    @property
    def picture(self) -> str:
        """The path of its drawing; "" if it has none."""
        return f"/pictures/{self.image}.jpg" if self.image else ""

    @property
    def categories(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.section, *self.tags)))

    def html(self, base: str) -> str:
        """Return picture and text as one piece of HTML, for feeds that have no field of their own for pictures."""
        if not self.image:
            return self.body
        width, height = PICTURE_SIZE
        image = f'<img src="{base}{self.picture}" alt="{escape(self.alt)}" width="{width}" height="{height}">'
        words = f"<figcaption>{escape(self.caption)} {escape(self.credit)}</figcaption>"
        return f"<figure>{image}{words}</figure>{self.body}"

    def published(self, now: datetime) -> datetime:
        return (now - timedelta(hours=self.hours)).replace(microsecond=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What a feed says of itself."""

    title: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsroom:
    """The newsroom, its feeds and all its stories, newest first in each feed."""

    facts: dict[str, str]
    channels: dict[str, Channel]
    stories: tuple[Story, ...]

    @property
    def name(self) -> str:
        return self.facts["name"]

    def of(self, feed: str) -> list[Story]:
        """Return the stories of a feed, newest first."""
        return sorted((story for story in self.stories if story.feed == feed), key=lambda story: story.hours)

    def story(self, slug: str) -> Story | None:
        """Return a story by the last part of its address."""
        return next((story for story in self.stories if story.slug == slug and not story.again), None)


def load_newsroom() -> Newsroom:
    """Read the newsroom that comes with the program."""
    data = tomllib.loads((FOLDER / "articles.toml").read_text(encoding="utf-8"))
    stories = (
        Story(**{**entry, "tags": tuple(entry["tags"]), "body": entry["body"].strip()})
        for entry in data["articles"]
    )
    channels = {key: Channel(**value) for key, value in data["feeds"].items()}
    return Newsroom(facts=data["newsroom"], channels=channels, stories=tuple(stories))

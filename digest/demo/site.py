"""The newsroom's site as it is at one moment: its feeds in three formats, its stories and drawings.

One source is broken on purpose: where a feed should be, a page asks for a password.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

import jinja2

from digest.clock import Clock
from digest.demo.content import FOLDER, PICTURES, Newsroom, Story

LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"

HTML, JPEG = "text/html; charset=utf-8", "image/jpeg"

BROKEN = """<!doctype html>
<html lang="en"><head><title>Sign in</title></head>
<body><h1>Sports desk: please sign in</h1><p>The feed has moved behind the new editing system.</p></body></html>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The content of an address."""

    media_type: str
    content: bytes


class NewsroomSite:
    """Answers for the newsroom at `base`, the address it is served under; its dates are counted from the clock.

    `form` is where its form for signing up leads, "" for none.
    """

    def __init__(self, newsroom: Newsroom, base: str, clock: Clock, form: str = "") -> None:
        self._newsroom = newsroom
        self._base = base
        self._clock = clock
        self._form = form
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["rfc822"] = format_datetime

    def page(self, path: str) -> Page | None:
        """Return the content of a path; None if there is none."""
        match path.strip("/").split("/"):
            case [""]:
                return self._html("front.html")
            case ["thanks"]:
                return self._html("thanks.html")
            case ["lantern.css"]:
                return Page(media_type="text/css", content=(FOLDER / "templates/lantern.css").read_bytes())
            case ["news.xml"]:
                return self._feed("rss.xml", "news", "application/rss+xml")
            case ["life.atom"]:
                return self._feed("atom.xml", "life", "application/atom+xml")
            case ["notebook.json"]:
                return Page(media_type="application/feed+json", content=self._json_feed("notebook"))
            case ["sport.xml"]:
                return Page(media_type=HTML, content=BROKEN.encode())
            case ["stories", slug] if story := self._newsroom.story(slug):
                return self._html("story.html", story=story)
            case ["pictures", name] if name in {path.name for path in PICTURES.glob("*.jpg")}:
                return Page(media_type=JPEG, content=(PICTURES / name).read_bytes())
        return None

    def _render(self, template: str, **values: object) -> bytes:
        common = {
            "newsroom": self._newsroom,
            "base": self._base,
            "now": self._clock(),
            "form": self._form,
            "licence": LICENCE_URL,
        }
        return self._templates.get_template(template).render(common | values).encode()

    def _html(self, template: str, **values: object) -> Page:
        return Page(media_type=HTML, content=self._render(template, **values))

    def _feed(self, template: str, feed: str, media_type: str) -> Page:
        channel, stories = self._newsroom.channels[feed], self._newsroom.of(feed)
        content = self._render(template, feed=feed, channel=channel, stories=stories)
        return Page(media_type=media_type, content=content)

    def _json_feed(self, feed: str) -> bytes:
        channel, now = self._newsroom.channels[feed], self._clock()
        document = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": channel.title,
            "description": channel.description,
            "home_page_url": f"{self._base}/",
            "language": "en",
            "items": [self._json_item(story, now) for story in self._newsroom.of(feed)],
        }
        return json.dumps(document, ensure_ascii=False, indent=1).encode()

    def _json_item(self, story: Story, now: datetime) -> dict[str, object]:
        """Return a story as an item; the one from elsewhere carries a tracking parameter, as they do."""
        item: dict[str, object] = {
            "id": story.guid,
            "url": self._base + story.path + ("?utm_source=notebook" if story.again else ""),
            "title": story.title,
            "summary": story.dek,
            "content_html": story.html(self._base),
            "date_published": story.published(now).isoformat(),
            "authors": [{"name": story.byline}],
            "tags": story.categories,
        }
        return item | ({"image": self._base + story.picture} if story.image else {})

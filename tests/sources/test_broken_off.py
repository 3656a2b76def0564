"""A feed that ends in the middle brings what is whole; items without words or link are no stories."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from digest.errors import SourceError
from digest.gathering.visits import visit
from digest.model import Validators
from digest.net.http import Http
from digest.settings import SourceSettings
from digest.sources import feed
from digest.store.content import source_health, sources
from digest.store.db.database import Database
from tests.helpers.servers import Answer, Server

STORIES = ["Harbour opens", "Bridge & road closed — für lange", "Library on Sundays"]
RSS = (
    "<?xml version='1.0'?>\n<rss version='2.0'><channel><title>Town</title><link>https://e.org/</link>"
    + "".join(
        f"<item><title><![CDATA[{title}]]></title><link>https://e.org/{number}?a=1&amp;b=2</link>"
        f"<description>&lt;p&gt;What happened, {number}&lt;/p&gt;</description></item>\n"
        for number, title in enumerate(STORIES)
    )
    + "</channel></rss>"
)
ATOM = (
    "<feed xmlns='http://www.w3.org/2005/Atom'><title>Town</title>"
    + "".join(
        f"<entry><id>urn:{number}</id><title>{title.replace('&', '&amp;')}</title>"
        f"<link href='https://e.org/{number}'/><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>"
        f"<p>What <b>happened</b></p></div></content></entry>"
        for number, title in enumerate(STORIES)
    )
    + "</feed>"
)
JSON = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Town",
        "items": [
            {"id": str(number), "url": f"https://e.org/{number}", "title": title, "content_text": "}],{"}
            for number, title in enumerate(STORIES)
        ],
    },
    ensure_ascii=False,
    indent=1,
)


def ends(text: str, end: str) -> list[int]:
    """Where each item ends."""
    found, at = [], 0
    while (at := text.find(end, at)) >= 0:
        at += len(end)
        found.append(at)
    return found


@pytest.mark.parametrize(("text", "end"), [(RSS, "</item>"), (ATOM, "</entry>"), (JSON, "\n  }")])
def test_wherever_a_feed_breaks_off_it_brings_what_is_whole(text: str, end: str) -> None:
    items = ends(text, end)
    assert len(items) == 3
    for cut in range(items[0], len(text.rstrip()) - 2, 7):
        fetched = feed.parse(text[:cut].encode(), url="https://e.org/feed")
        whole = sum(at <= cut for at in items)
        assert [article.title for article in fetched.articles] == STORIES[:whole], text[:cut][-60:]
        if cut < items[-1]:
            assert fetched.losses == (f"the feed breaks off after {whole} whole items; the rest is missing",)
    assert feed.parse(text.encode(), url="https://e.org/feed").losses == ()


def test_a_feed_that_breaks_off_in_its_first_item_brings_nothing() -> None:
    fetched = feed.parse(RSS[: RSS.index("opens")].encode(), url="https://e.org/feed")
    assert (fetched.articles, bool(fetched.losses)) == ((), True)
    with pytest.raises(SourceError, match="that is not JSON"):
        feed.parse(JSON[: JSON.index("opens")].encode(), url="https://e.org/feed")


def test_items_that_are_never_closed_are_read_all_the_same() -> None:
    text = "<rss><channel><title>T</title><item><title>A</title><item><title>B</title></channel></rss>"
    assert [article.title for article in feed.parse(text.encode()).articles] == ["A", "B"]


async def test_what_was_lost_is_told_and_asked_for_again(
    http: Http, server: Server, sqlite_db: Database, now: datetime
) -> None:
    empty = "<item><pubDate>Mon, 02 Mar 2026 05:00:00 GMT</pubDate></item>"
    body = RSS.replace("</channel>", f"{empty}{empty}</channel>")[: -len("</channel></rss>")]
    server.routes["/feed"] = Answer(body=body, headers={"ETag": '"1"'})
    settings = SourceSettings.model_validate({"url": server.url("/feed"), "name": "Town"})
    made = await visit(settings, None, http, now)
    assert made.fetched is not None
    assert [article.title for article in made.fetched.articles] == STORIES
    assert made.fetched.validators == Validators()
    await sources.record(sqlite_db, [made], now)
    (state,) = await source_health.health(sqlite_db, [settings.key], now)
    assert state.problem.endswith(
        ": the feed breaks off after 5 whole items; the rest is missing; "
        "2 items have neither words nor a link, and cannot be a story"
    )
    server.routes["/feed"] = Answer(body=RSS, headers={"ETag": '"1"'})
    await sources.record(sqlite_db, [await visit(settings, None, http, now)], now)
    (state,) = await source_health.health(sqlite_db, [settings.key], now)
    assert state.problem == ""

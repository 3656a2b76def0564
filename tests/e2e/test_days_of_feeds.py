"""Twenty feeds over some days: unchanged, added to, re-ordered, edited, and with all their ids replaced."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest

from digest.clock import utc_now
from tests.cli.conftest import Digest, Newsroom, digest, newsroom  # noqa: F401  # fixtures
from tests.helpers.servers import Answer

FEEDS, ENTRIES = 20, 6


class Feeds:
    """What the feeds list: (guid, title, link, date), newest first."""

    def __init__(self, newsroom: Newsroom, first_day: datetime) -> None:  # noqa: F811
        self._server = newsroom.server
        self.listed = {
            feed: [
                self.entry(feed, number, first_day - timedelta(hours=2, minutes=number))
                for number in range(ENTRIES)
            ]
            for feed in range(FEEDS)
        }
        section = newsroom.config.read_text().rpartition("[[newsletters.sections.sources]]")[0]
        sources = "".join(
            f'[[newsletters.sections.sources]]\nurl = "{self._url(feed)}"\n' for feed in self.listed
        )
        newsroom.config.write_text(section + "max_articles = 500\n" + sources)
        newsroom.edit('max_age = "48h"', 'max_age = "9d"\nmax_articles = 500')

    @staticmethod
    def entry(feed: int, name: object, published: datetime) -> tuple[str, str, str, datetime]:
        # Headlines that have no word in common, so that no two are one story.
        word = f"{feed:02}x{name}".translate(str.maketrans("0123456789", "abcdefghij"))
        return (
            f"id-{feed}-{name}",
            f"Q{word} W{word} Z{word}",
            f"https://post.example.org/{feed}/{name}",
            published,
        )

    def _url(self, feed: int) -> str:
        return self._server.url(f"/feed{feed}.xml")

    def publish(self) -> None:
        for feed, entries in self.listed.items():
            items = "".join(
                f"<item><guid isPermaLink='false'>{guid}</guid><title>{title}</title><link>{link}</link>"
                f"<pubDate>{format_datetime(published)}</pubDate></item>"
                for guid, title, link, published in entries
            )
            body = f'<rss version="2.0"><channel><title>Feed {feed}</title>{items}</channel></rss>'
            self._server.routes[f"/feed{feed}.xml"] = Answer(body=body)


def mailed(digest: Digest, newsroom: Newsroom, feeds: Feeds, day: datetime) -> set[str]:  # noqa: F811
    """Send the edition of a day and return the addresses of the articles in its mail."""
    feeds.publish()
    before = set(newsroom.mails)
    sent = digest("send", "daily", "--at", day.isoformat(), "--json")
    assert sent.code == 0, sent.err
    new = set(newsroom.mails) - before
    assert len(new) == (0 if sent.json["status"] == "skipped-empty" else 1)
    mails = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in new]
    texts = [str(body.get_content()) for mail in mails if (body := mail.get_body(("plain",)))]
    return {link for text in texts for link in re.findall(r"https://post\.example\.org/\d\S*", text)}


@pytest.mark.timeout(240)
def test_exactly_the_new_ones_are_mailed(digest: Digest, newsroom: Newsroom) -> None:  # noqa: F811
    first_day = utc_now().replace(hour=7, minute=0, second=0, microsecond=0) - timedelta(days=8)
    feeds = Feeds(newsroom, first_day)
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    days = [first_day + timedelta(days=number) for number in range(5)]

    every = {link for entries in feeds.listed.values() for *_, link, _ in entries}
    assert mailed(digest, newsroom, feeds, days[0]) == every

    assert mailed(digest, newsroom, feeds, days[1]) == set(), "nothing has changed"

    new = [feeds.entry(feed, "new", days[2] - timedelta(hours=3)) for feed in (3, 7, 11)]
    for feed, entry in zip((3, 7, 11), new, strict=True):
        feeds.listed[feed].insert(0, entry)
    for feed in (1, 2):
        feeds.listed[feed].reverse()
    guid, title, link, published = feeds.listed[5][0]
    feeds.listed[5][0] = (guid, f"{title}, corrected", link, published)
    assert mailed(digest, newsroom, feeds, days[2]) == {link for *_, link, _ in new}

    feeds.listed = {
        feed: [(f"new-{guid}", title, link, published) for guid, title, link, published in entries]
        for feed, entries in feeds.listed.items()
    }
    assert mailed(digest, newsroom, feeds, days[3]) == set(), "only the ids are new"

    fresh = feeds.entry(4, "after", days[4] - timedelta(hours=3))
    feeds.listed[4].insert(0, fresh)
    assert mailed(digest, newsroom, feeds, days[4]) == {fresh[2]}

"""What does not fit into an edition, as people meet it; and that nothing falls between two of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from digest.cli.wording.overflow import in_words
from digest.clock import utc_now
from tests.cli.conftest import Digest, Newsroom
from tests.helpers.pictures import picture
from tests.helpers.servers import Answer

TITLES = [f"Story number {number}" for number in range(1, 13)]


def subscribed(digest: Digest, newsroom: Newsroom, settings: str) -> None:
    newsroom.edit('max_age = "48h"', settings)
    newsroom.publish(*TITLES)
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")


def test_send_and_show_say_how_many_did_not_fit(digest: Digest, newsroom: Newsroom) -> None:
    subscribed(digest, newsroom, "max_articles = 5\nfirst_contact = 20")
    words = "7 articles did not fit and may run in the next edition (max_articles, overflow)."
    assert words in digest("preview", "daily").out
    would = digest("send", "daily", "--dry-run", "--json").json
    assert would["did_not_fit"] == {"carry": 7}
    sent = digest("send", "daily")
    assert words in sent.out
    again = digest("send", "daily", "--json").json
    assert again["did_not_fit"] == {"carry": 7}
    shown = digest("editions", "show", again["edition"])
    assert words in shown.out
    assert digest("editions", "show", again["edition"], "--json").json["did_not_fit"] == {"carry": 7}
    asked = digest("why", "article", "https://post.example.org/11")
    assert "Harbour takes 5 articles, this ranked 12 of 12: it may run next time" in asked.out


def test_an_edition_that_has_room_for_all_says_nothing(digest: Digest, newsroom: Newsroom) -> None:
    subscribed(digest, newsroom, "first_contact = 20")
    sent = digest("send", "daily")
    assert "did not fit" not in sent.out
    assert digest("send", "daily", "--json").json["did_not_fit"] == {}


def test_what_is_listed_is_in_the_mail_and_asked_for(digest: Digest, newsroom: Newsroom) -> None:
    subscribed(digest, newsroom, 'max_articles = 5\nfirst_contact = 20\noverflow = "list"')
    preview = digest("preview", "daily")
    assert "7 articles did not fit and are listed below their section" in preview.out
    html = (newsroom.folder / "preview" / "mail.html").read_text()
    assert all(title in html for title in TITLES)
    digest("send", "daily")
    asked = digest("why", "article", "https://post.example.org/11")
    assert "its headline is listed: Harbour takes 5 articles" in asked.out
    assert "listed below Harbour" in asked.out


def test_with_a_schedule_of_working_days_nothing_falls_between(digest: Digest, newsroom: Newsroom) -> None:
    newsroom.edit('schedule = "0 7 * * *"', 'schedule = "0 7 * * mon-fri"')
    newsroom.edit('max_age = "48h"', "max_articles = 100\nfirst_contact = 100")
    start = datetime(2026, 10, 19, 5, tzinfo=UTC)  # the week in which summer time ends
    items = "".join(
        f"<item><guid>{hour}</guid><title>Bulletin {hour}</title><link>https://post.example.org/{hour}</link>"
        f"<pubDate>{format_datetime(start + timedelta(hours=hour))}</pubDate></item>"
        for hour in range(0, 14 * 24, 5)
    )
    newsroom.server.routes["/feed.xml"] = Answer(body=f"<rss version='2.0'><channel>{items}</channel></rss>")
    plans = digest("simulate", "daily", "--from", "2026-10-19T07:30", "--days", "15", "--json").json
    told = [
        article["title"] for plan in plans for section in plan["sections"] for article in section["articles"]
    ]
    last = start + timedelta(hours=13 * 24)
    assert datetime.fromisoformat(plans[-1]["due"]) > last
    assert sorted(told) == sorted(f"Bulletin {hour}" for hour in range(0, 14 * 24, 5))
    assert not any("another source" in left["why"] for plan in plans for left in plan["left_out"])


def test_the_lead_is_not_the_story_with_a_picture_that_never_loads(
    digest: Digest, newsroom: Newsroom
) -> None:
    now = utc_now()

    def item(name: str, hours: float, picture: str = "") -> str:
        enclosure = f'<enclosure url="{picture}" type="image/png" length="1"/>' if picture else ""
        return (
            f"<item><guid>{name}</guid><title>{name}</title><link>https://post.example.org/{name}</link>{enclosure}"
            f"<pubDate>{format_datetime(now - timedelta(hours=hours))}</pubDate></item>"
        )

    def subject(*items: str) -> str:
        body = f"<rss version='2.0'><channel>{''.join(items)}</channel></rss>"
        newsroom.server.routes["/feed.xml"] = Answer(body=body)
        return str(digest("preview", "daily").out.splitlines()[1])

    newsroom.server.routes["/seen.png"] = Answer(body=picture(1))
    lost, seen = newsroom.server.url("/lost.png"), newsroom.server.url("/seen.png")
    assert subject(item("Important", 1), item("Older", 7, seen)) == "Subject: Important"
    assert subject(item("First", 1), item("Second", 1.5, seen)) == "Subject: Second"
    assert subject(item("First", 1), item("Second", 1.5, lost)) == "Subject: First"
    newsroom.edit('title = "The Daily"', 'title = "The Daily"\ntheme = "headlines"')
    assert subject(item("First", 1), item("Second", 1.5, seen)) == "Subject: First"


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({}, ""),
        ({"carry": 1}, "1 article did not fit and may run in the next edition (max_articles, overflow)."),
        ({"list": 1}, "1 article did not fit and is listed below its section (max_articles, overflow)."),
        (
            {"drop": 1_000, "list": 2},
            "1,002 articles did not fit: 2 are listed below their section, 1,000 are dropped (max_articles, overflow).",
        ),
    ],
)
def test_what_did_not_fit_in_words(counts: dict[str, int], words: str) -> None:
    assert in_words(counts) == words

"""The daily job by hand: init, check, preview, send, send again, and the questions afterwards."""

from __future__ import annotations

import email
import email.policy
import json
import re
import shlex
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from digest.clock import utc_now
from tests.cli.conftest import Digest, Newsroom
from tests.helpers.servers import Answer


def test_a_first_configuration_works(digest: Digest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = digest(
        "init", "daily", "--feed", "https://example.org/a.xml", "--feed", "https://example.org/b.xml"
    )
    assert made.code == 0
    assert "preview daily --open" in made.out
    checked = digest("--config", tmp_path / "daily" / "config.toml", "check", "--json")
    assert checked.code == 0
    assert len(checked.json["next"]["daily"]) == 5
    assert not list(tmp_path.rglob("*.db")), "checking changes nothing"


def test_init_keeps_what_is_there(digest: Digest, newsroom: Newsroom) -> None:
    before = newsroom.config.read_text()
    result = digest("init")
    assert result.code == 2
    assert "stays as it is" in result.err
    assert newsroom.config.read_text() == before


def test_init_refuses_a_sender_that_is_none(digest: Digest, tmp_path: Path) -> None:
    result = digest("init", tmp_path / "new", "--from", "nobody")
    assert result.code == 2
    assert result.err.startswith("--from 'nobody' is not a sender; write")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "feed", ["nonsense", "ftp://example.org/", "https://", "not a feed.xml", "http://[x"]
)
def test_init_refuses_a_feed_that_is_no_address(digest: Digest, tmp_path: Path, feed: str) -> None:
    result = digest("init", tmp_path / "new", "--feed", feed)
    assert result.code == 2
    assert result.err == f"--feed {feed!r} is not an address; write https://example.org/feed.xml\n"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("feed", ["../feed.xml", "./feed.xml", "/srv/feed.xml", "feed.xml"])
def test_init_says_that_a_file_is_no_address(
    digest: Digest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, feed: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "feed.xml").write_text("<rss/>", encoding="utf-8")
    result = digest("init", "new", "--feed", feed)
    assert result.code == 2
    assert "that is a file" in result.err
    assert not (tmp_path / "new").exists()


def test_what_init_says_comes_next_works_where_it_was_called(digest: Digest, newsroom: Newsroom) -> None:
    made = digest("init", "my paper", "--feed", newsroom.server.url("/feed.xml"))
    commands = [shlex.split(line) for line in made.out.splitlines() if line.startswith("  digest ")]
    assert [command[-1] for command in commands] == ["check", "--open", "daily", "daily"]
    with (newsroom.folder / "my paper" / "config.toml").open("a") as config:
        config.write(
            "\n[fetch]\nallow_private = true\n"
        )  # the feed is on this machine, which check would tell
    assert digest(*commands[0][1:]).code == 0


def test_init_prints_the_file_that_explains_every_key(digest: Digest, tmp_path: Path) -> None:
    example = Path(__file__).parents[2] / "config.example.toml"
    assert digest("init", tmp_path / "new", "--example").out == example.read_text("utf-8")
    assert not (tmp_path / "new").exists()


def test_init_takes_addresses_as_people_write_them(digest: Digest, tmp_path: Path) -> None:
    assert digest("init", tmp_path, "--feed", "example.org", "--feed", "http://localhost/feed.xml").code == 0
    path = tmp_path / "config.toml"
    text = path.read_text(encoding="utf-8")
    assert 'url = "https://example.org"\n' in text
    assert 'url = "http://localhost/feed.xml"\n' in text
    assert path.stat().st_mode & 0o777 == 0o600, "a password will stand in it"


def test_send_once_and_only_once(digest: Digest, newsroom: Newsroom) -> None:
    assert (
        digest("subscribers", "add", "anna@example.org", "ben@example.org", "--newsletter", "daily").code == 0
    )
    sent = digest("send", "daily", "--json")
    assert sent.code == 0
    assert sent.json["status"] == "sent"
    assert (sent.json["recipients"], sent.json["sent"]) == (2, 2)
    assert len(newsroom.mails) == 2
    newsroom.publish("Something newer")
    again = digest("send", "daily", "--json")
    assert again.code == 0
    assert again.json["status"] == "already-sent"
    assert again.json["edition"] == sent.json["edition"]
    assert len(newsroom.mails) == 2


def test_what_a_mail_carries(digest: Digest, newsroom: Newsroom) -> None:
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    digest("send", "daily")
    [path] = newsroom.mails
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert mail["To"] == "anna@example.org"
    assert mail["Subject"] == "Ferry back in service"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert b"\r\nList-Unsubscribe: <https://post.example.org/u/" in path.read_bytes()
    html, text = (mail.get_body((kind,)).get_content() for kind in ("html", "plain"))  # type: ignore[union-attr]
    for title in ("Ferry back in service", "School garden opens", "New bus line"):
        assert title in html
        assert title.lower() in text.lower()


def test_the_next_edition_has_only_what_is_new(digest: Digest, newsroom: Newsroom) -> None:
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    today = utc_now().replace(hour=7, minute=0, second=0, microsecond=0)
    newsroom.publish("First", "Second", published=today - timedelta(hours=2))
    assert digest("send", "daily", "--at", today.isoformat(), "--json").json["status"] == "sent"
    tomorrow = today + timedelta(days=1)
    newsroom.publish("Third", "Second", "First", published=tomorrow - timedelta(hours=3))
    digest("preview", "daily", "--at", tomorrow.isoformat(), "--out", "tomorrow")
    plan = json.loads((newsroom.folder / "tomorrow" / "plan.json").read_text())
    titles = [article["title"] for section in plan["sections"] for article in section["articles"]]
    assert titles == ["Third"]


def test_nothing_new_mails_nobody(digest: Digest, newsroom: Newsroom) -> None:
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    newsroom.publish()
    result = digest("send", "daily", "--json")
    assert result.code == 0
    assert result.json["status"] == "skipped-empty"
    assert not newsroom.mails
    newsroom.publish("It came after all")
    assert digest("send", "daily", "--json").json["status"] == "sent", "by hand a skipped slot is tried again"


def test_an_edition_waits_for_its_first_reader(digest: Digest, newsroom: Newsroom) -> None:
    nobody = digest("send", "daily")
    assert nobody.code == 1, "whoever waits for it gets nothing"
    assert "subscribers add" in nobody.out
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    assert digest("send", "daily", "--json").json["sent"] == 1


def test_too_late_is_said_and_skipped(digest: Digest, newsroom: Newsroom) -> None:
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    result = digest("send", "daily", "--at", "2026-03-02T12:30", "--json")
    assert result.json["status"] == "skipped-late"
    assert result.json["slot"] == "2026-03-02T07:00"
    assert not newsroom.mails
    shown = digest("editions", "list")
    assert "5 h 30 min late" in shown.out


def test_a_preview_changes_nothing_and_is_the_truth(digest: Digest, newsroom: Newsroom) -> None:
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    first = digest("preview", "daily", "--as", "anna@example.org")
    assert first.code == 0
    folder = newsroom.folder / "preview"
    assert {path.name for path in folder.iterdir()} >= {"mail.html", "mail.txt", "mail.eml", "plan.json"}
    previewed = (folder / "mail.eml").read_bytes()
    assert digest("editions", "list", "--json").json == []
    digest("send", "daily")
    [sent] = newsroom.mails

    def anybodys(raw: bytes) -> list[str]:
        """Return a mail's headers and texts but for its date and for whose links it holds."""
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        texts = [str(part.get_content()) for part in mail.walk() if not part.is_multipart()]
        headers = [f"{name}: {value}" for name, value in mail.items() if name != "Date"]
        return [re.sub(r"/([up])/[\w-]+", r"/\1/...", text) for text in (*headers, *texts)]

    assert anybodys(previewed) == anybodys(sent.read_bytes())


def test_a_dry_run_sends_nothing(digest: Digest, newsroom: Newsroom) -> None:
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    result = digest("send", "daily", "--dry-run")
    assert result.code == 0
    assert "would go to 1 reader" in result.out
    assert not newsroom.mails
    assert digest("editions", "list", "--json").json == []


def test_a_test_mail_says_so_and_leaves_no_trace(digest: Digest, newsroom: Newsroom) -> None:
    result = digest("test", "daily", "editor@example.org")
    assert result.code == 0
    [path] = newsroom.mails
    assert b"Subject: [Test] Ferry back in service" in path.read_bytes()
    assert digest("editions", "list", "--json").json == []
    assert not (newsroom.folder / "digest.db").exists()


def test_every_decision_can_be_asked_for(digest: Digest, newsroom: Newsroom) -> None:
    newsroom.edit('timezone = "Europe/Berlin"', 'timezone = "Europe/Berlin"\nmax_articles = 2')
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    edition = digest("send", "daily", "--json").json["edition"]
    taken = digest("why", "article", "https://post.example.org/0?utm_source=feed")
    assert edition in taken.out
    assert "Harbour no. 1" in taken.out
    left_out = digest("why", "article", "https://post.example.org/2")
    assert f"{edition}: out:" in left_out.out
    assert "left out" not in left_out.out
    unknown = digest("why", "article", "https://post.example.org/none")
    assert unknown.code == 2, "as for a reader or an edition that nobody knows"
    reader = digest("why", "reader", "anna@example.org", "--edition", edition)
    assert f"{edition}: sent" in reader.out


def test_the_ledger_names_everybody(digest: Digest, newsroom: Newsroom) -> None:
    digest("subscribers", "add", "anna@example.org", "ben@example.org", "--newsletter", "daily")
    edition = digest("send", "daily", "--json").json["edition"]
    rows = digest("deliveries", edition, "--json").json
    assert [row["address"] for row in rows] == ["anna@example.org", "ben@example.org"]
    assert {row["state"] for row in rows} == {"sent"}
    sent = b"".join(path.read_bytes() for path in newsroom.mails)
    for row in rows:
        assert f"Message-ID: <{row['message_id']}>".encode() in sent
        assert datetime.fromisoformat(row["at"]).tzinfo is not None
    assert digest("deliveries", edition, "--state", "unknown", "--json").json == []
    [shown] = digest("editions", "list", "--json").json
    assert (shown["edition"], shown["status"], shown["sent"]) == (edition, "sent", 2)


def test_the_coming_editions_can_be_seen(digest: Digest, newsroom: Newsroom) -> None:
    plans = digest("simulate", "daily", "--days", "3", "--json").json
    assert len(plans) == 3
    assert [len(section["articles"]) for section in plans[0]["sections"]] == [3]
    assert plans[1]["skip"].startswith("nothing new")
    assert not (newsroom.folder / "digest.db").exists()


def test_both_clock_changes_have_one_edition_each(digest: Digest, newsroom: Newsroom) -> None:
    newsroom.edit('"0 7 * * *"', '"30 2 * * *"')
    autumn = digest("simulate", "daily", "--from", "2026-10-24T12:00", "--days", "3", "--json").json
    assert [plan["slot"] for plan in autumn] == ["2026-10-25T02:30", "2026-10-26T02:30", "2026-10-27T02:30"]
    spring = digest("simulate", "daily", "--from", "2026-03-28T12:00", "--days", "2", "--json").json
    assert [plan["slot"] for plan in spring] == ["2026-03-29T03:00", "2026-03-30T02:30"]


def test_a_feed_list_goes_out_and_comes_back(digest: Digest, newsroom: Newsroom) -> None:
    exported = digest("sources", "export", "daily")
    assert exported.code == 0
    (newsroom.folder / "list.opml").write_text(exported.out, encoding="utf-8")
    taken = digest("sources", "import", "list.opml")
    assert f'url = "{newsroom.server.url("/feed.xml")}"' in taken.out
    assert 'title = "Harbour"' in taken.out


def test_a_site_leads_to_its_feed(digest: Digest, newsroom: Newsroom) -> None:
    page = '<html><head><link rel="alternate" type="application/rss+xml" href="/feed.xml"></head></html>'
    newsroom.server.routes["/"] = Answer(body=page, headers={"Content-Type": "text/html"})
    tried = digest("sources", "try", newsroom.server.url("/"), "--json")
    assert tried.code == 0
    assert len(tried.json["articles"]) == 3
    assert newsroom.server.url("/feed.xml") in tried.err


def test_what_a_feed_lacks_is_read_from_the_page(digest: Digest, newsroom: Newsroom) -> None:
    newsroom.edit('max_age = "48h"', 'max_age = "48h"\nmax_articles = 1')
    link = newsroom.server.url("/story")
    item = f"<item><title>Bare</title><link>{link}</link></item>"
    newsroom.server.routes["/feed.xml"] = Answer(body=f"<rss version='2.0'><channel>{item}</channel></rss>")
    newsroom.server.routes["/story"] = Answer(
        body='<html><head><meta property="og:description" content="What the page says.">'
        '<meta property="og:type" content="article"></head><body></body></html>',
        headers={"Content-Type": "text/html"},
    )
    digest("preview", "daily")
    assert "What the page says." in (newsroom.folder / "preview" / "mail.txt").read_text()
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    digest("send", "daily")
    asked = newsroom.server.paths().count("/story")
    digest("preview", "daily")
    assert newsroom.server.paths().count("/story") == asked, "a page is read once"

"""What a test mail and a preview are when there is nothing for a coming edition."""

from __future__ import annotations

import json

from tests.cli.conftest import Digest, Newsroom


def test_a_test_mail_without_news_is_the_newest_edition(digest: Digest, newsroom: Newsroom) -> None:
    newsroom.publish()
    nothing = digest("test", "daily", "editor@example.org")
    assert nothing.code == 2
    assert "There is no edition to send: nothing new" in nothing.err
    newsroom.publish("Ferry back in service")
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    edition = digest("send", "daily", "--json").json["edition"]
    before = set(newsroom.mails)
    again = digest("test", "daily", "editor@example.org")
    assert again.code == 0
    assert f"nothing new since the last edition: sending {edition} again as a test" in again.err
    [path] = set(newsroom.mails) - before
    assert b"Subject: [Test] Ferry back in service" in path.read_bytes()
    assert digest("editions", "list", "--json").json[0]["recipients"] == 1, "the ledger is untouched"


def test_a_preview_without_news_is_the_newest_edition(digest: Digest, newsroom: Newsroom) -> None:
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    edition = digest("send", "daily", "--json").json["edition"]
    newest = digest("preview", "daily")
    assert newest.code == 0
    assert "No mail would go out: nothing new since the last edition" in newest.out
    assert f"This is the newest edition, {edition}" in newest.err
    folder = newsroom.folder / "preview"
    assert "Ferry back in service" in (folder / "mail.html").read_text("utf-8")
    plan = json.loads((folder / "plan.json").read_text("utf-8"))
    assert plan["slot"] == edition.removeprefix("daily-")[:13] + ":" + edition[-2:]
    titles = [article["title"] for section in plan["sections"] for article in section["articles"]]
    assert titles == ["Ferry back in service", "School garden opens", "New bus line"]
    assert plan["problems"][0].startswith("No mail would go out now")


def test_a_preview_leaves_no_picture_of_another_edition(digest: Digest, newsroom: Newsroom) -> None:
    digest("preview", "daily")
    (newsroom.folder / "preview" / "phone.png").write_bytes(b"")
    (newsroom.folder / "preview" / "notes.txt").write_text("somebody's own")
    digest("preview", "daily")
    left = {path.name for path in (newsroom.folder / "preview").iterdir()}
    assert "phone.png" not in left
    assert {"notes.txt", "mail.html", "plan.json"} <= left


def test_a_preview_before_the_first_news_leaves_the_plan_alone(digest: Digest, newsroom: Newsroom) -> None:
    newsroom.publish()
    assert "No mail would go out: nothing new" in digest("preview", "daily").out
    assert [path.name for path in (newsroom.folder / "preview").iterdir()] == ["plan.json"]

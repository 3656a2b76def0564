"""What a test mail and a preview are when there is nothing for a coming edition."""

from __future__ import annotations

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


def test_a_preview_without_news_leaves_no_mail_of_another_edition(digest: Digest, newsroom: Newsroom) -> None:
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    digest("preview", "daily")
    edition = digest("send", "daily", "--json").json["edition"]
    (newsroom.folder / "preview" / "phone.png").write_bytes(b"")
    (newsroom.folder / "preview" / "notes.txt").write_text("somebody's own")
    nothing = digest("preview", "daily")
    assert "No mail would go out: nothing new since the last edition" in nothing.out
    assert f"The newest edition is {edition}" in nothing.err
    left = {path.name for path in (newsroom.folder / "preview").iterdir()}
    assert left == {"plan.json", "notes.txt"}

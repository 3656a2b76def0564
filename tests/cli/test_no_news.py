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

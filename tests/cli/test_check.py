"""`digest check --online`: sources are visited, senders logged in to, links followed."""

from __future__ import annotations

import os
import socket

import pytest

from tests.cli.conftest import Digest, Newsroom
from tests.helpers.servers import Answer


@pytest.fixture
def linked(newsroom: Newsroom) -> Newsroom:
    """A newsroom whose one article is not where its feed says."""
    link = newsroom.server.url("/gone")
    item = (
        f"<item><guid>1</guid><title>Ferry</title><link>{link}</link><description>About.</description></item>"
    )
    feed = f'<rss version="2.0"><channel><title>Harbour feed</title>{item}</channel></rss>'
    newsroom.server.routes["/feed.xml"] = Answer(body=feed)
    newsroom.server.routes["/empty.xml"] = Answer(body="<rss version='2.0'><channel></channel></rss>")
    newsroom.edit("https://post.example.org", newsroom.server.url(""))  # no test leaves this machine
    for name in ("empty", "missing"):
        source = f'[[newsletters.sections.sources]]\nname = "{name}"\nid = "{name}"\n'
        address = newsroom.server.url(f"/{name}.xml")
        newsroom.config.write_text(newsroom.config.read_text() + f'{source}url = "{address}"\n')
    return newsroom


def found(digest: Digest, *arguments: str) -> dict[str, tuple[str, str]]:
    rows = digest("check", "--json", *arguments).json["findings"]
    return {row["subject"]: (row["level"], row["text"]) for row in rows}


def test_what_the_network_can_tell(digest: Digest, linked: Newsroom) -> None:
    online = found(digest, "--online")
    assert ("ok", "1 article") in online.values()
    assert online["source empty"] == ("warning", "0 articles")
    assert online["source missing"][0] == "failure"
    assert online["sender eml"][0] == "ok"
    level, text = online["link in daily"]
    assert level == "warning"
    assert linked.server.url("/gone") in text
    assert not (linked.folder / "digest.db").exists()


def test_a_sender_that_does_not_answer(digest: Digest, linked: Newsroom) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    sender = f'[[senders]]\nkind = "smtp"\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\n\n'
    linked.edit("[[newsletters]]\n", f"{sender}[[newsletters]]\n")
    online = found(digest, "--online")
    assert online["sender smtp"][0] == "failure"
    assert not any(subject.startswith("SPF") for subject in online), "a server on this machine is asked"


def test_offline_nobody_is_visited(digest: Digest, linked: Newsroom) -> None:
    assert not any(subject.startswith(("source ", "link ")) for subject in found(digest))
    assert not linked.server.requests


def test_a_database_that_everybody_can_read_is_said(digest: Digest, newsroom: Newsroom) -> None:
    assert "database" not in found(digest)
    file = newsroom.folder / "digest.db"
    digest("db", "upgrade")
    assert "database" not in found(digest)
    file.chmod(0o644)
    level, text = found(digest)["database"]
    assert level == "warning"
    assert text.endswith(f"chmod 600 {file}")


def test_a_database_that_cannot_be_made_is_a_failure(digest: Digest, newsroom: Newsroom) -> None:
    newsroom.edit("[fetch]", '[database]\nurl = "sqlite:///nowhere/digest.db"\n\n[fetch]')
    level, text = found(digest)["database"]
    assert level == "failure"
    assert f"there is no folder {newsroom.folder / 'nowhere'}" in text
    checked = digest("check")
    assert checked.code == 1
    assert "All is well" not in checked.out


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_database_that_may_not_be_written_is_a_failure(digest: Digest, newsroom: Newsroom) -> None:
    digest("db", "upgrade")
    (newsroom.folder / "digest.db").chmod(0o400)
    level, text = found(digest)["database"]
    assert level == "failure"
    assert text.endswith(f"may not write to {newsroom.folder / 'digest.db'}")

"""Pictures on their way from a feed into readers' mails."""

from __future__ import annotations

import email
import email.policy
import json
import re
import sqlite3

import pytest

from tests.cli.conftest import Digest, Newsroom
from tests.helpers.pictures import picture
from tests.helpers.servers import Answer

ITEM = (
    "<item><guid>{0}</guid><title>{0}</title><link>{1}/{0}</link>"
    '<enclosure url="{1}/{0}.png" type="image/png"/></item>'
)


@pytest.fixture
def illustrated(newsroom: Newsroom) -> Newsroom:
    """Two stories: the picture of one is there, that of the other is not."""
    server = newsroom.server
    items = "".join(ITEM.format(title, server.url().rstrip("/")) for title in ("Ferry", "Garden"))
    feed = f'<rss version="2.0"><channel><title>Harbour feed</title>{items}</channel></rss>'
    server.routes["/feed.xml"] = Answer(body=feed)
    server.routes["/Ferry.png"] = Answer(body=picture(1, 900, 450))
    return newsroom


def sent_html(newsroom: Newsroom) -> str:
    [path] = newsroom.mails
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def test_the_mail_has_true_sizes_and_no_dead_pictures(digest: Digest, illustrated: Newsroom) -> None:
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    digest("preview", "daily")
    plan = json.loads((illustrated.folder / "preview" / "plan.json").read_text())
    assert any("picture of 'Garden' is left out" in problem for problem in plan["problems"])
    assert digest("send", "daily", "--json").json["sent"] == 1
    html = sent_html(illustrated)
    [tag] = re.findall(r"<img[^>]+\.png[^>]*>", html)
    assert illustrated.server.url("/Ferry.png") in tag
    width, height = (int(number) for number in re.findall(r'(?:width|height)="(\d+)"', tag))
    assert width == 2 * height


def test_copies_are_mailed_and_previews_leave_none(digest: Digest, illustrated: Newsroom) -> None:
    illustrated.edit("[fetch]", "[images]\ncopies = true\n\n[fetch]")
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    digest("preview", "daily")
    assert illustrated.server.url("/Ferry.png") in (illustrated.folder / "preview" / "mail.html").read_text()
    database = sqlite3.connect(illustrated.folder / "digest.db")
    assert database.execute("SELECT count(*) FROM picture_copy").fetchone() == (0,)
    assert digest("send", "daily", "--json").json["sent"] == 1
    [key] = re.findall(r'src="https://post\.example\.org/i/([0-9a-f]{32})\.png"', sent_html(illustrated))
    copies = database.execute("SELECT key, media_type, width FROM picture_copy").fetchall()
    database.close()
    assert copies == [(key, "image/png", 900)]

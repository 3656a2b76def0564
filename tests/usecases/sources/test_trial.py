"""A source that is tried by itself: from an address, from a site that leads to one, from a file or a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from digest.clock import utc_now
from digest.errors import SourceError, UsageError
from digest.net.http import Http
from digest.usecases.sources import trial
from tests.cli.conftest import rss
from tests.helpers.servers import Answer, Server

FEED = rss(["Ferry back in service", "School garden opens"], utc_now())


def feed(server: Server) -> str:
    server.routes["/feed.xml"] = Answer(body=FEED, headers={"Content-Type": "application/rss+xml"})
    return server.url("/feed.xml")


async def test_a_feed_is_what_it_is(server: Server, http: Http) -> None:
    tried = await trial.try_address(http, feed(server))
    assert (tried.kind, tried.why_not, tried.leads_to) == ("feed", "", ())
    document = json.loads(json.dumps(tried.as_json()))
    assert document["source"]["title"] == "Harbour feed"
    assert [article["title"] for article in document["articles"]] == [
        "Ferry back in service",
        "School garden opens",
    ]


async def test_a_site_leads_to_its_feed_unless_a_kind_is_asked_for(server: Server, http: Http) -> None:
    page = (
        f'<!doctype html><head><link rel="alternate" type="application/rss+xml" href="{feed(server)}"></head>'
    )
    server.routes["/"] = Answer(body=page, headers={"Content-Type": "text/html"})
    tried = await trial.try_address(http, server.url("/"))
    assert tried.why_not
    assert [(found.kind, found.url) for found in tried.leads_to] == [("feed", server.url("/feed.xml"))]
    assert len(tried.fetched.articles) == 2
    with pytest.raises(SourceError):
        await trial.try_address(http, server.url("/"), kind="feed")


async def test_a_site_without_anything_says_what_was_looked_at(server: Server, http: Http) -> None:
    server.routes["/"] = Answer(body="<!doctype html><p>Hello", headers={"Content-Type": "text/html"})
    with pytest.raises(SourceError, match="it leads to none") as error:
        await trial.try_address(http, server.url("/"))
    assert "/feed/" in str(error.value)


async def test_an_error_of_the_server_is_no_reason_to_look_further(server: Server, http: Http) -> None:
    with pytest.raises(SourceError, match="404"):
        await trial.try_address(http, server.url("/none.xml"))
    assert len(server.requests) == 1


async def test_a_kind_that_is_misspelt_is_refused_by_the_nearest(http: Http) -> None:
    with pytest.raises(UsageError, match="feed"):
        await trial.try_address(http, "https://news.example.org/", kind="fed")


def test_a_file_is_read_as_what_it_is(tmp_path: Path) -> None:
    file = tmp_path / "saved"
    file.write_text(FEED)
    assert trial.try_file(file).kind == "feed"
    site = "https://news.example.org/1"
    namespace = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    file.write_text(f"<urlset {namespace}><url><loc>{site}</loc></url></urlset>")
    tried = trial.try_file(file)
    assert tried.kind == "sitemap"
    assert [article.url for article in tried.fetched.articles] == [site]


def test_a_file_of_another_sort_says_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "saved"
    file.write_text("<opml><body><outline xmlUrl='https://example.org/'/></body></opml>")
    with pytest.raises(UsageError, match="digest sources import"):
        trial.try_file(file)
    with pytest.raises(UsageError, match="--kind folder"):
        trial.try_file(tmp_path)
    with pytest.raises(UsageError, match="no such file"):
        trial.try_file(tmp_path / "none")


async def test_a_folder_is_read_with_its_kind(tmp_path: Path, http: Http) -> None:
    (tmp_path / "one.md").write_text("# The ferry is back\n\nIt sails again.\n")
    tried = await trial.try_folder(http, tmp_path, kind="folder", base_url="https://news.example.org/")
    [article] = tried.fetched.articles
    assert article.title == "The ferry is back"
    assert article.url.startswith("https://news.example.org/")

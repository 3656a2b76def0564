"""Listing pages of sites without a feed: which links are articles, and what becomes of them."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from digest.errors import SourceError
from digest.model import Validators
from digest.net.http import Http
from digest.sources.page import Options, Source, parse
from tests.helpers.servers import Answer, Server

URL = "https://paper.example/news/"
LISTING = """<html lang="en"><head><title>News</title><meta property="og:site_name" content="The Paper"></head><body>
<nav><a href="/politics/a-long-section-name-here">All about politics and the parliament</a></nav>
<header><a href="/">The Paper</a></header>
<main>
  <article><a href="/news/harbour-opens-after-three-weeks"><img src="a.jpg" alt="Ships"></a>
    <h2><a href="/news/harbour-opens-after-three-weeks#top">Harbour opens again</a></h2>
    <a href="/news/harbour-opens-after-three-weeks?utm_source=front">Read more</a>
    <a href="/author/ada-berg-the-reporter-of-ships">Ada Berg, our reporter of ships</a></article>
  <a href="/2026/03/01/rain"><h3>Rain</h3><p>A dek of the story that is much longer than its headline</p></a>
  <div><a href="/news/story-4711">The council met on Monday and decided nothing</a></div>
  <div><a href="https://www.paper.example/news/a-fourth-story-of-today" aria-label="A fourth story"><img src=x></a></div>
  <h2><a href="https://other.example/2026/03/01/their-own-long-story">A story of somebody else</a></h2>
  <h2><a href="/tag/ships-and-cranes-and-more">Everything about ships and cranes</a></h2>
  <h2><a href="/files/report-of-the-council-2026.pdf">The report of the council</a></h2>
  <a href="/news/page/2">Older stories on the next page</a><a href="mailto:a@paper.example">Write to the editor now</a>
  <a href="/news/harbour-and-more-and-more">More</a>
</main>
<aside><h3><a href="/news/most-read-of-all-the-stories">Most read of all the stories</a></h3></aside>
<footer><a href="/about/our-house-and-its-history">About our house and its long history</a></footer></body></html>"""


def found(html: str, **how: Any) -> list[tuple[str, str]]:
    articles = parse(html.encode(), url=URL, **how).articles
    return [(article.url.removeprefix("https://paper.example"), article.title) for article in articles]


def test_links_that_are_articles() -> None:
    assert found(LISTING) == [
        ("/news/harbour-opens-after-three-weeks", "Harbour opens again"),
        ("/2026/03/01/rain", "Rain"),
        ("/news/story-4711", "The council met on Monday and decided nothing"),
    ]


def test_a_selector_overrules_the_judgement() -> None:
    assert found(LISTING, selector="aside h3") == [
        ("/news/most-read-of-all-the-stories", "Most read of all the stories")
    ]
    assert found(LISTING, selector="main > article") == [
        ("/news/harbour-opens-after-three-weeks", "Harbour opens again")
    ]
    assert found(LISTING, selector="main div a") == [
        ("/news/story-4711", "The council met on Monday and decided nothing"),
        ("https://www.paper.example/news/a-fourth-story-of-today", "A fourth story"),
    ]


def test_headlines_in_other_scripts() -> None:
    html = '<main><a href="/2026-03/01/c_11.htm">黄河流域文物保护传承观察</a><a href="/2026-03/01/">更多</a></main>'
    assert found(html) == [("/2026-03/01/c_11.htm", "黄河流域文物保护传承观察")]


def test_a_page_with_a_feed_says_so() -> None:
    feed = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
    fetched = parse(LISTING.replace("</head>", f"{feed}</head>").encode(), url=URL)
    assert fetched.problems == (
        'this site has a feed, which is kinder and more complete: kind = "feed", url = "https://paper.example/feed.xml"',
    )
    assert fetched.info.title == "The Paper"


@pytest.mark.parametrize(
    ("body", "selector", "words"),
    [
        (b"", "", "empty"),
        (b'{"a": 1}', "", "not a web page"),
        (b"<html><p>Nothing here</p></html>", "", "looks like an article"),
        (b"<html><p>Nothing here</p></html>", "h2 a", "'h2 a' matches no link"),
        (b"<link rel=alternate type=application/atom+xml href=/a.xml>", "", r"a\.xml"),
    ],
)
def test_a_page_without_articles_is_an_error(body: bytes, selector: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        parse(body, url=URL, selector=selector)


@pytest.mark.parametrize(
    "wrong", [{"selector": "h2 >> ["}, {"url": "file:///etc/passwd"}, {"max_articles": 0}]
)
def test_options_that_cannot_be_meant(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options(**{"url": URL, **wrong})


@given(st.binary(max_size=300))
def test_no_page_is_more_than_a_source_error(body: bytes) -> None:
    with contextlib.suppress(SourceError):
        parse(b"<main>" + body, url=URL)


async def test_articles_are_read_from_their_own_pages(server: Server, http: Http) -> None:
    story = (
        "<html><head><title>Harbour opens again | The Paper</title><meta property=og:site_name content='The Paper'>"
        "<meta name=author content='Ada Berg'><meta property='article:published_time' content='2026-03-01T12:00:00Z'>"
        "</head></html>"
    )
    server.routes |= {
        "/news/": Answer(body=LISTING),
        "/news/harbour-opens-after-three-weeks": Answer(body=story),
    }
    source = Source(Options(url=server.url("/news/")))
    fetched = await source.fetch(http, Validators())
    assert [article.title for article in fetched.articles] == [
        "Harbour opens again",
        "Rain",
        "The council met on Monday and decided nothing",
    ]
    assert fetched.articles[0].byline == "Ada Berg"
    assert len(fetched.problems) == 2, "two pages do not exist"
    asked = len(server.paths())
    await source.fetch(http, Validators())
    assert len(server.paths()) == asked + 1, "only the listing is read again"


async def test_a_page_that_failed_is_tried_again(server: Server, http: Http) -> None:
    server.routes |= {"/news/": Answer(body=LISTING, etag='"1"'), "/2026/03/01/rain": Answer(status=503)}
    source = Source(Options(url=server.url("/news/"), paths=("/2026/",)))
    first = await source.fetch(http, Validators())
    assert [article.title for article in first.articles] == ["Rain"], "the link's words stand in"
    assert first.validators == Validators()
    server.routes["/2026/03/01/rain"] = Answer(
        body="<title>Rain and wind</title><meta name=description content=Wet>"
    )
    again = await source.fetch(http, first.validators)
    assert [article.title for article in again.articles] == ["Rain and wind"]
    assert again.validators == Validators(etag='"1"')


async def test_only_what_is_asked_for(server: Server, http: Http) -> None:
    server.routes["/news/"] = Answer(body=LISTING)
    fetched = await Source(Options(url=server.url("/news/"), paths=("/2026/",))).fetch(http, Validators())
    assert [article.title for article in fetched.articles] == ["Rain"]
    first = await Source(Options(url=server.url("/news/"), max_articles=1)).fetch(http, Validators())
    assert [article.title for article in first.articles] == ["Harbour opens again"]


@pytest.mark.corpus
def test_links_of_real_pages_are_stories(corpora: Path) -> None:
    """Pages of newspapers list other stories; a link that is one leads to a path with a number, a date or many words."""
    for file in (corpora / "html" / "articles" / "newspaper4k").glob("*.html"):
        with contextlib.suppress(SourceError):
            for article in parse(file.read_bytes(), url="http://www.news.cn/").articles:
                assert len(article.title) >= 4
                assert any(character.isdigit() for character in article.url) or article.url.count("-") >= 3

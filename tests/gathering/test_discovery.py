"""Any address of a site leads to what can be read from it, or to words about what is there."""

from __future__ import annotations

import json
import time

import pytest

from digest.errors import SourceError
from digest.gathering.discovery import MAX_REQUESTS, discover, kind_of
from digest.net.http import Http
from digest.sources.formats.html import metadata
from digest.sources.formats.json import wordpress_posts
from tests.helpers.servers import Answer, Server

FEED = (
    '<?xml version="1.0"?><rss version="2.0"><channel><title>The Paper</title><link>https://paper.example/</link>'
    "<item><title>Rain</title><link>https://paper.example/rain</link></item></channel></rss>"
)
ATOM = '<feed xmlns="http://www.w3.org/2005/Atom"><title>Comments</title><entry><title>x</title><id>1</id></entry></feed>'
STORY = {"id": "1", "url": "https://paper.example/1", "title": "One"}
JSON_FEED = json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "P", "items": [STORY]})
SITEMAP = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://paper.example/a</loc></url></urlset>'


def page(head: str = "", body: str = "") -> Answer:
    html = f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"
    return Answer(body=html, headers={"Content-Type": "text/html"})


def link(href: str, kind: str = "application/rss+xml", title: str = "") -> str:
    return f'<link rel="alternate" type="{kind}" href="{href}" title="{title}">'


async def found(server: Server, http: Http, path: str = "/") -> list[tuple[str, str]]:
    discovery = await discover(server.url(path), http)
    return [(source.kind, source.url.removeprefix(server.url(""))) for source in discovery.found]


async def test_answers_are_read_apart(server: Server, http: Http) -> None:
    text = "".join(f"<p>Word {number}, <b>another</b></p>" for number in range(4_000))
    story = {"title": {"rendered": "x"}, "content": {"rendered": text}, "link": "https://paper.example/1"}
    posts = json.dumps([{**story, "guid": str(number)} for number in range(20)])
    server.routes["/"] = page(link("/wp-json/").replace("alternate", "https://api.w.org/"))
    server.routes["/wp-json/wp/v2/posts"] = Answer(body=posts)
    alone = time.process_time()
    wordpress_posts.parse(posts.encode())
    alone, started = time.process_time() - alone, time.process_time()
    assert await found(server, http) == [("wordpress", "/")]
    assert time.process_time() - started < alone


async def test_pages_are_read_apart(server: Server, http: Http) -> None:
    values = '{"a": "b", /**/},' * 20_000
    script = f'<script type="application/ld+json">[{values}</script>'
    front = page(link("/feed/") + script * 2)
    server.routes["/"] = front
    server.routes["/feed/"] = Answer(body=FEED)
    alone = time.process_time()
    metadata.read(str(front.body).encode())
    alone, started = time.process_time() - alone, time.process_time()
    assert await found(server, http) == [("feed", "/feed/")]
    assert time.process_time() - started < alone


@pytest.mark.parametrize(
    ("body", "kind"),
    [(FEED, "feed"), (ATOM, "feed"), (JSON_FEED, "jsonfeed"), (SITEMAP, "sitemap")],
)
async def test_an_address_may_be_the_thing_itself(server: Server, http: Http, body: str, kind: str) -> None:
    server.routes["/x"] = Answer(body=body)
    assert await found(server, http, "/x") == [(kind, "/x")]


async def test_a_page_names_its_feeds_and_those_of_comments_come_last(server: Server, http: Http) -> None:
    comments, news = link("/comments/feed/", title="Comments"), link("/news.rss")
    server.routes |= {
        "/": page(comments + news + link("/f.json", "application/feed+json")),
        "/comments/feed/": Answer(body=ATOM),
        "/news.rss": Answer(body=FEED),
        "/f.json": Answer(body=JSON_FEED),
    }
    assert await found(server, http) == [
        ("feed", "/news.rss"),
        ("jsonfeed", "/f.json"),
        ("feed", "/comments/feed/"),
    ]


async def test_a_link_in_words_is_followed(server: Server, http: Http) -> None:
    place = "/service/rss-overview"
    server.routes |= {"/": page(body=f'<a href="{place}">RSS</a>'), place: Answer(body=FEED)}
    assert await found(server, http) == [("feed", place)]


@pytest.mark.parametrize("place", ["/feed/", "/rss", "/atom.xml", "/index.xml", "/feed.json"])
async def test_usual_places_are_looked_at(server: Server, http: Http, place: str) -> None:
    server.routes |= {"/": page(), place: Answer(body=JSON_FEED if "json" in place else FEED)}
    assert await found(server, http) == [("jsonfeed" if "json" in place else "feed", place)]


async def test_a_blog_below_the_site(server: Server, http: Http) -> None:
    server.routes |= {"/blog/": page(), "/blog/feed/": Answer(body=FEED)}
    assert await found(server, http, "/blog/") == [("feed", "/blog/feed/")]


async def test_a_wordpress_site(server: Server, http: Http) -> None:
    posts = [
        {"title": {"rendered": "Rain"}, "content": {"rendered": ""}, "link": "https://paper.example/rain"}
    ]
    server.routes |= {
        "/": page(f'<link rel="https://api.w.org/" href="{server.url("/wp-json/")}">' + link("/feed/")),
        "/feed/": Answer(body=FEED),
        "/wp-json/wp/v2/posts": Answer(body=json.dumps(posts)),
    }
    assert await found(server, http) == [("feed", "/feed/"), ("wordpress", "/")]


async def test_a_ghost_site(server: Server, http: Http) -> None:
    server.routes |= {
        "/blog": page('<meta name="generator" content="Ghost 5.1">'),
        "/rss/": Answer(body=FEED),
    }
    assert await found(server, http, "/blog") == [("feed", "/rss/")]


async def test_a_sitemap_is_better_than_nothing(server: Server, http: Http) -> None:
    robots = (
        f"User-agent: *\nSitemap: {server.url('/all.xml')}\nsitemap: {server.url('/news.xml')}\nSitemap: x:y"
    )
    server.routes |= {"/": page(), "/robots.txt": Answer(body=robots), "/news.xml": Answer(body=SITEMAP)}
    assert await found(server, http) == [("sitemap", "/news.xml")]


async def test_a_listing_is_the_last_resort(server: Server, http: Http) -> None:
    server.routes["/"] = page(body='<main><h2><a href="/2026/03/01/rain">Rain over the sea</a></h2></main>')
    assert await found(server, http) == [("page", "/")]


async def test_where_nothing_is_found_it_is_said_what_was_looked_at(server: Server, http: Http) -> None:
    server.routes |= {"/": page(link("/feed.xml")), "/feed.xml": page(body="An error, served with 200")}
    discovery = await discover(server.url("/"), http)
    assert discovery.found == ()
    assert any("/feed.xml: it is no feed" in words for words in discovery.looked_at)
    assert any("/sitemap.xml" in words and "404" in words for words in discovery.looked_at)
    assert len(server.requests) <= MAX_REQUESTS + 1


async def test_a_site_full_of_links_is_not_hammered(server: Server, http: Http) -> None:
    links = "".join(f"<a href=/rss/{number}>x</a>" for number in range(100))
    server.routes["/"] = page("".join(link(f"/{number}.xml") for number in range(100)), links)
    await discover(server.url("/"), http)
    assert len(server.requests) <= MAX_REQUESTS + 1


async def test_what_is_found_can_be_written_down(server: Server, http: Http) -> None:
    server.routes["/x"] = Answer(body=FEED)
    (source,) = (await discover(server.url("/x"), http)).found
    assert str(source) == f'kind = "feed", url = "{server.url("/x")}" (The Paper: 1 article)'


async def test_lists_of_feeds_and_other_files(server: Server, http: Http) -> None:
    server.routes |= {"/l": Answer(body="<opml><body/></opml>"), "/p": Answer(body=b"\x89PNG")}
    assert "OPML" in (await discover(server.url("/l"), http)).looked_at[0]
    assert "neither" in (await discover(server.url("/p"), http)).looked_at[0]


@pytest.mark.parametrize(
    ("address", "words"), [("", "not the address"), ("file:///etc/passwd", "not the address")]
)
async def test_an_address_that_is_none(http: Http, address: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        await discover(address, http)


async def test_a_site_that_does_not_answer_is_an_error(server: Server, http: Http) -> None:
    with pytest.raises(SourceError, match="404"):
        await discover(server.url("/none"), http)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (FEED.encode("utf-16"), "feed"),
        (b'<rdf:RDF xmlns:rdf="x"/>', "feed"),
        (b"<!-- a --><channel>", "feed"),
        (b"\xef\xbb\xbf<sitemapindex>", "sitemap"),
        (b"\x1f\x8b\x08", "sitemap"),
        (b'[{"id":1,"date_gmt":"x"}]', "wordpress"),
        (b'{"posts":[]}', "ghost"),
        (b'{"version":"https://jsonfeed.org/version/1"}', "jsonfeed"),
        (b"<!DOCTYPE html><title>x", "page"),
        (b'{"a":1}', ""),
        (b"", ""),
    ],
)
def test_the_kind_of_what_came(body: bytes, kind: str) -> None:
    assert kind_of(body) == kind

"""Sitemaps: for news and plain ones, indexes, gzip, and everything that goes wrong with them."""

from __future__ import annotations

import contextlib
import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import SourceError
from digest.model import Fetched, Image, Validators
from digest.net.http import Http
from digest.sources.formats.dates import parse_date
from digest.sources.formats.xml.sitemap_document import MAX_BYTES, read
from digest.sources.sitemap import Options, Source, parse
from digest.text import absolute_url
from tests.helpers.rates import at_least
from tests.helpers.servers import Answer, Server

HEAD = (
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"'
    ' xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">'
)
NEWS = f"""<?xml version="1.0" encoding="UTF-8"?>{HEAD}
<url><loc>https://paper.example/rain?a=1&amp;b=2</loc><lastmod>2026-03-01T13:00:00Z</lastmod>
  <n:news><n:publication><n:name>The Paper</n:name><n:language>en</n:language></n:publication>
  <n:publication_date>2026-03-01T13:00:00+01:00</n:publication_date><n:title>Rain &amp; wind</n:title>
  <n:keywords>weather, coast</n:keywords></n:news>
  <image:image><image:loc>/rain.jpg</image:loc><image:caption>Rain</image:caption></image:image></url>
</urlset>"""


def urlset(*entries: str) -> str:
    return f"{HEAD}{''.join(f'<url>{entry}</url>' for entry in entries)}</urlset>"


def index(*children: str) -> str:
    inner = "".join(f"<sitemap>{child}</sitemap>" for child in children)
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{inner}</sitemapindex>'


def story(title: str) -> Answer:
    head = f"<title>{title}</title><meta property=og:type content=article><meta name=description content='About {title}'>"
    return Answer(body=f"<html><head>{head}</head></html>", headers={"Content-Type": "text/html"})


def test_a_news_sitemap_tells_everything() -> None:
    fetched = parse(NEWS.encode())
    (article,) = fetched.articles
    assert fetched.info.title == "The Paper"
    assert (article.url, article.guid) == ("https://paper.example/rain?a=1&b=2",) * 2
    assert (article.title, article.language) == ("Rain & wind", "en")
    assert article.published == datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    assert article.updated == datetime(2026, 3, 1, 13, 0, tzinfo=UTC)
    assert article.tags == ("weather", "coast")
    assert article.image == Image(url="https://paper.example/rain.jpg", caption="Rain")


FORMS = {
    "gzip": gzip.compress(NEWS.encode()),
    "two gzip members": gzip.compress(NEWS.encode()[:300]) + gzip.compress(NEWS.encode()[300:]),
    "a byte order mark": b"\xef\xbb\xbf" + NEWS.encode(),
    "white space first": b"\n\n " + NEWS.encode(),
    "UTF-16": NEWS.replace("UTF-8", "UTF-16").encode("utf-16"),
    "no namespace": NEWS.replace('xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"', "").encode(),
    "a namespace with https": NEWS.replace("http://www.sitemaps", "https://www.sitemaps").encode(),
    "CDATA": NEWS.replace("Rain &amp; wind", "<![CDATA[Rain & wind]]>").encode(),
    "bare ampersands": NEWS.replace("&amp;", "&").encode(),
    "control characters": NEWS.replace("weather", "weather\x03").encode(),
    "a broken end": NEWS.replace("</urlset>", "<url><loc>https://paper.example/cut").encode(),
    "foreign elements": NEWS.replace(
        "<url>", "<foo><loc>https://no.example/</loc></foo><url><x:y xmlns:x='x'/>"
    ).encode(),
}


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS.keys())
def test_a_news_sitemap_in_many_forms(body: bytes) -> None:
    assert [article.title for article in parse(body).articles] == ["Rain & wind"]


def test_a_broken_end_is_said() -> None:
    assert "line" in parse(FORMS["a broken end"]).problems[0]


def test_a_list_of_lines_is_a_sitemap_too() -> None:
    body = b"https://paper.example/a\r\nhttps://paper.example/b\nnonsense\nhttps://paper.example/a\n"
    assert [article.url for article in parse(body).articles] == [
        "https://paper.example/a",
        "https://paper.example/b",
    ]


def test_an_index_names_the_newest_first() -> None:
    text = index(
        "<loc>https://a.example/1.xml</loc><lastmod>2026-01-01</lastmod>",
        "<loc>/2.xml</loc>",
        "<loc>https://a.example/3.xml</loc><lastmod>2026-02-01</lastmod>",
    )
    children = [url for url, _ in read(text.encode(), "https://a.example/index.xml").children]
    assert children == ["https://a.example/3.xml", "https://a.example/1.xml", "https://a.example/2.xml"]
    assert "index of 3 sitemaps" in parse(text.encode(), url="https://a.example/index.xml").problems[0]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"<html><body>Not found</body></html>", "web page"),
        (b"<!doctype html><p>Not found", "web page"),
        (b"<rss version='2.0'><channel/></rss>", 'kind = "feed"'),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'/>", 'kind = "feed"'),
        (b'<!DOCTYPE u [<!ENTITY a "b">]><urlset><url><loc>&a;</loc></url></urlset>', "document type"),
        (b'<!DOCTYPE u SYSTEM "file:///etc/passwd"><urlset/>', "document type"),
        (b"<urlset>" * 1000, "deep"),
        (b"\x1f\x8bnonsense", "damaged"),
        (gzip.compress(NEWS.encode())[:-20], "breaks off"),
        (gzip.compress(bytes(2_000_000)), "gzip bomb"),
        (b"{}", "not a sitemap"),
    ],
)
def test_what_is_no_sitemap_is_said(body: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        parse(body)


@pytest.mark.stress
def test_a_sitemap_is_as_large_as_the_protocol_allows() -> None:
    news = NEWS.encode()
    assert parse(gzip.compress(news.ljust(16_000_000), 0)).articles == parse(news).articles
    with pytest.raises(SourceError, match="larger than"):
        parse(gzip.compress(news.ljust(MAX_BYTES + 1), 0))


@given(st.binary(max_size=300))
def test_no_file_is_more_than_a_source_error(body: bytes) -> None:
    for wrapped in (body, HEAD.encode() + b"<url><loc>" + body):
        with contextlib.suppress(SourceError):
            parse(wrapped)


# --- visits --------------------------------------------------------------------------------------------------


async def test_a_plain_sitemap_is_completed_from_its_pages(server: Server, http: Http) -> None:
    dates = {"a": "2026-01-01", "b": "2026-03-01", "c": "2026-02-01"}
    server.routes["/sitemap.xml"] = Answer(
        body=urlset(
            *(f"<loc>{server.url(f'/{name}')}</loc><lastmod>{date}</lastmod>" for name, date in dates.items())
        ),
        etag='"1"',
    )
    server.routes |= {"/b": story("Bees"), "/c": story("Cats")}
    source = Source(Options(url=server.url("/sitemap.xml"), max_articles=2))
    fetched = await source.fetch(http, Validators())
    assert [article.title for article in fetched.articles] == ["Bees", "Cats"]
    assert fetched.articles[0].dek == "About Bees"
    assert server.paths() == ["/sitemap.xml", "/b", "/c"]
    assert (await source.fetch(http, fetched.validators)).not_modified
    await source.fetch(http, Validators())
    assert server.paths()[3:] == ["/sitemap.xml", "/sitemap.xml"], "a page is read once"


async def test_pages_that_cannot_be_read_cost_only_themselves(server: Server, http: Http) -> None:
    server.routes["/sitemap.xml"] = Answer(
        body=urlset(*(f"<loc>{server.url(f'/{name}')}</loc>" for name in ("gone", "shop", "rain")))
    )
    server.routes |= {"/rain": story("Rain"), "/shop": Answer(body="<title>Our shop</title>")}
    fetched = await Source(Options(url=server.url("/sitemap.xml"))).fetch(http, Validators())
    assert [article.title for article in fetched.articles] == ["Rain"]
    assert len(fetched.problems) == 1
    assert "/gone" in fetched.problems[0]


async def test_pages_that_failed_are_tried_again(server: Server, http: Http) -> None:
    server.routes |= {
        "/sitemap.xml": Answer(body=urlset(f"<loc>{server.url('/rain')}</loc>"), etag='"1"'),
        "/rain": Answer(status=503),
    }
    source = Source(Options(url=server.url("/sitemap.xml")))
    first = await source.fetch(http, Validators())
    assert (first.articles, first.validators) == ((), Validators())
    server.routes["/rain"] = story("Rain")
    again = await source.fetch(http, first.validators)
    assert [article.title for article in again.articles] == ["Rain"]
    assert again.validators == Validators(etag='"1"')


async def test_pages_may_be_left_alone(server: Server, http: Http) -> None:
    server.routes["/sitemap.xml"] = Answer(body=urlset(f"<loc>{server.url('/a')}</loc>"))
    fetched = await Source(Options(url=server.url("/sitemap.xml"), pages=False)).fetch(http, Validators())
    assert fetched.articles == ()
    assert "pages = true" in fetched.problems[0]
    assert server.paths() == ["/sitemap.xml"]


async def test_a_news_sitemap_needs_no_pages_and_takes_what_is_asked_for(server: Server, http: Http) -> None:
    entry = NEWS.partition("<url>")[2].partition("</url>")[0]
    sport = entry.replace("/rain", "/sport/cup").replace("Rain", "Cup")
    server.routes["/news.xml"] = Answer(body=urlset(entry, sport))
    options = Options(url=server.url("/news.xml"), paths=("/sport/",))
    fetched = await Source(options).fetch(http, Validators())
    assert [article.title for article in fetched.articles] == ["Cup & wind"]
    assert server.paths() == ["/news.xml"]
    nothing = await Source(Options(url=server.url("/news.xml"), paths=("/art/",))).fetch(http, Validators())
    assert "paths" in nothing.problems[0]


async def test_an_index_is_read_as_far_as_needed(server: Server, http: Http) -> None:
    entry = NEWS.partition("<url>")[2].partition("</url>")[0]
    named = [(number, f"2026-0{number}-01") for number in range(1, 5)]
    server.routes["/index.xml"] = Answer(
        body=index(*(f"<loc>{server.url(f'/{n}.xml')}</loc><lastmod>{date}</lastmod>" for n, date in named)),
        etag='"1"',
    )
    for number, _ in named:
        dated = entry.replace("rain?", f"rain-{number}?").replace("2026-03-01", f"2026-0{number}-01")
        server.routes[f"/{number}.xml"] = Answer(body=gzip.compress(urlset(dated).encode()))
    fetched = await Source(Options(url=server.url("/index.xml"), max_articles=2)).fetch(http, Validators())
    assert [article.url[-9:-8] for article in fetched.articles] == ["4", "3"]
    assert server.paths() == ["/index.xml", "/4.xml", "/3.xml"], "older ones can bring nothing newer"
    assert fetched.validators == Validators(), "an index may stay the same while its sitemaps change"


async def test_indexes_that_name_themselves_come_to_an_end(server: Server, http: Http) -> None:
    entry = NEWS.partition("<url>")[2].partition("</url>")[0]
    server.routes["/a.xml"] = Answer(
        body=index(f"<loc>{server.url('/b.xml')}</loc>", f"<loc>{server.url('/c.xml')}</loc>")
    )
    server.routes["/b.xml"] = Answer(
        body=index(f"<loc>{server.url('/a.xml')}</loc>", f"<loc>{server.url('/b.xml')}</loc>")
    )
    server.routes["/c.xml"] = Answer(body=urlset(entry))
    fetched = await Source(Options(url=server.url("/a.xml"))).fetch(http, Validators())
    assert len(fetched.articles) == 1
    assert len(server.paths()) == 3
    assert [problem for problem in fetched.problems if "within itself" in problem]


async def test_an_index_whose_sitemaps_all_fail_is_an_error(server: Server, http: Http) -> None:
    server.routes["/a.xml"] = Answer(body=index(f"<loc>{server.url('/none.xml')}</loc>"))
    with pytest.raises(SourceError, match=r"none\.xml"):
        await Source(Options(url=server.url("/a.xml"))).fetch(http, Validators())


# --- real sitemaps -------------------------------------------------------------------------------------------


@pytest.mark.corpus
def test_real_sitemaps(corpora: Path) -> None:
    folder = corpora / "feeds"
    fields: list[tuple[str, bool]] = []
    for line in (folder / "sitemaps" / "expected.jsonl").read_text().splitlines():
        expected: dict[str, Any] = json.loads(line)
        if expected.get("root") not in ("urlset", "sitemapindex"):
            continue
        found = read((folder / expected["file"]).read_bytes())
        by_url = {article.url: article for article in found.articles}
        fields.append(("urls", len(found.articles) == expected["n_url"]))
        fields.append(("sitemaps", len(found.children) == expected["n_sitemap"]))
        fields += [("loc", absolute_url(loc) in by_url) for loc in expected["locs"]]
        for news in expected["news"]:
            article = by_url[absolute_url(news["loc"])]
            fields.append(("title", article.title == news["title"]))
            fields.append(("date", article.published == parse_date(news["date"])))
            fields.append(("language", article.language == news["lang"]))
    at_least(0.98, "sitemaps: fields", fields)


@pytest.mark.corpus
def test_a_real_feed_is_sent_to_its_kind(corpora: Path) -> None:
    body = (corpora / "feeds" / "sitemaps" / "crawler-commons" / "atom.xml").read_bytes()
    with pytest.raises(SourceError, match='kind = "feed"'):
        parse(body, url="https://paper.example/")


# --- without dates ---------------------------------------------------------------------------------------------


async def visit(server: Server, http: Http, path: str, **how: object) -> Fetched:
    options = Options.model_validate({"url": server.url(path), **how})
    return await Source(options).fetch(http, Validators())


def posts(server: Server, names: list[str], ages: list[int]) -> None:
    """Serve an index of sitemaps without dates, each with a news article that is so many days old."""
    children = "".join(f"<sitemap><loc>{server.url(name)}</loc></sitemap>" for name in names)
    server.routes["/index.xml"] = Answer(body=f"<sitemapindex>{children}</sitemapindex>")
    for name, age in zip(names, ages, strict=True):
        date = datetime(2026, 3, 2, tzinfo=UTC) - timedelta(days=age)
        server.routes[name] = Answer(
            body=f"<urlset><url><loc>{server.url(f'/story{age}')}</loc><news><title>Story {age}</title>"
            f"<publication_date>{date.isoformat()}</publication_date></news></url></urlset>"
        )


NUMBERED = [f"/post-sitemap{number}.xml" for number in range(1, 12)]


@pytest.mark.parametrize(
    ("names", "ages"),
    [
        (NUMBERED, list(range(10, -1, -1))),  # as WordPress has them
        (NUMBERED, list(range(11))),
        (NUMBERED[::-1], list(range(11))),
        ([f"/news-20{year}.xml" for year in range(16, 27)], list(range(10, -1, -1))),
        ([f"/s-2025-{month:02}.xml" for month in range(2, 13)], list(range(10, -1, -1))),
    ],
)
async def test_of_an_index_without_dates_the_newest_are_found(
    server: Server, http: Http, names: list[str], ages: list[int]
) -> None:
    posts(server, names, ages)
    fetched = await visit(server, http, "/index.xml", max_articles=3, max_sitemaps=4)
    assert [article.title for article in fetched.articles] == ["Story 0", "Story 1", "Story 2"]
    assert fetched.problems == ()


async def test_lists_of_authors_and_tags_come_last(server: Server, http: Http) -> None:
    posts(server, ["/sitemap-tags.xml", "/author-sitemap1.xml", "/post-sitemap1.xml"], [0, 1, 5])
    fetched = await visit(server, http, "/index.xml", max_sitemaps=1)
    assert [article.title for article in fetched.articles] == ["Story 5"]


async def test_what_may_be_newer_and_was_not_read_is_told(server: Server, http: Http) -> None:
    posts(server, NUMBERED, list(range(11)))
    fetched = await visit(server, http, "/index.xml", max_sitemaps=1)
    assert fetched.problems == (
        "10 sitemaps of the index that have no date were not read, and may be newer: raise max_sitemaps",
    )


@pytest.mark.parametrize(
    ("paths", "taken"),
    [
        ([f"/2026/02/{day:02}/x" for day in range(1, 10)], ["/2026/02/09/x", "/2026/02/08/x"]),
        ([f"/story-{number}" for number in range(1001, 1010)], ["/story-1009", "/story-1008"]),
        ([f"/story-{letter}" for letter in "abcdefghi"], ["/story-a", "/story-i"]),
    ],
)
async def test_of_a_list_without_dates_the_addresses_tell_or_both_ends_are_taken(
    server: Server, http: Http, paths: list[str], taken: list[str]
) -> None:
    server.routes["/index.xml"] = Answer(body="\n".join(map(server.url, paths)))
    for path in paths:
        server.routes[path] = Answer(
            body=f"<meta property='og:type' content='article'><title>{path}</title>",
            headers={"Content-Type": "text/html"},
        )
    fetched = await visit(server, http, "/index.xml", max_articles=2)
    assert [article.url for article in fetched.articles] == list(map(server.url, taken))

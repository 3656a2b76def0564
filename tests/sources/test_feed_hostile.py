"""Feeds that are none, are broken, or mean harm: named in words, read as far as possible, and never a danger."""

from __future__ import annotations

import gzip
import html
import time
from contextlib import suppress

import pytest

from digest.errors import SourceError
from digest.sources.feed import parse


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "the answer is empty"),
        (b" \n\t ", "the answer is empty"),
        (b"<!DOCTYPE html><title>Sorry</title><p>404", "that is a web page, not a feed"),
        (b"<html><head><title>x</title></head></html>", "that is a web page, not a feed"),
        (
            b'<html><head><link rel="alternate" type="application/rss+xml" href="/feed.xml"></head></html>',
            "its feeds: https://e.org/feed.xml",
        ),
        (
            b'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"/>',
            "that is a sitemap",
        ),
        (b"<opml version='1.0'><body/></opml>", "a list of feeds"),
        (b"<note>hello</note>", "that is XML, but not a feed"),
        (b"Not Found", "neither a feed nor a web page"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "neither a feed nor a web page"),
        (b'{"error": "not found"}', "that is JSON, but not a JSON Feed"),
    ],
)
def test_what_is_no_feed_is_said_to_be_what_it_is(body: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        parse(body, url="https://e.org/")


def test_a_feed_without_entries_is_a_feed() -> None:
    fetched = parse(b'<rss version="2.0"><channel><title>Quiet</title></channel></rss>')
    assert (fetched.info.title, fetched.articles) == ("Quiet", ())


@pytest.mark.parametrize(
    "body",
    [
        b"<rss><channel><title>A & B &nbsp; C</title><item><title>One & two &copy;<b></title></item></channel></rss>",
        b"<rss><channel><item><title>One & two \xc2\xa9\x0b</title><b></item></channel></rss>",
    ],
)
def test_what_is_not_well_formed_is_read_as_far_as_possible(body: bytes) -> None:
    fetched = parse(body)
    assert fetched.articles[0].title == "One & two ©"
    assert "not well-formed" in fetched.problems[-1]


_ITEM = "<rss><channel><item><title>{title}</title></item></channel></rss>"


#: Names of values that a parser of feeds keeps, and elements that stand where their standards put none.
_CONFUSING = (
    "media", "media_item", "links", "link", "tags", "authors", "author_detail", "contributors", "content", "title_detail",
    "summary_detail", "source", "image", "textinput", "enclosures", "value", "base", "category", "media_license",
    "itunes_image", "where", "gml_pos", "georss_point", "psc_chapters", "generator_detail", "publisher_detail",
)  # fmt: skip


@pytest.mark.parametrize("shape", ["<{0}>1 2</{0}>", "<{0} url='x' href='y'/>", "<{0} a='b'>1<c>2</c></{0}>"])
@pytest.mark.parametrize("end", ["</channel></rss>", "<p>&</channel></rss>"], ids=["strict", "loose"])
@pytest.mark.parametrize("name", _CONFUSING)
def test_elements_named_to_confuse_the_parser_cost_no_story(name: str, end: str, shape: str) -> None:
    odd = shape.format(name)
    stories = "".join(
        f"<item><title>Story {n}</title>{odd}<gml_pos>1</gml_pos><link>https://e.org/{n}</link>"
        f"<author>a@e.org (Ada)</author></item>"
        for n in (1, 2)
    )
    articles = parse(f"<rss version='2.0'><channel><title>x</title>{odd}{stories}{end}".encode()).articles
    assert [article.title for article in articles] == ["Story 1", "Story 2"]


def _entities(levels: int) -> bytes:
    names = [
        f'<!ENTITY a{n} "{"&a" + str(n - 1) + ";" if n else "ha"}{f"&a{n - 1};" * 9 if n else ""}">'
        for n in range(levels)
    ]
    return f"<!DOCTYPE rss [{''.join(names)}]>{_ITEM.format(title=f'T&a{levels - 1};')}".encode()


_BOMBS = {
    "billion laughs": _entities(10),
    "quadratic": f'<!DOCTYPE rss [<!ENTITY a "{"x" * 50_000}">]>{_ITEM.format(title="&a;" * 50_000)}'.encode(),
    "deep": _ITEM.format(title="<b>" * 100_000).encode(),
    "deep in html": _ITEM.format(title="T</title><description>" + "&lt;div&gt;" * 100_000).encode(),
    "10 MB title": _ITEM.format(title="x " * 5_000_000).encode(),
    "10 MB of entities": _ITEM.format(title="&amp;" * 2_000_000).encode(),
    "many entries": f"<rss><channel>{'<item><title>T</title></item>' * 20_000}</channel></rss>".encode(),
    "many tags without end": b"<rss><channel><item><title>" + b"<" * 1_000_000,
    "many attributes": f"<rss {' '.join(f'a{n}={n!r:>6}' for n in map(str, range(30_000)))}><channel/></rss>".encode(),
    "many categories": _ITEM.format(
        title="T</title>" + "".join(f"<category>{n}</category>" for n in range(20_000))
    ).encode(),
    "nested media": b'<rss xmlns:media="http://search.yahoo.com/mrss/"><channel><item>'
    + b"<media:group>" * 30_000,
    "author": _ITEM.format(title=f"T</title><author>{'a.' * 200_000}</author><title>").encode(),
    "figures": _ITEM.format(
        title=f"T</title><description>{'&lt;figure&gt;' * 50_000}</description><title>"
    ).encode(),
    "long name": b"<rss " + b"a" * 1_000_000 + b"='1'><channel><item><title>T</title></item></channel></rss>",
}


@pytest.mark.parametrize("body", _BOMBS.values(), ids=_BOMBS.keys())
def test_bombs_do_not_go_off(body: bytes) -> None:
    started = time.process_time()
    try:
        articles = parse(body).articles
    except SourceError:
        articles = ()
    assert time.process_time() - started < 10
    assert all(len(article.title) <= 300 and len(article.dek) <= 500 for article in articles)
    assert len(articles) <= 500


@pytest.mark.parametrize("before", ["\n", "\r\n", " \t", "\n<!ENTITY ", "\n<!DOCTYPE ", "\n<!ENTITY a>"])
def test_what_stands_before_the_root_costs_no_time(before: str) -> None:
    started = time.process_time()
    with suppress(SourceError):
        parse((before * (60_000 // len(before)) + _ITEM.format(title="T")).encode())
    assert time.process_time() - started < 2


def test_white_space_before_the_root_is_only_white_space() -> None:
    body = f"<?xml version='1.0'?>{chr(10) * 60_000}<!DOCTYPE rss>{' ' * 60_000}{_ITEM.format(title='T')}"
    assert parse(body.encode()).articles[0].title == "T"


def test_a_prolog_without_end_is_said_to_be_one() -> None:
    with pytest.raises(SourceError, match="before the feed's first element is absurdly long"):
        parse(f"<!--{'x' * 10_000}-->{_ITEM.format(title='T')}".encode())


_ENTITIES = '<!DOCTYPE rss [\n<!ENTITY nbsp "&#160;">\n<!ENTITY us "The Paper">\n{}\n]>'


@pytest.mark.parametrize("end", ["", "<b>"], ids=["well-formed", "broken"])
def test_entities_of_a_feed_are_put_in(end: str) -> None:
    body = _ENTITIES.format("") + _ITEM.format(title=f"By &us;{'</title>' + end + '<title>' if end else ''}")
    assert parse(body.encode()).articles[0].title == "By The Paper"


@pytest.mark.parametrize("end", ["", "<b>"], ids=["well-formed", "broken"])
@pytest.mark.parametrize(("length", "use"), [(100_000, "&a;"), (300, "&a;"), (300, "&a_b"), (300, "&a ")])
def test_entities_do_not_grow_beyond_reason(length: int, use: str, end: str) -> None:
    declared = _ENTITIES.format(f'<!ENTITY a "{"x" * length}">')
    body = declared + _ITEM.format(title=f"T{use * 30_000}{end}")
    with pytest.raises(SourceError, match="absurdly long"):
        parse(body.encode())


@pytest.mark.parametrize("system", ["file:///etc/hostname", "http://127.0.0.1:9/x", "/etc/passwd"])
def test_no_external_entity_is_loaded(system: str) -> None:
    body = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{system}">]>{_ITEM.format(title="T &x;")}'
    assert parse(body.encode()).articles[0].title in ("T", "T &x;")


def test_a_feed_in_a_gz_file_is_read() -> None:
    fetched = parse(gzip.compress(_ITEM.format(title="T").encode()))
    assert [article.title for article in fetched.articles] == ["T"]


@pytest.mark.parametrize(
    "name", ["lang", "copy", "image", "sub", "sum", "section", "times", "order", "amp", "b", "nbsp"]
)
def test_raw_ampersands_stay_what_was_written(name: str) -> None:
    written = f"https://e.org/story?id=7&{name}=4"
    text = f"""<rss><channel><title>Arts & letters</title><item><title>A & B</title><link>{written}</link>
      <description>See {written} &eacute;, AT&T &lt;b&gt;and&lt;/b&gt; R&D.</description>
      <other><![CDATA[x & y &copy=1]]></other></item></channel></rss>"""
    fetched = parse(text.encode(), url="https://e.org/feed")
    (article,) = fetched.articles
    assert (article.url, article.title, fetched.info.title) == (written, "A & B", "Arts & letters")
    assert article.dek == "See é, AT&T and R&D."  # an address is no link in a teaser
    assert html.unescape(article.body).count(written) == 1

"""What an article's page says of itself, in every way that pages say it."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Article, Image
from digest.sources.formats.html.jsonld import loads
from digest.sources.formats.html.metadata import complete, read
from digest.sources.formats.images import credit_in
from digest.text import absolute_url
from tests.helpers.rates import at_least

HERE = "https://paper.example/2026/03/harbour"
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def page(head: str = "", body: str = "") -> bytes:
    return f"<!doctype html><html lang=en><head>{head}</head><body>{body}</body></html>".encode()


def linked_data(*values: Any) -> str:
    return "".join(f'<script type="application/ld+json">{json.dumps(value)}</script>' for value in values)


FULL = {
    "@context": "https://schema.org",
    "@type": "NewsArticle",
    "headline": "Harbour opens again",
    "description": "Ships return after three weeks.",
    "datePublished": "2026-03-01T13:00:00+01:00",
    "dateModified": "2026-03-01T14:00:00+01:00",
    "author": [{"@type": "Person", "name": "Ada Berg"}, {"@type": "Person", "name": "Ben Holm"}],
    "articleSection": "Economy",
    "keywords": ["harbour", "trade"],
    "image": {
        "@type": "ImageObject",
        "url": "/img/ships.jpg",
        "width": 1200,
        "height": "800",
        "creditText": "Cleo Dahl / AP",
        "caption": "Ships at dawn",
    },
    "inLanguage": "en-GB",
    "license": "https://creativecommons.org/licenses/by/4.0/",
}


def test_everything_that_json_ld_tells() -> None:
    found = read(page(linked_data(FULL)), HERE)
    assert found.title == "Harbour opens again"
    assert found.dek == "Ships return after three weeks."
    assert found.byline == "Ada Berg, Ben Holm"
    assert (found.published, found.updated) == (NOON, NOON.replace(hour=13))
    assert (found.section, found.tags) == ("Economy", ("harbour", "trade"))
    assert found.language == "en-GB"
    assert found.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert found.image == Image(
        url="https://paper.example/img/ships.jpg",
        width=1200,
        height=800,
        credit="Cleo Dahl / AP",
        caption="Ships at dawn",
    )
    assert found.is_article


SHAPES = {
    "in a list": [{"@type": "Organization", "name": "Paper"}, FULL],
    "in a graph": {"@context": "https://schema.org", "@graph": [{"@type": "WebPage"}, FULL]},
    "as a page's main entity": {"@type": "WebPage", "name": "Page", "mainEntity": FULL},
    "with several types": {**FULL, "@type": ["Thing", "ReportageNewsArticle"]},
    "with a type's full address": {**FULL, "@type": "http://schema.org/NewsArticle"},
    "with JSON-LD lists": {**FULL, "author": {"@list": FULL["author"]}},
    "with authors as texts": {**FULL, "author": ["Ada Berg", "Ben Holm"]},
    "with names as lists": {**FULL, "author": {"@type": "Person", "name": ["Ada Berg", "Ben Holm"]}},
    "with references": {
        "@graph": [
            {**FULL, "author": [{"@id": "#ada"}, {"@id": "#ben"}], "image": {"@id": "#ships"}},
            {"@type": "Person", "@id": "#ada", "name": "Ada Berg"},
            {"@type": "Person", "@id": "#ben", "name": "Ben Holm"},
            {**FULL["image"], "@id": "#ships"},  # type: ignore[dict-item]
        ]
    },
    "among others of the same kind": [
        {"@type": "NewsArticle", "headline": "Another story", "url": "https://paper.example/other"},
        {**FULL, "mainEntityOfPage": {"@type": "WebPage", "@id": HERE}},
    ],
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_json_ld_in_all_its_shapes(shape: Any) -> None:
    found = read(page(linked_data(shape)), HERE)
    assert found.title == "Harbour opens again"
    assert found.byline == "Ada Berg, Ben Holm"
    assert found.published == NOON
    assert found.image is not None
    assert (found.image.url, found.image.credit) == ("https://paper.example/img/ships.jpg", "Cleo Dahl / AP")


BROKEN = {
    "comments": '/* a */ {"headline": "It stands", // "headline": "no"\n "@type": "Article"}',
    "trailing commas": '{"@type": "Article", "headline": "It stands", "keywords": ["a",],}',
    "raw line breaks": '{"@type": "Article", "description": "a\n\tb", "headline": "It stands"}',
    "a CDATA section": '//<![CDATA[\n{"@type": "Article", "headline": "It stands"}\n//]]>',
    "a comment around it": '<!--\n{"@type": "Article", "headline": "It stands"}\n-->',
    "a comment before it": '<!-- made by hand -->\n{"@type": "Article", "headline": "It stands"}',
    "escaped quotes": "{&quot;@type&quot;: &quot;Article&quot;, &quot;headline&quot;: &quot;It stands&quot;}",
    "a semicolon": '{"@type": "Article", "headline": "It stands"};',
    "a second value": '{"@type": "Article", "headline": "It stands"} {"@type": "Person"}',
    "another value first": '{"@type": "WebSite", "name": "Paper"}\n{"@type": "Article", "headline": "It stands"}',
    "escaped quotes and an address": (
        "{&quot;@context&quot;: &quot;https://schema.org&quot;, &quot;@type&quot;: &quot;Article&quot;,"
        " &quot;headline&quot;: &quot;It stands&quot;}"
    ),
    "a comment's signs in a text": '{"@type": "Article", "headline": "It stands", "url": "https://a.example//b/*c*/",}',
}


@pytest.mark.parametrize("script", BROKEN.values(), ids=BROKEN.keys())
def test_broken_json_ld_is_mended(script: str) -> None:
    found = read(page(f'<script type="application/ld+json">{script}</script>'), HERE)
    assert found.title == "It stands"


def test_hopeless_json_ld_costs_nothing_else() -> None:
    scripts = (
        '<script type="application/ld+json">{"@type": "Article", headline: broken</script>'
        + linked_data(FULL)
    )
    assert read(page(scripts), HERE).title == "Harbour opens again"
    assert loads("{" * 100_000) is None


@pytest.mark.stress
@pytest.mark.parametrize("unit", ['"\\', '"', "/*", "<!--", "//", "[", '{"a":', " ", ",", "&quot;"])
def test_json_ld_takes_no_longer_than_it_is_long(unit: str) -> None:
    started = time.process_time()
    loads(unit * (400_000 // len(unit)))
    assert time.process_time() - started < 4


def test_open_graph_pictures_keep_their_own_sizes() -> None:
    head = (
        '<meta property="og:image" content="//cdn.example/a.jpg"><meta property="og:image:width" content="1200">'
        '<meta property="og:image:height" content="630"><meta property="og:image:alt" content="Ships &amp; cranes">'
        '<meta property="og:image" content="/b.jpg"><meta property="og:image:width" content="300">'
    )
    found = read(page(head), HERE)
    assert found.image == Image(url="https://cdn.example/a.jpg", alt="Ships & cranes", width=1200, height=630)


@pytest.mark.parametrize(
    ("said", "width"),
    [
        ("1200", 1200),
        ('" 640.5 px "', 640),
        ("640.5", 640),
        ('{"@type": "QuantitativeValue", "value": "300"}', 300),
        ("Infinity", 99_999),
        *((nothing, None) for nothing in ("-Infinity", "NaN", "-1e999", "0", "true", '"100%"', "null", "[]")),
    ],
)
def test_a_width_comes_in_many_forms(said: str, width: int | None) -> None:
    script = f'{{"@type": "NewsArticle", "image": {{"url": "/a.jpg", "width": {said}}}}}'
    image = read(page(f'<script type="application/ld+json">{script}</script>'), HERE).image
    assert image == Image(url="https://paper.example/a.jpg", width=width)


def test_the_page_shows_who_took_the_picture() -> None:
    head = '<meta property="og:image" content="https://cdn.example/ships-1200x630.jpg">'
    body = (
        '<figure><img src="/other.jpg"><figcaption>Not this one</figcaption></figure>'
        '<figure><img src="/img/ships.jpg" alt="Two ships"><figcaption>Ships at dawn'
        '<span class="photo-credit">Cleo Dahl</span></figcaption></figure>'
    )
    image = read(page(head, body), HERE).image
    assert image is not None
    assert (image.alt, image.credit) == ("Two ships", "Cleo Dahl")
    assert image.width is None


def test_plain_meta_elements_are_enough() -> None:
    head = (
        "<title>Harbour opens again – The Paper</title><meta name=author content='By Ada Berg'>"
        "<meta name=Description content='Ships return.'><meta name='parsely-pub-date' content='2026-03-01T12:00:00Z'>"
        "<meta name=news_keywords content='harbour, trade'><meta property='og:site_name' content='The Paper'>"
        "<link rel=image_src href=/s.jpg><meta property='og:locale' content=en_GB>"
    )
    found = read(page(head).replace(b" lang=en", b""), HERE)
    assert found.title == "Harbour opens again"
    assert (found.byline, found.dek, found.published) == ("Ada Berg", "Ships return.", NOON)
    assert (found.tags, found.language) == (("harbour", "trade"), "en-GB")
    assert found.image == Image(url="https://paper.example/s.jpg")


def test_microdata_is_read_too() -> None:
    body = (
        '<article itemscope itemtype="https://schema.org/NewsArticle"><h1 itemprop="headline">Harbour opens</h1>'
        '<span itemprop="author" itemscope><span itemprop="name">Ada Berg</span></span>'
        '<time itemprop="datePublished" datetime="2026-03-01T12:00Z">today</time></article>'
    )
    found = read(page(body=body), HERE)
    assert (found.title, found.byline, found.published) == ("Harbour opens", "Ada Berg", NOON)


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Rain - The Paper</title>", "<h1>Rain</h1>", "Rain"),
        ("<title>Rain - The Paper</title>", "<h1>The Paper</h1><h1>Rain</h1>", "Rain"),
        ("<title>Rain | paper.example</title>", "", "Rain"),
        ("<title>Rain - or shine - today</title>", "", "Rain - or shine - today"),
        (
            "<meta property=og:title content='Rain | Paper'><meta name=twitter:site content=@paper>",
            "",
            "Rain",
        ),
        (
            "<title>Rain</title><meta property=og:title content='You will not believe this'>",
            "<h1>Rain</h1>",
            "Rain",
        ),
        ("<title>雨が降る | 新聞</title><meta property=og:site_name content=新聞>", "", "雨が降る"),
    ],
)
def test_the_headline_is_what_most_statements_agree_on(head: str, body: str, title: str) -> None:
    assert read(page(head, body), HERE).title == title


def test_a_title_element_for_search_engines_gives_way_to_the_headline() -> None:
    title = "<title>Harbour news: what you need to know - The Paper</title>"
    assert read(page(title + linked_data(FULL)), HERE).title == "Harbour opens again"


def test_authors_in_lists_of_lists() -> None:
    authors = [[{"name": "Ada Berg"}], ["Ben Holm"]]
    assert read(page(linked_data({**FULL, "author": authors})), HERE).byline == "Ada Berg, Ben Holm"


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ('<link rel="alternate" type="application/rss+xml" href="feed://paper.example/f">', "feed"),
        ('<link rel="alternate" type="application/rss+xml" href="feed:https://paper.example/f">', "feed"),
        ('<link rel="alternate" type="text/xml" title="RSS" href="/f">', "feed"),
        ('<link rel="alternate" type="application/json" title="JSON Feed" href="/f">', "jsonfeed"),
        ('<link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">', ""),
        ('<link rel="alternate" type="text/xml" title="oEmbed" href="/embed">', ""),
    ],
)
def test_feeds_that_are_named_oddly(link: str, found: str) -> None:
    feeds = [(feed.url, feed.kind) for feed in read(page(link), HERE).feeds]
    assert feeds == ([("https://paper.example/f", found)] if found else [])


def test_a_cut_off_headline_gives_way_to_a_whole_one() -> None:
    head = (
        linked_data({**FULL, "headline": "Harbour opens …"})
        + '<meta property="og:title" content="Harbour opens again">'
    )
    assert read(page(head), HERE).title == "Harbour opens again"


def test_addresses_and_nobodies_are_no_byline() -> None:
    head = '<meta property="article:author" content="https://social.example/paper"><meta name="author" content="admin">'
    assert read(page(head), HERE).byline == ""


def test_no_date_is_better_than_a_wrong_one() -> None:
    listing = "<article><time datetime=2026-03-01>1</time></article><article><time datetime=2026-02-01>2</time></article>"
    assert read(page(body=listing), "https://paper.example/news").published is None
    assert (
        read(page(linked_data({**FULL, "datePublished": "soon"})), "https://paper.example/x").published
        is None
    )


@pytest.mark.parametrize(
    "body",
    [
        "<article><time datetime=2026-03-01T12:00Z>noon</time></article>",
        "<article><h1>A</h1><time datetime=2026-03-01T12:00Z></article><article><time datetime=2026-01-01></article>",
        "<p><time datetime=2026-03-01T12:00Z>noon</time></p>",
        "<time class=published datetime=2026-03-01T12:00Z></time><time datetime=2026-01-01></time>",
        "<abbr class=published title=2026-03-01T12:00Z>noon</abbr>",
    ],
)
def test_the_date_that_the_page_shows_for_its_own_story(body: str) -> None:
    assert read(page(body=body), "https://paper.example/news").published == NOON


@pytest.mark.parametrize(
    ("url", "day"),
    [
        ("https://paper.example/2026/03/01/rain", 1),
        ("https://paper.example/2026-03/01/c_12.htm", 1),
        ("https://paper.example/a/202603/01/rain.html", 1),
        ("https://paper.example/view/AEN20260301002300325", None),
        ("https://paper.example/2026/13/01/rain", None),
    ],
)
def test_an_address_may_name_the_day(url: str, day: int | None) -> None:
    published = read(page("<title>Rain</title>"), url).published
    assert published == (datetime(2026, 3, day, tzinfo=UTC) if day else None)


def test_a_canonical_link_to_the_front_page_is_a_mistake() -> None:
    assert read(page("<link rel=canonical href=/>"), HERE).url == HERE
    assert (
        read(page("<link rel=canonical href=/2026/03/harbour?a=1>"), HERE + "?utm_source=x").url
        == f"{HERE}?a=1"
    )


def test_feeds_are_those_that_the_page_names() -> None:
    head = (
        '<link rel="alternate" type="application/rss+xml; charset=utf-8" href="/feed/" title="News">'
        '<link rel="ALTERNATE" type="application/atom+xml" href="atom.xml">'
        '<link rel="alternate" type="application/feed+json" href="/feed.json">'
        '<link rel="alternate" type="application/json" href="/wp-json/wp/v2/posts/1">'
        '<link rel="alternate" hreflang="de" href="/de/"><link rel="stylesheet" type="application/rss+xml" href="/no">'
        '<link rel="alternate" type="text/xml" href="/rss2.xml">'
    )
    feeds = read(page(head), "https://paper.example/news/").feeds
    assert [(feed.kind, feed.url) for feed in feeds] == [
        ("feed", "https://paper.example/feed/"),
        ("feed", "https://paper.example/news/atom.xml"),
        ("jsonfeed", "https://paper.example/feed.json"),
        ("feed", "https://paper.example/rss2.xml"),
    ]
    assert feeds[0].title == "News"


@pytest.mark.parametrize(
    ("encoding", "content_type", "head"),
    [
        ("utf-8", "", "<meta charset=utf-8>"),
        ("utf-8", "text/html; charset=iso-8859-1", ""),
        ("cp1252", "text/html; charset=iso-8859-1", ""),
        ("cp1252", "", ""),
        ("iso8859-2", "", "<meta http-equiv=content-type content='text/html; charset=iso-8859-2'>"),
        ("utf-16", "", ""),
        ("utf-8", "text/html; charset=hex", "<meta charset=rot13>"),
    ],
)
def test_pages_in_the_encodings_of_the_web(encoding: str, content_type: str, head: str) -> None:
    html = f"<html><head>{head}<title>Über dem Fluß</title></head></html>"
    assert read(html.encode(encoding), HERE, content_type).title == "Über dem Fluß"


@pytest.mark.parametrize("encoding", ["gb18030", "shift_jis", "euc_jp", "big5", "euc_kr", "koi8-r"])
def test_pages_in_other_scripts(encoding: str) -> None:
    title = {"euc_kr": "한국 신문", "koi8-r": "Новости дня", "gb18030": "今日新闻", "big5": "今日新聞"}.get(
        encoding, "今日の新聞"
    )
    html = f"<html><head><meta charset={encoding}><title>{title}</title></head></html>"
    assert read(html.encode(encoding), HERE).title == title


@pytest.mark.stress
@pytest.mark.parametrize(
    "unit", ["<div>", "<ul><li>", "<b>", "<p>", "<svg>", "<table>", "<meta a=b>", "<a rel=x>", "<"]
)
def test_deep_and_long_pages_take_no_longer_than_others(unit: str) -> None:
    started = time.process_time()
    found = read(page("<title>Here</title>", unit * (2_000_000 // len(unit))), HERE)
    assert found.title == "Here"
    assert time.process_time() - started < 5


@given(
    st.one_of(
        st.binary(max_size=500), st.text(max_size=500).map(lambda text: text.encode("utf-8", "replace"))
    )
)
def test_no_page_is_an_error(body: bytes) -> None:
    read(body, HERE)
    read(page(f'<script type="application/ld+json">{body.decode("latin-1")}</script>'), HERE)


NAMES = [*FULL, "@id", "@graph", "@list", "name", "url"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*FULL, "@id", "@graph", "name", "url"]), inner)
    ),
    max_leaves=20,
)


@given(JSON)
def test_no_json_ld_is_an_error(value: Any) -> None:
    read(page(linked_data({**FULL, "image": value, "author": value, "@graph": value}, value)), HERE)
    read(
        page(
            linked_data(
                {"@type": "Article", "mainEntityOfPage": value, **(value if isinstance(value, dict) else {})}
            )
        ),
        HERE,
    )


def test_an_article_keeps_what_its_source_said() -> None:
    article = Article(
        guid="1",
        url=HERE,
        title="Ours",
        dek="Our dek",
        image=Image(url="https://cdn.example/ships-300x200.jpg"),
    )
    full = complete(article, read(page(linked_data(FULL)), HERE))
    assert (full.title, full.dek) == ("Ours", "Our dek")
    assert (full.byline, full.published) == ("Ada Berg, Ben Holm", NOON)
    assert full.image == Image(
        url="https://cdn.example/ships-300x200.jpg", credit="Cleo Dahl / AP", caption="Ships at dawn"
    )


@pytest.mark.parametrize(
    ("caption", "credit"),
    [
        ("Ships at dawn. Photo: Cleo Dahl / AP", "Cleo Dahl / AP"),
        ("(Photo by Cleo Dahl)", "Cleo Dahl"),
        ("Schiffe. Foto: Cleo Dahl", "Cleo Dahl"),
        ("Ships © Reuters", "Reuters"),
        ("A photo of the mayor", ""),
        ("The picture shows ships", ""),
    ],
)
def test_a_caption_may_name_who_took_the_picture(caption: str, credit: str) -> None:
    assert credit_in(caption) == credit


# --- real pages ----------------------------------------------------------------------------------------------


def expected_pages(corpora: Path) -> list[tuple[dict[str, Any], bytes]]:
    files = sorted((corpora / "html" / "articles").rglob("*.expected.json"))
    return [
        (json.loads(file.read_text()), Path(str(file).replace(".expected.json", ".html")).read_bytes())
        for file in files
    ]


@pytest.mark.corpus
def test_real_pages(corpora: Path) -> None:
    found = [(expected, read(body, expected["url"])) for expected, body in expected_pages(corpora)]
    titles = [(page.title, page.title == expected["title"]) for expected, page in found]
    at_least(0.9, "article pages: title", titles)
    pictures = [(url, page.image) for expected, page in found if (url := expected.get("meta_img"))]
    at_least(
        0.95,
        "article pages: og:image",
        [(url, image is not None and image.url == url) for url, image in pictures],
    )
    dates = [(text, page.published) for expected, page in found if (text := expected.get("publish_date"))]
    at_least(
        0.85,
        "article pages: date",
        [(text, published is not None and same_day(published, text)) for text, published in dates],
    )
    canonical = [(link, page.url) for expected, page in found if (link := expected.get("canonical_link"))]
    at_least(
        0.95, "article pages: canonical link", [(link, url == absolute_url(link)) for link, url in canonical]
    )


def same_day(moment: datetime, text: str) -> bool:
    given_moment = datetime.fromisoformat(text)
    return (
        moment.astimezone(given_moment.tzinfo) if given_moment.tzinfo else moment
    ).date() == given_moment.date()


@pytest.mark.corpus
def test_real_pages_all_lead_to_their_feeds(corpora: Path) -> None:
    pages = {file.name: file.read_bytes() for file in (corpora / "html" / "articles").rglob("*.html")}
    naming = {
        name: body
        for name, body in pages.items()
        if b"application/rss+xml" in body or b"application/atom+xml" in body
    }
    found = [(name, bool(read(body, HERE).feeds)) for name, body in naming.items()]
    at_least(1.0, "article pages: feed link", found)

"""RSS, RDF and Atom as newsrooms write them, and as nobody should."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.model import Article, Fetched, Image, Validators
from digest.net.http import Http
from digest.sources.feed import Options, Source, parse
from tests.helpers.servers import Answer, Server, redirect


def rss(item: str, channel: str = "<link>https://e.org/</link>", attributes: str = "") -> Fetched:
    """Read an RSS feed of one item, at https://e.org/feeds/news.xml."""
    names = """xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"
      xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
      xmlns:creativeCommons="http://backend.userland.com/creativeCommonsRssModule" xmlns:atom="http://www.w3.org/2005/Atom"
      xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:prism="http://prismstandard.org/namespaces/1.2/basic/"
      xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" """
    text = f"<channel><title>News</title>{channel}<item>{item}</item></channel>"
    return parse(
        f'<rss version="2.0" {names} {attributes}>{text}</rss>'.encode(), url="https://e.org/feeds/news.xml"
    )


def atom(entry: str, feed: str = "", attributes: str = "") -> Fetched:
    """Read an Atom feed of one entry, at https://e.org/feeds/news.xml."""
    names = 'xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"'
    text = f"<feed {names} {attributes}><title>News</title>{feed}<entry>{entry}</entry></feed>"
    return parse(text.encode(), url="https://e.org/feeds/news.xml")


def only(fetched: Fetched) -> Article:
    (article,) = fetched.articles
    return article


# --- what a feed says ------------------------------------------------------------------------------------


def test_an_rss_item_in_full() -> None:
    fetched = rss(
        """<title>Council votes &amp;amp; leaves</title>
        <link>https://e.org/council?utm_source=rss</link>
        <guid isPermaLink="false">e-1</guid>
        <pubDate>Mon, 02 Mar 2026 07:00:00 +0100</pubDate>
        <dc:creator>By Ada Lovelace</dc:creator><dc:creator>Grace Hopper</dc:creator>
        <category>Local</category><category>Budget</category>
        <description>&lt;p&gt;The vote was &lt;b&gt;close&lt;/b&gt;.&lt;/p&gt;</description>
        <content:encoded><![CDATA[<p>The vote was close.</p><script>x()</script><p>Nobody stayed.</p>]]></content:encoded>
        <media:content url="/council.jpg" type="image/jpeg" width="1200" height="800">
          <media:credit>Ada Lovelace</media:credit><media:description>The hall, empty</media:description>
        </media:content>
        <creativeCommons:license>https://creativecommons.org/licenses/by/4.0/</creativeCommons:license>""",
        "<link>https://e.org/</link><language>en-gb</language><copyright>© The News</copyright>",
    )
    assert only(fetched) == Article(
        guid="e-1",
        url="https://e.org/council?utm_source=rss",
        title="Council votes & leaves",
        dek="The vote was close.",
        byline="Ada Lovelace, Grace Hopper",
        published=datetime(2026, 3, 2, 6, tzinfo=UTC),
        section="Local",
        tags=("Local", "Budget"),
        image=Image(
            url="https://e.org/council.jpg",
            credit="Ada Lovelace",
            caption="The hall, empty",
            width=1200,
            height=800,
        ),
        body="<p>The vote was close.</p><p>Nobody stayed.</p>",
        language="en-gb",
        licence="https://creativecommons.org/licenses/by/4.0/",
    )
    info = fetched.info
    assert (info.title, info.url, info.language, info.licence) == (
        "News",
        "https://e.org/",
        "en-gb",
        "© The News",
    )
    assert fetched.problems == ()


def test_an_atom_entry_in_full() -> None:
    fetched = atom(
        """<id>tag:e.org,2026:1</id><title type="html">Ebb &amp;amp; flow</title>
        <link rel="edit" href="/edit"/><link href="../ebb"/><link rel="license" href="/licence"/>
        <published>2026-03-01T10:00:00Z</published><updated>2026-03-02T10:00:00+01:00</updated>
        <author><name>Ada</name></author><author><name>Grace</name><email>g@e.org</email></author>
        <category term="sci" label="Science"/>
        <summary>Water, mostly.</summary>
        <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">
        <p>Water, <i>mostly</i>. <a href="more">More</a></p></div></content>""",
        '<link href="/"/><link rel="self" href="https://e.org/feeds/news.xml"/>',
        'xml:lang="de"',
    )
    assert only(fetched) == Article(
        guid="tag:e.org,2026:1",
        url="https://e.org/ebb",
        title="Ebb & flow",
        dek="Water, mostly.",
        byline="Ada, Grace",
        published=datetime(2026, 3, 1, 10, tzinfo=UTC),
        updated=datetime(2026, 3, 2, 9, tzinfo=UTC),
        section="Science",
        tags=("Science",),
        body='<p>Water, <i>mostly</i>. <a href="https://e.org/feeds/more" rel="noopener noreferrer">More</a></p>',
        language="de",
        licence="https://e.org/licence",
    )
    assert fetched.info.url == "https://e.org/"


def test_an_rdf_feed() -> None:
    text = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
      xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://e.org/"><title>Old News</title>
      <link>https://e.org/</link></channel><item rdf:about="https://e.org/1"><title>One</title><link>https://e.org/1</link>
      <dc:date>2026-03-01T10:00:00Z</dc:date><dc:creator>Ada</dc:creator><dc:subject>Sport</dc:subject></item></rdf:RDF>"""
    article = only(parse(text.encode()))
    assert (article.guid, article.title, article.byline, article.section) == (
        "https://e.org/1",
        "One",
        "Ada",
        "Sport",
    )
    assert article.published == datetime(2026, 3, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        ('<title type="text">1 &lt; 2 &amp; 3</title>', "1 < 2 & 3"),
        ('<title type="html">&lt;b&gt;Bold&lt;/b&gt; &amp;lt;blink&gt;</title>', "Bold <blink>"),
        (
            '<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">A <em>fine</em> day</div></title>',
            "A fine day",
        ),
        ("<title><![CDATA[It&#8217;s]]></title>", "It’s"),
    ],
)
def test_titles_of_every_type(markup: str, title: str) -> None:
    assert only(atom(f"<id>1</id>{markup}")).title == title


def test_what_has_no_title_is_called_by_its_first_words() -> None:
    article = only(rss(f"<description>{'Word by word. ' * 20}</description><link>https://e.org/1</link>"))
    assert article.title.startswith("Word by word.")
    assert len(article.title) <= 100
    assert only(rss("<link>https://e.org/1</link>")).title == "https://e.org/1"


def test_a_dek_is_short_and_says_something() -> None:
    article = only(rss("<title>Same</title><description>same</description>"))
    assert article.dek == ""
    long = "".join(f"<p>Paragraph {number} of the whole story.</p>" for number in range(100))
    story = f"<figure><img src='a.jpg'><figcaption>Photo</figcaption></figure>{long}"
    article = only(rss(f"<title>T</title><content:encoded><![CDATA[{story}]]></content:encoded>"))
    assert article.dek.startswith("Paragraph 0 of the whole story. Paragraph 1")
    assert len(article.dek) <= 500
    wordpress = "<![CDATA[A start [&#8230;]<p>The post <a>T</a> appeared first on <a>N</a>.</p>]]>"
    assert only(rss(f"<title>T</title><description>{wordpress}</description>")).dek == "A start…"


@pytest.mark.parametrize(
    ("item", "byline"),
    [
        ("<author>ada@e.org (Ada Lovelace)</author>", "Ada Lovelace"),
        ("<author>Ada Lovelace &lt;ada@e.org&gt;</author>", "Ada Lovelace"),
        ("<author>ada@e.org</author>", ""),
        ("<dc:creator>Ada</dc:creator><dc:creator>ada</dc:creator><author>Grace</author>", "Ada, Grace"),
        ("<itunes:author>Ada</itunes:author>", "Ada"),
        ("<dc:creator><![CDATA[<a href='/ada'>Ada</a> &amp; Grace]]></dc:creator>", "Ada & Grace"),
    ],
)
def test_bylines_are_names(item: str, byline: str) -> None:
    assert only(rss(f"<title>T</title>{item}")).byline == byline


def test_an_atom_feeds_author_signs_what_nobody_else_did() -> None:
    author = "<author><name>The Desk</name></author>"
    assert only(atom("<id>1</id><title>T</title>", author)).byline == "The Desk"
    assert only(atom("<id>1</id><title>T</title><author><name>Ada</name></author>", author)).byline == "Ada"


def test_sections_come_from_the_feed_and_not_from_its_software() -> None:
    article = only(rss("<title>T</title><category>a</category><prism:section>World</prism:section>"))
    assert (article.section, article.tags) == ("World", ("a",))
    kind = '<category scheme="http://schemas.google.com/g/2005#kind" term="http://schemas.google.com/blogger/2008/kind#post"/>'
    assert only(atom(f"<id>1</id><title>T</title>{kind}")).tags == ()


# --- addresses and identities ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ("<link>https://e.org/1</link>", "https://e.org/1"),
        ("<link>/1</link>", "https://e.org/1"),
        ("<link>1</link>", "https://e.org/1"),  # relative to the site, as readers of RSS have it
        ("<guid>https://e.org/1</guid>", "https://e.org/1"),
        ('<guid isPermaLink="false">https://e.org/1</guid>', ""),
        ("<guid>12345</guid>", ""),
        ("<atom:link href='https://e.org/1'/>", "https://e.org/1"),
        (
            "<link>https://p.example/~r/1</link><feedburner:origLink>https://e.org/1</feedburner:origLink>",
            "https://e.org/1",
        ),
        ('<enclosure url="https://e.org/1.mp3" type="audio/mpeg"/>', "https://e.org/1.mp3"),
        ("<link>javascript:alert(1)</link>", ""),
        ("<link>https://e.org/?a=1&amp;amp;b=2</link>", "https://e.org/?a=1&b=2"),
    ],
)
def test_links_of_rss(item: str, url: str) -> None:
    assert only(rss(f"<title>T</title>{item}")).url == url


def test_xml_base_is_the_base_of_what_is_in_it() -> None:
    article = only(
        atom(
            '<id>1</id><title>T</title><link href="story"/><content type="html" xml:base="deep/">'
            '&lt;a href="x"&gt;x&lt;/a&gt;</content>',
            attributes='xml:base="https://base.example/news/"',
        )
    )
    assert article.url == "https://base.example/news/story"
    assert 'href="https://base.example/news/deep/x"' in article.body
    assert (
        only(rss("<title>T</title><link>1</link>", attributes='xml:base="https://base.example/"')).url
        == "https://base.example/1"
    )


def test_an_identity_does_not_depend_on_where_the_feed_is() -> None:
    text = b"<rss><channel><item><title>T</title><guid>42</guid></item></channel></rss>"
    assert (
        only(parse(text, url="https://e.org/a")).guid
        == only(parse(text, url="http://other.example/b")).guid
        == "42"
    )


def test_every_article_of_a_feed_has_an_identity_of_its_own() -> None:
    items = [
        "<guid>1</guid><link>https://e.org/a</link>",
        "<guid>1</guid><link>https://e.org/b</link>",
        "<guid>1</guid>",
        "<guid>1</guid>",
        "<link>https://e.org/c</link>",
        "<title>No address</title>",
        "<title>Another</title>",
    ]
    fetched = rss("</item><item>".join(items))
    guids = [article.guid for article in fetched.articles]
    assert guids[:5] == ["1|https://e.org/a", "1|https://e.org/b", "1", "1|2", "https://e.org/c"]
    assert guids[5].startswith("sha256:")
    assert len(set(guids)) == 7


NEWEST = "<guid>{0}</guid><link>{1}{2}</link><title>Title {2}</title>"


@pytest.mark.parametrize(
    "guid", ["0", "1", "N/A", "none", "-", "https://e.org/", "https://e.org/feed.xml", ""]
)
@pytest.mark.parametrize("link", ["https://e.org/story/", "https://e.org/#"])
def test_a_guid_of_all_is_nobodys_whatever_is_listed_before(guid: str, link: str) -> None:
    def listed(*numbers: int) -> dict[str, str]:
        items = "</item><item>".join(NEWEST.format(guid, link, number) for number in numbers)
        return {article.title: article.guid for article in rss(items).articles}

    before, after = listed(1, 2), listed(3, 2, 1)
    assert len(set(after.values())) == 3
    assert before.items() <= after.items()


@pytest.mark.stress
def test_of_a_huge_feed_the_newest_are_read_in_their_order() -> None:
    items = "</item><item>".join(
        f"<guid>{number}</guid><title>{number}</title><pubDate>{date:%a, %d %b %Y} 00:00:00 GMT</pubDate>"
        for number in range(900)
        for date in [datetime.fromordinal(730_000 + number)]
    )
    fetched = rss(items)
    assert [article.guid for article in fetched.articles] == [str(number) for number in range(400, 900)]
    assert fetched.problems == ("it lists 900 articles; the newest 500 were read",)


# --- pictures --------------------------------------------------------------------------------------------


def picture(item: str) -> Image | None:
    return only(rss(f"<title>T</title>{item}")).image


def test_the_widest_picture_that_is_not_too_wide_leads() -> None:
    sizes = "".join(
        f'<media:content medium="image" url="/{width}.jpg" width="{width}"/>' for width in (140, 1500, 4000)
    )
    image = picture(f"<media:group>{sizes}<media:credit>Ada</media:credit></media:group>")
    assert image == Image(url="https://e.org/1500.jpg", credit="Ada", width=1500)


def test_texts_stay_with_their_medium_and_out_of_the_story() -> None:
    article = only(
        rss(
            """<media:content url="/a.jpg" medium="image"><media:title>A hall</media:title>
            <media:description>Empty &amp;amp; dark. Photo: Ada / AP</media:description></media:content>
            <media:content url="/b.jpg" medium="image"><media:credit>Grace</media:credit></media:content>
            <title>Story</title><description>The dek.</description>"""
        )
    )
    assert (article.title, article.dek) == ("Story", "The dek.")
    assert article.image == Image(
        url="https://e.org/a.jpg", alt="A hall", caption="Empty & dark. Photo: Ada / AP", credit="Ada / AP"
    )


def test_a_video_feed_says_it_in_its_media_only() -> None:
    article = only(
        atom(
            """<id>yt:1</id><title>Film</title><media:group><media:title>Film</media:title>
            <media:content url="https://e.org/v" type="application/x-shockwave-flash"/>
            <media:thumbnail url="https://i.example/1.jpg" width="480" height="360"/>
            <media:description>A film about water.</media:description></media:group>"""
        )
    )
    assert article.dek == "A film about water."
    assert article.image is not None
    assert (article.image.url, article.image.width) == ("https://i.example/1.jpg", 480)


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ('<enclosure url="/a.jpg" type="image/jpeg" length="1"/>', "https://e.org/a.jpg"),
        ('<itunes:image href="/a.jpg"/>', "https://e.org/a.jpg"),
        ("<media:thumbnail>https://e.org/a.jpg</media:thumbnail>", "https://e.org/a.jpg"),
        ('<media:content url="https://e.org/a.jpg?w=1"/>', "https://e.org/a.jpg?w=1"),
        ("<description>&lt;img src='/a.jpg'&gt; text</description>", "https://e.org/a.jpg"),
        ('<media:content medium="image" url="https://secure.gravatar.com/avatar/1"/>', None),
        ('<media:content medium="image" url="data:image/png;base64,AA"/>', None),
        ('<media:content url="https://e.org/a.mp4" type="video/mp4"/>', None),
        ("<description>&lt;img src='https://e.org/t.gif' width='1' height='1'&gt;</description>", None),
        ("<description>&lt;img src='https://s.w.org/images/core/emoji/1.png'&gt;</description>", None),
    ],
)
def test_where_a_picture_may_be(item: str, url: str | None) -> None:
    image = picture(item)
    assert (image.url if image else None) == url


def test_the_storys_own_figure_says_what_the_feed_does_not() -> None:
    html = '<figure><img src="/hall-1024x683.jpg" alt="A hall"><figcaption>Dark. © Ada</figcaption></figure>'
    image = picture(
        f'<enclosure url="/hall.jpg" type="image/jpeg"/><content:encoded><![CDATA[{html}]]></content:encoded>'
    )
    assert image == Image(url="https://e.org/hall.jpg", alt="A hall", caption="Dark. © Ada", credit="Ada")


# --- visits ----------------------------------------------------------------------------------------------

_FEED = "<rss><channel><title>News</title><ttl>60</ttl><item><title>T</title><link>/1</link></item></channel></rss>"


async def test_a_visit_brings_articles_and_what_the_next_one_needs(server: Server) -> None:
    http = Http(user_agent="x", allow_private=True)
    server.routes |= {
        "/old": redirect("/feed", 301),
        "/feed": Answer(body=_FEED, etag='"1"', headers={"Cache-Control": "max-age=60"}),
    }
    source = Source(Options(url=server.url("/old")))
    fetched = await source.fetch(http, Validators())
    assert fetched.articles[0].url == server.url("/1")
    assert (fetched.validators, fetched.moved_to) == (Validators(etag='"1"'), server.url("/feed"))
    assert fetched.fresh_for == 3600  # the longer of the feed's own wish and the server's
    again = await source.fetch(http, fetched.validators)
    assert (again.not_modified, again.articles, again.validators) == (True, (), fetched.validators)
    await http.close()


async def test_a_json_feed_is_read_under_the_same_kind(server: Server) -> None:
    http = Http(user_agent="x", allow_private=True)
    server.routes["/"] = Answer(
        body='{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "T"}]}'
    )
    assert (await Source(Options(url=server.url())).fetch(http, Validators())).articles[0].title == "T"
    await http.close()


@pytest.mark.parametrize(
    ("channel", "seconds"),
    [
        ("<ttl>30</ttl>", 1800),
        ("<ttl>525600</ttl>", 5 * 3600),
        ("<ttl>soon</ttl>", None),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>", 1800),
        ("<sy:updatePeriod>yearly</sy:updatePeriod>", 5 * 3600),
    ],
)
def test_a_feeds_own_wish_for_peace_is_heard_within_reason(channel: str, seconds: float | None) -> None:
    assert rss("<title>T</title>", channel).fresh_for == seconds


def test_an_option_that_is_no_address_is_refused() -> None:
    with pytest.raises(ValueError, match="must be an address"):
        Options(url="example.org/feed")
    assert Options(url="https://e.org/feed").location == "https://e.org/feed"


RELATIVE = """<link>https://e.org/2031/harbour/</link>{}
  <description>&lt;img src='ship.jpg'&gt; &lt;a href='x'&gt;X&lt;/a&gt;</description>"""


@pytest.mark.parametrize(
    ("more", "attributes", "base"),
    [
        ("", "", "https://e.org/2031/harbour/"),
        ("", "xml:base='https://cdn.e.org/a/'", "https://cdn.e.org/a/"),
        ("<enclosure url='ship.jpg' type='image/jpeg'/>", "", "https://e.org/2031/harbour/"),
    ],
)
def test_what_an_item_shows_lies_beside_its_page(more: str, attributes: str, base: str) -> None:
    article = only(rss(RELATIVE.format(more), attributes=attributes))
    assert article.image is not None
    assert article.image.url == f"{base}ship.jpg"
    assert f'href="{base}x"' in article.body


def test_a_link_without_its_item_page_is_the_sites() -> None:
    assert only(rss("<link>story.html</link><title>T</title>")).url == "https://e.org/story.html"


def test_in_atom_what_is_relative_belongs_to_the_feed() -> None:
    entry = "<link href='https://e.org/2031/h/'/><content type='html'>&lt;img src='ship.jpg'&gt;</content>"
    image = only(atom(entry)).image
    assert image is not None
    assert image.url == "https://e.org/feeds/ship.jpg"
    image = only(atom(f"{entry[:-10]}</content>".replace("<content", "<content xml:base='/pics/'"))).image
    assert image is not None
    assert image.url == "https://e.org/pics/ship.jpg"

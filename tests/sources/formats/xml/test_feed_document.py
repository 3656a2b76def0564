"""What a feed's document is as values: the same for every dialect, and no library's own."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from digest.sources.formats.xml.feed_document import parse_xml
from digest.sources.formats.xml.feed_values import Category, Link, Text

_RSS = b"""<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>News</title><link>https://e.org/</link><ttl>60</ttl>
<item><title>One</title><link>https://e.org/1</link><guid isPermaLink="false">g1</guid><dc:creator>Ada</dc:creator>
<category domain="d">Town</category><pubDate>Mon, 02 Mar 2026 06:00:00 GMT</pubDate><description>Short</description>
<content:encoded>&lt;p&gt;Long&lt;/p&gt;</content:encoded>
<media:group><media:credit>Bo</media:credit>
<media:content url="https://e.org/1.jpg" medium="image" width="800"/></media:group>
<enclosure url="https://e.org/1.mp3" type="audio/mpeg"/></item></channel></rss>"""
_ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>News</title><link href="https://e.org/"/>
<entry><title type="html">One</title><link href="https://e.org/1"/><id>g1</id><author><name>Ada</name></author>
<category term="Town" scheme="d"/><published>2026-03-02T06:00:00Z</published><summary>Short</summary>
<content type="html">&lt;p&gt;Long&lt;/p&gt;</content></entry></feed>"""


@pytest.mark.parametrize(("body", "is_atom"), [(_RSS, False), (_ATOM, True)])
def test_dialects_become_the_same_values(body: bytes, is_atom: bool) -> None:
    document = parse_xml(body)
    (entry,) = document.entries
    assert (document.is_atom, document.well_formed, document.broken_off) == (is_atom, True, False)
    assert (document.channel.title.value, document.channel.link) == ("News", "https://e.org/")
    assert (entry.id, entry.link, entry.title.value) == ("g1", "https://e.org/1", "One")
    assert (entry.authors, entry.categories) == (("Ada",), (Category("Town", "", "d"),))
    assert entry.contents[0].value == "<p>Long</p>"
    assert entry.contents[0].kind == "text/html"


def test_dates_and_media_are_kept_as_they_are_written() -> None:
    document = parse_xml(_RSS)
    (entry,) = document.entries
    picture = next(medium for medium in entry.media if medium.element == "content")
    assert (entry.published, document.channel.ttl) == ("Mon, 02 Mar 2026 06:00:00 GMT", "60")
    assert (picture.url, picture.width, picture.credit) == ("https://e.org/1.jpg", "800", "Bo")
    assert Link("https://e.org/1.mp3", "enclosure", "audio/mpeg") in entry.links


def test_what_a_document_does_not_say_is_empty() -> None:
    document = parse_xml(b"<rss version='2.0'><channel><item/></channel></rss>")
    (entry,) = document.entries
    assert (entry.title, entry.summary, entry.contents, entry.media) == (Text(), Text(), (), ())


def test_a_document_does_not_change_under_its_readers() -> None:
    with pytest.raises(FrozenInstanceError):
        parse_xml(_RSS).entries[0].link = "https://elsewhere.example/"  # type: ignore[misc]

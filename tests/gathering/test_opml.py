"""Subscription lists, as programs and people write them."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import SourceError
from digest.gathering.opml import Subscription, read, write
from tests.helpers.rates import at_least

LIST = """<?xml version="1.0"?>
<opml version="2.0"><head><title>Our list</title></head><body>
  <outline text="News"><outline text="World">
    <outline type="rss" text="One &amp; Only" title="ignored" xmlUrl="https://one.example/feed" htmlUrl="https://one.example/"/>
  </outline></outline>
  <outline title="Two" xmlUrl=" https://two.example/rss?a=1&amp;b=2 " category="sport, /sport/ski"/>
</body></opml>"""


def urls(text: str | bytes) -> list[str]:
    return [feed.url for feed in read(text if isinstance(text, bytes) else text.encode()).feeds]


def test_a_list_with_folders() -> None:
    outline = read(LIST.encode())
    assert outline.title == "Our list"
    assert outline.problems == ()
    assert outline.feeds == (
        Subscription(
            url="https://one.example/feed",
            title="One & Only",
            site="https://one.example/",
            folders=("News", "World"),
        ),
        Subscription(url="https://two.example/rss?a=1&b=2", title="Two", categories=("sport", "/sport/ski")),
    )


BROKEN = {
    "bare ampersands": LIST.replace("&amp;", "&"),
    "words before it": "Our feeds: " + LIST.replace("&amp;", "&"),
    "no space between values": LIST.replace('ignored" xmlUrl', 'ignored"xmlUrl'),
    "quotes in a value": LIST.replace("ignored", 'he said "no"'),
    "tags in a value": LIST.replace("ignored", 'a <a href="https://x.example/" target="_blank">link</a>.'),
    "an undefined entity": LIST.replace("Our list", "Our&nbsp;list"),
    "a body that never ends": LIST.removesuffix("</body></opml>"),
    "outlines that never end": LIST.replace("</outline></outline>", ""),
    "an attribute twice": LIST.replace('title="ignored"', 'title="a" title="b"'),
    "a stray byte": LIST.replace("ignored", "caf\xe9"),
    "control characters": LIST.replace("ignored", "a\x00b\x0bc"),
    "text before its beginning": f"Here is my list:\n{LIST}",
    "text after its end": f"{LIST}\n<br>",
    "attributes in lower case": LIST.replace("xmlUrl", "xmlurl").replace("htmlUrl", "htmlurl"),
    "a document type": LIST.replace("<opml", "<!DOCTYPE opml><opml", 1),
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_broken_lists_lose_no_feed(text: str) -> None:
    assert urls(text.encode("latin-1")) == ["https://one.example/feed", "https://two.example/rss?a=1&b=2"]


def test_a_broken_list_says_where_it_is_broken() -> None:
    (problem,) = read(BROKEN["bare ampersands"].encode()).problems
    assert "line 4" in problem


def test_two_lists_in_one_file() -> None:
    assert len(urls(LIST + LIST)) == 4
    assert len(read((LIST + LIST).encode()).distinct()) == 2


def test_a_comment_holds_no_feeds() -> None:
    assert (
        urls("<opml><body><!-- <outline xmlUrl='https://a.example/'/> --><outline text=a & b></body></opml>")
        == []
    )


@pytest.mark.parametrize(
    "values",
    [
        'type="rss" url="https://one.example/feed"',
        'xmlUrl="one.example/feed"',
        'xmlUrl="feed://one.example/feed"',
        'xmlUrl="feed:https://one.example/feed"',
        'xmlUrl="feed://https://one.example/feed"',
        'XMLURL="https://one.example/feed"',
    ],
)
def test_addresses_that_are_written_oddly(values: str) -> None:
    assert urls(f"<opml><body><outline {values}/></body></opml>".encode()) == ["https://one.example/feed"]


def test_a_link_in_a_list_is_no_feed() -> None:
    body = b'<opml><body><outline type="link" url="https://one.example/"/></body></opml>'
    assert urls(body) == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1", "cp1252"])
def test_lists_in_other_encodings(encoding: str) -> None:
    text = LIST.replace("One", "Über").replace(
        '"1.0"?', f'"1.0" encoding="{encoding.removesuffix("-sig")}"?', 1
    )
    assert read(text.encode(encoding)).feeds[0].title == "Über & Only"


def test_what_is_no_address_is_named() -> None:
    text = (
        '<opml><body><outline text="A" xmlUrl="javascript:alert(1)"/><outline text="B" xmlUrl="https://b.example/"/>'
        '<outline text="C" xmlurl="https://c.example/"/><outline text="D" xmlUrl="feed:https://d.example/"/></body></opml>'
    )
    outline = read(text.encode())
    assert [feed.url for feed in outline.feeds] == ["https://b.example/", "https://d.example/"]
    assert [problem.split(": ")[1] for problem in outline.problems] == ["A", "C"]


def test_what_is_no_address_is_shown_without_controls() -> None:
    outline = read(
        b'<opml><body><outline text="A & B" xmlUrl="javascript:&#27;]0;x&#7;&#x202e;y"/></body></opml>'
    )
    assert outline.problems[-1].endswith("A & B: javascript:]0;xy")


@pytest.mark.parametrize(
    "body", [b"", b"  ", b"<html><body>hello</body></html>", b'{"a": 1}', b"\x00\xff\xfe"]
)
def test_what_is_no_list_is_said(body: bytes) -> None:
    with pytest.raises(SourceError, match=r"no outline|empty"):
        read(body)


def test_entities_are_never_expanded() -> None:
    bomb = '<!DOCTYPE o [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    outline = read(
        f'{bomb}<opml><body><outline text="&b;" xmlUrl="https://a.example/"/></body></opml>'.encode()
    )
    assert outline.feeds[0].title == "&b;"


@pytest.mark.parametrize(
    "unit", ['<outline a="', ' a="', 'x" b="', "<!--", "<a ", "&", "<outline>", "<![CDATA[", "</"]
)
def test_no_list_takes_longer_than_it_is_long(unit: str) -> None:
    started = time.process_time()
    with contextlib.suppress(SourceError):
        read(b"<opml>" + unit.encode() * (1_000_000 // len(unit)))
    assert time.process_time() - started < 5


LETTERS = st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="&<")
TEXT = st.text(alphabet=LETTERS, min_size=1, max_size=20)
FEEDS = st.lists(
    st.builds(
        Subscription,
        url=st.integers(0, 99).map(lambda number: f"https://a.example/{number}?a=1&b=%3C2%3E"),
        title=TEXT,
        folders=st.lists(TEXT, max_size=3).map(tuple),
    ),
    max_size=8,
)


@given(FEEDS)
def test_what_is_written_is_read_again(feeds: list[Subscription]) -> None:
    outline = read(write(feeds, title='Our "list" & <more>').encode())
    assert outline.problems == ()
    assert outline.title == 'Our "list" & <more>'
    assert sorted(map(repr, outline.feeds)) == sorted(map(repr, feeds))


@given(st.binary(max_size=300))
def test_no_file_is_more_than_a_source_error(body: bytes) -> None:
    for wrapped in (body, b"<opml><body><outline " + body + b"/></body></opml>"):
        with contextlib.suppress(SourceError):
            read(wrapped)


@pytest.mark.corpus
def test_real_lists(corpora: Path) -> None:
    folder = corpora / "feeds"
    whole, broken = [], []
    for line in (folder / "opml" / "expected_counts.jsonl").read_text().splitlines():
        expected = json.loads(line)
        outline = read((folder / expected["file"]).read_bytes())
        if expected["wellformed"]:
            first = [(feed["title"], feed["xmlUrl"]) for feed in expected["first"]]
            same = [(feed.title, feed.url) for feed in outline.feeds[: len(first)]] == first
            whole.append((expected["file"], same and len(outline.feeds) == expected["n_feeds"]))
        else:
            enough = len(outline.feeds) >= expected["n_feeds_by_text_search"]
            broken.append((expected["file"], enough))
    at_least(1.0, "OPML: well-formed files read exactly", whole)
    at_least(0.9, "OPML: broken files imported", broken)


@pytest.mark.corpus
def test_every_real_file_is_read_or_refused_in_words(corpora: Path) -> None:
    files = [file for file in (corpora / "feeds" / "opml").rglob("*") if file.suffix in (".xml", ".opml")]
    assert files
    for file in files:
        if b"<outline" in (body := file.read_bytes()):
            read(body)
        else:
            with contextlib.suppress(SourceError):
                read(body)

"""JSON Feed, as its authors wrote it down and as programs write it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from digest.errors import SourceError
from digest.model import Article, Fetched, Image, Validators
from digest.net.http import Http
from digest.sources.jsonfeed import Options, Source, parse
from tests.helpers.servers import Answer, Server


def read(item: dict[str, Any] | list[dict[str, Any]], **feed: Any) -> Fetched:
    """Read a feed of one item or several, at https://e.org/feed.json."""
    items = item if isinstance(item, list) else [item]
    body = json.dumps(
        {"version": "https://jsonfeed.org/version/1.1", "title": "News", **feed, "items": items}
    )
    return parse(body.encode(), url="https://e.org/feed.json")


def only(fetched: Fetched) -> Article:
    (article,) = fetched.articles
    return article


def test_an_item_in_full() -> None:
    fetched = read(
        {
            "id": "e-1",
            "url": "/council",
            "external_url": "https://other.example/",
            "title": "Council votes &amp; leaves",
            "summary": "The vote was <b>close</b>.",
            "content_html": '<p>Nobody stayed.</p><img src="/hall.jpg" alt="A hall"><script>x()</script>',
            "content_text": "Nobody stayed.",
            "image": "/hall.jpg",
            "date_published": "2026-03-02T07:00:00+01:00",
            "date_modified": "2026-03-02T09:00:00Z",
            "authors": [{"name": "Ada Lovelace"}, {"name": "Grace Hopper", "url": "https://e.org/grace"}],
            "tags": ["Local", "Budget", "Local"],
            "language": "de",
        },
        home_page_url="https://e.org/",
        language="en-GB",
    )
    assert only(fetched) == Article(
        guid="e-1",
        url="https://e.org/council",
        title="Council votes & leaves",
        dek="The vote was close.",
        byline="Ada Lovelace, Grace Hopper",
        published=datetime(2026, 3, 2, 6, tzinfo=UTC),
        updated=datetime(2026, 3, 2, 9, tzinfo=UTC),
        section="Local",
        tags=("Local", "Budget"),
        image=Image(url="https://e.org/hall.jpg", alt="A hall"),
        body='<p>Nobody stayed.</p><img src="https://e.org/hall.jpg" alt="A hall">',
        language="de",
    )
    info = fetched.info
    assert (info.title, info.url, info.language) == ("News", "https://e.org/", "en-GB")


def test_a_note_without_title_is_called_by_its_first_words() -> None:
    article = only(read({"id": "1", "content_text": "First line & more.\n\nSecond <line>."}))
    assert (article.title, article.dek) == ("First line & more. Second <line>.",) * 2
    assert article.body == "<p>First line &amp; more.</p><p>Second &lt;line&gt;.</p>"


@pytest.mark.parametrize(
    ("item", "feed", "byline"),
    [
        ({"author": {"name": "Ada"}}, {}, "Ada"),  # version 1.0
        ({"author": {"name": "Ada"}, "authors": [{"name": "Grace"}]}, {}, "Grace"),
        ({}, {"authors": [{"name": "The Desk"}]}, "The Desk"),
        ({"authors": "Ada"}, {"author": ["x"]}, ""),
    ],
)
def test_who_signs(item: dict[str, Any], feed: dict[str, Any], byline: str) -> None:
    assert only(read({"id": "1", "title": "T", **item}, **feed)).byline == byline


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ({"banner_image": "/b.jpg"}, "https://e.org/b.jpg"),
        ({"attachments": [{"url": "/a.mp3", "mime_type": "audio/mpeg"}, {"url": "/a.png", "mime_type": "image/png"}]},
         "https://e.org/a.png"),
        ({"content_html": "<figure><img src='/c.jpg'></figure>"}, "https://e.org/c.jpg"),
        ({"image": "data:image/png;base64,AA"}, None),
        ({"image": {"url": "/d.jpg"}}, None),
    ],
)  # fmt: skip
def test_where_a_picture_may_be(item: dict[str, Any], url: str | None) -> None:
    image = only(read({"id": "1", "title": "T", **item})).image
    assert (image.url if image else None) == url


def test_identities_are_texts_and_each_articles_own() -> None:
    items = [
        {"id": 7, "title": "a"},
        {"id": "7", "title": "b"},
        {"url": "https://e.org/c"},
        {"title": "d"},
        "no item",
    ]
    guids = [article.guid for article in read(items).articles]  # type: ignore[arg-type]
    assert [guid[:2] for guid in guids[:2]] == ["7|", "7|"]
    assert guids[2] == "https://e.org/c"
    assert guids[3].startswith("sha256:")
    assert len(guids) == 4


def test_every_value_may_be_of_the_wrong_type() -> None:
    names = "id url title summary content_html content_text image date_published authors tags language attachments"
    values: list[Any] = [None, True, 1.5, [], {}, [[]], [{}], "", "\ud800", "x" * 10_000]
    for wrong in values:
        article = only(read(dict.fromkeys(names.split(), wrong)))
        assert len(article.title) <= 300
        article.title.encode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_every_encoding_of_json(encoding: str) -> None:
    body = '{"items": [{"id": "1", "title": "Zürich"}]}'.encode(encoding)
    assert only(parse(body)).title == "Zürich"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"<!doctype html><p>Not found", "not JSON but a web page"),
        (b'{"items": [', "not JSON"),
        (b'{"version": "https://jsonfeed.org/version/1"}', "no list of items"),
        (b'[{"id": 1}]', "no list of items"),
        (b"[" * 100_000, "not JSON"),
        (b'{"items": [' + b"1" * 100_000 + b"]}", "not JSON"),
    ],
)
def test_what_is_no_json_feed_is_said_to_be_none(body: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        parse(body)


async def test_a_visit(server: Server) -> None:
    http = Http(user_agent="x", allow_private=True)
    server.routes["/"] = Answer(body='{"items": [{"id": "1", "title": "T"}]}', etag='"1"')
    source = Source(Options(url=server.url()))
    fetched = await source.fetch(http, Validators())
    assert ([article.title for article in fetched.articles], fetched.validators.etag) == (["T"], '"1"')
    assert (await source.fetch(http, fetched.validators)).not_modified
    assert server.requests[0].headers["accept"].startswith("application/feed+json")
    await http.close()

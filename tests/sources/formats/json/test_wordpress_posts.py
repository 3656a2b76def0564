"""Posts of a WordPress site's REST API as articles, whatever its answers hold."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import SourceError
from digest.model import Image
from digest.sources.formats.json.wordpress_posts import parse
from digest.text import clean_text
from tests.helpers.rates import at_least
from tests.helpers.wordpress_answers import body, post


def test_a_post_with_everything() -> None:
    (article,) = parse(body(post())).articles
    assert (article.guid, article.url) == ("https://paper.example/?p=1", "https://paper.example/harbour-1/")
    assert (article.title, article.dek) == ("Ships & cranes", "Ships return…")
    assert article.byline == "Ada Berg, Ben Holm"
    assert article.published == datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    assert article.updated == datetime(2026, 3, 1, 13, 0, tzinfo=UTC)
    assert article.section == "Sea & coast"
    assert article.tags == ("Uncategorized", "Sea & coast", "Trade")
    assert article.image == Image(
        url="https://paper.example/up/ships.jpg",
        alt="Two ships – at dawn",
        credit="Cleo Dahl",
        caption="Ships. Photo: Cleo Dahl",
        width=3000,
        height=2000,
    )
    assert "https://paper.example/more" in article.body
    assert "script" not in article.body
    assert "onclick" not in article.body


def test_a_smaller_size_of_the_pictures() -> None:
    (article,) = parse(body(post()), image_size="large").articles
    assert article.image is not None
    assert (article.image.url[-8:], article.image.width, article.image.height) == ("x683.jpg", 1024, 683)


def test_protected_and_unpublished_posts_are_left_out() -> None:
    posts = (
        post(1, content={"rendered": "secret", "protected": True}),
        post(2, excerpt={"rendered": "secret", "protected": True}),
        post(3, status="private"),
        post(4),
    )
    assert [article.url for article in parse(body(*posts)).articles] == ["https://paper.example/harbour-4/"]


@pytest.mark.parametrize(
    "piece", ["<a ", "<a more-link ", "<a more-link>", "<a more-link><", "<a more-link></b>"]
)
def test_links_without_an_end_cost_no_time(piece: str) -> None:
    hostile = body(post(excerpt={"rendered": piece * (200_000 // len(piece))}))
    started = time.process_time()
    assert len(parse(hostile).articles) == 1
    assert time.process_time() - started < 2


def test_what_is_missing_is_empty() -> None:
    (article,) = parse(
        body({"title": {"rendered": "Lorem"}, "content": {"rendered": ""}, "date_gmt": None})
    ).articles
    assert (article.title, article.url, article.published, article.image) == ("Lorem", "", None, None)
    (draft,) = parse(body(post(date_gmt="0000-00-00T00:00:00"))).articles
    assert draft.published is None


def test_seo_plugins_know_what_the_api_hides() -> None:
    seo = {
        "author": "Ada Berg",
        "og_image": [{"url": "https://paper.example/og.jpg", "width": 1200, "height": 630}],
    }
    (article,) = parse(body(post(_embedded={}, yoast_head_json=seo))).articles
    assert article.byline == "Ada Berg"
    assert article.image == Image(url="https://paper.example/og.jpg", width=1200, height=630)


@pytest.mark.parametrize(
    "noise",
    [
        b"\xef\xbb\xbf",
        b"\n\n",
        b"<br />\n<b>Notice</b>: Undefined index [x] in <b>/a.php</b> on line 1<br />\n",
    ],
)
def test_noise_before_the_answer(noise: bytes) -> None:
    assert len(parse(noise + body(post())).articles) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "empty"),
        (b"<!doctype html><p>Hello", "web page"),
        (b"[{", "no readable JSON"),
        (b"[" * 100_000, "no readable JSON"),
        (
            b'{"code":"rest_no_route","message":"No route was found","data":{"status":404}}',
            "No route was found",
        ),
        (b'[{"id": 4, "name": "A user"}]', "no posts"),
        (b"12", "no posts"),
    ],
)
def test_what_is_no_answer_is_said(answer: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        parse(answer)


def test_no_posts_are_no_error() -> None:
    assert parse(b"[]").articles == ()


NAMES = ["rendered", "name", "sizes", "slug"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["rendered", "name", "sizes", "slug"]), inner)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(list(post())), JSON))
def test_no_post_is_an_error(changes: dict[str, Any]) -> None:
    parse(body(post(**changes)))
    parse(body(post(_embedded=dict.fromkeys(("author", "wp:term", "wp:featuredmedia"), changes))))


@pytest.mark.corpus
def test_real_answers(corpora: Path) -> None:
    """Against a plain reading of the same JSON, field by field."""
    fields: list[tuple[str, bool]] = []
    for file in sorted((corpora / "feeds" / "wordpress-api").rglob("*.json")):
        value = json.loads(file.read_text())
        posts = [
            item
            for item in (value if isinstance(value, list) else [value])
            if "content" in item and "title" in item
        ]
        if not posts:
            continue
        articles = parse(file.read_bytes()).articles
        assert len(articles) == len(posts)
        for item, article in zip(posts, articles, strict=True):
            embedded = item.get("_embedded", {})
            names = [author["name"] for author in embedded.get("author", []) if "name" in author]
            terms = [term for group in embedded.get("wp:term", []) for term in group]
            known = ("category", "post_tag")
            media = embedded.get("wp:featuredmedia", [{}])[0]
            date = datetime.fromisoformat(item["date_gmt"] + "+00:00")
            fields += [
                ("title", article.title == clean_text(item["title"]["rendered"])),
                ("url", article.url == item.get("link", "")),
                ("date", article.published == date),
                ("author", article.byline == ", ".join(names)),
                (
                    "tags",
                    {clean_text(term["name"]) for term in terms if term["taxonomy"] in known}
                    == set(article.tags),
                ),
                ("image", (article.image.url if article.image else "") == media.get("source_url", "")),
                ("alt", (article.image.alt if article.image else "") == media.get("alt_text", "")),
            ]
    at_least(0.98, "WordPress answers: fields", fields)

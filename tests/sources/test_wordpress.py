"""Posts of a WordPress site, from a site that behaves and from sites that do not."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from digest.errors import SourceError
from digest.model import Image, Validators
from digest.net.http import Http
from digest.sources.wordpress import Options, Source, parse
from digest.text import clean_text
from tests.helpers.rates import at_least
from tests.helpers.servers import Answer, Request, Server

MEDIA = {
    "media_type": "image",
    "source_url": "https://paper.example/up/ships.jpg",
    "alt_text": "Two ships &#8211; at dawn",
    "caption": {"rendered": "<p>Ships. Photo: Cleo Dahl</p>"},
    "media_details": {
        "width": 3000,
        "height": 2000,
        "image_meta": {"credit": ""},
        "sizes": {
            "large": {
                "source_url": "https://paper.example/up/ships-1024x683.jpg",
                "width": 1024,
                "height": "683",
            }
        },
    },
}


def post(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": number,
        "date_gmt": "2026-03-01T12:00:00",
        "modified_gmt": "2026-03-01T13:00:00",
        "guid": {"rendered": f"https://paper.example/?p={number}"},
        "link": f"https://paper.example/harbour-{number}/",
        "status": "publish",
        "title": {"rendered": "Ships &#038; <em>cranes</em>"},
        "content": {
            "rendered": '<p onclick="x()">Text <a href="/more">more</a></p><script>x()</script>',
            "protected": False,
        },
        "excerpt": {
            "rendered": '<p>Ships return [&hellip;] <a class="more-link" href="/x">Go on <span>it</span></a></p>',
            "protected": False,
        },
        "_embedded": {
            "author": [
                {"name": "Ada Berg"},
                {"code": "rest_user_invalid_id", "message": "no"},
                {"name": "Ben Holm"},
            ],
            "wp:featuredmedia": [MEDIA],
            "wp:term": [
                [
                    {"taxonomy": "category", "slug": "uncategorized", "name": "Uncategorized"},
                    {"taxonomy": "category", "slug": "sea", "name": "Sea &amp; coast"},
                ],
                [{"taxonomy": "post_tag", "slug": "trade", "name": "Trade"}],
                [{"taxonomy": "format", "slug": "x", "name": "X"}],
            ],
        },
        **changes,
    }


def body(*posts: Any) -> bytes:
    return json.dumps(posts).encode()


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


# --- visits --------------------------------------------------------------------------------------------------


def api(server: Server, posts: list[dict[str, Any]]) -> Callable[[Request], Answer]:
    """A site whose API answers as WordPress does, page by page."""

    def answer(request: Request) -> Answer:
        query = parse_qs(urlsplit(request.path).query)
        route = query.get("rest_route", [urlsplit(request.path).path.removeprefix("/wp-json")])[0]
        if route == "/wp/v2/posts":
            size, page = int(query["per_page"][0]), int(query.get("page", ["1"])[0])
            shown = [item for item in posts if query.get("categories", ["7"]) == ["7"]]
            pages = -(-len(shown) // size)
            if page > 1 and page > pages:
                return Answer(status=400, body='{"code":"rest_post_invalid_page_number","message":"no"}')
            return Answer(
                body=body(*shown[(page - 1) * size : page * size]),
                headers={"X-WP-TotalPages": str(pages)},
                etag='"1"',
            )
        if route == "/wp/v2/categories":
            return Answer(body='[{"id": 7, "slug": "sea"}]' if query["slug"] == ["sea"] else "[]")
        if route == "/":
            return Answer(body=json.dumps({"name": "The &amp; Paper", "home": "https://paper.example"}))
        return Answer(status=404, body='{"code":"rest_no_route","message":"no"}')

    return answer


async def test_a_site_is_read_page_by_page(server: Server, http: Http) -> None:
    answer = api(server, [post(number) for number in range(1, 121)])
    server.routes |= dict.fromkeys(("/wp-json/wp/v2/posts", "/wp-json/"), answer)
    fetched = await Source(Options(url=server.url("/"), max_articles=110)).fetch(http, Validators())
    assert len(fetched.articles) == 110
    assert (fetched.info.title, fetched.info.url) == ("The & Paper", "https://paper.example")
    assert len([path for path in server.paths() if "/posts" in path]) == 3
    assert fetched.validators.etag == '"1"'
    again = await Source(Options(url=server.url("/"))).fetch(http, fetched.validators)
    assert again.not_modified
    assert again.validators == fetched.validators


async def test_a_site_with_plain_addresses(server: Server, http: Http) -> None:
    server.routes["/"] = api(server, [post()])
    fetched = await Source(Options(url=server.url("/"))).fetch(http, Validators())
    assert len(fetched.articles) == 1
    assert fetched.info.title == "The & Paper"


@pytest.mark.parametrize(
    "path", ["/wp-json", "/wp-json/", "/wp-json/wp/v2/posts?per_page=3", "/wp-json/wp/v2"]
)
async def test_the_address_may_be_that_of_the_api(server: Server, http: Http, path: str) -> None:
    answer = api(server, [post()])
    server.routes |= dict.fromkeys(("/wp-json/wp/v2/posts", "/wp-json/"), answer)
    fetched = await Source(Options(url=server.url(path))).fetch(http, Validators())
    assert len(fetched.articles) == 1


async def test_categories_are_named_by_their_slugs(server: Server, http: Http) -> None:
    server.routes |= dict.fromkeys(
        ("/wp-json/wp/v2/posts", "/wp-json/wp/v2/categories", "/wp-json/"), api(server, [post()])
    )
    fetched = await Source(Options(url=server.url("/"), categories=("sea",))).fetch(http, Validators())
    assert len(fetched.articles) == 1
    with pytest.raises(SourceError, match="no category with the slug 'see'"):
        await Source(Options(url=server.url("/"), categories=("see",))).fetch(http, Validators())


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(status=404), "no WordPress REST API.*feed/"),
        (Answer(body="<!doctype html><title>Home</title>"), "no WordPress REST API.*web page"),
        (Answer(status=401, body='{"code":"rest_cannot_access"}'), "closed to visitors.*feed/"),
        (Answer(status=503), "503"),
    ],
)
async def test_a_closed_site_is_an_error_with_a_way_out(
    server: Server, http: Http, answer: Answer, words: str
) -> None:
    server.routes |= dict.fromkeys(("/wp-json/wp/v2/posts", "/"), answer)
    with pytest.raises(SourceError, match=words):
        await Source(Options(url=server.url("/"))).fetch(http, Validators())


@pytest.mark.parametrize("wrong", [{"url": "paper.example"}, {"url": "https://a.example", "key": "x"}, {}])
def test_options_that_cannot_be_meant(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options(**wrong)


# --- real answers --------------------------------------------------------------------------------------------


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

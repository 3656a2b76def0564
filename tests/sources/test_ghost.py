"""Posts of a Ghost site: what everybody may read, and nothing of what is for members."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import SourceError
from digest.model import Image, Validators
from digest.net.http import Http
from digest.sources.ghost import Options, Source, parse
from digest.text import clean_text
from tests.helpers.rates import at_least
from tests.helpers.servers import Answer, Request, Server, redirect

KEY = "22444f78447824223cefc48062"


def post(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"id{number}",
        "title": "Ships & cranes",
        "url": f"https://paper.example/harbour-{number}/",
        "html": '<p>The whole secret <a href="/more">text</a></p>',
        "excerpt": "The whole secret text",
        "custom_excerpt": None,
        "visibility": "public",
        "published_at": "2026-03-01T13:00:00.000+01:00",
        "updated_at": "2026-03-01T14:00:00.000+01:00",
        "feature_image": "https://paper.example/ships.jpg",
        "feature_image_alt": "Two ships",
        "feature_image_caption": "<span>Photo by <a href='x'>Cleo Dahl</a></span>",
        "authors": [{"name": "Ada Berg"}, {"name": "Ben Holm"}],
        "tags": [
            {"name": "#hidden", "visibility": "internal"},
            {"name": "Sea", "visibility": "public"},
            {"name": "Trade", "visibility": "public"},
        ],
        "primary_tag": {"name": "Sea", "visibility": "public"},
        **changes,
    }


def body(*posts: dict[str, Any], pages: int = 1) -> bytes:
    return json.dumps({"posts": posts, "meta": {"pagination": {"pages": pages}}}).encode()


def test_a_post_with_everything() -> None:
    (article,) = parse(body(post())).articles
    assert (article.guid, article.url) == ("id1", "https://paper.example/harbour-1/")
    assert (article.title, article.dek) == ("Ships & cranes", "The whole secret text")
    assert article.byline == "Ada Berg, Ben Holm"
    assert article.published == datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    assert article.updated == datetime(2026, 3, 1, 13, 0, tzinfo=UTC)
    assert (article.section, article.tags) == ("Sea", ("Sea", "Trade"))
    assert article.image == Image(
        url="https://paper.example/ships.jpg",
        alt="Two ships",
        credit="Cleo Dahl",
        caption="Photo by Cleo Dahl",
    )
    assert "https://paper.example/more" in article.body


@pytest.mark.parametrize(
    "locked",
    [
        {"visibility": "members"},
        {"visibility": "paid"},
        {"visibility": "tiers"},
        {"visibility": "filter"},
        {"visibility": None},
        {"visibility": "public", "access": False},
    ],
)
def test_what_is_for_members_stays_with_them(locked: dict[str, Any]) -> None:
    (article,) = parse(body(post(**locked))).articles
    assert "secret" not in repr(article)
    assert (article.title, article.body) == ("Ships & cranes", "")
    (teased,) = parse(body(post(**locked, custom_excerpt="For our members"))).articles
    assert teased.dek == "For our members"


def test_an_old_version_knows_no_visibility() -> None:
    old = post(authors=None, primary_author={"name": "Ada Berg"}, primary_tag=None)
    del old["visibility"]
    (article,) = parse(body(old)).articles
    assert article.body
    assert (article.byline, article.section) == ("Ada Berg", "Sea")


def test_an_export_is_read_without_its_drafts() -> None:
    posts = [post(url=None, slug="ships"), post(2, status="draft")]
    for export in ({"data": {"posts": posts}}, {"db": [{"data": {"posts": posts}}]}):
        (article,) = parse(json.dumps(export).encode(), url="https://paper.example").articles
        assert article.url == "https://paper.example/ships/"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "empty"),
        (b"<html></html>", "web page"),
        (b"[]", "no posts"),
        (b'{"settings": {}}', "no posts"),
        (b'{"errors": [{"message": "Unknown Content API Key"}]}', "Unknown Content API Key"),
    ],
)
def test_what_is_no_answer_is_said(answer: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        parse(answer)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "visibility"]), inner)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(list(post())), JSON))
def test_no_post_is_an_error(changes: dict[str, Any]) -> None:
    for article in parse(body(post(**changes))).articles:
        if changes.get("visibility", "public") != "public":
            assert not article.body


# --- visits --------------------------------------------------------------------------------------------------


def api(posts: list[dict[str, Any]]) -> Callable[[Request], Answer]:
    def answer(request: Request) -> Answer:
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        if query.get("key") != KEY:
            return Answer(status=401, body='{"errors": [{"message": "Unknown Content API Key"}]}')
        if "/settings/" in request.path:
            return Answer(
                body='{"settings": {"title": "The Paper", "locale": "en", "url": "https://paper.example/"}}'
            )
        size, page = int(query["limit"]), int(query.get("page", "1"))
        shown = [
            item
            for item in posts
            if "visibility" not in query.get("filter", "") or item["visibility"] == "public"
        ]
        return Answer(
            body=body(*shown[(page - 1) * size : page * size], pages=-(-len(shown) // size)), etag='"1"'
        )

    return answer


@pytest.fixture
def site(server: Server) -> Server:
    posts = [post(1, visibility="paid"), *(post(number) for number in range(2, 121))]
    server.routes |= {f"/ghost/api/content/{what}/": api(posts) for what in ("posts", "settings")}
    return server


async def test_a_site_is_read_page_by_page(site: Server, http: Http) -> None:
    source = Source(Options(url=site.url("/"), key=KEY, max_articles=110))
    fetched = await source.fetch(http, Validators())
    assert len(fetched.articles) == 110
    assert (fetched.info.title, fetched.info.language) == ("The Paper", "en")
    assert all("include=tags%2Cauthors" in path for path in site.paths() if "/posts/" in path)
    again = await source.fetch(http, fetched.validators)
    assert again.not_modified
    assert again.validators == fetched.validators


async def test_a_new_address_of_its_api_is_none_of_the_site(site: Server, http: Http) -> None:
    api = "/ghost/api/content/posts/"
    site.routes["/old" + api] = lambda request: redirect(request.path.removeprefix("/old"), 301)
    source = Source(Options(url=site.url("/old/"), key=KEY, max_articles=5))
    fetched = await source.fetch(http, Validators())
    again = await source.fetch(http, fetched.validators)
    assert (len(fetched.articles), again.not_modified) == (5, True)
    assert fetched.moved_to == again.moved_to == ""  # it would show the key, and be read as the site's


async def test_posts_for_members_may_be_left_out(site: Server, http: Http) -> None:
    options = Options(url=site.url("/"), key=KEY, members_only=False, filter="tag:sea", max_articles=5)
    fetched = await Source(options).fetch(http, Validators())
    assert [article.guid for article in fetched.articles] == ["id2", "id3", "id4", "id5", "id6"]
    (query,) = (parse_qs(urlsplit(path).query) for path in site.paths() if "/posts/" in path)
    assert query["filter"] == ["(tag:sea)+(visibility:public)"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=401),
        Answer(status=404),
        Answer(status=503),
        Answer(status=302, headers={"Location": f"ftp://{KEY}/"}),
        Answer(body=f"<html>{KEY}"),
        Answer(raw=b"nonsense"),
    ],
)
async def test_the_key_is_in_no_error_and_no_log(
    server: Server, http: Http, answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.routes |= {f"/ghost/api/content/{what}/": answer for what in ("posts", "settings")}
    options = Options(url=server.url("/"), key=KEY)
    with pytest.raises(SourceError) as error:
        await Source(options).fetch(http, Validators())
    assert KEY not in f"{error.value} {error.value.__cause__} {options!r} {options.location} {caplog.text}"
    assert error.value.__suppress_context__ or error.value.__context__ is None


async def test_a_missing_key_is_said(http: Http) -> None:
    with pytest.raises(SourceError, match="key is needed"):
        await Source(Options(url="https://paper.example")).fetch(http, Validators())


# --- real answers --------------------------------------------------------------------------------------------


@pytest.mark.corpus
def test_real_answers(corpora: Path) -> None:
    """Against a plain reading of the same JSON, field by field."""
    fields: list[tuple[str, bool]] = []
    for file in sorted((corpora / "feeds" / "ghost-api").glob("*content-api*.json")):
        value = json.loads(file.read_text())
        items = value.get("posts", value.get("pages", []))
        articles = parse(file.read_bytes()).articles if items else ()
        for item, article in zip(items, articles, strict=True):
            names = [author["name"] for author in item.get("authors", [])]
            fields += [
                ("guid", article.guid == item["id"]),
                ("url", article.url == item["url"]),
                ("title", article.title == item["title"]),
                ("dek", article.dek == clean_text(item["excerpt"], 500)),
                ("date", article.published == datetime.fromisoformat(item["published_at"])),
                ("author", article.byline == ", ".join(names)),
                ("tags", list(article.tags) == [tag["name"] for tag in item.get("tags", [])]),
                ("image", (article.image.url if article.image else None) == item["feature_image"]),
            ]
    at_least(0.98, "Ghost answers: fields", fields)

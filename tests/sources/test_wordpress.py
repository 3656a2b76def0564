"""A WordPress site that behaves, and sites that do not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from digest.errors import SourceError
from digest.model import Validators
from digest.net.http import Http
from digest.sources.wordpress import Options, Source
from tests.helpers.servers import Answer, Request, Server
from tests.helpers.wordpress_answers import body, post


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

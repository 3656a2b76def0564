"""Articles completed from their own pages: bounded, kept, and never an error."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from digest.model import Article, Candidate, Chosen, Image, Plan, PlannedSection
from digest.net.http import Http
from digest.sources.fetching.article_pages import (
    cache_of,
    fill,
    fill_plan,
    from_document,
    lacks,
    to_document,
    visit,
)
from digest.sources.formats.html.metadata import FeedLink, PageMetadata
from digest.text import url_key
from tests.helpers.servers import Answer, Server, redirect

WHOLE = Article(
    guid="w",
    url="https://paper.example/w",
    title="Whole",
    dek="Dek",
    byline="Ada Berg",
    published=datetime(2026, 3, 1, tzinfo=UTC),
    image=Image(url="https://paper.example/w.jpg", credit="Cleo Dahl"),
)


def story(name: str) -> Answer:
    head = (
        f"<title>{name}</title><meta name=description content='About {name}'><meta name=author content='Ada Berg'>"
        "<meta property='article:published_time' content='2026-03-01T12:00:00Z'>"
        "<meta property='og:image' content='/a.jpg'><link rel=license href='https://cc.example/by'>"
    )
    return Answer(body=f"<html><head>{head}</head></html>", headers={"Content-Type": "text/html"})


def articles(server: Server, *names: str) -> list[Article]:
    return [Article(guid=name, url=server.url(f"/{name}"), title=name, dek="Ours") for name in names]


async def test_what_is_missing_comes_from_the_page(server: Server, http: Http) -> None:
    server.routes["/a"] = story("A")
    (article,), problems = await fill(articles(server, "a"), http)
    assert problems == ()
    assert (article.title, article.dek) == ("a", "Ours"), "what the source says stands"
    assert (article.byline, article.licence) == ("Ada Berg", "https://cc.example/by")
    assert article.published == datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    assert article.image == Image(url=server.url("/a.jpg"))


async def test_a_page_is_visited_once(server: Server, http: Http) -> None:
    server.routes["/a"] = story("A")
    cache: dict[str, PageMetadata] = {}
    for _ in range(2):
        filled, _ = await fill(articles(server, "a", "gone"), http, cache=cache)
        assert [article.byline for article in filled] == ["Ada Berg", ""]
    assert sorted(server.paths()) == ["/a", "/gone"], "what is not there is not asked for again"
    assert set(cache) == {url_key(server.url("/a")), url_key(server.url("/gone"))}
    assert cache_of(http) is cache_of(http)


async def test_a_whole_article_needs_no_visit(http: Http) -> None:
    assert not lacks(WHOLE)
    assert await fill([WHOLE], http) == ((WHOLE,), ())


async def test_no_more_pages_than_allowed(server: Server, http: Http) -> None:
    server.routes |= {f"/{name}": story(name) for name in "abc"}
    filled, _ = await fill(articles(server, "a", "b", "c"), http, limit=2)
    assert [bool(article.byline) for article in filled] == [True, True, False]
    assert len(server.paths()) == 2


async def test_no_more_time_than_allowed(server: Server, http: Http) -> None:
    server.routes |= {"/a": story("A"), "/slow": Answer(body="x", delay=30)}
    filled, problems = await fill(articles(server, "a", "slow"), http, seconds=0.5)
    assert [article.byline for article in filled] == ["Ada Berg", ""]
    assert "0.5 s were over: 1" in problems[0]


async def test_a_host_that_does_not_answer_is_left_alone(server: Server, http: Http) -> None:
    server.routes |= {"/a": Answer(raw=b"nonsense"), "/b": story("B")}
    cache: dict[str, PageMetadata] = {}
    filled, problems = await fill(articles(server, "a", "b"), http, cache=cache)
    assert [article.byline for article in filled] == ["", ""]
    assert len(problems) == 1
    assert (server.paths(), cache) == (["/a"], {})


def test_what_a_page_said_survives_a_store() -> None:
    page = PageMetadata(
        title="A",
        published=datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
        tags=("a", "b"),
        image=Image(url="https://paper.example/a.jpg", width=3),
        feeds=(FeedLink(url="https://paper.example/f"),),
    )
    document = json.loads(json.dumps(to_document(page)))
    assert from_document(document) == page
    assert to_document(PageMetadata()) == {}
    assert from_document({"title": 3}) is None
    assert from_document(None) is None


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=500),
        Answer(body=b"\xff\xd8\xff", headers={"Content-Type": "image/jpeg"}),
        Answer(raw=b"nonsense"),
        Answer(body=b"\x00" * 4_000_000, headers={"Content-Type": "text/html"}),
        redirect("/"),
        redirect("http://127.0.0.2:1/consent"),
        redirect("file:///etc/passwd"),
    ],
    ids=["500", "picture", "nonsense", "large", "front page", "elsewhere", "file"],
)
async def test_a_page_that_is_none_is_a_problem_in_words(server: Server, http: Http, answer: Answer) -> None:
    server.routes |= {"/a": answer, "/": Answer(body="<title>Front page</title><meta name=author content=X>")}
    given = articles(server, "a")
    filled, problems = await fill(given, http)
    assert list(filled) == given
    assert len(problems) == 1
    assert server.url("/a") in problems[0]


async def test_a_moved_article_is_still_read(server: Server, http: Http) -> None:
    server.routes |= {"/a": redirect("/2026/a", 301), "/2026/a": story("A")}
    (article,), problems = await fill(articles(server, "a"), http)
    assert (article.byline, problems) == ("Ada Berg", ())


async def test_a_temporary_failure_is_tried_again(server: Server, http: Http) -> None:
    cache: dict[str, PageMetadata] = {}
    server.routes["/a"] = Answer(status=503)
    assert await visit([server.url("/a")], http, cache=cache)
    server.routes["/a"] = story("A")
    assert not await visit([server.url("/a")], http, cache=cache)
    assert cache[url_key(server.url("/a"))].byline == "Ada Berg"


async def test_addresses_that_are_none_are_left_alone(http: Http) -> None:
    given = [
        Article(guid=url, url=url, title="A") for url in ("", "mailto:a@b.example", "file:///etc/passwd")
    ]
    assert await fill(given, http) == (tuple(given), ())


async def test_a_plan_is_completed_where_its_sources_allow_it(
    server: Server, http: Http, now: datetime
) -> None:
    server.routes |= {"/a": story("A"), "/b": story("B")}
    chosen = tuple(
        Chosen(
            candidate=Candidate(
                id=rank,
                source=article.guid,
                source_title="",
                article=article,
                url_key=url_key(article.url),
                first_seen=now,
                last_changed=now,
            ),
            rank=rank,
            why="it is new",
        )
        for rank, article in enumerate(articles(server, "a", "b", "gone"), 1)
    )
    plan = Plan(
        newsletter="daily",
        slot="2026-03-02T07:00",
        due=now,
        sections=(
            PlannedSection(title="News", articles=chosen[:1]),
            PlannedSection(title="", articles=chosen[1:]),
        ),
    )
    filled = await fill_plan(plan, http, sources={"a", "gone"})
    assert [each.candidate.article.byline for each in filled.chosen] == ["Ada Berg", "", ""]
    assert filled.chosen[1:] == plan.chosen[1:]
    assert filled.sections[0].title == "News"
    assert sorted(server.paths()) == ["/a", "/gone"]

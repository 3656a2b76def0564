"""What chosen articles lack is read from their own pages: once, by those who may, and remembered only where it counts."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest

from digest.model import Plan
from digest.pipeline import publish
from digest.pipeline.enrich import complete
from digest.store.content import pages
from digest.tools import Tools
from tests.helpers.ledger import NOW, add_readers
from tests.helpers.newsroom import SLOT, Newsroom, contents, daily
from tests.helpers.servers import Answer, Server

_PAGE = """<html lang="en"><head><title>Harbour</title>
<meta property="og:description" content="What the page says of it.">
<meta name="author" content="Ada Berg"></head><body><article><p>Text.</p></article></body></html>"""


def feed(server: Server) -> str:
    """Return a feed whose one item says nothing but its headline."""
    return (
        f"<rss version='2.0'><channel><title>Harbour</title><item><title>The ferry is back</title><guid>1</guid>"
        f"<link>{server.url('/ferry')}</link><pubDate>{format_datetime(NOW - timedelta(hours=1))}</pubDate></item>"
        f"</channel></rss>"
    )


@pytest.fixture
def harbour(newsroom: Newsroom, server: Server) -> Newsroom:
    server.routes |= {"/feed": Answer(body=feed(server)), "/ferry": Answer(body=_PAGE)}
    newsroom.sources = [{"url": server.url("/feed")}]
    return newsroom


async def chosen(tools: Tools) -> Plan:
    await add_readers(tools.db, 1)
    await publish.fetch(daily(tools).sources, tools)
    return await publish.choose(daily(tools), SLOT, tools, tools.db)


def deks(plan: Plan) -> list[str]:
    return [one.candidate.article.dek for one in plan.chosen]


async def test_what_a_feed_leaves_out_is_read_from_the_page_once(harbour: Newsroom, server: Server) -> None:
    async with harbour.opened() as tools:
        plan = await chosen(tools)
        assert deks(plan) == [""]
        for _ in range(2):
            assert deks(await complete(plan, daily(tools), tools)) == ["What the page says of it."]
        assert server.paths().count("/ferry") == 1
        assert len(await pages.known(tools.db, [plan.chosen[0].candidate.url_key])) == 1


async def test_a_look_keeps_nothing(harbour: Newsroom, server: Server) -> None:
    async with harbour.opened() as tools:
        plan = await chosen(tools)
        before = await contents(tools.db)
        assert deks(await complete(plan, daily(tools), tools, keep=False)) == ["What the page says of it."]
        assert await contents(tools.db) == before


async def test_pages_of_a_source_that_forbids_it_are_not_read(harbour: Newsroom, server: Server) -> None:
    harbour.sources = [{"url": server.url("/feed"), "read_pages": False}]
    async with harbour.opened() as tools:
        assert deks(await complete(await chosen(tools), daily(tools), tools)) == [""]
        assert "/ferry" not in server.paths()


async def test_a_page_that_cannot_be_read_costs_nothing_but_what_it_would_say(
    harbour: Newsroom, server: Server
) -> None:
    server.routes["/ferry"] = Answer(status=500)
    async with harbour.opened() as tools:
        plan = await complete(await chosen(tools), daily(tools), tools)
        assert [one.candidate.article.title for one in plan.chosen] == ["The ferry is back"]
        assert plan.skip == ""

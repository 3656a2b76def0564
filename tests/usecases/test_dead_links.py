"""Links of an edition are followed; the dead ones are named in the mail's order."""

from __future__ import annotations

from datetime import datetime

import pytest

from digest.model import Article, Candidate, Chosen, Plan, PlannedSection
from digest.net.http import Http
from digest.usecases import dead_links as deadlinks
from digest.usecases.dead_links import dead_links
from tests.helpers.servers import Answer, Server


def chosen(url: str, rank: int, now: datetime) -> Chosen:
    article = Article(guid=url, url=url, title="A headline")
    candidate = Candidate(
        id=rank, source="", source_title="", article=article, url_key=url, first_seen=now, last_changed=now
    )
    return Chosen(candidate=candidate, rank=rank, why="")


def plan(urls: list[str], now: datetime) -> Plan:
    articles = tuple(chosen(url, rank, now) for rank, url in enumerate(urls, 1))
    section = PlannedSection(title="", articles=articles)
    return Plan(newsletter="daily", slot="2026-03-02T07:00", due=now, sections=(section,))


async def test_dead_links_are_named_in_order(server: Server, now: datetime) -> None:
    server.routes["/alive"] = Answer(body="<p>Here</p>")
    urls = [server.url(path) for path in ("/gone", "/alive", "/away")]
    http = Http(user_agent="test", allow_private=True, host_pause=0.0)
    try:
        dead = await dead_links(plan(urls, now), http)
    finally:
        await http.close()
    assert [text.partition(": ")[0] for text in dead] == [urls[0], urls[2]]
    assert all("404" in text for text in dead)


async def test_what_was_not_tried_is_said_with_its_reason(
    server: Server, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlinks, "SECONDS", 0.5)
    monkeypatch.setattr(deadlinks, "MOST", 3)
    server.routes["/slow"] = Answer(delay=30)
    urls = [server.url(path) for path in ("/slow", "/gone", "/away", "/fourth", "/fifth")]
    http = Http(user_agent="test", allow_private=True, host_pause=0.0)
    try:
        *dead, late, more = await dead_links(plan(urls, now), http)
    finally:
        await http.close()
    assert [text.partition(": ")[0] for text in dead] == urls[1:3]
    assert late == "1 not tried for lack of time: 0.5 seconds are for all links together"
    assert more == "2 more not tried: only the first 3 links are"
    assert "/fourth" not in server.paths()


async def test_forty_links_are_followed(server: Server, now: datetime) -> None:
    urls = [server.url(f"/{number}") for number in range(41)]
    http = Http(user_agent="test", allow_private=True, host_pause=0.0)
    try:
        *dead, more = await dead_links(plan(urls, now), http)
    finally:
        await http.close()
    assert [text.partition(": ")[0] for text in dead] == urls[:40]
    assert more == "1 more not tried: only the first 40 links are"


async def test_an_article_without_an_address_has_no_dead_link(now: datetime) -> None:
    http = Http(user_agent="test")
    try:
        assert await dead_links(plan([""], now), http) == []
    finally:
        await http.close()

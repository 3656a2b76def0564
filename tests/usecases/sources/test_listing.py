"""The configured sources: how each is told before and after a visit, never with a password."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from digest.app import open_tools
from digest.clock import utc_now
from digest.errors import UsageError
from digest.settings import FetchSettings, Settings
from digest.store.content import sources as store
from digest.tools import Tools
from digest.usecases.sources import listing
from tests.cli.conftest import rss
from tests.helpers.servers import Answer, Server
from tests.web.conftest import settings


@pytest.fixture
async def newsroom(sqlite_url: str, server: Server) -> AsyncIterator[Tools]:
    """Tools with two sources: one that answers, and one with a password that does not."""
    server.routes["/feed.xml"] = Answer(body=rss(["Ferry back in service"], utc_now()), etag='"1"')
    places = [server.url("/feed.xml"), server.url("/gone.xml").replace("//", "//us:s3cret@")]
    sections = [{"title": "News", "sources": [{"url": place} for place in places]}]
    base = settings(sqlite_url)
    daily = {**base.newsletters[0].model_dump(by_alias=True, exclude_unset=True), "sections": sections}
    wanted = Settings.model_validate(
        {
            **base.model_dump(by_alias=True, exclude_unset=True),
            "newsletters": [daily],
            "fetch": FetchSettings(allow_private=True, host_pause="0s"),
        }
    )
    async with open_tools(wanted) as opened:
        yield opened


async def test_a_visit_says_what_it_brought_or_why_nothing(newsroom: Tools) -> None:
    good, bad = sorted(await listing.fetch_now(newsroom, "daily"), key=lambda visit: visit.error)
    assert (good.articles, good.error) == (1, "")
    assert bad.articles is None
    assert "404" in bad.error
    unchanged = min(await listing.fetch_now(newsroom), key=lambda visit: visit.error)
    assert (unchanged.articles, unchanged.error) == (None, "")
    assert "s3cret" not in json.dumps([good.as_json(), bad.as_json()])


async def test_health_has_the_same_keys_before_and_after(newsroom: Tools) -> None:
    before = await listing.list_(newsroom)
    assert [one.health for one in before] == [None, None]
    await listing.fetch_now(newsroom)
    well, bad = await listing.list_(newsroom)
    assert before[0].as_json().keys() == well.as_json().keys()
    assert (well.state, bad.as_json()["failures"]) == ("well", 1)
    assert "404" in bad.state
    assert "s3cret" not in bad.state + bad.name + str(bad.as_json())


async def test_a_source_that_was_given_up_is_tried_again_by_hand(newsroom: Tools) -> None:
    await listing.fetch_now(newsroom)
    async with newsroom.db.begin() as conn:
        await conn.exec_driver_sql("UPDATE source SET disabled = 'gone for good'")
    assert len(await listing.fetch_now(newsroom)) == 2
    states = await store.states(newsroom.db, list(newsroom.settings.sources))
    assert not any(state.disabled for state in states.values())


async def test_a_list_for_others_has_the_sections_and_no_password(newsroom: Tools) -> None:
    text = listing.as_opml(newsroom.settings, "daily")
    assert 'text="News"' in text
    assert text.count("xmlUrl=") == 2
    assert "s3cret" not in text
    with pytest.raises(UsageError, match="daily"):
        listing.as_opml(newsroom.settings, "dayli")
    with pytest.raises(UsageError, match="daily"):
        await listing.fetch_now(newsroom, "dayli")

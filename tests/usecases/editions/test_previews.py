"""Looking ahead as values: the coming edition or the newest, a reader's copy, a test, the next days."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from digest.app import open_tools
from digest.clock import utc_now
from digest.errors import UsageError
from digest.model import EditionStatus
from digest.settings import Settings
from digest.store.editions import editions
from digest.tools import Tools
from digest.usecases.editions import previews, remaking, sending, testing
from digest.usecases.editions.send_results import SendStatus
from digest.usecases.readers import subscriptions
from tests.cli.conftest import rss
from tests.helpers.servers import Answer, Server
from tests.web.conftest import settings

ANNA = "anna@example.org"


@pytest.fixture
async def newsroom(
    sqlite_url: str, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Tools]:
    """Tools with a newsletter of one source and a sender that writes files."""
    server.routes["/feed.xml"] = Answer(body=rss(["Ferry back in service", "School garden opens"], utc_now()))
    base = settings(sqlite_url)
    sections = [{"title": "News", "sources": [{"url": server.url("/feed.xml")}]}]
    daily = {**base.newsletters[0].model_dump(by_alias=True, exclude_unset=True), "sections": sections}
    wanted = Settings.model_validate(
        {
            **base.model_dump(by_alias=True, exclude_unset=True),
            "newsletters": [daily],
            "fetch": {"allow_private": True, "host_pause": "0s"},
            "senders": [{"kind": "eml", "folder": str(tmp_path_factory.mktemp("outbox"))}],
        }
    )
    async with open_tools(wanted) as opened:
        yield opened


async def test_a_preview_is_the_edition_that_would_be_sent(newsroom: Tools) -> None:
    found = await previews.preview(newsroom, "daily")
    assert found.shown is found.coming
    assert found.as_json()["subject"]
    [section] = found.as_json()["sections"]
    assert len(section["articles"]) == 2
    copy = previews.copy(newsroom, found.coming)
    assert copy.sendable
    assert "Ferry back in service" in copy.html
    assert "Ferry back in service" in copy.text
    assert "<title>" in previews.page(newsroom, found.coming, copy)
    assert await editions.list_(newsroom.db) == [], "looking makes no edition"


async def test_without_news_the_newest_edition_is_shown_and_says_so(newsroom: Tools, server: Server) -> None:
    server.routes["/feed.xml"] = Answer(body=rss([], utc_now()))
    nothing = await previews.preview(newsroom, "daily")
    assert nothing.shown is None
    assert nothing.coming.plan.skip
    assert nothing.as_json()["skip"]
    server.routes["/feed.xml"] = Answer(body=rss(["Ferry back in service"], utc_now()))
    await subscriptions.add(newsroom, "daily", [ANNA])
    newsletter = newsroom.settings.newsletter("daily")
    sent = await sending.send(newsroom, newsletter, sending.slot_now(newsroom, newsletter))
    assert (sent.status, sent.unfinished) == (SendStatus.SENT, frozenset())
    assert sent.as_json()["status"] == "sent"
    again = await sending.send(newsroom, newsletter, sending.slot_now(newsroom, newsletter))
    assert again.as_json()["status"] == "already-sent"
    found = await previews.preview(newsroom, "daily")
    assert found.shown is not None
    assert found.shown is not found.coming
    assert "This is the newest edition" in found.shown.plan.problems[0]


async def test_a_copy_is_a_readers_own_and_a_stranger_has_none(newsroom: Tools) -> None:
    await subscriptions.add(newsroom, "daily", [ANNA])
    assert (await previews.reader_of(newsroom, "daily", ANNA)).address == ANNA
    assert (await previews.reader_of(newsroom, "daily", None)).reader_id == 0
    with pytest.raises(UsageError, match="does not get daily"):
        await previews.reader_of(newsroom, "daily", "stranger@example.org")


async def test_a_test_copy_has_a_result_for_each_address(newsroom: Tools) -> None:
    chosen = await testing.test_edition(newsroom, newsroom.settings.newsletter("daily"))
    copies = await testing.send_test(newsroom, chosen, [ANNA, "no address"])
    assert [(one.address, one.state, one.sent) for one in copies] == [
        (ANNA, "sent", True),
        ("no address", "refused", False),
    ]
    assert copies[1].as_json()["reply"]


async def test_a_dry_run_and_the_next_days_change_nothing(newsroom: Tools) -> None:
    await subscriptions.add(newsroom, "daily", [ANNA])
    newsletter = newsroom.settings.newsletter("daily")
    dry = await sending.dry_run(newsroom, newsletter, sending.slot_now(newsroom, newsletter))
    row = dry.as_json()
    assert (row["edition"], row["recipients"], row["sent"]) == (dry.edition, 1, 0)
    assert (row["status"], row["dry_run"]) == ("sending", True)
    plans = await previews.simulate(newsroom, "daily", days=3)
    assert len(plans) == 3
    assert [plan["slot"] for plan in previews.plans_as_json(plans)] == [plan.slot for plan in plans]
    with pytest.raises(UsageError, match="daily"):
        await previews.simulate(newsroom, "dayli", days=3)
    assert await editions.list_(newsroom.db) == []


async def test_a_wrong_edition_is_remade_for_those_who_have_not_got_it(newsroom: Tools) -> None:
    await subscriptions.add(newsroom, "daily", [ANNA])
    newsletter = newsroom.settings.newsletter("daily")
    slot = sending.slot_now(newsroom, newsletter)
    name = (await sending.send(newsroom, newsletter, slot)).published.edition.name
    with pytest.raises(UsageError, match="no reader left"):
        await remaking.rehearse(newsroom, name)
    async with newsroom.db.begin() as conn:
        await conn.exec_driver_sql("UPDATE delivery SET state = 'refused'")
    dry = await remaking.rehearse(newsroom, name)
    assert (dry.as_json()["edition"], dry.as_json()["recipients"], dry.as_json()["dry_run"]) == (
        None,
        1,
        True,
    )
    made = await remaking.remake(newsroom, name)
    assert (made.edition.name, made.edition.status, made.unfinished) == (
        f"{name}-2",
        EditionStatus.SENT,
        False,
    )
    row = made.as_json()
    assert (row["remakes"], row["edition"], row["sent"], row["status"]) == (name, f"{name}-2", 1, "sent")
    with pytest.raises(UsageError, match="was remade already"):
        await remaking.reach(newsroom, name)

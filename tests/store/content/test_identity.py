"""What is one story and what are several: by guid, by an address that is the story's alone, by its words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text

from digest.model import Article, Candidate, Fetched, LeftOut, SourceInfo
from digest.store.content import candidates, sources
from digest.store.db import migrations
from digest.store.db.database import Database
from digest.store.editions import editions
from tests.helpers.fetched import DAILY, HOUR, Visit, feed, plan, stored, story, visit
from tests.helpers.ledger import MAIL

FRONT = "https://example.org/"


async def load(db: Database, now: datetime) -> dict[str, Candidate]:
    return {one.article.title: one for one in await candidates.load(db, DAILY, now)}


async def mail(db: Database, now: datetime, left: list[LeftOut] | None = None) -> None:
    gone = {one.candidate.id for one in left or ()}
    taken = [one for one in await candidates.load(db, DAILY, now) if one.id not in gone]
    assert await editions.open(db, plan(f"{now:%d%H}", now, taken, left), MAIL, now)


def mailed(found: dict[str, Candidate]) -> dict[str, bool]:
    return {title: one.mailed_at is not None for title, one in found.items()}


# --- addresses ------------------------------------------------------------------------------------------------


async def test_an_address_that_several_share_says_nothing_about_any(db: Database, now: datetime) -> None:
    page = "https://example.org/releases"
    await visit(db, [story(number, now, url=page) for number in (1, 2)], now)
    await mail(db, now)
    more = [story(number, now, url=page) for number in (-1, 1, 2)]
    await visit(db, more, now + HOUR)
    found = await load(db, now + HOUR)
    assert mailed(found) == {"Story 1": True, "Story 2": True, "Story -1": False}
    assert {one.page for one in found.values()} == {""}


async def test_an_address_once_shared_is_never_trusted_again(sqlite_db: Database, now: datetime) -> None:
    page = "https://example.org/status"
    await visit(sqlite_db, [story(number, now, url=page) for number in (1, 2)], now)
    await mail(sqlite_db, now)
    await visit(sqlite_db, [story(2, now, url=page)], now + HOUR)
    await visit(sqlite_db, [story(-1, now, url=page)], now + 2 * HOUR)
    found = await load(sqlite_db, now + 2 * HOUR)
    assert not found["Story -1"].mailed_at
    assert {one.page for one in found.values()} == {""}


async def test_the_sources_own_front_page_is_no_storys_address(sqlite_db: Database, now: datetime) -> None:
    for hour in range(2):
        await visit(sqlite_db, [story(-hour, now, url=FRONT)], now + hour * HOUR, info=SourceInfo(url=FRONT))
        assert not (await load(sqlite_db, now + hour * HOUR))[f"Story {-hour}"].mailed_at
        await mail(sqlite_db, now + hour * HOUR)


async def test_no_address_is_nobodys(db: Database, now: datetime) -> None:
    await visit(db, [story(number, now, url="") for number in (1, 2)], now)
    await mail(db, now)
    await visit(db, [story(number, now, url="") for number in (-1, 1, 2)], now + HOUR)
    assert mailed(await load(db, now + HOUR)) == {"Story 1": True, "Story 2": True, "Story -1": False}
    assert "Story 1" not in await load(db, now + timedelta(days=9))


async def test_the_same_story_listed_twice_shares_its_address_with_nobody(
    sqlite_db: Database, now: datetime
) -> None:
    await visit(sqlite_db, [story(1, now), story(1, now, guid="story-1?in=sports")], now)
    found = await candidates.load(sqlite_db, DAILY, now)
    assert [one.page for one in found] == ["example.org/1"] * 2


# --- guids ----------------------------------------------------------------------------------------------------


async def test_a_story_that_gets_a_new_guid_stays_itself(db: Database, now: datetime) -> None:
    listed = [story(number, now) for number in range(1, 6)]
    await visit(db, listed, now)
    await mail(db, now)
    edited = replace(listed[0], guid="story-1#1", title="Story 1, corrected", published=now)
    await visit(db, [edited, *listed[1:]], now + HOUR)
    found = await load(db, now + HOUR)
    assert len(found) == 5
    one = found["Story 1, corrected"]
    assert (one.mailed_at, one.first_seen, one.last_changed, one.gone) == (now, now, now + HOUR, False)
    await visit(db, listed, now + 2 * HOUR)
    assert set(await load(db, now + 2 * HOUR)) == {one.title for one in listed}


async def test_without_addresses_new_guids_are_known_by_headline_and_date(
    sqlite_db: Database, now: datetime
) -> None:
    listed = [story(number, now, url="") for number in range(1, 4)]
    await visit(sqlite_db, listed, now)
    await mail(sqlite_db, now)
    anew = [replace(one, guid=f"other-{one.guid}") for one in listed]
    again = story(4, now, url="", title="Story 1", guid="a second one of that name")
    await visit(sqlite_db, [*anew, again], now + HOUR)
    found = await candidates.load(sqlite_db, DAILY, now + HOUR)
    assert {one.article.guid: bool(one.mailed_at) for one in found} == {
        **{one.guid: True for one in anew},
        again.guid: False,
    }


async def test_a_guid_that_is_given_to_another_story_names_that_one(db: Database, now: datetime) -> None:
    first = story(
        9, now, guid="0", url="https://example.org/words", title="Word processor brings a dark page"
    )
    await visit(db, [first], now)
    await mail(db, now)
    second = story(1, now, guid="0", url="https://example.org/mail", title="Mail program finds faster")
    for hour in (1, 2):
        await visit(db, [second], now + hour * HOUR)
        assert mailed(await load(db, now + hour * HOUR)) == {first.title: True, second.title: False}
    both = [
        replace(one, guid=f"0|{one.url}") for one in (second, first)
    ]  # listed together, the guid is nobody's
    await visit(db, both, now + 3 * HOUR)
    assert mailed(await load(db, now + 3 * HOUR)) == {first.title: True, second.title: False}
    assert len(await stored(db)) == 2


@pytest.mark.parametrize(
    "edit",
    [
        {"url": "https://example.org/another-slug"},
        {"url": "https://example.org/another-slug", "title": "Story 1: what the council says now"},
        {"title": "Wholly other words", "published": datetime.fromisoformat("2026-03-02T06:30+00:00")},
    ],
)
async def test_a_story_that_is_edited_or_moved_under_its_guid_is_not_mailed_again(
    sqlite_db: Database, now: datetime, edit: dict[str, Any]
) -> None:
    await visit(sqlite_db, [story(1, now)], now)
    await mail(sqlite_db, now)
    await visit(sqlite_db, [replace(story(1, now), **edit)], now + HOUR)
    (found,) = (await load(sqlite_db, now + HOUR)).values()
    assert found.mailed_at == now


# --- taken down and published again ---------------------------------------------------------------------------


async def test_what_was_pulled_and_is_published_again_is_not_lost(db: Database, now: datetime) -> None:
    rest = [story(number, now) for number in range(2, 6)]
    await visit(db, [story(1, now), *rest], now)
    await visit(db, rest, now + HOUR)
    (pulled,) = [one for one in await candidates.load(db, DAILY, now + HOUR) if one.gone]
    await mail(db, now + HOUR, [LeftOut(candidate=pulled, why="too old")])
    tomorrow = now + 24 * HOUR
    assert "Story 1" not in await load(db, tomorrow)
    await visit(db, [story(1, now, published=tomorrow), *rest], tomorrow)
    again = (await load(db, tomorrow))["Story 1"]
    assert (again.gone, again.mailed_at) == (False, None)


async def test_what_was_mailed_pulled_and_published_again_is_not_repeated(
    sqlite_db: Database, now: datetime
) -> None:
    listed = [story(number, now) for number in range(1, 6)]
    await visit(sqlite_db, listed, now)
    await mail(sqlite_db, now)
    await visit(sqlite_db, listed[1:], now + HOUR)
    for guid in ("story-1", "a new id"):
        again = replace(listed[0], guid=guid, published=now + 2 * HOUR)
        await visit(sqlite_db, [again, *listed[1:]], now + 2 * HOUR)
        assert (await load(sqlite_db, now + 2 * HOUR))["Story 1"].mailed_at == now
    assert "Story 1" not in await load(sqlite_db, now + timedelta(days=9))


async def test_a_story_that_is_missing_under_an_old_guid_has_not_vanished_if_its_page_is_listed(
    db: Database, now: datetime
) -> None:
    listed = [story(number, now) for number in range(1, 6)]
    await visit(db, [story(1, now, guid="old"), *listed], now)
    await visit(db, listed, now + HOUR)
    assert not any(row.gone_at for row in (await stored(db)).values())


async def test_of_a_complete_list_whatever_is_missing_was_taken_down(
    sqlite_db: Database, now: datetime
) -> None:
    listed = [story(number, now, scheduled=True) for number in (-48, 1, 99)]
    await visit(sqlite_db, listed, now, complete=True)
    await visit(sqlite_db, [], now + HOUR, complete=True)
    assert all(row.gone_at for row in (await stored(sqlite_db)).values())
    await visit(sqlite_db, [], now + 2 * HOUR)


# --- dates ahead ----------------------------------------------------------------------------------------------


async def test_a_date_ahead_is_never_newer_than_the_moment_it_was_seen(db: Database, now: datetime) -> None:
    ahead = story(-2000, now, title="The fair opens in August")
    old = [story(number, now) for number in range(30, 34)]
    await visit(db, [ahead, *old], now)
    tomorrow = now + 24 * HOUR
    await visit(db, [story(-number, now) for number in range(1, 16)], tomorrow)
    rows = await stored(db)
    assert not any(row.held for row in rows.values())
    assert not rows[ahead.guid].gone_at


async def test_days_may_be_as_late_as_their_end(sqlite_db: Database, now: datetime) -> None:
    await visit(sqlite_db, [story(1, now)], now)
    days = [story(number, now, day_only=True, published=now.replace(hour=0)) for number in range(100, 120)]
    await visit(sqlite_db, days, now + HOUR)
    assert not any(row.held for row in (await stored(sqlite_db)).values()), "of today, it may be of this hour"


# --- databases of before --------------------------------------------------------------------------------------


def _at_version(url: str, version: str) -> Connection:
    """Make the tables of an older version; returns a connection to them."""
    conn = create_engine(url).connect()
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = conn
    command.upgrade(config, version)
    return conn


OLD_SOURCE = (
    "INSERT INTO source (id, key, kind, location, first_contact_at) VALUES (1, :key, 'feed', :place, :at)"
)
OLD_ARTICLE = """
INSERT INTO article (source_id, guid, url, url_key, title, published, tags, first_seen, last_seen, last_changed,
                     fingerprint)
VALUES (1, :guid, :url, :page, :title, :at, '[]', :at, :at, :at, '0123456789abcdef0123456789abcdef')
"""
OLD_EDITION = """
INSERT INTO edition (id, name, newsletter, slot, status, due, opened_at, problems)
VALUES (1, 'daily-1', 'daily', '1', 'sent', :at, :at, '[]')
"""
OLD_DECISION = """
INSERT INTO decision (edition_id, article_id, newsletter, included, settled)
SELECT 1, id, 'daily', true, true FROM article
"""
#: What used to be stored of a feed whose items share a guid, an address, both, or have neither.
SHARED = "https://example.org/news"
WRITTEN = {
    "N/A": ("https://example.org/a", "Shares its guid, first"),
    "N/A|https://example.org/b": ("https://example.org/b", "Shares its guid, second"),
    "x": (SHARED, "Shares its address, first"),
    "y": (SHARED, "Shares its address, second"),
    "z": ("", "Has no address"),
    "z|2": ("", "Has no address either"),
}


async def test_a_database_of_the_old_rule_mails_nothing_again(empty_sqlite_url: str, now: datetime) -> None:
    conn = _at_version(empty_sqlite_url, "0001")
    at = now.strftime("%Y-%m-%d %H:%M:%S.%f")
    conn.execute(text(OLD_SOURCE), {"key": feed().key, "place": feed().location, "at": at})
    for guid, (url, title) in WRITTEN.items():
        page = url.removeprefix("https://")
        conn.execute(text(OLD_ARTICLE), {"guid": guid, "url": url, "page": page, "title": title, "at": at})
    conn.execute(text(OLD_EDITION), {"at": at})
    conn.execute(text(OLD_DECISION))
    conn.commit()
    conn.close()
    db = await Database.open(empty_sqlite_url, upgrade=True)
    listed = [
        Article(guid=guid, url=url, title=title, published=now)
        for guid, (url, title) in {
            "N/A|https://example.org/a": WRITTEN["N/A"],
            **{guid: WRITTEN[guid] for guid in list(WRITTEN)[1:4]},
            "z|1234": WRITTEN["z"],
            "z|5678": WRITTEN["z|2"],
            "new": ("https://example.org/c", "A new story"),
            "newer": (SHARED, "A new one at the shared address"),
        }.items()
    ]
    fetched = Fetched(articles=tuple(listed))
    await sources.record(db, [Visit(settings=feed(), fetched=fetched)], now + HOUR)
    found = await load(db, now + HOUR)
    assert {title for title, one in found.items() if not one.mailed_at} == {
        "A new story",
        "A new one at the shared address",
    }
    assert len(found) == len(WRITTEN) + 2
    await db.close()

"""Visits and what they bring: known, new, changed, renamed, republished and vanished articles, and ailing sources."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime, timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import func, select

from digest.errors import SourceError, SourceGone
from digest.model import Fetched, Image, SourceInfo, Validators
from digest.settings import SourceSettings
from digest.store.content import source_health, sources
from digest.store.db.database import Database
from digest.store.db.schema import tables
from tests.helpers.fetched import HOUR, Visit, fail, feed, stored, story, visit


async def state(db: Database) -> sources.SourceState:
    return (await sources.states(db, [feed().key]))[feed().key]


# --- articles ------------------------------------------------------------------------------------------------


async def problems(db: Database, now: datetime) -> tuple[str, ...]:
    return tuple(one.problem for one in await source_health.health(db, [feed().key], now) if one.problem)


async def test_what_is_stored_is_what_was_listed(db: Database, now: datetime) -> None:
    full = story(
        1,
        now,
        dek="Dek",
        byline="A. Berg",
        updated=now,
        section="World",
        tags=("a", "ö"),
        image=Image(url="https://example.org/i.jpg", alt="Alt", width=3),
        body="<p>Body</p>",
        language="en",
        licence="CC BY",
    )
    await visit(db, [full, story(2, now)], now)
    row = (await stored(db))["story-1"]
    assert (row.title, row.dek, row.byline) == ("Story 1", "Dek", "A. Berg")
    assert (row.published, row.updated) == (now - HOUR, now)
    assert (row.section, row.tags, row.body) == ("World", ["a", "ö"], "<p>Body</p>")
    assert (row.language, row.licence) == ("en", "CC BY")
    assert full.image is not None
    assert row.image == asdict(full.image)
    assert (row.first_seen, row.last_seen, row.last_changed, row.first_contact) == (now, now, now, True)
    assert (await stored(db))["story-2"].image is None


async def test_three_visits_store_exactly_what_is_new(db: Database, now: datetime) -> None:
    listed = [story(number, now) for number in range(1, 21)]
    await visit(db, listed, now)
    await visit(db, listed, now + HOUR)
    edited = [replace(listed[0], title="Story 1, corrected"), *listed[1:]]
    added = [story(-number, now) for number in range(1, 4)]
    await visit(db, [*added, edited[1], edited[0], *edited[2:]], now + 2 * HOUR)
    rows = await stored(db)
    assert len(rows) == 23
    assert {guid for guid, row in rows.items() if not row.first_contact} == {
        "story--1",
        "story--2",
        "story--3",
    }
    assert {guid for guid, row in rows.items() if row.last_changed > row.first_seen} == {"story-1"}
    assert all(row.last_seen == now + 2 * HOUR for row in rows.values())


async def test_a_new_picture_is_stored_and_is_no_change_of_the_story(db: Database, now: datetime) -> None:
    await visit(db, [story(1, now, body="<p>Words</p>")], now)
    picture = Image(url="https://example.org/signed?until=tomorrow")
    await visit(db, [story(1, now, body='<p class="x">Words</p>', image=picture)], now + HOUR)
    row = (await stored(db))["story-1"]
    assert row.image["url"] == picture.url
    assert row.last_changed == now
    await visit(db, [story(1, now, body="<p>Other words</p>", image=picture)], now + 2 * HOUR)
    assert (await stored(db))["story-1"].last_changed == now + 2 * HOUR


async def test_of_equal_guids_in_one_list_the_first_counts(db: Database, now: datetime) -> None:
    await visit(db, [story(1, now), story(1, now, title="The same again")], now)
    assert [row.title for row in (await stored(db)).values()] == ["Story 1"]


async def test_regenerated_guids_are_linked_to_the_articles_that_are_known(
    db: Database, now: datetime
) -> None:
    listed = [story(number, now) for number in range(1, 21)]
    await visit(db, listed, now)
    ids = {row.url: row.id for row in (await stored(db)).values()}
    renamed = [replace(one, guid=f"new-{one.guid}", url=f"{one.url}?utm_source=feed") for one in listed]
    fresh = [story(-number, now) for number in range(1, 4)]
    await visit(db, [*fresh, *renamed], now + HOUR)
    rows = await stored(db)
    assert len(rows) == 23
    assert {row.id for guid, row in rows.items() if guid.startswith("new-")} == set(ids.values())
    assert {guid for guid, row in rows.items() if row.first_seen > now} == {one.guid for one in fresh}
    assert not any(row.gone_at or row.held for row in rows.values())


async def test_a_handful_of_new_guids_at_known_addresses_is_a_handful_of_articles(
    db: Database, now: datetime
) -> None:
    await visit(db, [story(number, now) for number in range(1, 21)], now)
    live = [story(number, now, guid=f"live-{number}") for number in range(1, 4)]
    await visit(db, [*live, *(story(number, now) for number in range(1, 21))], now + HOUR)
    assert len(await stored(db)) == 23


async def test_several_stories_at_one_address_stay_several(db: Database, now: datetime) -> None:
    page = "https://example.org/live"
    ticker = [story(number, now, url=page) for number in range(1, 11)]
    await visit(db, ticker, now)
    more = [story(-number, now, url=page) for number in range(1, 8)]
    await visit(db, [*more, *ticker], now + HOUR)
    assert len(await stored(db)) == 17


async def test_an_archive_published_anew_is_held_in_words(db: Database, now: datetime) -> None:
    listed = [story(number, now) for number in range(1, 6)]
    await visit(db, listed, now)
    archive = [story(number, now) for number in range(1000, 1030)]
    await visit(db, [*listed, *archive], now + HOUR)
    held = {guid: row.held for guid, row in (await stored(db)).items() if row.held}
    assert set(held) == {one.guid for one in archive}
    assert "29 others" in held["story-1000"]


async def test_news_and_a_few_late_stories_are_not_held(db: Database, now: datetime) -> None:
    listed = [story(number, now) for number in range(1, 6)]
    await visit(db, listed, now)
    await visit(db, [*listed, *(story(-number, now) for number in range(1, 30))], now + 30 * HOUR)
    await visit(db, [*listed, *(story(number, now) for number in range(100, 105))], now + 31 * HOUR)
    assert not any(row.held for row in (await stored(db)).values())


async def test_the_first_contact_holds_nothing(db: Database, now: datetime) -> None:
    await visit(db, [story(number, now) for number in range(1000, 1050)], now)
    assert not any(row.held for row in (await stored(db)).values())


async def test_a_story_taken_down_is_gone_and_one_pushed_out_is_not(db: Database, now: datetime) -> None:
    await visit(db, [story(number, now) for number in range(1, 11)], now)
    left = [story(-1, now), *(story(number, now) for number in range(1, 10) if number != 3)]
    await visit(db, left, now + HOUR)
    rows = await stored(db)
    assert {guid: row.gone_at for guid, row in rows.items() if row.gone_at} == {"story-3": now + HOUR}
    await visit(db, [*left, story(3, now)], now + 2 * HOUR)
    assert not any(row.gone_at for row in (await stored(db)).values())


async def test_an_empty_list_takes_nothing_down(db: Database, now: datetime) -> None:
    await visit(db, [story(1, now)], now)
    await visit(db, [], now + HOUR)
    await visit(db, [], now + 2 * HOUR, not_modified=True)
    assert (await stored(db))["story-1"].gone_at is None


async def test_sources_do_not_share_guids(db: Database, now: datetime) -> None:
    fetched = Fetched(articles=(story(1, now),))
    other = feed("https://other.example.org/feed.xml")
    await sources.record(db, [Visit(settings=one, fetched=fetched) for one in (feed(), other)], now)
    async with db.connect() as conn:
        assert await conn.scalar(select(func.count()).select_from(tables.article)) == 2


# --- the state of a source -----------------------------------------------------------------------------------


async def test_what_a_server_gave_is_given_back_next_time(db: Database, now: datetime) -> None:
    info = SourceInfo(title="Example", url="https://example.org", language="en", licence="CC BY")
    given = Validators(etag='W/"1"', last_modified="yesterday")
    await visit(db, [story(1, now)], now, validators=given, info=info, fresh_for=1800)
    await visit(db, [], now + HOUR, not_modified=True)
    known = await state(db)
    assert (known.info, known.validators, known.validated_at) == (info, given, now)
    assert (known.first_contact_at, known.last_success_at, known.not_before) == (now, now + HOUR, None)
    assert known.location == "https://example.org/feed.xml"


async def test_validators_are_not_kept_if_the_articles_are_not(db: Database, now: datetime) -> None:
    naive = story(1, now, published=now.replace(tzinfo=None))
    with pytest.raises(Exception, match="no time zone"):
        await visit(db, [naive], now, validators=Validators(etag="1"))
    assert await sources.states(db, [feed().key]) == {}


async def test_another_address_of_the_same_source_starts_anew_and_keeps_its_articles(
    db: Database, now: datetime
) -> None:
    here, there = feed(id="example"), feed("https://new.example.org/feed.xml", id="example")
    fetched = Fetched(articles=(story(1, now),), validators=Validators(etag="1"))
    await sources.record(db, [Visit(settings=here, fetched=fetched)], now)
    await sources.record(db, [Visit(settings=there, error=SourceError("down"))], now + HOUR)
    known = (await sources.states(db, ["example"]))["example"]
    assert (known.location, known.validators, known.failures) == (there.location, Validators(), 1)
    await sources.record(db, [Visit(settings=there, fetched=fetched)], now + 2 * HOUR)
    assert len(await stored(db)) == 1


async def test_failures_wait_longer_each_time_and_are_forgiven_at_once(db: Database, now: datetime) -> None:
    waits = []
    for number in range(12):
        await fail(db, SourceError("it answers 500"), now)
        known = await state(db)
        assert known.failures == number + 1
        assert known.not_before is not None
        waits.append(known.not_before - now)
    assert waits[0] == timedelta(minutes=10)
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(hours=24)
    await visit(db, [story(1, now)], now)
    known = await state(db)
    assert (known.failures, known.last_error, known.not_before) == (0, "", None)


async def test_a_server_that_asks_for_patience_gets_it(db: Database, now: datetime) -> None:
    await fail(db, SourceError("it answers 429", retry_after=7200), now)
    assert (await state(db)).not_before == now + 2 * HOUR
    await fail(db, SourceError("it answers 429", retry_after=1e9), now)
    assert (await state(db)).not_before == now + 24 * HOUR


async def test_a_source_that_is_gone_is_given_up_until_somebody_says_otherwise(
    db: Database, now: datetime
) -> None:
    await fail(db, SourceGone("it is gone for good (410)"), now)
    assert (await state(db)).disabled == "it is gone for good (410)"
    assert await problems(db, now) == (
        "https://example.org/feed.xml is not visited any more: it is gone for good (410)",
    )
    assert await sources.enable(db, feed().key)
    assert not await sources.enable(db, "feed:https://nobody.example.org")
    assert (await state(db)).disabled == ""


async def test_a_permanent_redirect_is_counted(db: Database, now: datetime) -> None:
    target = "https://new.example.org/feed.xml"
    for number in range(3):
        assert await problems(db, now) == ()
        await visit(db, [story(1, now)], now + number * HOUR, moved_to=target)
    known = await state(db)
    assert (known.moved_to, known.moved_since, known.moved_seen) == (target, now, 3)
    (problem,) = await problems(db, now + 3 * HOUR)
    assert problem.endswith(f"has moved for good: its address is now {target}")
    await visit(db, [story(1, now)], now + 4 * HOUR)
    known = await state(db)
    assert (known.moved_to, known.moved_since, known.moved_seen) == ("", None, 0)


# --- health --------------------------------------------------------------------------------------------------


async def test_the_health_of_a_source(db: Database, now: datetime) -> None:
    await visit(db, [story(number * 6, now) for number in range(40)], now, info=SourceInfo(title="Example"))
    (well,) = await source_health.health(db, [feed().key], now)
    assert (well.problem, well.silent, well.usual_gap, well.newest) == ("", "", 6 * HOUR, now)
    assert well.per_day == pytest.approx(40 / (39 / 4))
    later = now + 3 * timedelta(days=1)
    (silent,) = await source_health.health(db, [feed().key], later)
    assert silent.silent == "nothing new for 3 days, and it usually brings something every 6 hours"
    assert silent.problem.startswith("Example (https://example.org/feed.xml): nothing new")
    await fail(db, SourceError("it answers 503."), later)
    assert await problems(db, later) == (
        "Example (https://example.org/feed.xml) could not be read: it answers 503 (last read 2026-03-02 06:00 UTC)",
    )


async def test_rare_and_busy_sources_are_not_called_silent_too_soon(db: Database, now: datetime) -> None:
    await visit(db, [story(number, now) for number in range(4)], now)  # too few to know
    assert await problems(db, now + timedelta(days=20)) == ()
    quick = [story(0, now, guid=f"q{number}", published=now - number * HOUR / 60) for number in range(60)]
    await visit(db, quick, now)
    assert await problems(db, now + 20 * HOUR) == ()


async def test_a_source_never_visited_has_no_health(db: Database, now: datetime) -> None:
    assert await source_health.health(db, ["feed:https://nobody.example.org"], now) == []


def test_a_source_needs_an_address() -> None:
    with pytest.raises(ValidationError):
        SourceSettings.model_validate({"kind": "feed"})

"""What an edition may choose from: whatever no made edition has settled; and the memory of every decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from digest.errors import SourceError
from digest.model import EditionStatus, Image, LeftOut, Mail
from digest.settings import Newsletter
from digest.store.content import articles, candidates
from digest.store.db.database import Database
from digest.store.db.schema import tables
from digest.store.editions import editions
from digest.text import url_key
from tests.helpers.fetched import DAILY, HOUR, fail, feed, plan, story, visit

MAIL = Mail(subject="S", preheader="P", html="H", text="T")
WEEKLY = DAILY.model_copy(update={"name": "weekly"})


async def guids(db: Database, now: datetime, newsletter: Newsletter = DAILY) -> list[str]:
    return [one.article.guid for one in await candidates.load(db, newsletter, now)]


async def test_a_candidate_is_the_article_as_stored(db: Database, now: datetime) -> None:
    listed = [story(1, now, tags=("a",), body="<p>B</p>", image=Image(url="https://e.org/i")), story(2, now)]
    await visit(db, listed, now)
    found = await candidates.load(db, DAILY, now)
    assert [one.article for one in found] == [listed[1], replace(listed[0], body="", image=None)]
    assert [(one.has_image, one.has_body) for one in found] == [(False, False), (True, True)]
    whole = await candidates.completed(db, plan("1", now, found))
    assert [chosen.candidate.article for chosen in whole.chosen] == list(reversed(listed))
    one = found[1]
    assert (one.source, one.url_key, one.first_seen, one.last_changed) == (
        feed().key,
        url_key("https://example.org/1"),
        now,
        now,
    )
    assert (one.first_contact, one.held, one.gone, one.mailed_at) == (True, "", False, None)


async def test_texts_are_read_where_a_filter_measures_them(db: Database, now: datetime) -> None:
    await visit(db, [story(1, now, body="<p>B</p>")], now)
    section = DAILY.sections[0].model_copy(update={"min_length": 1})
    (found,) = await candidates.load(db, DAILY.model_copy(update={"sections": (section,)}), now)
    assert found.article.body == "<p>B</p>"


async def test_what_is_stored_is_known_whatever_the_clock_says(db: Database, now: datetime) -> None:
    await visit(db, [story(1, now)], now)
    await visit(db, [story(0, now), story(1, now)], now + HOUR)  # by a machine whose clock is ahead
    assert await guids(db, now) == ["story-1", "story-0"]
    other = DAILY.model_copy(update={"sections": ()})
    assert await guids(db, now, other) == []


async def test_a_look_at_the_past_leaves_out_what_was_stored_later(db: Database, now: datetime) -> None:
    await visit(db, [story(1, now)], now)
    await visit(db, [story(0, now), story(1, now)], now + HOUR)
    past = await candidates.load(db, DAILY, now, as_of=now)
    assert [one.article.guid for one in past] == ["story-1"]
    assert len(await candidates.load(db, DAILY, now, as_of=now + HOUR)) == 2


async def test_what_a_clock_ahead_has_stored_does_not_change_after_it_was_mailed(
    db: Database, now: datetime
) -> None:
    await visit(db, [story(1, now), story(2, now)], now + HOUR)
    assert await editions.open(db, plan("1", now, await candidates.load(db, DAILY, now)), MAIL, now)
    for one in await candidates.load(db, DAILY, now + 2 * HOUR):
        assert (one.first_seen, one.last_changed, one.mailed_at) == (now, now, now)


async def test_a_made_edition_settles_what_it_considered_except_what_waits(
    db: Database, now: datetime
) -> None:
    await visit(db, [story(number, now) for number in range(4)], now)
    took, out, waits, _unseen = await candidates.load(db, DAILY, now)
    left = [LeftOut(candidate=out, why="too old"), LeftOut(candidate=waits, why="held", settled=False)]
    assert await editions.open(db, plan("1", now, [took], left), MAIL, now)
    later = now + 10 * timedelta(days=1)
    assert await guids(db, later) == ["story-1", "story-0"]
    assert len(await guids(db, later, WEEKLY)) == 4


async def test_a_source_that_fails_keeps_what_it_had_listed(db: Database, now: datetime) -> None:
    await visit(db, [story(number, now) for number in range(3)], now)
    before = await guids(db, now)
    for hours in (1, 2):
        await fail(db, SourceError("the server gave no answer"), now + hours * HOUR)
    assert await guids(db, now + 2 * HOUR) == before
    assert len(before) == 3


async def test_a_skipped_edition_settles_nothing(db: Database, now: datetime) -> None:
    await visit(db, [story(number, now) for number in range(3)], now)
    found = await candidates.load(db, DAILY, now)
    skipped = plan("1", now, found[:1], [LeftOut(candidate=one, why="rolls over") for one in found[1:]])
    assert await editions.skip(db, skipped, EditionStatus.SKIPPED_EMPTY, "too few", now)
    again = await candidates.load(db, DAILY, now)
    assert [one.id for one in again] == [one.id for one in found]
    assert all(one.mailed_at is None for one in again)


async def test_mailed_articles_stay_in_sight_for_some_days_and_longer_if_they_change(
    db: Database, now: datetime
) -> None:
    await visit(db, [story(1, now), story(2, now)], now)
    assert await editions.open(db, plan("1", now, await candidates.load(db, DAILY, now)), MAIL, now)
    soon, late, very_late = now + timedelta(days=2), now + timedelta(days=10), now + timedelta(days=31)
    assert [one.mailed_at for one in await candidates.load(db, DAILY, soon)] == [now, now]
    assert await guids(db, late) == []
    await visit(db, [story(1, now, title="Corrected"), story(2, now)], late)
    assert await guids(db, late) == ["story-1"]
    assert await guids(db, very_late) == []


async def test_the_same_address_under_another_guid_is_known_to_have_been_mailed(
    db: Database, now: datetime
) -> None:
    await visit(db, [story(1, now)], now)
    assert await editions.open(db, plan("1", now, await candidates.load(db, DAILY, now)), MAIL, now)
    later = now + timedelta(days=20)
    await visit(
        db, [story(1, now), story(1, now, guid="again", url="https://example.org/1?utm_medium=rss")], later
    )
    (again,) = await candidates.load(db, DAILY, later)
    assert (again.article.guid, again.mailed_at) == ("again", now)


async def test_the_history_of_an_article_by_any_spelling_of_its_address(db: Database, now: datetime) -> None:
    await visit(db, [story(1, now), story(2, now)], now)
    first, second = await candidates.load(db, DAILY, now)
    left = [LeftOut(candidate=second, why="below the fold", settled=False)]
    await editions.skip(db, plan("1", now, [first], left), EditionStatus.SKIPPED_EMPTY, "too few", now)
    await editions.open(db, plan("2", now, [first], left), MAIL, now + HOUR)
    await editions.open(db, plan("3", now, [second]), MAIL, now + 2 * HOUR)
    (history,) = await articles.history(db, "https://EXAMPLE.org/1?utm_source=x#top")
    assert (history.article, history.source, history.first_seen) == (second.article, feed().key, now)
    told = [
        (one.edition, one.status, one.included, one.why, one.rank, one.section) for one in history.decisions
    ]
    assert told == [
        ("daily-1", EditionStatus.SKIPPED_EMPTY, False, "below the fold", None, ""),
        ("daily-2", EditionStatus.SENDING, False, "below the fold", None, ""),
        ("daily-3", EditionStatus.SENDING, True, "new", 1, "World"),
    ]
    assert await articles.history(db, "https://example.org/nothing") == []


async def test_purging_drops_texts_and_keeps_identities(db: Database, now: datetime) -> None:
    old, young = story(1, now, body="<p>Old</p>"), story(2, now, body="<p>Young</p>")
    await visit(db, [old, young], now)
    await visit(db, [young], now + 10 * HOUR)
    assert await articles.purge(db, now + 9 * HOUR) == 1
    await visit(db, [old, young], now + 11 * HOUR)
    async with db.connect() as conn:
        rows = (await conn.execute(tables.article.select().order_by(tables.article.c.id))).all()
    assert [(row.guid, row.body, row.first_seen) for row in rows] == [
        ("story-2", "<p>Young</p>", now),
        ("story-1", "<p>Old</p>", now),
    ]
    assert await articles.purge(db, now) == 0

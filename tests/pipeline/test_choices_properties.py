"""Whatever readers choose and when: no story twice, nothing in a pause, and every reader's edition exactly once."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from digest.model import Frequency, Message, Outcome
from digest.pipeline import publish
from digest.tools import Tools
from tests.helpers.choosing import SECTIONS, Mailboxes, choose, choosing_newsroom, slot_at, write
from tests.helpers.ledger import add_readers
from tests.helpers.newsroom import Newsroom, daily

DAYS = 8  # from a Monday to the Monday after the round-up
READERS = 3

Wish = dict[str, Any]
wishes = st.one_of(
    st.fixed_dictionaries({"sections": st.sampled_from([None, ("World",), ("Sport", "Arts"), ("Gone",)])}),
    st.fixed_dictionaries({"frequency": st.sampled_from(list(Frequency))}),
    st.fixed_dictionaries({"hour": st.sampled_from([None, 6, 12])}),
    st.fixed_dictionaries({"pause": st.sampled_from([0, 1, 2])}),  # days
)


class Day(NamedTuple):
    """What happens on a day: which sections have a story, who chooses what before and after the opening, a crash."""

    stories: Sequence[str]
    before: Sequence[tuple[int, Wish]]
    after: Sequence[tuple[int, Wish]]
    crash: bool


a_choice = st.tuples(st.integers(1, READERS), wishes)
days = st.builds(
    Day,
    stories=st.lists(st.sampled_from(SECTIONS), unique=True, min_size=1, max_size=3),
    before=st.lists(a_choice, min_size=1, max_size=2),
    after=st.lists(a_choice, max_size=1),
    crash=st.booleans(),
)


class World:
    """A newsroom, what its readers want at the moment, and what they have received."""

    def __init__(self, newsroom: Newsroom, tools: Tools) -> None:
        self.newsroom, self.tools = newsroom, tools
        self.mailboxes = Mailboxes(newsroom)
        self.wants: dict[int, Wish] = {number: {} for number in range(1, READERS + 1)}
        take, self.stop = newsroom.sender.answer, asyncio.Event()

        def answer(message: Message) -> Outcome:
            number = int(message.recipient.removeprefix("reader").partition("@")[0])
            until = self.wants[number].get("paused_until")
            assert until is None or until <= newsroom.clock(), f"reader {number} is paused"
            self.stop.set()
            return take(message)

        newsroom.sender.answer = answer

    async def choose(self, chosen: Sequence[tuple[int, Wish]]) -> None:
        for number, wish in chosen:
            if "pause" in wish:
                until = self.newsroom.clock() + timedelta(days=wish["pause"])
                wish = {"paused_until": until if wish["pause"] else None}
            self.wants[number] |= wish
            await choose(self.tools.db, number, **wish)

    async def deliver(self, *, crash: bool = False) -> None:
        """Deliver what is due; a process that crashes has handed over a mail, and the next one goes on."""
        if crash:
            self.stop = asyncio.Event()
            await publish.deliver(self.tools, stop=self.stop)
        await publish.deliver(self.tools)


async def live(newsroom: Newsroom, tools: Tools, week: Sequence[Day]) -> None:
    await add_readers(tools.db, READERS)
    world = World(newsroom, tools)
    always_weekly, everything = {1, 2, 3}, set[str]()
    for number, day in enumerate(week):
        for section in day.stories:
            name = blake2b(f"{number}{section}".encode(), digest_size=6).hexdigest()
            write(newsroom, section, name)
            everything.add(name)
        await world.choose(day.before)
        slot = slot_at(tools, newsroom.clock())
        newsroom.clock.now = slot.due
        expected = {
            reader: expected_stories(wish, day, number)
            for reader, wish in world.wants.items()
            if wants_daily(wish, newsroom)
        }
        had = {reader: len(world.mailboxes.stories(reader)) for reader in world.wants}
        edition, _ = await publish.make(daily(tools), slot, tools)
        await publish.make(daily(tools), slot, tools)  # a second process
        await world.choose(day.after)
        changed = {reader for reader, _ in day.after}
        await world.deliver(crash=day.crash)
        newsroom.clock.on(timedelta(hours=23))  # past every hour that was chosen
        await world.deliver()
        for reader, stories in expected.items():
            if reader not in changed:
                new = world.mailboxes.stories(reader)[had[reader] :]
                assert new == ([stories] if stories else []), (edition.name, reader)
        if number < 7:
            always_weekly &= {
                reader
                for reader, wish in world.wants.items()
                if wish.get("frequency") == Frequency.WEEKLY
                and wish.get("sections") is None
                and "paused_until" not in wish
            }
        if number == 6:
            for reader in always_weekly - changed:
                assert world.mailboxes.stories(reader) == ([everything] if everything else [])
    for reader in world.wants:
        received = [story for mail in world.mailboxes.stories(reader) for story in mail]
        assert len(received) == len(set(received)), f"reader {reader} got a story twice"


def wants_daily(wish: Wish, newsroom: Newsroom) -> bool:
    until = wish.get("paused_until")
    return not wish.get("frequency") and (until is None or until <= newsroom.clock())


def expected_stories(wish: Wish, day: Day, number: int) -> set[str]:
    sections = wish.get("sections")
    chosen = [section for section in day.stories if sections is None or section in sections]
    return {blake2b(f"{number}{section}".encode(), digest_size=6).hexdigest() for section in chosen}


def play(url: str, week: Sequence[Day]) -> None:
    folder = Path(tempfile.mkdtemp())
    try:

        async def go() -> None:
            newsroom = choosing_newsroom(folder, url or f"sqlite:///{folder / 'digest.db'}")
            async with newsroom.opened() as tools:
                await live(newsroom, tools, week)

        asyncio.run(go())
    finally:
        shutil.rmtree(folder)


_WEEKLY, _EVERY = {"frequency": Frequency.WEEKLY}, {"frequency": Frequency.EVERY_EDITION}

#: A week in which everything happens: readers turn to weekly and back, pause, and choose sections and hours.
EVERYTHING = [
    Day(SECTIONS, [(1, _WEEKLY)], [(2, {"pause": 2})], True),
    Day(["World"], [(3, {"sections": ("Sport", "Arts")})], [], False),
    Day(["Sport"], [], [(3, {"hour": 12})], True),
    Day(["World", "Arts"], [(2, {"sections": ("World",)})], [], True),
    Day([], [(3, _WEEKLY)], [], False),
    Day(["Arts", "Sport"], [], [], False),
    Day([], [], [], True),
    Day(["World"], [(1, _EVERY), (3, _EVERY)], [], False),
]


@pytest.mark.stress
@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(st.lists(days, min_size=DAYS, max_size=DAYS))
@example(EVERYTHING)
def test_no_story_twice_nothing_in_a_pause_and_each_edition_once(week: Sequence[Day]) -> None:
    play("", week)


def test_the_same_on_postgresql_for_a_week_that_has_everything(postgres_url: str) -> None:
    play(postgres_url, EVERYTHING)

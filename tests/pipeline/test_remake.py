"""Remaking an edition: for the readers who have not got it, once, and with its stories free to be chosen again."""

from __future__ import annotations

import asyncio

import pytest

from digest.errors import UsageError
from digest.model import Deferred, Edition, EditionStatus, Message, Outcome, Sent, State
from digest.pipeline import publish, remake
from digest.store.editions import editions, lifecycle
from digest.tools import Tools
from tests.helpers.ledger import add_readers, address, states
from tests.helpers.newsroom import SLOT, Newsroom, contents, daily


async def half_sent(newsroom: Newsroom, tools: Tools, readers: int = 4) -> Edition:
    """Send an edition to every other reader; the rest wait for a server that has no room."""
    await add_readers(tools.db, readers)
    edition, _ = await publish.make(daily(tools), SLOT, tools)
    stop = asyncio.Event()

    def answer(message: Message) -> Outcome:
        answered.append(message.recipient)
        if len(answered) == readers:
            stop.set()
        number = int(message.recipient.removeprefix("reader").partition("@")[0])
        return Sent("250 ok") if number % 2 else Deferred("452 4.2.2 mailbox full")

    answered: list[str] = []
    works, newsroom.sender.answer = newsroom.sender.answer, answer
    await publish.deliver(tools, edition_id=edition.id, stop=stop)
    newsroom.sender.answer = works
    return await editions.by_name(tools.db, edition.name)


async def test_only_those_who_have_not_got_the_old_one_get_the_new(newsroom: Newsroom, tools: Tools) -> None:
    old = await half_sent(newsroom, tools)
    new = await remake.remake(daily(tools), old, tools)
    await publish.deliver(tools, edition_id=new.id)
    assert set(await states(tools.db, new)) == {address(2), address(4)}
    assert sorted(newsroom.sender.sent) == [address(1), address(2), address(3), address(4)]
    gone = await editions.by_name(tools.db, old.name)
    assert (gone.status, gone.remade_as) == (EditionStatus.CANCELLED, new.name)
    assert (await states(tools.db, old))[address(2)] is State.SKIPPED


async def test_processes_that_remake_at_once_make_one_edition(newsroom: Newsroom, tools: Tools) -> None:
    old = await half_sent(newsroom, tools)
    async with newsroom.opened() as other:
        made = await asyncio.gather(
            *(remake.remake(daily(one), old, one) for one in (tools, other)), return_exceptions=True
        )
    assert [type(one) for one in made if not isinstance(one, UsageError)] == [Edition]
    assert len(await editions.list_(tools.db)) == 2


async def test_a_corrected_story_is_in_the_new_edition(newsroom: Newsroom, tools: Tools) -> None:
    old = await half_sent(newsroom, tools)
    (newsroom.stories / "ferry.md").write_text(
        (newsroom.stories / "ferry.md").read_text("utf-8").replace("It goes again.", "It goes on Mondays."),
        "utf-8",
    )
    new = await editions.by_name(tools.db, (await remake.remake(daily(tools), old, tools)).name)
    assert new.mail is not None
    assert "It goes on Mondays." in new.mail.text


async def test_a_rehearsed_remake_changes_nothing_and_says_whom_it_would_reach(
    newsroom: Newsroom, tools: Tools
) -> None:
    old = await half_sent(newsroom, tools)
    before = await contents(tools.db)
    remade = await remake.rehearse(daily(tools), old, tools)
    assert (remade.reach.left, remade.reach.had) == (2, 2)
    assert await contents(tools.db) == before


async def test_an_edition_that_all_have_got_is_not_remade(newsroom: Newsroom, tools: Tools) -> None:
    await add_readers(tools.db, 2)
    published = await publish.publish(daily(tools), SLOT, tools)
    with pytest.raises(UsageError, match=published.edition.name):
        await remake.remake(daily(tools), published.edition, tools)


async def test_a_remake_that_was_broken_off_goes_on_from_the_pause(newsroom: Newsroom, tools: Tools) -> None:
    old = await half_sent(newsroom, tools)
    await lifecycle.set_status(tools.db, old.name, "pause", newsroom.clock(), reason="killed meanwhile")
    paused = await editions.by_name(tools.db, old.name)
    new = await remake.remake(daily(tools), paused, tools)
    assert set(await states(tools.db, new)) == {address(2), address(4)}


async def test_what_cannot_be_remade_is_refused_with_the_way_out(newsroom: Newsroom, tools: Tools) -> None:
    old = await half_sent(newsroom, tools)
    new = await remake.remake(daily(tools), old, tools)
    with pytest.raises(UsageError, match=new.name):
        remake.refuse_what_cannot(await editions.by_name(tools.db, old.name))
    remake.refuse_what_cannot(await editions.by_name(tools.db, new.name))


async def test_a_skipped_edition_has_no_mail_to_remake(newsroom: Newsroom) -> None:
    async with newsroom.opened() as tools:
        skipped, _ = await publish.make(daily(tools), SLOT, tools)
        with pytest.raises(UsageError, match="digest send"):
            remake.refuse_what_cannot(skipped)

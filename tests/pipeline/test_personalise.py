"""Readers' copies: the same mail for all, with nothing in it that belongs to another reader."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from digest.errors import UsageError
from digest.model import Edition, Message, Recipient
from digest.model.placeholders import PLACEHOLDERS
from digest.pipeline import publish
from digest.pipeline.personalise import copies
from digest.store.editions import editions
from digest.tools import Tools
from tests.helpers.ledger import add_readers
from tests.helpers.newsroom import SLOT, Newsroom, daily

ADA = Recipient(reader_id=1, subscription_id=1, address="ada@example.org", name="Ada")
BEN = Recipient(reader_id=2, subscription_id=2, address="ben@example.org", name="Ben")


@pytest.fixture
async def tools(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Tools]:
    newsroom = Newsroom(tmp_path, sqlite_url)
    newsroom.write("ferry")
    async with newsroom.opened() as opened:
        await add_readers(opened.db, 2)
        yield opened


async def an_edition(tools: Tools) -> Edition:
    edition, _ = await publish.make(daily(tools), SLOT, tools)
    return await editions.by_name(tools.db, edition.name)


def read(message: Message) -> EmailMessage:
    return message_from_bytes(message.data, policy=policy.default)


def texts(message: Message) -> str:
    mail = read(message)
    parts = [mail.get_body((kind,)) for kind in ("html", "plain")]
    return "\n".join(part.get_content() for part in parts if part) + str(mail["List-Unsubscribe"])


async def test_a_copy_holds_its_readers_links_and_no_other_readers(tools: Tools) -> None:
    copy = copies(tools)(await an_edition(tools))
    for mine, other in ((ADA, BEN), (BEN, ADA)):
        message = copy(mine)
        text = texts(message)
        assert message.recipient == mine.address
        assert tools.links.unsubscribe_url(mine.subscription_id) in text
        assert tools.links.unsubscribe_url(other.subscription_id) not in text
        tokens = set(re.findall(r"/u/([\w-]+)", text))
        assert {tools.links.read(token, "unsubscribe") for token in tokens} == {mine.subscription_id}
        assert other.address.encode() not in message.data


async def test_copies_differ_in_nothing_but_what_belongs_to_their_readers(tools: Tools) -> None:
    edition = await an_edition(tools)
    copy = copies(tools)(edition)

    def without_own(reader: Recipient) -> str:
        text = texts(copy(reader))
        for value in tools.links.values(reader, edition.name).values():
            text = text.replace(value, "")
        return text

    assert without_own(ADA) == without_own(BEN)


async def test_a_copy_is_the_same_mail_at_every_attempt(tools: Tools) -> None:
    edition = await an_edition(tools)
    first, second = (copies(tools)(edition)(ADA) for _ in range(2))
    assert (first.id, first.key, read(first)["Date"]) == (second.id, second.key, read(second)["Date"])
    assert texts(first) == texts(second)


async def test_no_placeholder_reaches_a_reader(tools: Tools) -> None:
    text = texts(copies(tools)(await an_edition(tools))(ADA))
    assert not [name for name in PLACEHOLDERS if PLACEHOLDERS[name] in text]


async def test_an_edition_whose_newsletter_has_left_the_configuration_names_the_way_out(tools: Tools) -> None:
    edition = replace(await an_edition(tools), newsletter="weekly")
    with pytest.raises(UsageError, match=rf"digest editions cancel {edition.name}"):
        copies(tools)(edition)


async def test_an_edition_of_which_no_copy_can_be_made_is_refused_as_a_whole(tools: Tools) -> None:
    edition = await an_edition(tools)
    site = tools.settings.site.model_copy(update={"url": f"https://news.example.org/{'x' * 900}"})
    endless = replace(tools, settings=tools.settings.model_copy(update={"site": site}))
    with pytest.raises(UsageError, match=rf"no copy of {edition.name} can be made"):
        copies(endless)(edition)


async def test_each_copy_comes_back_to_its_reader_and_offers_leaving_by_mail(tools: Tools) -> None:
    own = daily(tools).returning_to("bounces@news.example.org", "leave@news.example.org")
    edition = await an_edition(tools)
    returning = replace(tools, settings=tools.settings.model_copy(update={"newsletters": (own,)}))
    copy = copies(returning)(edition)
    for reader in (ADA, BEN):
        message = copy(reader)
        assert tools.links.read_mail_address(message.sender, "bounce") == reader.subscription_id
        [leave] = re.findall(r"<mailto:([^?]+)", str(read(message)["List-Unsubscribe"]))
        assert tools.links.read_mail_address(leave, "leave") == reader.subscription_id

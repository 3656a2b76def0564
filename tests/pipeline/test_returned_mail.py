"""Mails that came back are about whom their address says, and a forged one is about nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from digest.message import message_id
from digest.pipeline import feedback, returned_mail
from digest.readers.links import TEST_COPY
from digest.store.feedback import events
from digest.store.feedback.events import BOUNCES
from digest.tools import Tools
from tests.feedback.reading.mails import OUR_ID, READER, complaint, failed, mail, report
from tests.helpers.ledger import address
from tests.pipeline.test_feedback import DEAD, opened, statuses, suppressed

EDITION = "daily-2026-03-02T0700"


@pytest.fixture
async def tools(sqlite_url: str) -> AsyncIterator[Tools]:
    """Three readers who were mailed an hour ago, each with the subscription of the same number."""
    async with opened(sqlite_url) as opened_tools:
        yield opened_tools


async def effects(tools: Tools, *mails: bytes) -> list[str]:
    understood = await returned_mail.take_in(tools, mails)
    await feedback.process(tools)
    done = await events.by_keys(tools.db, BOUNCES, [one.event.key for one in understood if one.event])
    return [done[one.event.key].effect for one in understood if one.event]


def bounces_of(tools: Tools, number: int) -> str:
    return tools.links.mail_addresses("bounces@news.example.org", "bounce")(number)


UNMATCHED = "no mail of ours fits it: nobody is touched"


async def test_a_return_address_tells_whom_a_bounce_is_about_whatever_it_says(tools: Tools) -> None:
    forwarded = failed(DEAD, to=bounces_of(tools, 2))  # it names an address that is no reader's
    assert await effects(tools, forwarded) == ["suppressed"]
    assert await suppressed(tools) == {address(2)}
    [stored] = await events.list_(tools.db, sender=BOUNCES)
    assert stored.edition_id is not None


async def test_the_same_mail_again_is_one_report(tools: Tools) -> None:
    again = failed(DEAD, to=bounces_of(tools, 1))
    await effects(tools, again, again)
    await effects(tools, again)
    assert len(await events.list_(tools.db, sender=BOUNCES)) == 1


@pytest.mark.parametrize("kind", ["changed", "of a test copy", "none"])
async def test_a_token_that_is_not_ours_touches_nobody(tools: Tools, kind: str) -> None:
    to = {
        "changed": bounces_of(tools, 1).replace("+01", "+02"),
        "of a test copy": bounces_of(tools, TEST_COPY),
        "none": "bounces+@news.example.org",
    }[kind]
    assert set(await effects(tools, failed(DEAD, to=to))) <= {UNMATCHED}
    assert await suppressed(tools) == set()


async def test_our_message_id_with_its_readers_address_is_believed(tools: Tools) -> None:
    ours = message_id(EDITION, 3, "news.example.org")
    sent = failed(DEAD).replace(READER.encode(), address(3).encode()).replace(OUR_ID.encode(), ours.encode())
    assert await effects(tools, sent) == ["suppressed"]
    assert await suppressed(tools) == {address(3)}


async def test_an_address_alone_is_believed_only_where_our_mail_came_back(tools: Tools) -> None:
    body = f"<{address(1)}>:\n550 5.1.1 no such user\n"
    assert await effects(tools, mail(body, subject="failure notice")) == [UNMATCHED]
    whole = report(f"Final-Recipient: rfc822; {address(1)}\nAction: failed\nStatus: 5.1.1\n")
    assert await effects(tools, whole) == ["suppressed"]


async def test_a_complaint_ends_everything(tools: Tools) -> None:
    sent = complaint().replace(READER.encode(), address(1).encode())
    assert await effects(tools, sent) == ["unsubscribed from everything, and suppressed for good"]


@pytest.mark.parametrize("more", [{}, {"x_apple_unsubscribe": "true", "auto_submitted": "auto-replied"}])
async def test_a_mail_to_the_address_for_leaving_ends_that_subscription(
    tools: Tools, more: dict[str, str]
) -> None:
    leave = tools.links.mail_addresses("leave@news.example.org", "leave")(2)
    sent = mail("", sender="other@example.net", subject="unsubscribe", x_original_to=leave, **more)
    assert await effects(tools, sent) == ["unsubscribed from daily"]
    assert (await statuses(tools, 1), await statuses(tools, 2)) == ({"confirmed"}, {"unsubscribed"})
    assert await effects(tools, sent.replace(b"other@", b"again@")) == ["had left daily already"]


async def test_an_automatic_reply_to_the_address_for_leaving_ends_nothing(tools: Tools) -> None:
    leave = tools.links.mail_addresses("leave@news.example.org", "leave")(2)
    away = mail("I am away", sender=address(2), subject="Out of office", x_original_to=leave)
    assert await effects(tools, away, failed(DEAD, to=leave)) == [UNMATCHED]
    assert await statuses(tools, 2) == {"confirmed"}

"""Rehearsals: what would be sent, told without a trace in the database, and with links that do nothing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from digest.errors import UsageError
from digest.model import EditionStatus, Refused, Sent
from digest.pipeline import publish, rehearsal
from digest.pipeline.rehearsal import SAMPLE_READER, Proof
from digest.readers.links import TEST_COPY
from digest.store.editions import editions
from digest.tools import Tools
from tests.helpers.ledger import NOW, add_readers, address
from tests.helpers.newsroom import SLOT, Newsroom, contents, daily


async def proved(tools: Tools) -> Proof:
    return await rehearsal.prove(daily(tools), SLOT, tools)


async def test_what_is_proved_is_what_is_then_sent(newsroom: Newsroom, tools: Tools) -> None:
    await add_readers(tools.db, 1)
    proof = await proved(tools)
    published = await publish.publish(daily(tools), SLOT, tools)
    sent = (await editions.by_name(tools.db, published.edition.name)).mail
    assert proof.mail is not None
    assert sent is not None
    assert (proof.edition, proof.mail.subject, proof.mail.text) == (
        published.edition.name,
        sent.subject,
        sent.text,
    )


async def test_a_rehearsal_changes_nothing_in_the_database(newsroom: Newsroom, tools: Tools) -> None:
    await add_readers(tools.db, 2)
    before = await contents(tools.db)
    proof = await proved(tools)
    await rehearsal.simulate(daily(tools), NOW, 7, tools)
    await rehearsal.send_test(proof, ["editor@example.org"], tools)
    assert [chosen.candidate.article.title for chosen in proof.plan.chosen] == ["The ferry is back"]
    assert newsroom.sender.sent == ["editor@example.org"]
    assert await contents(tools.db) == before


async def test_the_links_of_a_preview_do_nothing_to_its_reader(tools: Tools) -> None:
    await add_readers(tools.db, 1)
    reader = await rehearsal.reader_of(daily(tools), address(1), tools)
    html, text = rehearsal.parts(rehearsal.copy_for(await proved(tools), reader, tools))
    tokens = set(re.findall(r"/u/([\w-]+)", html + text))
    assert reader.subscription_id != TEST_COPY
    assert {tools.links.read(token, "unsubscribe") for token in tokens} == {TEST_COPY}


async def test_a_preview_for_a_stranger_is_refused(tools: Tools) -> None:
    await add_readers(tools.db, 1)
    for stranger in ("stranger@example.org", "no address"):
        with pytest.raises(UsageError, match=stranger):
            await rehearsal.reader_of(daily(tools), stranger, tools)


async def test_a_test_is_marked_and_an_impossible_address_costs_the_others_nothing(
    newsroom: Newsroom, tools: Tools
) -> None:
    outcomes = dict(await rehearsal.send_test(await proved(tools), ["nowhere", "editor@example.org"], tools))
    assert isinstance(outcomes["nowhere"], Refused)
    assert isinstance(outcomes["editor@example.org"], Sent)


async def test_a_skipped_slot_has_no_test_to_send(newsroom: Newsroom) -> None:
    async with newsroom.opened() as tools:
        with pytest.raises(UsageError, match="nothing new"):
            await rehearsal.send_test(await proved(tools), ["editor@example.org"], tools)


async def test_an_old_edition_is_proved_as_it_was_made(newsroom: Newsroom, tools: Tools) -> None:
    await add_readers(tools.db, 1)
    proof = await proved(tools)
    assert await rehearsal.made_before(proof, tools) is None
    published = await publish.publish(daily(tools), SLOT, tools)
    newsroom.write("tram")
    made = await rehearsal.made_before(await proved(tools), tools)
    assert made is not None
    assert made.edition == published.edition.name
    assert [chosen.candidate.article.title for chosen in made.plan.chosen] == ["The ferry is back"]


async def test_the_coming_slot_is_the_one_now_due_until_it_is_made(newsroom: Newsroom, tools: Tools) -> None:
    await add_readers(tools.db, 1)
    assert (await rehearsal.coming_slot(daily(tools), tools)).text == SLOT.text
    published = await publish.publish(daily(tools), SLOT, tools)
    assert published.edition.status is EditionStatus.SENT
    assert (await rehearsal.coming_slot(daily(tools), tools)).due == SLOT.due + timedelta(days=1)


def test_the_sample_reader_has_no_subscription() -> None:
    assert SAMPLE_READER.subscription_id == TEST_COPY

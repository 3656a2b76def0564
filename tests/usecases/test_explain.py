"""Why an article or a reader was in an edition, as values."""

from __future__ import annotations

import pytest

from digest.errors import UsageError
from digest.model import State
from digest.tools import Tools
from digest.usecases import explain
from digest.usecases.readers import suppression
from tests.helpers.ledger import address, open_edition


async def test_a_reader_has_every_edition_or_the_one_that_is_asked_for(tools: Tools) -> None:
    made = [await open_edition(tools.db, readers=1, newsletter=name) for name in ("daily", "weekly")]
    known = await explain.reader(tools, f"Reader <{address(1)}>")
    assert {got.edition for got in known.received} == {one.name for one in made}
    assert {one.newsletter for one in known.subscriptions} == {"daily", "weekly"}
    only = await explain.reader(tools, address(1), made[0].name)
    assert [(got.edition, got.state) for got in only.received] == [(made[0].name, State.QUEUED)]
    row = explain.as_json(only)
    assert (row["address"], row["received"][0]["state"]) == (address(1), "queued")


async def test_a_suppressed_stranger_is_known_and_others_are_not(tools: Tools) -> None:
    await suppression.suppress(tools, ["stranger@example.org"], reason="asked by phone")
    known = await explain.reader(tools, "stranger@example.org")
    assert (known.id, known.suppressed) == (None, "asked by phone")
    with pytest.raises(UsageError, match="neither reader nor suppressed"):
        await explain.reader(tools, "nobody@example.org")
    with pytest.raises(UsageError):
        await explain.reader(tools, "stranger@example.org", "daily-2026-03-02T0700")


async def test_an_article_that_no_source_brought_is_an_error_in_words(tools: Tools) -> None:
    with pytest.raises(UsageError, match="not been seen"):
        await explain.article(tools, "https://news.example.org/never")

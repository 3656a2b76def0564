"""Suppressing, releasing and forgetting: who is out stays out of every list, and the way back is there."""

from __future__ import annotations

import pytest

from digest.errors import UsageError
from digest.tools import Tools
from digest.usecases.readers import subscriptions, suppression
from digest.usecases.readers.addresses import Verdict

ANNA, BEN = "anna@example.org", "ben@example.org"


async def test_suppressing_tells_who_is_new_to_the_list(tools_on_both: Tools) -> None:
    tools = tools_on_both
    first = await suppression.suppress(tools, [ANNA, "x", ANNA])
    assert [one.verdict for one in first] == [Verdict.SUPPRESSED, Verdict.INVALID, Verdict.KNOWN]
    again = await suppression.suppress(tools, [ANNA.upper(), BEN])
    assert [(one.verdict, one.done) for one in again] == [(Verdict.KNOWN, True), (Verdict.SUPPRESSED, True)]


async def test_who_is_released_may_be_added_again(tools_on_both: Tools) -> None:
    tools = tools_on_both
    await suppression.suppress(tools, [ANNA])
    await suppression.forget(tools, BEN)
    assert not any(one.done for one in await subscriptions.add(tools, "daily", [ANNA, BEN]))
    released = await suppression.release(tools, [ANNA, BEN, "x"])
    assert [one.verdict for one in released] == [Verdict.RELEASED, Verdict.RELEASED, Verdict.INVALID]
    assert [one.verdict for one in await suppression.release(tools, [ANNA])] == [Verdict.UNKNOWN]
    assert all(one.done for one in await subscriptions.add(tools, "daily", [ANNA, BEN]))


async def test_a_forgotten_reader_leaves_no_address(tools: Tools) -> None:
    await subscriptions.add(tools, "daily", [ANNA])
    assert (await suppression.forget(tools, "Anna@example.org")).as_json() == {
        "address": "Anna@example.org",
        "was_reader": True,
    }
    assert [one.address async for one in subscriptions.list_(tools)] == []
    assert not (await suppression.forget(tools, BEN)).was_reader
    with pytest.raises(UsageError):
        await suppression.forget(tools, "anna")

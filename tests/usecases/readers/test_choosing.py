"""What a reader has chosen, set by an operator: what is not named stays, and what there is not is named."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.errors import UsageError
from digest.model import Frequency, Wishes
from digest.tools import Tools
from digest.usecases.readers import choosing, subscriptions
from digest.usecases.readers.choosing import AT_ONCE, NO_PAUSE, Change

ANNA = "anna@example.org"


async def test_what_is_not_named_stays(tools_on_both: Tools) -> None:
    tools = tools_on_both
    await subscriptions.add(tools, "daily", [f"Anna Berg <{ANNA}>"])
    first = Change(frequency=Frequency.WEEKLY, hour=7, timezone="Europe/Berlin", pause_until="2026-12-24")
    await choosing.choose(tools, "daily", ANNA.upper(), first)
    second = await choosing.choose(tools, "daily", ANNA, Change(text_only=True, language="de"))
    assert second.wishes == Wishes(
        frequency=Frequency.WEEKLY,
        hour=7,
        paused_until=datetime(2026, 12, 23, 23, tzinfo=UTC),
        name="Anna Berg",
        language="de",
        timezone="Europe/Berlin",
        text_only=True,
    )
    back = Change(hour=AT_ONCE, pause_until=NO_PAUSE, frequency=Frequency.EVERY_EDITION, timezone="")
    third = await choosing.choose(tools, "daily", ANNA, back)
    assert third.wishes == Wishes(name="Anna Berg", language="de", text_only=True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change(sections=("Harbor",)), "no section 'Harbor'"),
        (Change(hour=24), "0 to 23"),
        (Change(timezone="Europe/Berlim"), "did you mean 'Europe/Berlin'"),
        (Change(language="xx"), "no language is called 'xx'"),
        (Change(pause_until="24.12.2026"), "is no day"),
        (Change(pause_until="2026-03-01"), "over already"),
        (Change(name="ben@example.org"), "@"),
    ],
)
async def test_what_there_is_not_changes_nothing(tools: Tools, change: Change, words: str) -> None:
    await subscriptions.add(tools, "daily", [ANNA])
    with pytest.raises(UsageError, match=words):
        await choosing.choose(tools, "daily", ANNA, change)
    assert (await choosing.choose(tools, "daily", ANNA, Change(text_only=False))).wishes == Wishes()


async def test_who_has_no_subscription_is_told(tools: Tools) -> None:
    with pytest.raises(UsageError, match="has no subscription of daily"):
        await choosing.choose(tools, "daily", ANNA, Change(text_only=True))

"""Subscriptions as a command, the desk or an API begins and ends them: a result for each address, and who stays out."""

from __future__ import annotations

import io
import json

import pytest

from digest.errors import UsageError
from digest.tools import Tools
from digest.usecases.readers import subscriptions, suppression
from digest.usecases.readers.addresses import AddressResult, Verdict, key
from digest.usecases.readers.subscriptions import ReaderStatus

ANNA, BEN, CLEO, DORA = (f"{name}@example.org" for name in ("anna", "ben", "cleo", "dora"))


def verdicts(results: list[AddressResult]) -> dict[str, Verdict]:
    return {one.address: one.verdict for one in results}


async def statuses(tools: Tools, newsletter: str = "") -> dict[str, ReaderStatus]:
    return {one.address: one.status async for one in subscriptions.list_(tools, newsletter)}


async def test_each_address_has_its_result_in_the_order_given(tools_on_both: Tools) -> None:
    tools = tools_on_both
    await subscriptions.add(tools, "daily", [BEN, CLEO, DORA])
    await subscriptions.unsubscribe(tools, "daily", [BEN])
    await suppression.suppress(tools, [CLEO])
    await suppression.forget(tools, DORA)
    given = [f"Anna Berg <{ANNA}>", "no address", BEN, CLEO, DORA]
    added = await subscriptions.add(tools, "daily", given)
    assert [(one.address, one.verdict, one.done) for one in added] == [
        (ANNA, Verdict.ADDED, True),
        ("no address", Verdict.INVALID, False),
        (BEN, Verdict.UNSUBSCRIBED, False),
        (CLEO, Verdict.SUPPRESSED, False),
        (DORA, Verdict.FORGOTTEN, False),
    ]
    assert all(one.done or one.why for one in added)
    assert verdicts(await subscriptions.add(tools, "daily", [ANNA])) == {ANNA: Verdict.KNOWN}
    assert await statuses(tools) == {
        ANNA: ReaderStatus.CONFIRMED,
        BEN: ReaderStatus.UNSUBSCRIBED,
        CLEO: ReaderStatus.SUPPRESSED,
    }


async def test_only_a_new_consent_brings_back_who_had_unsubscribed(tools: Tools) -> None:
    await subscriptions.add(tools, "daily", [ANNA])
    await subscriptions.unsubscribe(tools, "daily", [ANNA])
    for nothing in ("", "  "):
        assert not (await subscriptions.add(tools, "daily", [ANNA], consent=nothing))[0].done
    assert (await subscriptions.add(tools, "daily", [ANNA], consent="by letter"))[0].done
    assert await statuses(tools) == {ANNA: ReaderStatus.CONFIRMED}


async def test_ending_is_safe_to_repeat_and_touches_one_newsletter(tools_on_both: Tools) -> None:
    tools = tools_on_both
    for newsletter in ("daily", "weekly"):
        await subscriptions.add(tools, newsletter, [ANNA])
    for _ in range(2):
        ended = await subscriptions.unsubscribe(tools, "daily", [" Anna@Example.org ", BEN, "x"])
        assert [(one.verdict, one.done) for one in ended] == [
            (Verdict.UNSUBSCRIBED, True),
            (Verdict.UNKNOWN, False),
            (Verdict.INVALID, False),
        ]
    assert await statuses(tools, "daily") == {ANNA: ReaderStatus.UNSUBSCRIBED}
    assert await statuses(tools, "weekly") == {ANNA: ReaderStatus.CONFIRMED}


async def test_a_newsletter_that_never_was_is_refused_by_its_nearest_name(tools: Tools) -> None:
    await subscriptions.add(tools, "daily", [ANNA])
    with pytest.raises(UsageError, match="daily"):
        await subscriptions.add(tools, "dayli", [ANNA])
    with pytest.raises(UsageError, match="daily"):
        await subscriptions.unsubscribe(tools, "dayli", [ANNA])
    with pytest.raises(UsageError, match="daily"):
        await subscriptions.export(tools, io.StringIO(), "dayli")
    with pytest.raises(UsageError, match="daily"):
        await statuses(tools, "dayli")


async def test_one_name_is_not_given_to_several(tools: Tools) -> None:
    with pytest.raises(UsageError, match="one reader"):
        await subscriptions.add(tools, "daily", [ANNA, BEN], name="Anna")
    assert await statuses(tools) == {}


async def test_the_suppressed_are_listed_by_address_whether_or_not_they_are_readers(tools: Tools) -> None:
    await subscriptions.add(tools, "daily", [ANNA, BEN])
    await suppression.suppress(tools, [BEN, CLEO], reason="asked by phone")
    everywhere = [one async for one in subscriptions.list_(tools, status=ReaderStatus.SUPPRESSED)]
    assert [(one.address, one.newsletter, one.suppressed) for one in everywhere] == [
        (BEN, "", "asked by phone"),
        (CLEO, "", "asked by phone"),
    ]
    of_daily = [one.address async for one in subscriptions.list_(tools, "daily", ReaderStatus.SUPPRESSED)]
    assert of_daily == [BEN]
    confirmed = [one async for one in subscriptions.list_(tools, "daily", ReaderStatus.CONFIRMED)]
    [row] = [one.as_json() for one in confirmed]
    assert (row["address"], row["status"], row["suppressed"]) == (ANNA, "confirmed", "")
    assert type(row["status"]) is str


async def test_an_export_holds_every_reader_and_no_formula(tools: Tools) -> None:
    await subscriptions.add(tools, "daily", [f"=HYPERLINK() <{ANNA}>", BEN])
    await subscriptions.add(tools, "weekly", [CLEO])
    file = io.StringIO(newline="")
    assert await subscriptions.export(tools, file, "daily") == 2
    lines = file.getvalue().splitlines()
    assert len(lines) == 3
    assert lines[1].startswith(f"{ANNA},'=HYPERLINK()")


def test_results_are_plain_json() -> None:
    result = AddressResult(address=ANNA, verdict=Verdict.ADDED, done=True)
    assert json.loads(json.dumps(result.as_json())) == {
        "address": ANNA,
        "verdict": "added",
        "done": True,
        "why": "",
    }


def test_what_is_no_address_has_no_key() -> None:
    assert key("Anna Berg <ANNA@Example.ORG>") == ANNA
    with pytest.raises(UsageError, match="anna"):
        key("anna")

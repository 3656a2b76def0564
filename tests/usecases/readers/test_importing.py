"""An import as a value: the operator's word about a file, what a dry run leaves, and what refusal looks like."""

from __future__ import annotations

import json

import pytest

from digest.errors import UsageError
from digest.store.people import readers
from digest.tools import Tools
from digest.usecases.readers import importing, subscriptions
from digest.usecases.readers.subscriptions import ReaderStatus

ANNA, BEN = "anna@example.org", "ben@example.org"
TABLE = f"email,subscribed_to_emails,shoe size\n{ANNA},true,40\n{BEN},false,41\nno address,true,42\n".encode()


async def statuses(tools: Tools) -> dict[str, ReaderStatus]:
    return {one.address: one.status async for one in subscriptions.list_(tools)}


async def test_a_dry_run_says_the_same_and_changes_nothing(tools_on_both: Tools) -> None:
    tools = tools_on_both
    tried = await importing.import_readers(tools, "daily", TABLE, file="members.csv", dry_run=True)
    assert await statuses(tools) == {}
    done = await importing.import_readers(tools, "daily", TABLE, file="members.csv")
    assert importing.as_json(done) == importing.as_json(tried)
    assert await statuses(tools) == {ANNA: ReaderStatus.CONFIRMED, BEN: ReaderStatus.UNSUBSCRIBED}
    document = json.loads(json.dumps(importing.as_json(done)))
    assert [(row["line"], row["verdict"]) for row in document["rows"]] == [
        (2, "added"),
        (3, "unsubscribed"),
        (4, "refused"),
    ]
    assert document["problems"] == []


async def test_the_proof_says_how_and_when(tools: Tools) -> None:
    table = f"{ANNA}\n".encode()
    await importing.import_readers(tools, "daily", table, file="a.csv")
    await importing.import_readers(tools, "weekly", table, consent=" on paper ")
    lines = {one.newsletter: one async for one in subscriptions.list_(tools)}
    assert set(lines) == {"daily", "weekly"}
    proofs = {one.newsletter: one.consent async for one in readers.list_(tools.db)}
    assert proofs["daily"]["how"] == "imported from a.csv"
    assert proofs["weekly"]["how"] == "on paper"
    assert proofs["daily"]["imported"].startswith("2026-03-02T06:00")


@pytest.mark.parametrize("status", importing.STATUSES)
async def test_the_operator_says_what_everybody_in_a_file_is(tools: Tools, status: ReaderStatus) -> None:
    await subscriptions.add(tools, "daily", [ANNA])
    await importing.import_readers(tools, "daily", f"{ANNA}\n".encode(), file="x.csv", status=status)
    assert await statuses(tools) == {ANNA: status}


async def test_nobody_is_pending_by_import_and_a_refusal_has_a_document(tools: Tools) -> None:
    with pytest.raises(UsageError, match="confirmed"):
        await importing.import_readers(tools, "daily", TABLE, status=ReaderStatus.PENDING)
    with pytest.raises(UsageError) as refused:
        await importing.import_readers(tools, "daily", f"email,reason for leaving\n{ANNA},\n".encode())
    document = importing.as_json(importing.NOBODY, str(refused.value))
    assert (document["added"], list(document["rows"])) == (0, [])
    assert "reason for leaving" in document["problems"][0]
    assert await statuses(tools) == {}

"""`digest events`: what came back, and what it did."""

from __future__ import annotations

import io
import sys

import pytest

from tests.cli.conftest import Digest
from tests.feedback.reading.mails import READER, failed

DEAD = failed("550 5.1.1 User unknown")


@pytest.mark.usefixtures("newsroom")
def test_events_are_listed_shown_and_replayed(digest: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    assert digest("events", "list").out.strip() == "Nothing was reported."
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(DEAD)))
    assert digest("bounces", "read").code == 0
    [one] = digest("events", "list", "--json").json
    assert set(one) == {"id", "sender", "type", "address", "at", "effect"}
    assert (one["sender"], one["type"], one["address"]) == ("bounces", "bounced", READER)
    assert "nobody is touched" in one["effect"]
    shown = digest("events", "show", str(one["id"]), "--json").json
    assert (shown["code"], "User unknown" in shown["text"]) == (550, True)
    assert READER in digest("events", "show", str(one["id"])).out
    assert digest("events", "replay", str(one["id"]), "--json").json["effect"] == one["effect"]
    assert digest("events", "list", "--type", "complained", "--json").json == []
    assert digest("events", "list", "--sender", "ses", "--json").json == []


@pytest.mark.usefixtures("newsroom")
def test_an_event_that_is_not_there_and_a_type_that_is_none_are_named(digest: Digest) -> None:
    for command in ("show", "replay"):
        found = digest("events", command, "4711")
        assert (found.code, "there is no event 4711" in found.err) == (2, True)
    found = digest("events", "list", "--type", "bounce")
    assert found.code == 2
    assert "bounced" in found.err

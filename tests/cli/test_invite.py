"""`digest subscribers invite`: a mail that asks, and a reader only by pressing its button."""

from __future__ import annotations

from tests.cli.conftest import Digest, Newsroom

ANNA, BEN, CLEO = "anna@example.org", "ben@example.org", "cleo@example.org"
DAILY = ("--newsletter", "daily")


def test_who_may_be_asked_is_asked_and_nobody_is_subscribed_by_that(
    digest: Digest, newsroom: Newsroom
) -> None:
    digest("subscribers", "add", BEN, CLEO, *DAILY)
    digest("subscribers", "unsubscribe", CLEO, *DAILY)
    digest("subscribers", "suppress", "dora@example.org")
    told = digest("subscribers", "invite", ANNA, BEN, CLEO, "dora@example.org", "nonsense", *DAILY)
    assert told.code == 1
    everything = told.out + told.err
    assert f"{ANNA} is invited" in everything
    assert f"{BEN} is subscribed already" in everything
    assert "has unsubscribed: only the reader can change that" in everything
    assert "is suppressed" in everything
    rows = digest("subscribers", "list", "--json").json
    assert {row["address"]: row["status"] for row in rows} == {
        ANNA: "pending",
        BEN: "confirmed",
        CLEO: "unsubscribed",
    }

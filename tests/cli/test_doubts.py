"""Who may have had an edition is listed at once, whatever became of the process and of the edition."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from digest.clock import utc_now
from digest.delivery.liveness import new_owner
from tests.cli.conftest import Digest, Newsroom

PEOPLE = ("ada@example.org", "ben@example.org", "cleo@example.org", "dora@example.org")


@pytest.fixture
def killed(newsroom: Newsroom, digest: Digest) -> str:
    """An edition whose process was killed: it was sending to two readers and had claimed a third."""
    newsroom.edit('timezone = "Europe/Berlin"', 'timezone = "Europe/Berlin"\non_unknown = "hold"')
    digest("subscribers", "add", *PEOPLE, "--newsletter", "daily")
    digest("send", "daily")
    owner = ":".join([*new_owner().split(":")[:2], "0", "dead"])  # our own number, from an earlier life
    for number, state in ((1, "sending"), (2, "sending"), (3, "claimed"), (4, "queued")):
        held = {"owner": owner, "lease_until": _text(utc_now() + timedelta(minutes=4))}
        values = {"state": state, **(held if state != "queued" else dict.fromkeys(held))}
        change(newsroom.folder, "UPDATE delivery SET {}, at = NULL WHERE reader_id = :id", values, id=number)
    change(
        newsroom.folder, "UPDATE edition SET {}, closed_at = NULL WHERE id > :id", {"status": "sending"}, id=0
    )
    return str(digest("editions", "list", "--json").json[0]["edition"])


def _text(moment: object) -> str:
    return str(moment).removesuffix("+00:00")


def change(folder: Path, statement: str, values: Mapping[str, object], **more: object) -> None:
    sets = ", ".join(f"{name} = :{name}" for name in values)
    with sqlite3.connect(folder / "digest.db") as conn:
        conn.execute(statement.format(sets), {**values, **more})


def unknown(digest: Digest, edition: str) -> list[str]:
    return [row["address"] for row in digest("deliveries", edition, "--state", "unknown", "--json").json]


def test_they_are_listed_though_nobody_sends(killed: str, digest: Digest) -> None:
    assert unknown(digest, killed) == ["ada@example.org", "ben@example.org"]
    [row] = digest("editions", "list", "--json").json
    assert (row["unknown"], row["sending"], row["queued"], row["in_doubt"]) == (2, 0, 2, 2)
    shown = digest("editions", "show", killed).out
    assert "2 readers may have had it from an attempt that gave no answer" in shown
    assert f'"digest deliveries {killed} --state unknown"' in shown
    assert "no process is sending it now" in shown
    assert "may have had it already" in digest("why", "reader", "ada@example.org").out


@pytest.mark.parametrize("change", ["pause", "cancel"])
def test_whoever_stops_an_edition_is_told(killed: str, digest: Digest, change: str) -> None:
    said = digest("editions", change, killed).out
    assert "2 readers may have had it" in said
    assert "handing over" not in said, "nobody is"
    assert unknown(digest, killed) == ["ada@example.org", "ben@example.org"]
    [row] = digest("editions", "list", "--json").json
    left = (row["queued"], row["claimed"], row["sending"], row["skipped"])
    assert left == ((2, 0, 0, 0) if change == "pause" else (0, 0, 0, 2))


def test_held_doubts_are_a_failure_until_a_person_decides(killed: str, digest: Digest) -> None:
    sent = digest("send", killed, "--json")
    assert (sent.code, sent.json["status"], sent.json["sent"], sent.json["unknown"]) == (1, "sent", 2, 2)
    [problem] = sent.json["problems"]
    assert "deliveries retry" in problem
    assert "deliveries accept" in problem
    again = digest("send", killed)
    assert (again.code, "was sent already" in again.out) == (1, True)


def test_a_deadline_that_passed_is_asked_about(killed: str, digest: Digest, newsroom: Newsroom) -> None:
    digest("editions", "pause", killed)
    over = {"deadline": _text(utc_now() - timedelta(hours=25))}
    change(newsroom.folder, "UPDATE edition SET {} WHERE id > :id", over, id=0)
    asked = digest("editions", "resume", killed)
    assert asked.code == 1
    assert f"{killed} is still paused: its deadline passed 1 d 1 h ago" in asked.err
    assert "2 readers would be given up" in asked.err
    assert f"resume {killed} --deadline 6h" in asked.err
    assert digest("editions", "list", "--json").json[0]["status"] == "held"
    assert digest("editions", "resume", killed, "--deadline", "soon").code == 2
    resumed = digest("editions", "resume", killed, "--deadline", "6h")
    assert (resumed.code, f"digest send {killed}" in resumed.out) == (0, True)
    assert digest("send", killed, "--json").json["sent"] == 2


def test_given_up_by_the_deadline_is_a_warning(killed: str, digest: Digest, newsroom: Newsroom) -> None:
    over = {"deadline": _text(utc_now() - timedelta(hours=2))}
    change(newsroom.folder, "UPDATE edition SET {} WHERE id > :id", over, id=0)
    sent = digest("send", killed)
    assert sent.code == 1
    assert "its deadline has passed, and 2 readers did not get it" in sent.err
    assert f"deliveries retry {killed} --state skipped" in sent.err
    assert "its deadline passed, and 2 readers did not get it" in digest("editions", "show", killed).out


def test_an_edition_whose_newsletter_was_renamed_is_found_by_check(
    killed: str, digest: Digest, newsroom: Newsroom
) -> None:
    newsroom.edit('name = "daily"', 'name = "weekly"')
    checked = digest("check", "--json")
    assert checked.code == 1
    [text] = [row["text"] for row in checked.json["findings"] if killed in row["subject"] + row["text"]]
    assert "no newsletter 'daily' any more" in text
    digest("editions", "cancel", killed)
    assert killed not in digest("check").out

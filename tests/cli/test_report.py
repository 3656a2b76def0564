"""What `digest send` and `digest editions show` tell while and after an edition goes out."""

from __future__ import annotations

import sqlite3
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from digest.cli.wording.progress import in_words, span
from digest.clock import utc_now
from digest.delivery import Progress
from digest.delivery.liveness import new_owner
from digest.model import State, Tally
from digest.settings import SenderSettings
from digest.usecases.editions.status import pace
from tests.cli.conftest import Digest, Newsroom
from tests.helpers.picky import PICKY


@pytest.fixture
def picky(newsroom: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Newsroom:
    """A newsroom whose mail server refuses some readers and puts off others."""
    (tmp_path / "house_of_reports").mkdir()
    (tmp_path / "house_of_reports" / "picky.py").write_text(PICKY)
    monkeypatch.syspath_prepend(tmp_path)
    newsroom.edit("[[newsletters]]\n", '[[senders]]\nkind = "house_of_reports.picky"\n\n[[newsletters]]\n')
    return newsroom


def test_who_did_not_get_it_is_named_with_the_reason(picky: Newsroom, digest: Digest) -> None:
    people = ["ada@example.org", "gone@example.org", "grey@example.org"]
    digest("subscribers", "add", *people, "--newsletter", "daily")
    sent = digest("send", "daily")
    assert "1 sent, 1 deferred, 1 refused of 3 readers" in sent.out
    assert "gone@example.org  refused   this address takes no mail; 550 5.1.1 no such user" in sent.out
    assert "grey@example.org  deferred  450 4.2.0 greylisted" in sent.out
    assert "ada@example.org" not in sent.out


def test_of_very_many_the_first_are_named(picky: Newsroom, digest: Digest) -> None:
    digest("subscribers", "add", *(f"gone{n}@example.org" for n in range(60)), "--newsletter", "daily")
    sent = digest("send", "daily")
    assert sent.out.count("no such user") == 50
    assert "and others: digest editions show daily-" in sent.out
    edition = digest("editions", "list", "--json").json[0]["edition"]
    assert digest("editions", "show", edition).out.count("no such user") == 60


def test_how_fast_it_goes_is_seen_from_anywhere(picky: Newsroom, digest: Digest) -> None:
    digest("subscribers", "add", "ada@example.org", "grey@example.org", "--newsletter", "daily")
    digest("send", "daily")
    edition = digest("editions", "list", "--json").json[0]["edition"]
    taken = "UPDATE delivery SET state = 'claimed', owner = ?, lease_until = ? WHERE state = 'deferred'"
    until = f"{utc_now() + timedelta(minutes=5):%Y-%m-%d %H:%M:%S.%f}"
    with sqlite3.connect("digest.db") as database:
        database.execute(taken, (new_owner(), until))  # this process has it in hand
    database.close()
    shown = digest("editions", "show", edition, "--json").json
    assert shown["status"] == "sending"
    assert shown["per_second"] > 0
    assert shown["seconds_left"] is not None
    assert "/s, 0:" in digest("editions", "show", edition).out
    digest("editions", "cancel", edition)
    assert digest("editions", "show", edition, "--json").json["per_second"] == 0


def test_no_pace_is_told_of_what_nobody_sends(picky: Newsroom, digest: Digest) -> None:
    digest("subscribers", "add", "ada@example.org", "grey@example.org", "--newsletter", "daily")
    digest("send", "daily")
    edition = digest("editions", "list", "--json").json[0]["edition"]
    assert (
        "no process is sending it now; the next attempt is due 2" in digest("editions", "show", edition).out
    )
    shown = digest("editions", "show", edition, "--json").json
    assert (shown["per_second"], shown["seconds_left"]) == (0, None)


def test_a_paused_edition_is_called_paused(picky: Newsroom, digest: Digest) -> None:
    digest("subscribers", "add", "grey@example.org", "--newsletter", "daily")
    digest("send", "daily")
    edition = digest("editions", "list", "--json").json[0]["edition"]
    assert "is paused." in digest("editions", "pause", edition).out
    again = digest("editions", "pause", edition)
    assert (again.code, f"{edition} is paused already." in again.out) == (0, True)
    shown = digest("editions", "show", edition)
    assert "status  paused\n" in shown.out
    assert "reason  by hand\n" in shown.out
    assert "paused" in digest("editions", "list").out
    assert digest("editions", "show", edition, "--json").json["status"] == "held"
    assert f"{edition} is paused: by hand." in digest("send", "daily").out


def test_the_line_of_progress() -> None:
    counts = Counter({State.SENT: 1000, State.REFUSED: 2, State.QUEUED: 4000})
    tally = Tally(counts=counts, doubted=0)
    assert in_words(Progress(tally=tally, per_second=10)) == "1,002 of 5,002 · 10/s · 6:40 left · 2 refused"
    slowly = Progress(tally=tally, per_second=0.5)
    assert in_words(slowly) == "1,002 of 5,002 · 0/s · 2:13:20 left · 2 refused"
    assert in_words(Progress(tally=tally, per_second=0)) == "1,002 of 5,002 · 0/s · 2 refused"
    waiting = Progress(tally=tally, per_second=10, note="the next is due in 9 s")
    assert in_words(waiting) == "1,002 of 5,002 · 10/s · 2 refused · the next is due in 9 s"
    sender = SenderSettings.model_validate({"rate": "2/s"})
    burst = in_words(Progress(tally=tally, per_second=13), [sender])
    assert burst == "1,002 of 5,002 · 2/s · 33:20 left · 2 refused"
    assert pace(10, 200, [SenderSettings.model_validate({"rate": "100/day"})]) == (10, 86400)
    assert [span(9), span(750), span(11_100)] == ["0:09", "12:30", "3:05:00"]

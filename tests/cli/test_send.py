"""What `digest send` and its dry run say of a slot in every state that it can be in."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from digest.clock import utc_now
from tests.cli.conftest import Digest, Newsroom
from tests.helpers.picky import PICKY


@pytest.fixture
def unfinished(
    newsroom: Newsroom, digest: Digest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Newsroom:
    """A newsroom whose edition has gone to one reader and waits for another."""
    (tmp_path / "house_of_sends").mkdir()
    (tmp_path / "house_of_sends" / "picky.py").write_text(PICKY)
    monkeypatch.syspath_prepend(tmp_path)
    newsroom.edit("[[newsletters]]\n", '[[senders]]\nkind = "house_of_sends.picky"\n\n[[newsletters]]\n')
    digest("subscribers", "add", "ada@example.org", "grey@example.org", "--newsletter", "daily")
    sent = digest("send", "daily")
    assert sent.code == 1, "somebody has yet to complete it"
    assert re.search(r'digest send daily-[\dT-]+" goes on where this stopped', sent.out)
    return newsroom


def the_edition(digest: Digest) -> str:
    return str(digest("editions", "list", "--json").json[0]["edition"])


def test_a_dry_run_goes_on_where_sending_would(unfinished: Newsroom, digest: Digest) -> None:
    edition = the_edition(digest)
    would = digest("send", "daily", "--dry-run")
    assert would.code == 0
    assert f"would go on with {edition}: 1 of 2 still to go" in would.out
    told = digest("send", "daily", "--dry-run", "--json").json
    assert (told["status"], told["dry_run"], told["recipients"], told["sent"]) == ("sending", True, 2, 1)


def test_a_dry_run_speaks_of_the_slot_that_send_speaks_of(unfinished: Newsroom, digest: Digest) -> None:
    edition = the_edition(digest)
    digest("editions", "pause", edition)
    assert f"{edition} is paused" in digest("send", "daily", "--dry-run").out
    digest("editions", "cancel", edition)
    assert f"{edition} is cancelled (1 sent, 1 skipped)" in digest("send", "daily", "--dry-run").out


def test_a_dry_run_of_what_was_sent_says_so(newsroom: Newsroom, digest: Digest) -> None:
    digest("subscribers", "add", "ada@example.org", "--newsletter", "daily")
    digest("send", "daily")
    newsroom.publish("Something newer")
    would = digest("send", "daily", "--dry-run")
    assert f"{the_edition(digest)} was sent already" in would.out
    told = digest("send", "daily", "--dry-run", "--json").json
    assert (told["status"], told["recipients"], told["sent"]) == ("already-sent", 1, 1)


def test_a_dry_run_knows_of_lateness_and_of_nobody(newsroom: Newsroom, digest: Digest) -> None:
    assert "no confirmed subscriber" in digest("send", "daily", "--dry-run").out
    digest("subscribers", "add", "ada@example.org", "--newsletter", "daily")
    late = digest("send", "daily", "--dry-run", "--at", "2026-03-03T06:58")
    assert "daily-2026-03-02T0700 would be skipped: 23 h 58 min late" in late.out
    assert digest("editions", "list", "--json").json == []


def test_the_exit_code_tells_whether_an_edition_is_done(unfinished: Newsroom, digest: Digest) -> None:
    edition = the_edition(digest)
    told = digest("send", "daily", "--json")
    assert (told.code, told.json["status"], told.json["deferred"]) == (1, "sending", 1)
    digest("editions", "pause", edition)
    paused = digest("send", "daily", "--json")
    assert (paused.code, paused.json["status"]) == (1, "held")
    assert "editions resume" in paused.err
    digest("editions", "cancel", edition)
    cancelled = digest("send", "daily")
    assert cancelled.code == 0, "a person wanted it so"
    assert f"{edition} is cancelled" in cancelled.out


def test_a_pretended_time_sends_real_mails_and_says_so(newsroom: Newsroom, digest: Digest) -> None:
    digest("subscribers", "add", "ada@example.org", "--newsletter", "daily")
    coming = (utc_now() + timedelta(days=2)).replace(hour=7, minute=0)
    newsroom.publish("From the future", published=coming - timedelta(hours=1))
    sent = digest("send", "daily", "--at", coming.isoformat(), "--json")
    assert sent.json["status"] == "sent"
    assert len(newsroom.mails) == 1
    assert f"pretended ({coming:%Y-%m-%d} 07:00 UTC), the mails are real" in sent.err
    would = digest("send", "daily", "--at", coming.isoformat(), "--dry-run")
    assert "pretended" not in would.err
    assert "real" in digest("send", "--help").out


def test_two_newsletters_of_one_source_are_made_for_the_same_pretended_time(
    newsroom: Newsroom, digest: Digest
) -> None:
    """What the first command stored some seconds into its time lies in the future of the second one."""
    text = newsroom.config.read_text("utf-8")
    head, _, newsletter = text.partition("[[newsletters]]\n")
    other = newsletter.replace('name = "daily"', 'name = "evening"')
    newsroom.config.write_text(f"{head}[[newsletters]]\n{newsletter}\n[[newsletters]]\n{other}", "utf-8")
    for name in ("daily", "evening"):
        digest("subscribers", "add", "ada@example.org", "--newsletter", name)
    coming = (utc_now() + timedelta(days=1)).replace(hour=7, minute=0)
    newsroom.publish("From tomorrow", published=coming - timedelta(hours=1))
    later = (coming + timedelta(seconds=20)).isoformat()
    assert digest("send", "daily", "--at", later, "--json").json["sent"] == 1
    assert digest("send", "evening", "--at", coming.isoformat(), "--json").json["sent"] == 1


def test_a_slot_without_an_edition_says_why_at_each_try(newsroom: Newsroom, digest: Digest) -> None:
    newsroom.publish()
    assert "nothing new" in digest("send", "daily").out
    digest("subscribers", "add", "ada@example.org", "--newsletter", "daily")
    feed = newsroom.server.routes.pop("/feed.xml")
    unread = digest("send", "daily")
    assert unread.code == 1
    assert "skipped-empty: no source could be read: " in unread.out
    assert "! " in unread.err
    told = digest("send", "daily", "--json")
    assert (told.code, told.json["status"]) == (1, "skipped-empty")
    assert any("no source could be read" in problem for problem in told.json["problems"])
    assert "could not be read" in unread.err
    assert "problem" in digest("editions", "show", the_edition(digest)).out
    assert "no source could be read" in digest("send", "daily", "--dry-run").out
    newsroom.server.routes["/feed.xml"] = feed
    empty = digest("send", "daily")
    assert empty.out.endswith("skipped-empty: nothing new.\n"), "there was no last edition"
    assert "could not be read" not in empty.err
    text = newsroom.config.read_text()
    newsroom.config.write_text(text[: text.index("[[newsletters.sections.sources]]")])
    assert "daily has no source" in digest("send", "daily").out


def test_nothing_new_is_measured_from_the_last_edition(newsroom: Newsroom, digest: Digest) -> None:
    digest("subscribers", "add", "ada@example.org", "--newsletter", "daily")
    digest("send", "daily")
    tomorrow = (utc_now() + timedelta(days=1)).replace(hour=7).isoformat()
    assert "nothing new since the last edition" in digest("send", "daily", "--dry-run", "--at", tomorrow).out

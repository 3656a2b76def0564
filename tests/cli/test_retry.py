"""A person has the last word: says whom a retry reaches, asks, and names the command that sends."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Digest, Newsroom

SENDER = """\
from pathlib import Path

from digest.model import Refused, Sent, Unknown
from digest.senders import SenderOptions


class Options(SenderOptions):
    mood: str


class Sender:
    batch_size = 10
    concurrency = 1

    def __init__(self, options, http):
        self.mood = Path(options.mood)

    async def send(self, messages):
        return [self._answer(message.recipient) for message in messages]

    def _answer(self, address):
        if self.mood.exists():
            return Sent("250 ok")
        if address.startswith("gone"):
            return Refused(f"550 5.1.1 <{address}> no such user", 550, hard=True)
        if address.startswith("lost"):
            return Unknown("the line was cut")
        return Refused(f"554 5.6.0 message {hash(address):x} contains a bad header", 554)

    async def check(self):
        return "moody"

    async def close(self):
        pass
"""

PEOPLE = ("ada@example.org", "ben@example.org", "cleo@example.org", "dora@example.org", "gone@example.org")


@pytest.fixture
def burnt(newsroom: Newsroom, digest: Digest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An edition that reached nobody; a file `good` makes the sender take everything from then on."""
    (tmp_path / "house_of_moods").mkdir()
    (tmp_path / "house_of_moods" / "moody.py").write_text(SENDER)
    monkeypatch.syspath_prepend(tmp_path)
    mood = tmp_path / "good"
    newsroom.edit(
        "[[newsletters]]\n",
        f'[[senders]]\nkind = "house_of_moods.moody"\nmood = "{mood}"\n\n[[newsletters]]\non_unknown = "hold"\n',
    )
    digest("subscribers", "add", *PEOPLE, "lost@example.org", "--newsletter", "daily")
    sent = digest("send", "daily")
    assert sent.code == 1
    mood.touch()
    return str(digest("editions", "list", "--json").json[0]["edition"])


def test_it_says_whom_it_reaches_and_does_nothing_without_a_yes(burnt: str, digest: Digest) -> None:
    asked = digest("deliveries", "retry", burnt)
    assert asked.code == 1
    assert f"{burnt} would be sent to 4 readers who were refused" in asked.out
    assert "4  the mail was refused; 554 5.6.0 message … contains a bad header" in asked.out
    assert "ada@example.org, ben@example.org, cleo@example.org and 1 more" in asked.out
    assert "stay as they are: 1 (the address is suppressed)" in asked.out
    assert "--release" in asked.out
    assert "--yes" in asked.err
    told = digest("deliveries", "retry", burnt, "--json")
    assert (told.code, told.json["would_reach"], told.json["queued"]) == (1, 4, 0)
    assert digest("editions", "list", "--json").json[0]["refused"] == 5


def test_it_opens_the_edition_again_and_names_the_command_that_sends(burnt: str, digest: Digest) -> None:
    digest("subscribers", "unsubscribe", "ben@example.org", "--newsletter", "daily")
    done = digest("deliveries", "retry", burnt, "--reason", "BAD HEADER", "--yes")
    assert done.code == 0
    assert "1 (the reader has unsubscribed)" in done.out
    assert "3 readers wait for it again" in done.out
    assert f'"digest send {burnt}" sends it now' in done.out
    sent = digest("send", burnt, "--json").json
    assert (sent["status"], sent["sent"], sent["refused"], sent["unknown"]) == ("sent", 3, 2, 1)


def test_one_reader_and_the_suppression_that_came_of_it(burnt: str, digest: Digest) -> None:
    assert "550 5.1.1" in digest("subscribers", "show", "gone@example.org").out
    assert "digest subscribers release" in digest("why", "reader", "gone@example.org").out
    done = digest("deliveries", "retry", burnt, "gone@example.org", "--release", "--yes", "--json").json
    assert (done["would_reach"], done["queued"], done["stay"]) == (1, 1, {})
    assert digest("send", burnt, "--json").json["sent"] == 1
    assert "suppressed" not in digest("subscribers", "show", "gone@example.org").out


def test_doubts_are_sent_again_or_noted_as_received(burnt: str, digest: Digest) -> None:
    asked = digest("deliveries", "retry", burnt, "--state", "unknown")
    assert "1 reader who is in doubt" in asked.out
    assert "1 of them may have had it already, and would get it twice" in asked.out
    assert digest("deliveries", "accept", burnt).code == 1
    noted = digest("deliveries", "accept", burnt, "lost@example.org", "--yes")
    assert (noted.code, "1 noted as sent" in noted.out) == (0, True)
    assert digest("deliveries", burnt, "--state", "sent", "--json").json[0]["address"] == "lost@example.org"
    nobody = digest("deliveries", "accept", burnt, "--yes")
    assert (nobody.code, "nothing to do" in nobody.out) == (0, True)


def test_a_paused_edition_stays_paused_and_a_cancelled_one_is_named_as_such(
    burnt: str, digest: Digest
) -> None:
    digest("deliveries", "retry", burnt, "ada@example.org", "--yes")
    digest("editions", "pause", burnt)
    paused = digest("deliveries", "retry", burnt, "ben@example.org", "--yes")
    assert f'"digest editions resume {burnt}" lets it go on' in paused.out
    digest("editions", "cancel", burnt)
    cancelled = digest("deliveries", "retry", burnt, "--state", "skipped", "--yes")
    assert "was cancelled: it would be sent after all" in cancelled.out
    assert digest("send", burnt, "--json").json["sent"] == 2


def test_mistakes_are_told(burnt: str, digest: Digest, newsroom: Newsroom) -> None:
    assert digest("deliveries", "retry", "daily-2031", "--yes").code == 2
    assert digest("deliveries", "retry", burnt, "--state", "sent").code == 2
    assert digest("deliveries", "retry", burnt, "no address", "--yes").code == 2
    stranger = digest("deliveries", "retry", burnt, "stranger@example.org", "--yes")
    assert (stranger.code, "no matching reader" in stranger.out) == (0, True)
    assert digest("deliveries").code == 2 or "retry" in digest("deliveries").out
    assert digest("deliveries", "show", burnt).out == digest("deliveries", burnt).out


@pytest.mark.parametrize(("answer", "queued"), [(b"y\n", 4), (b"n\n", 0)])
def test_a_terminal_is_asked(burnt: str, digest: Digest, tmp_path: Path, answer: bytes, queued: int) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "digest", "deliveries", "retry", burnt]
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    process = subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, cwd=tmp_path, env=environ)
    os.write(ours, answer)
    out, _ = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert b"Send it to these 4 again?" in out
    assert process.returncode == 0
    assert digest("editions", "list", "--json").json[0]["queued"] == queued

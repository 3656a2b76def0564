"""Mails are kept as they came, numbered, found again after a restart, and never half."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.inbox import Mailbox
from digest.inbox.trace import Envelope, split_trace, write_trace

MAIL = (
    b"From: =?utf-8?q?Jos=C3=A9?= <jose@example.org>\r\nTo: ada@example.org\r\n"
    b"Subject: =?utf-8?b?w4TDpCDigJQgdHdv?=\r\n =?utf-8?q?_lines?=\r\n"
    b"Message-ID: <one@example.org>\r\n\r\n.dots\r\nReturn-Path: <not@a.trace>\r\n"
)


def envelope(*recipients: str, sender: str = "bounce@example.org") -> Envelope:
    arrived = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
    return Envelope(sender=sender, recipients=recipients, arrived=arrived, client="mta.example.org")


@pytest.fixture(params=["memory", "folder"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return tmp_path / "mails" if request.param == "folder" else None


async def test_a_mail_is_kept_byte_for_byte(folder: Path | None) -> None:
    box = await Mailbox.open(folder)
    mail = await box.add(envelope("ada@example.org"), MAIL)
    assert await box.read(mail.number) == MAIL
    assert box.find(mail.number) == mail
    assert mail.heading.subject == "Ää — two lines"
    assert mail.heading.author == "José <jose@example.org>"
    assert mail.size == len(MAIL)


async def test_newest_first_and_found_by_all_words(folder: Path | None) -> None:
    box = await Mailbox.open(folder)
    for name in ("ada", "grace", "mary"):
        await box.add(envelope(f"{name}@example.org"), MAIL)
    assert [mail.envelope.recipients for mail in box.mails()] == [
        ("mary@example.org",),
        ("grace@example.org",),
        ("ada@example.org",),
    ]
    assert [mail.number for mail in box.mails("GRACE lines")] == [2]
    assert box.mails("grace nothing") == []


async def test_a_second_copy_says_that_it_is_one(folder: Path | None) -> None:
    box = await Mailbox.open(folder)
    first = await box.add(envelope("ada@example.org"), MAIL)
    second = await box.add(envelope("ada@example.org"), MAIL)
    other = await box.add(envelope("ada@example.org"), MAIL.replace(b"one@", b"two@"))
    assert (first.copy, second.copy, other.copy) == (1, 2, 1)
    assert box.copies(first) == 2
    assert box.copies(other) == 1


async def test_mails_without_an_id_are_no_copies_of_each_other() -> None:
    box = await Mailbox.open()
    mails = [await box.add(envelope("ada@example.org"), b"Subject: x\r\n\r\ny\r\n") for _ in range(2)]
    assert [mail.copy for mail in mails] == [1, 1]


async def test_the_folder_remembers_everything_over_a_restart(tmp_path: Path) -> None:
    box = await Mailbox.open(tmp_path)
    before = [
        await box.add(envelope("ada@example.org", "bücher@example.org", sender=""), MAIL),
        await box.add(envelope("../../etc/passwd@example.org"), MAIL),
    ]
    again = await Mailbox.open(tmp_path)
    assert [mail.envelope.recipients for mail in reversed(again.mails())] == [
        mail.envelope.recipients for mail in before
    ]
    assert [mail.copy for mail in reversed(again.mails())] == [1, 2]
    assert again.find(1).envelope.sender == ""  # type: ignore[union-attr]
    assert await again.read(1) == MAIL
    third = await again.add(envelope("ada@example.org"), MAIL)
    assert third.number == 3
    assert {path.parent for path in tmp_path.rglob("*")} == {tmp_path}


async def test_files_that_others_put_there_are_listed_too(tmp_path: Path) -> None:
    (tmp_path / "from-elsewhere.eml").write_bytes(MAIL)
    (tmp_path / "notes.txt").write_text("no mail")
    os.utime(tmp_path / "from-elsewhere.eml", (1_700_000_000, 1_700_000_000))
    box = await Mailbox.open(tmp_path)
    (mail,) = box.mails()
    assert mail.envelope.recipients == ("ada@example.org",)
    assert mail.envelope.sender == "jose@example.org"
    assert mail.envelope.arrived == datetime.fromtimestamp(1_700_000_000, UTC)
    assert await box.read(mail.number) == MAIL


async def test_many_at_once_get_a_number_each(tmp_path: Path) -> None:
    box = await Mailbox.open(tmp_path)
    mails = await asyncio.gather(*(box.add(envelope(f"r{n}@example.org"), MAIL) for n in range(50)))
    assert sorted(mail.number for mail in mails) == list(range(1, 51))
    assert len(list(tmp_path.glob("*.eml"))) == 50
    assert not list(tmp_path.glob(".*"))


async def test_a_mail_that_cannot_be_kept_leaves_nothing_behind(tmp_path: Path) -> None:
    box = await Mailbox.open(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(OSError, match="No such file"):
        await box.add(envelope("ada@example.org"), MAIL)
    assert box.mails() == []


async def test_memory_holds_the_newest_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Mailbox, "memory_limit", 3 * len(MAIL))
    box = await Mailbox.open()
    for _ in range(5):
        await box.add(envelope("ada@example.org"), MAIL)
    assert [mail.number for mail in box.mails()] == [5, 4, 3]
    with pytest.raises(KeyError):
        await box.read(2)


def test_the_trace_comes_off_as_it_went_on() -> None:
    sent = envelope("ada@example.org", "grace@example.org")
    read, data = split_trace(write_trace(sent) + MAIL)
    assert data == MAIL
    assert read is not None
    assert (read.sender, read.recipients, read.arrived) == (sent.sender, sent.recipients, sent.arrived)
    assert split_trace(MAIL) == (None, MAIL)

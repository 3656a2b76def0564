"""Mails as files: whole, one for each message, under names that cannot lead anywhere else."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from digest.errors import SenderBroken
from digest.http import Http
from digest.model import Message, Sent, Unsent
from digest.senders.eml import Options, Sender, file_name
from tests.senders.contract import Basics

MESSAGE = Message(
    id="daily-2026-03-02T0700.0a1b@news.example.org",
    key="daily/1",
    sender="daily@news.example.org",
    recipient="ada@example.org",
    pieces=(b"Subject: Hello\r\n\r\nHello\r\n",),
)


@pytest.fixture
async def sender(tmp_path: Path, http: Http) -> Sender:
    return Sender(Options(folder=tmp_path / "deep" / "outbox"), http)


class Folder:
    """The folder, as the other side."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def taken(self) -> list[str]:
        files = sorted(self.path.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
        return [file.name.removesuffix(".eml").rpartition("_")[2] for file in files]


@pytest.fixture
def provider(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "deep" / "outbox")


class TestExam(Basics):
    def inspect(self, provider: Folder, message: Message) -> None:
        [file] = provider.path.iterdir()
        assert file.read_bytes() == message.data


async def test_each_message_is_a_file_with_exactly_its_bytes(sender: Sender, tmp_path: Path) -> None:
    other = replace(MESSAGE, id="daily.2@news.example.org", recipient="bob@example.org")
    outcomes = await sender.send([MESSAGE, other])
    assert [type(outcome) for outcome in outcomes] == [Sent, Sent]
    files = sorted((tmp_path / "deep" / "outbox").iterdir())
    assert [file.name for file in files] == [
        "daily-2026-03-02T0700.0a1b_ada@example.org.eml",
        "daily.2_bob@example.org.eml",
    ]
    assert files[0].read_bytes() == MESSAGE.data


async def test_sending_again_leaves_one_file(sender: Sender, tmp_path: Path) -> None:
    await sender.send([MESSAGE])
    await sender.send([MESSAGE])
    assert len(list((tmp_path / "deep" / "outbox").iterdir())) == 1


@pytest.mark.parametrize(
    "hostile", ["../../etc/passwd@x", "/abs@x", "a\0b@x", "..", "a\nb@x", "ö@x.org", "a" * 300]
)
def test_no_name_leads_out_of_the_folder(hostile: str, tmp_path: Path) -> None:
    name = file_name(replace(MESSAGE, id=hostile, recipient=hostile))
    assert Path(name).name == name
    assert not name.startswith(".")
    assert len(name) < 255
    (tmp_path / name).write_bytes(b"")


def test_two_ids_that_differ_only_in_odd_characters_are_two_files() -> None:
    assert file_name(replace(MESSAGE, id="a/b@x")) != file_name(replace(MESSAGE, id="a:b@x"))


async def test_a_folder_that_is_a_file_is_said(tmp_path: Path, http: Http) -> None:
    (tmp_path / "outbox").write_text("in the way")
    sender = Sender(Options(folder=tmp_path / "outbox"), http)
    with pytest.raises(SenderBroken, match=r"outbox: File exists"):
        await sender.send([MESSAGE])
    with pytest.raises(SenderBroken, match=r"outbox: File exists"):
        await sender.check()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")  # noqa: PTH110
async def test_a_full_disk_leaves_the_rest_unsent_and_no_half_file(tmp_path: Path, http: Http) -> None:
    sender = Sender(Options(folder=tmp_path), http)
    full = replace(MESSAGE, id="full@x")
    (tmp_path / file_name(full)).with_suffix(".part").symlink_to("/dev/full")
    outcomes = await sender.send([MESSAGE, full, replace(MESSAGE, id="third@x")])
    assert [type(outcome) for outcome in outcomes] == [Sent, Unsent, Unsent]
    assert "No space left" in outcomes[1].reply
    assert [path.name for path in tmp_path.iterdir()] == [file_name(MESSAGE)]


async def test_check_says_where_the_mails_go(sender: Sender, tmp_path: Path) -> None:
    assert str(tmp_path / "deep" / "outbox") in await sender.check()

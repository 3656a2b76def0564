"""Mails as files: whole, one for each message, under names that cannot lead anywhere else."""

from __future__ import annotations

import os
import resource
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from digest.errors import SenderBroken
from digest.model import Message, Sent, Unsent
from digest.net.http import Http
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


@pytest.fixture
def cramped() -> Iterator[None]:
    """No file may grow beyond 100 kB, as on a disk that is full at that moment."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("cramped")
async def test_a_full_disk_leaves_the_rest_unsent_and_no_half_file(tmp_path: Path, http: Http) -> None:
    sender = Sender(Options(folder=tmp_path), http)
    large = replace(MESSAGE, id="large@x", pieces=(b"x" * 200_000,))
    outcomes = await sender.send([MESSAGE, large, replace(MESSAGE, id="third@x")])
    assert [type(outcome) for outcome in outcomes] == [Sent, Unsent, Unsent]
    assert "File too large" in outcomes[1].reply
    assert [path.name for path in tmp_path.iterdir()] == [file_name(MESSAGE)]


@pytest.mark.parametrize("ending", [".part", ".eml"])
async def test_a_link_that_is_in_the_way_is_not_followed(tmp_path: Path, http: Http, ending: str) -> None:
    theirs, folder = tmp_path / "theirs", tmp_path / "outbox"
    theirs.write_text("precious")
    folder.mkdir()
    (folder / file_name(MESSAGE)).with_suffix(ending).symlink_to(theirs)
    [outcome] = await Sender(Options(folder=folder), http).send([MESSAGE])
    assert isinstance(outcome, Sent)
    assert theirs.read_text() == "precious"
    [file] = folder.iterdir()
    assert not file.is_symlink()
    assert file.read_bytes() == MESSAGE.data


async def test_what_an_interrupted_run_left_is_no_obstacle(tmp_path: Path, http: Http) -> None:
    (tmp_path / file_name(MESSAGE)).with_suffix(".part").write_bytes(b"Subject: He")
    [outcome] = await Sender(Options(folder=tmp_path), http).send([MESSAGE])
    assert isinstance(outcome, Sent)
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [MESSAGE.data]


async def test_mails_are_for_their_user_alone(sender: Sender, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        await sender.send([MESSAGE])
    finally:
        os.umask(before)
    [file] = (tmp_path / "deep" / "outbox").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_check_says_where_the_mails_go(sender: Sender, tmp_path: Path) -> None:
    assert str(tmp_path / "deep" / "outbox") in await sender.check()

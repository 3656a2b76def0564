"""What holds readers' addresses is for this program's user alone, whatever the umask says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.inbox.mailbox import Mailbox
from digest.inbox.trace import Envelope
from digest.model import Message
from digest.net import private
from digest.net.http import Http
from digest.senders import eml
from tests.cli.conftest import Digest, Newsroom

ENVELOPE = Envelope(
    sender="a@example.org", recipients=("b@example.org",), arrived=datetime(2026, 3, 2, tzinfo=UTC)
)


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def modes(folder: Path) -> set[str]:
    """Return the modes of all files in a folder, and check that there are some."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return {oct(path.stat().st_mode & 0o777) for path in files}


def mode(folder: Path) -> str:
    return oct(folder.stat().st_mode & 0o777)


def test_a_file_replaces_what_had_its_name_and_writes_through_no_link(tmp_path: Path, umask: int) -> None:
    other = tmp_path / "other"
    other.write_text("theirs")
    (tmp_path / "mine").symlink_to(other)
    private.write(tmp_path / "mine", "readers")
    assert (other.read_text(), (tmp_path / "mine").read_text()) == ("theirs", "readers")
    assert mode(tmp_path / "mine") == "0o600"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "other"]


async def test_the_outbox_and_its_mails(tmp_path: Path, umask: int) -> None:
    http = Http(user_agent="tests")
    sender = eml.Sender(eml.Options(folder=tmp_path / "a" / "outbox"), http)
    message = Message(
        id="1@x", key="1", sender="a@example.org", recipient="b@example.org", pieces=(b"Subject: x\r\n\r\n",)
    )
    await sender.send([message])
    await http.close()
    assert (mode(tmp_path / "a" / "outbox"), modes(tmp_path)) == ("0o700", {"0o600"})


async def test_the_inbox_and_its_mails(tmp_path: Path, umask: int) -> None:
    mailbox = await Mailbox.open(tmp_path / "letters")
    await mailbox.add(ENVELOPE, b"Subject: x\r\n\r\n")
    assert (mode(tmp_path / "letters"), modes(tmp_path / "letters")) == ("0o700", {"0o600"})


def test_a_folder_that_somebody_made_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    private.make_folder(tmp_path)
    assert mode(tmp_path) == "0o755"
    assert private.is_open(tmp_path)


def test_a_preview_of_a_readers_copy_can_be_shown_around(digest: Digest, newsroom: Newsroom) -> None:
    digest("subscribers", "add", "Anna <anna@example.org>")
    before = os.umask(0o022)
    assert digest("preview", "--as", "anna@example.org", "--out", "out").code == 0
    os.umask(before)
    out = newsroom.folder / "out"
    assert (mode(out), modes(out)) == ("0o700", {"0o600"})
    digest("send")
    [mail] = newsroom.mails
    sent, shown = mail.read_text(), (out / "mail.eml").read_text()
    link = sent.partition("List-Unsubscribe: <")[2].partition(">")[0]
    assert link.startswith("https://post.example.org/u/")
    assert "To: Anna <anna@example.org>" in shown
    assert link not in shown
    assert link not in (out / "preview.html").read_text()


def test_a_folder_that_another_process_made_meanwhile_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one is faster between the look and the making; a file in that place stays an error."""
    folder = tmp_path / "outbox"
    look = Path.is_dir
    looks: list[Path] = []

    def made_behind_our_back(path: Path) -> bool:
        looks.append(path)
        there = look(path)
        if path == folder and len(looks) == 1:
            folder.mkdir(0o700)
        return there

    monkeypatch.setattr(Path, "is_dir", made_behind_our_back)
    private.make_folder(folder)
    assert look(folder)
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        private.make_folder(tmp_path / "file")

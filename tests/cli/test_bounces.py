"""`digest bounces read`: what mails that came back say, without a configuration; and what they do, with one."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Digest, Newsroom
from tests.feedback.reading.mails import READER, complaint, failed, mail

DEAD = failed("550 5.1.1 User unknown")


def standard_input(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_a_dry_run_needs_no_configuration(
    digest: Digest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bounce.eml").write_bytes(DEAD)
    found = digest("bounces", "read", "--dry-run", "--json", "bounce.eml")
    assert found.code == 0
    [one] = found.json
    assert (one["recipient"], one["kind"], one["code"]) == (READER, "hard", "5.1.1")
    assert (one["action"], "User unknown" in one["reason"]) == ("suppress", True)
    assert list(tmp_path.iterdir()) == [tmp_path / "bounce.eml"]
    words = digest("bounces", "read", "--dry-run", "bounce.eml")
    assert READER in words.out
    assert "there is no such mailbox" in words.out


MANY = (DEAD, complaint(), mail("hello", sender=READER, return_path=READER))
KINDS = ["hard", "complaint", "none"]


def mbox() -> bytes:
    return b"".join(b"From mx@example.net Mon Mar  2 07:00:00 2026\n" + one + b"\n" for one in MANY)


@pytest.mark.parametrize("place", ["mbox", "Maildir", "folder", "-"])
def test_mails_are_read_wherever_they_lie(
    place: str, digest: Digest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = tmp_path / place
    if place == "-":
        standard_input(monkeypatch, mbox())
        where = Path(place)
    elif place == "mbox":
        where.write_bytes(mbox())
    else:
        folder = where / "new" if place == "Maildir" else where
        folder.mkdir(parents=True)
        (where / "cur").mkdir(exist_ok=True)
        for number, one in enumerate(MANY):
            (folder / f"{number}.mx").write_bytes(one)
    found = digest("bounces", "read", "--dry-run", "--json", where).json
    assert [one["kind"] for one in found] == KINDS


def test_a_path_that_is_not_there_is_named(digest: Digest, tmp_path: Path) -> None:
    found = digest("bounces", "read", "--dry-run", tmp_path / "gone.eml")
    assert found.code == 2
    assert "gone.eml does not exist" in found.err


@pytest.mark.usefixtures("newsroom")
def test_a_report_that_fits_no_mail_of_ours_touches_nobody(
    digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert digest("subscribers", "add", READER).code == 0
    standard_input(monkeypatch, DEAD)
    [one] = digest("bounces", "read", "--json").json
    assert one["effect"] == "no mail of ours fits it: nobody is touched"
    assert "suppressed" not in digest("subscribers", "list").out


def test_who_was_mailed_and_whose_mail_came_back_is_suppressed_once(
    newsroom: Newsroom, digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert digest("subscribers", "add", READER).code == 0
    assert digest("send").code == 0
    [sent] = newsroom.mails
    returned = DEAD.replace(DEAD[DEAD.index(b"From: The Daily") :], sent.read_bytes())
    effects = []
    for _ in range(2):
        standard_input(monkeypatch, returned)
        effects += [one["effect"] for one in digest("bounces", "read", "--json").json]
    assert effects == ["suppressed", "suppressed"]  # the same mail again is the same report
    assert digest("subscribers", "list", "--status", "suppressed").out.count(READER) == 1

"""Looking at a copy of the database where nothing can be written, such as a mounted backup."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys

import pytest

from tests.cli.conftest import Digest, Newsroom

#: Makes the folder $0 read-only for the command that follows and nobody else; root may write whatever the mode says.
_AS_ROOT = 'mount -o bind "$0" "$0" && mount -o remount,ro,bind "$0" "$0" && cd "$0" && exec "$@"'
_AS_USER = 'chmod 500 "$0" && cd "$0" && exec "$@"'


def in_read_only_folder(newsroom: Newsroom, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program in the newsroom's folder while nothing there can be written."""
    root = os.geteuid() == 0
    if root and not shutil.which("unshare"):
        pytest.skip("root needs unshare to make a folder read-only for itself")
    shell = ["unshare", "-m", "sh", "-c", _AS_ROOT] if root else ["sh", "-c", _AS_USER]
    command = [*shell, str(newsroom.folder), sys.executable, "-m", "digest", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    newsroom.folder.chmod(0o700)
    if root and "digest" not in done.stderr + done.stdout and done.returncode in (1, 32):
        pytest.skip(f"no mount can be made here: {done.stderr.strip()}")
    return done


def test_a_copy_that_cannot_be_written_can_be_read(digest: Digest, newsroom: Newsroom) -> None:
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    edition = digest("send", "daily", "--json").json["edition"]
    for command, expected in (
        (["subscribers", "list"], "anna@example.org"),
        (["subscribers", "export"], "anna@example.org"),
        (["editions", "list"], edition),
        (["deliveries", edition], "anna@example.org"),
        (["why", "reader", "anna@example.org"], edition),
    ):
        done = in_read_only_folder(newsroom, *command)
        assert done.returncode == 0, done.stderr
        assert expected in done.stdout
        assert done.stderr == ""


def test_what_has_to_write_says_that_it_cannot(digest: Digest, newsroom: Newsroom) -> None:
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    done = in_read_only_folder(newsroom, "subscribers", "add", "b@example.org", "--newsletter", "daily")
    assert done.returncode == 1
    assert "digest.db" in done.stderr
    assert "writable" in done.stderr
    assert "Traceback" not in done.stderr
    assert "b@example.org" not in digest("subscribers", "list").out


def test_changes_that_are_still_in_the_log_are_not_passed_over(digest: Digest, newsroom: Newsroom) -> None:
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    with contextlib.closing(sqlite3.connect(newsroom.folder / "digest.db")) as busy:
        busy.execute("UPDATE reader SET name = 'Anna'")
        busy.commit()
        done = in_read_only_folder(newsroom, "subscribers", "list")
    assert done.returncode == 1
    assert "digest.db-wal: copy both files" in done.stderr

"""Copies of the database, its move to a server, and the ways back, as a person types them."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Digest, Newsroom


def tool(own_postgres: Any, name: str) -> str:
    """Return one of PostgreSQL's own tools, of the server's version where that is ours."""
    if own_postgres is not None:
        beside = Path(f"/proc/{own_postgres.get_pid()}/exe").resolve().with_name(name)
        found = str(beside) if beside.exists() else None
    else:
        found = shutil.which(name)
    return found or pytest.skip(f"there is no {name} here")


def test_a_restored_copy_is_noticed_before_an_edition_goes_out_twice(
    digest: Digest, newsroom: Newsroom, tmp_path: Path
) -> None:
    assert digest("db", "backup", "early.db").code == 1
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    done = digest("db", "backup", "copy.db")
    assert (done.code, done.out.startswith("copy.db: ")) == (0, True)
    again = digest("db", "backup", "copy.db")
    assert again.code == 2
    assert "copy.db exists already. --replace replaces it." in again.err
    assert digest("db", "backup", "copy.db", "--replace").code == 0
    itself = digest("db", "backup", "digest.db", "--replace")
    assert (itself.code, "the database itself" in itself.err) == (2, True)
    assert digest("send", "daily", "--json").json["status"] == "sent"
    assert len(newsroom.mails) == 1

    for file in tmp_path.glob("digest.db-*"):  # the way that the guide tells
        file.unlink()
    shutil.copy(tmp_path / "copy.db", tmp_path / "digest.db")
    held = digest("send", "daily", "--json")
    assert held.json["status"] == "held"
    assert "restored from a copy" in held.out + held.err
    assert "digest editions resume" in held.out + held.err
    assert len(newsroom.mails) == 1, "nobody has it twice"
    assert digest("subscribers", "show", "anna@example.org").code == 0


@pytest.mark.postgres
def test_a_database_moves_and_the_daily_job_goes_on(
    digest: Digest, newsroom: Newsroom, empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    assert digest("send", "daily", "--json").json["status"] == "sent"
    assert digest("db", "move").code == 2
    assert digest("db", "move", "mysql://localhost/digest").code == 2
    done = digest("db", "move", empty_postgres_url)
    assert (done.code, "reader: 1 rows copied" in done.err) == (0, True), done.err
    assert "counted on both sides" in done.out
    assert "name the new database in database.url" in done.out
    assert "was moved" in digest("db", "move", empty_postgres_url).out
    for command in (["send", "daily"], ["editions", "list"], ["db", "upgrade"], ["db", "backup", "late.db"]):
        refused = digest(*command)
        assert refused.code == 1
        assert "was moved to postgresql://" in refused.err
        assert "--undo" in refused.err

    monkeypatch.setenv("DIGEST_DATABASE__URL", empty_postgres_url)
    assert digest("send", "daily", "--json").json["status"] == "already-sent"
    assert "anna@example.org" in digest("subscribers", "list").out
    assert digest("check").code == 0
    monkeypatch.delenv("DIGEST_DATABASE__URL")

    back = digest("db", "move", "--undo")
    assert (back.code, "used again" in back.out) == (0, True)
    assert digest("send", "daily", "--json").json["status"] == "already-sent"
    assert digest("db", "move", "--undo").code == 2
    assert len(newsroom.mails) == 1


@pytest.mark.postgres
def test_the_way_that_is_told_for_postgresql_works(
    digest: Digest,
    newsroom: Newsroom,
    postgres_url: str,
    empty_postgres_url: str,
    own_postgres: Any,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("DIGEST_DATABASE__URL", postgres_url.replace("postgres:@", "postgres:verysecret@"))
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    told = digest("db", "backup", "digest.dump")
    assert told.code == 2
    assert "verysecret" not in told.err
    [line] = (line.strip() for line in told.err.splitlines() if "pg_dump" in line and "--file" in line)
    paths = f"{Path(tool(own_postgres, 'pg_dump')).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(line, shell=True, check=True, cwd=tmp_path, env={**os.environ, "PATH": paths})

    assert digest("send", "daily", "--json").json["status"] == "sent"
    restore = [
        tool(own_postgres, "pg_restore"),
        f"--dbname={empty_postgres_url}",
        "--no-owner",
        "digest.dump",
    ]
    subprocess.run(restore, check=True, cwd=tmp_path)
    monkeypatch.setenv("DIGEST_DATABASE__URL", empty_postgres_url)
    held = digest("send", "daily", "--json")
    assert held.json["status"] == "held"
    assert "restored from a copy" in held.out + held.err
    assert len(newsroom.mails) == 1

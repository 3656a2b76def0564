"""The same commands over PostgreSQL, and one machine more."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from tests.cli.conftest import Digest, Newsroom
from tests.e2e.conftest import Process, start, until  # noqa: F401  # a fixture

pytestmark = pytest.mark.postgres


def test_the_daily_job_over_postgresql(
    digest: Digest, newsroom: Newsroom, empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_DATABASE__URL", empty_postgres_url)
    early = digest("send", "daily")
    assert early.code == 1
    assert "digest db upgrade" in early.err, "tables are made when asked for, never behind an operator's back"
    assert digest("db", "upgrade").code == 0
    assert digest("db", "upgrade").code == 0
    assert digest("subscribers", "add", "anna@example.org", "--newsletter", "daily").code == 0
    assert digest("preview", "daily").code == 0
    assert digest("send", "daily", "--json").json["status"] == "sent"
    assert digest("send", "daily", "--json").json["status"] == "already-sent"
    assert len(newsroom.mails) == 1


def test_a_worker_delivers_what_another_machine_has_opened(
    digest: Digest,
    newsroom: Newsroom,
    postgres_url: str,
    start: Callable[..., Process],  # noqa: F811
) -> None:
    newsroom.edit("[fetch]", f'[database]\nurl = "{postgres_url}"\n\n[fetch]')
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    newsroom.edit(
        "[[newsletters]]\n", '[[senders]]\nkind = "smtp"\nhost = "127.0.0.1"\nport = 9\n\n[[newsletters]]\n'
    )
    stuck = start("send", "daily")
    until(lambda: digest("editions", "list", "--json").json, stuck)
    stuck.kill()
    stuck.wait()
    newsroom.edit('kind = "smtp"\nhost = "127.0.0.1"\nport = 9\n', 'kind = "eml"\n')
    worker = start("worker")
    until(lambda: newsroom.mails, worker)
    worker.kill(signal.SIGTERM)
    assert worker.wait(20) == 0
    assert digest("send", "daily", "--json").json["status"] == "already-sent"

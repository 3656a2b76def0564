"""`digest run` as an operator runs it: what was missed is caught up, readers can leave, SIGTERM ends it in order."""

from __future__ import annotations

import json
import re
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.cli.conftest import Digest, Newsroom, digest  # noqa: F401  # a fixture
from tests.e2e.conftest import Process, until
from tests.helpers.databases import known_long_ago

Start = Callable[..., Process]


@pytest.fixture
def base(newsroom: Newsroom) -> str:
    """The service's own address, with a slot every hour so that one is always due."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    newsroom.edit('"0 7 * * *"', '"0 * * * *"')
    newsroom.edit("[fetch]", f"[web]\nport = {port}\n\n[fetch]")
    return f"http://127.0.0.1:{port}"


def ask(url: str, data: bytes | None = None) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, data, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_missed_slot_is_caught_up_and_a_reader_can_leave(
    start: Start,
    newsroom: Newsroom,
    digest: Digest,  # noqa: F811
    base: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    digest("subscribers", "add", "anna@example.org", "ben@example.org", "--newsletter", "daily")
    known_long_ago(newsroom.folder / "digest.db")
    service = start("run")
    until(lambda: len(newsroom.mails) == 2, service)

    raw = newsroom.mails[0].read_bytes().decode()
    reader = re.search(r"^To: .*?([a-z]+@example\.org)", raw, re.MULTILINE)
    link = re.search(r"^List-Unsubscribe: <https://post\.example\.org(/u/[^>]+)>", raw, re.MULTILINE)
    assert reader
    assert link
    assert ask(base + link[1])[0] == 200, "a scanner follows every link"
    listed: list[dict[str, Any]] = digest("subscribers", "list", "--json").json
    assert {one["status"] for one in listed} == {"confirmed"}
    assert ask(base + link[1], b"List-Unsubscribe=One-Click")[0] == 200
    listed = digest("subscribers", "list", "--json").json
    assert {one["address"] for one in listed if one["status"] == "unsubscribed"} == {reader[1]}

    [edition] = digest("editions", "list", "--json").json
    status, page = ask(f"{base}/e/{edition['edition']}")
    assert (status, "Ferry back in service" in page) == (200, True)
    status, health = ask(f"{base}/healthz")
    assert status == 200
    assert json.loads(health)["status"] == "ok"

    service.kill(signal.SIGTERM)
    assert service.wait(20) == 0
    assert "stopped" in service.said
    lines = re.findall(r"^(\S+) INFO digest: (.*)", service.said, re.MULTILINE)
    assert all(datetime.fromisoformat(moment).tzinfo for moment, _ in lines)
    name = edition["edition"]
    assert any(re.fullmatch(rf"{name}: sent after \d+ s: 2 sent of 2 readers", line) for _, line in lines)
    assert "Traceback" not in service.said
    assert digest("send", "daily", "--json").json["status"] == "already-sent"


def test_a_slot_too_long_ago_is_skipped_and_said(
    start: Start,
    newsroom: Newsroom,
    digest: Digest,  # noqa: F811
    base: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    newsroom.edit('"0 * * * *"', '"0 0 1 1 *"')
    monkeypatch.setenv("JOURNAL_STREAM", "9:12345")  # which has its own time
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    known_long_ago(newsroom.folder / "digest.db")
    service = start("run")
    until(lambda: "skipped-late" in service.said, service)
    service.kill(signal.SIGTERM)
    assert service.wait(20) == 0
    assert service.said.startswith("INFO digest: ")
    assert [one["status"] for one in digest("editions", "list", "--json").json] == ["skipped-late"]
    assert not newsroom.mails


def test_the_first_start_mails_nobody_and_reports_nothing(
    start: Start,
    newsroom: Newsroom,
    digest: Digest,  # noqa: F811
    base: str,
) -> None:
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    service = start("run")
    until(lambda: "next edition" in service.said, service)
    until(lambda: json.loads(ask(f"{base}/healthz")[1])["newsletters"], service)
    service.kill(signal.SIGTERM)
    assert service.wait(20) == 0
    assert digest("editions", "list", "--json").json == []
    assert not newsroom.mails
    assert digest("send", "daily", "--json").json["sent"] == 1, "by hand it is made all the same"


def test_a_taken_port_is_said(start: Start, newsroom: Newsroom, base: str) -> None:
    with socket.create_server(("127.0.0.1", int(base.rpartition(":")[2]))):
        service = start("run")
        assert service.wait(30) == 2
    assert base.rpartition(":")[2] in service.said
    assert "`port` under [web]" in service.said
    assert "Traceback" not in service.said

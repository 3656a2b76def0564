"""A newsroom in a folder, and the program as a person calls it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, TypeAlias
from xml.sax.saxutils import escape

import pytest

from digest.cli import main
from digest.clock import utc_now
from tests.helpers.servers import Answer, Server

CONFIG = """\
[site]
name = "The Harbour Post"
url = "https://post.example.org"
postal_address = "1 Quay Street, Springfield"

[fetch]
allow_private = true
host_pause = "0s"

[[newsletters]]
name = "daily"
title = "The Daily"
from = "The Daily <daily@post.example.org>"
schedule = "0 7 * * *"
timezone = "Europe/Berlin"
max_age = "48h"

[[newsletters.sections]]
title = "Harbour"
[[newsletters.sections.sources]]
url = "{url}"
"""


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Digest: TypeAlias = Callable[..., Result]


@pytest.fixture
def digest(capsys: pytest.CaptureFixture[str]) -> Digest:
    """Call the program in this process; returns its exit code and what it printed."""

    def call(*arguments: object) -> Result:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Result(int(left.value.code or 0), captured.out, captured.err)

    return call


def rss(titles: Sequence[str], published: datetime) -> str:
    """Return a feed with an article for each title, the first one newest."""
    items = "".join(
        f"<item><guid>{escape(title)}</guid><title>{escape(title)}</title><link>https://post.example.org/{number}</link>"
        f"<description>About it.</description>"
        f"<pubDate>{format_datetime(published - timedelta(minutes=number))}</pubDate></item>"
        for number, title in enumerate(titles)
    )
    return f'<rss version="2.0"><channel><title>Harbour feed</title>{items}</channel></rss>'


class Newsroom:
    """A folder with a configuration, and the feed that it reads."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder, self.server = folder, server
        self.config = folder / "config.toml"
        self.config.write_text(CONFIG.format(url=server.url("/feed.xml")), encoding="utf-8")
        self.publish("Ferry back in service", "School garden opens", "New bus line")

    def publish(self, *titles: str, published: datetime | None = None) -> None:
        body = rss(titles, published or utc_now() - timedelta(hours=1))
        self.server.routes["/feed.xml"] = Answer(body=body, headers={"Content-Type": "application/rss+xml"})

    def edit(self, old: str, new: str) -> None:
        text = self.config.read_text(encoding="utf-8")
        assert old in text
        self.config.write_text(text.replace(old, new), encoding="utf-8")

    @property
    def mails(self) -> list[Path]:
        return sorted((self.folder / "outbox").glob("*.eml"))


@pytest.fixture
def newsroom(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Newsroom:
    monkeypatch.chdir(tmp_path)
    return Newsroom(tmp_path, server)

"""Sources and senders of one's own: typed, importing nothing but what is declared stable, used by the program."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from digest import plugin_api
from tests.cli.conftest import Digest, Newsroom, digest, newsroom
from tests.extensions import board, pigeon
from tests.helpers.servers import Answer

__all__ = ["digest", "newsroom"]  # fixtures

ROOT = Path(__file__).parent.parent
EXTENSIONS = sorted((ROOT / "tests" / "extensions").glob("[a-z]*.py"))

#: The checker of types compares the classes with what the program expects of them.
SOURCE: type[plugin_api.Source] = board.Source
SENDER: type[plugin_api.Sender] = pigeon.Sender


@pytest.mark.parametrize("path", EXTENSIONS, ids=lambda path: path.stem)
def test_an_extension_needs_nothing_but_the_declared_names(path: Path) -> None:
    imported = {
        node.module
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("digest")
    }
    assert imported == {"digest.plugin_api"}


def test_every_declared_name_is_in_the_guide() -> None:
    guide = (ROOT / "docs" / "guide" / "extending.md").read_text("utf-8")
    missing = [name for name in plugin_api.__all__ if f"`{name}`" not in guide]
    assert not missing


def test_a_source_and_a_sender_of_ones_own_make_an_edition(
    digest: Digest, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(ROOT)
    notices = [
        {"id": 7, "link": "/n/7", "heading": "The <b>bridge</b> is closed", "date": "2026-03-02T05:00+00:00"}
    ]
    newsroom.server.routes["/board.json"] = Answer(
        body=json.dumps(notices), headers={"Content-Type": "application/json"}
    )
    loft = newsroom.folder / "loft"
    sender = f'[[senders]]\nkind = "tests.extensions.pigeon"\nloft = "{loft}"'
    newsroom.edit("[[newsletters]]", f"{sender}\n\n[[newsletters]]")
    feed, notices_at = newsroom.server.url("/feed.xml"), newsroom.server.url("/board.json")
    newsroom.edit(f'url = "{feed}"', f'kind = "tests.extensions.board"\nurl = "{notices_at}"')
    for address in ("anna@example.org", "cat@example.org"):
        digest("subscribers", "add", address, "--newsletter", "daily")

    broken = digest("send", "daily", "--at", "2026-03-02T07:00")
    assert broken.code == 1
    assert "there is no loft" in broken.err
    loft.mkdir()
    sent = digest("send", "daily", "--at", "2026-03-02T07:00", "--json").json
    assert (sent["sent"], sent["refused"]) == (1, 1)
    assert b"Subject: The bridge is closed" in (loft / "anna@example.org").read_bytes()

"""A theme of one's own, from the command line to the preview."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import IO

from tests.cli.conftest import Digest, Newsroom


def test_a_theme_is_copied_changed_and_used(digest: Digest, newsroom: Newsroom) -> None:
    made = digest("theme", "new", "mine", "--like", "headlines")
    assert made.code == 0, made.err
    body = newsroom.folder / "themes" / "mine" / "body.html"
    body.write_text(
        body.read_text("utf-8").replace("{{ edition.title }}", "Our {{ edition.title }}"), "utf-8"
    )
    config = newsroom.folder / "config.toml"
    config.write_text(
        config.read_text("utf-8").replace('name = "daily"', 'name = "daily"\ntheme = "themes/mine"'), "utf-8"
    )
    shown = digest("preview", "daily")
    assert shown.code == 0, shown.err
    assert "Our The Daily" in (newsroom.folder / "preview" / "mail.html").read_text("utf-8")
    assert "themes/mine/" in digest("theme", "list").out


def test_a_broken_theme_names_file_and_line_and_nothing_is_made(digest: Digest, newsroom: Newsroom) -> None:
    digest("theme", "new", "mine")
    body = newsroom.folder / "themes" / "mine" / "body.html"
    body.write_text("\n{{ lead.titel }}", "utf-8")
    config = newsroom.folder / "config.toml"
    config.write_text(
        config.read_text("utf-8").replace('name = "daily"', 'name = "daily"\ntheme = "themes/mine"'), "utf-8"
    )
    for command in ("preview", "send"):
        broken = digest(command, "daily")
        assert broken.code == 1
        assert f"{body}:2: there is no 'titel' here; did you mean 'title'?" in broken.err
    assert digest("editions", "list", "--json").json == []


def test_nothing_is_overwritten(digest: Digest, newsroom: Newsroom) -> None:
    digest("theme", "new", "mine")
    again = digest("theme", "new", "mine")
    assert again.code == 2
    assert "is there already" in again.err


def test_a_theme_is_watched_from_a_broken_one_on_and_without_news(digest: Digest, newsroom: Newsroom) -> None:
    digest("theme", "new", "mine")
    newsroom.edit('name = "daily"', 'name = "daily"\ntheme = "themes/mine"')
    digest("subscribers", "add", "anna@example.org", "--newsletter", "daily")
    assert digest("send", "daily").code == 0  # from here on there is nothing new
    body = newsroom.folder / "themes" / "mine" / "body.html"
    sound = body.read_text("utf-8")
    body.write_text("{{ lead.titel }}", "utf-8")
    command = [sys.executable, "-m", "digest", "preview", "daily", "--watch"]
    with subprocess.Popen(command, cwd=newsroom.folder, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stderr is not None
        try:
            wait_for(watching.stderr, "there is no 'titel' here")
            body.write_text(sound.replace("{{ edition.title }}", "Our {{ edition.title }}"), "utf-8")
            wait_for(watching.stderr, "Wrote preview/preview.html.")
            assert "Our The Daily" in (newsroom.folder / "preview" / "mail.html").read_text("utf-8")
        finally:
            watching.send_signal(signal.SIGINT)
        assert watching.wait(20) == 130


def wait_for(lines: IO[str], text: str) -> None:
    """Read until a line holds `text`; the test's own time limit ends a wait for what never comes."""
    assert any(text in line for line in lines), f"it ended without saying {text!r}"

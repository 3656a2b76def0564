"""The tutorial, typed as it stands: every command works, and says what the page says that it says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Digest, digest
from tests.helpers.servers import Answer, Server

__all__ = ["digest"]  # the fixture

PAGE = (Path(__file__).parents[2] / "docs" / "tutorial" / "first-edition.md").read_text(encoding="utf-8")
FEED = """\
<?xml version="1.0"?><rss version="2.0"><channel><title>Town News</title><link>{site}</link>
<item><guid>1</guid><title>The bridge is open again</title><link>{site}bridge</link>
<description>Traffic flows since this morning.</description></item>
<item><guid>2</guid><title>The library lends ladders</title><link>{site}library</link>
<description>And drills, and saws.</description></item></channel></rss>"""


def steps() -> Iterator[tuple[str, list[str]]]:
    """Yield each command of the page with the lines that it shows; a piece of configuration is a command "toml"."""
    for language, block in re.findall(r"^```(console|toml)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        if language == "toml":
            yield "toml", block.splitlines()
            continue
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *shown = part.splitlines()
            yield command, shown


class Person:
    """Types the commands in a folder, with the addresses of this test in place of the page's."""

    def __init__(self, folder: Path, site: str, digest: Digest) -> None:
        self.folder, self._digest = folder, digest
        self.places = {"https://example.org/": site}
        self.background: list[subprocess.Popen[str]] = []

    def here(self, text: str) -> str:
        for there, place in self.places.items():
            text = text.replace(there, place)
        return text

    def type(self, command: str) -> str:
        _, *arguments = shlex.split(self.here(command))
        result = self._digest(*arguments)
        assert result.code == 0, f"{command}: {result.out}{result.err}"
        return result.out

    def open_inbox(self) -> str:
        """Start the inbox on free ports, which from now on stand for the page's."""
        command = [sys.executable, "-m", "digest", "inbox", "--smtp", "0", "--http", "0"]
        inbox = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.background.append(inbox)
        assert inbox.stderr is not None
        said = inbox.stderr.readline()
        smtp, http = re.findall(r":(\d+)", said)
        self.places |= {"1025": smtp, "8025": http}
        return said

    def configure(self, lines: list[str]) -> None:
        """Put lines in the place of the sender's `kind`, as the page says."""
        config = self.folder / "config.toml"
        text, count = re.subn(
            r'^kind = "eml".*$', self.here("\n".join(lines)), config.read_text("utf-8"), flags=re.MULTILINE
        )
        assert count == 1
        config.write_text(text, encoding="utf-8")


@pytest.fixture
def person(
    tmp_path: Path, server: Server, digest: Digest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Person]:
    monkeypatch.chdir(tmp_path)
    for name, value in {"FETCH__ALLOW_PRIVATE": "true", "FETCH__HOST_PAUSE": "0s"}.items():
        monkeypatch.setenv(f"DIGEST_{name}", value)
    monkeypatch.setenv("BROWSER", "true")
    server.routes["/feed.xml"] = Answer(body=FEED.format(site=server.url("/")))
    someone = Person(tmp_path, server.url("/"), digest)
    yield someone
    for process in someone.background:
        process.terminate()
        process.communicate(timeout=20)


def test_every_step_of_the_tutorial_works(person: Person) -> None:
    typed = []
    for command, shown in steps():
        if command == "toml":
            person.configure(shown)
        elif command == "digest inbox":
            said = person.open_inbox()
            assert [line for line in map(person.here, shown) if line not in said] == []
        elif command.startswith("digest "):
            said = person.type(command)
            assert [line for line in map(person.here, shown) if line not in said] == [], said
            typed.append(command.split()[1])
    assert typed == ["init", "sources", "check", "preview", "subscribers", "send", "send", "why", "why"]
    assert len(list((person.folder / "preview").iterdir())) >= 5

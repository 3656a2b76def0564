"""A newsroom to deliver from: a folder with a real configuration and a database full of readers.

A stock is filled once for a number of readers; every run gets a fresh copy of it, with the sender that it shall use.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.harness.runs import python, run

_CONFIG = """
[site]
name = "The Daily"
url = "https://news.example.org"
postal_address = "1 Main Street, Springfield"

[delivery]
workers = {workers}
{dkim}
[[senders]]
{sender}

[[newsletters]]
name = "daily"
title = "The Daily"
from = "The Daily <daily@news.example.org>"
first_contact = 50
max_articles = 27

[[newsletters.sections]]
title = "News"
max_articles = 27

[[newsletters.sections.sources]]
kind = "folder"
path = "stories"
base_url = "https://news.example.org"
"""
_DKIM = """
[[dkim]]
domain = "news.example.org"
selector = "bench"
key_file = "dkim.pem"
"""
NOWHERE = 'kind = "bench.harness.nowhere"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """A server, and how we send to it."""

    port: int
    connections: int = 20
    chunking: bool = False
    messages_per_connection: int = 100  # the program's default

    def __str__(self) -> str:
        return (
            f'kind = "smtp"\nhost = "127.0.0.1"\nport = {self.port}\nsecurity = "none"\n'
            f"connections = {self.connections}\nmessages_per_connection = {self.messages_per_connection}\n"
            f"chunking = {str(self.chunking).lower()}"
        )


@dataclass(frozen=True, slots=True)
class Stock:
    """A filled folder that stays as it is."""

    folder: Path
    readers: int

    @contextlib.contextmanager
    def copy(self, sender: str | Smtp, *, workers: int = 1, dkim: bool = False) -> Iterator[Path]:
        """Give a copy of the folder that sends through `sender`; it is gone afterwards."""
        with tempfile.TemporaryDirectory(prefix="digest-bench-") as place:
            folder = Path(place) / "newsroom"
            shutil.copytree(self.folder, folder)
            _configure(folder, sender, workers=workers, dkim=dkim)
            os.sync()  # or the first commit would wait for our copying
            yield folder


@contextlib.contextmanager
def stock(readers: int, *, opened: bool) -> Iterator[Stock]:
    """Fill a folder for so many readers; `opened` has the bench's mail open, else an edition is yet to be made."""
    with tempfile.TemporaryDirectory(prefix="digest-bench-") as place:
        folder = Path(place)
        _configure(folder, NOWHERE)
        run(python("bench.harness.fill", folder, readers, *(["--opened"] if opened else [])))
        yield Stock(folder, readers)


def _configure(folder: Path, sender: str | Smtp, *, workers: int = 1, dkim: bool = False) -> None:
    text = _CONFIG.format(workers=workers, sender=sender, dkim=_DKIM if dkim else "")
    (folder / "config.toml").write_text(text, encoding="utf-8")

"""Parts of libraries that are not promised to stay: used in one place each, bounded in pyproject.toml, looked at here."""

from __future__ import annotations

import inspect
import threading
import tomllib
from importlib.metadata import version
from pathlib import Path

import aiosqlite
import pytest
from babel import localedata
from feedparser.api import LooseFeedParser, StrictFeedParser
from feedparser.mixin import _FeedParserMixin
from feedparser.sanitizer import replace_doctype
from packaging.requirements import Requirement
from uvicorn.protocols.http.h11_impl import H11Protocol

PROJECT = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))["project"]
REQUIREMENTS = {one.name: one for one in map(Requirement, PROJECT["dependencies"])}


@pytest.mark.parametrize("name", ["aiosqlite", "uvicorn", "feedparser", "babel"])
def test_a_library_whose_inside_is_used_has_an_upper_bound(name: str) -> None:
    requirement = REQUIREMENTS[name]
    assert any(part.operator in ("<", "~=", "==") for part in requirement.specifier)
    assert version(name) in requirement.specifier


async def test_the_driver_of_sqlite_has_a_thread_and_a_queue_of_what_it_shall_do() -> None:
    connection = aiosqlite.connect(":memory:")
    assert isinstance(connection._thread, threading.Thread)
    connection._thread.daemon = True
    async with connection:
        done = threading.Event()
        connection._tx.put_nowait((None, done.set))
        await connection.execute("SELECT 1")  # its thread works in order
        assert done.is_set()
        assert isinstance(connection._conn.in_transaction, bool)


def test_a_connection_of_the_web_server_tells_when_it_begins_hears_something_and_ends() -> None:
    for name in ("connection_made", "data_received", "connection_lost"):
        assert callable(getattr(H11Protocol, name))
    made = inspect.getsource(H11Protocol.__init__)
    for attribute in ("self.cycle", "self.connections", "self.loop", "self.transport"):
        assert attribute in made


def test_the_parser_of_feeds_can_be_extended() -> None:
    for name in ("unknown_starttag", "unknown_endtag", "handle_data", "push", "pop"):
        assert callable(getattr(_FeedParserMixin, name))
    assert issubclass(StrictFeedParser, _FeedParserMixin)
    assert issubclass(LooseFeedParser, _FeedParserMixin)
    assert callable(replace_doctype)


def test_the_data_of_languages_is_kept_where_it_can_be_let_go() -> None:
    localedata.load("is", merge_inherited=False)
    assert localedata._cache.pop("is")["months"]

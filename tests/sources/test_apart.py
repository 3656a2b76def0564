"""Reading apart from everything else: whatever a document does to its reader, the next one is read."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.errors import SourceError
from digest.sources._apart import Reader
from digest.sources.feed import parse

FEED = b"<rss><channel><title>Paper</title><item><title>One</title></item></channel></rss>"


@pytest.fixture
def reader() -> Iterator[Reader]:
    made = Reader(few=0)
    yield made
    made.close()


def test_a_few_readings_need_no_process_and_more_share_one(reader: Reader) -> None:
    assert Reader(few=1).read(os.getpid) == os.getpid()
    other = reader.read(os.getpid)
    assert other != os.getpid()
    assert reader.read(os.getpid) == other


def test_values_and_errors_come_back_as_they_are(reader: Reader) -> None:
    assert reader.read(parse, FEED, url="https://example.org/feed") == parse(
        FEED, url="https://example.org/feed"
    )
    with pytest.raises(SourceError, match="the answer is empty"):
        reader.read(parse, b"")
    with pytest.raises(ZeroDivisionError) as caught:
        reader.read(divmod, 1, 0)
    assert "function(*args, **kwargs)" in caught.value.__notes__[0]


def test_what_is_printed_does_no_harm(reader: Reader) -> None:
    reader.read(print, "a library's remark")
    assert reader.read(parse, FEED).info.title == "Paper"


def test_a_reader_that_dies_costs_one_source_only(reader: Reader) -> None:
    with pytest.raises(SourceError, match="ended unexpectedly"):
        reader.read(os._exit, 3)
    assert reader.read(parse, FEED).info.title == "Paper"


def test_a_reading_that_never_ends_is_ended() -> None:
    reader = Reader(few=0, longest=1)
    with pytest.raises(SourceError, match="could not be read within 1 s"):
        reader.read(re.fullmatch, "(a+)+b", "a" * 50)  # it keeps the interpreter to itself
    assert reader.read(parse, FEED).info.title == "Paper"
    reader.close()


async def test_the_process_ends_with_a_parent_that_was_killed() -> None:
    code = (
        "import os, time; from digest.sources._apart import Reader; reader = Reader(few=0)\n"
        "print(reader.read(os.getpid), flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.kill(child, 0)
        parent.kill()
    for _ in range(500):
        if not _runs(child):
            return
        await asyncio.sleep(0.02)
    pytest.fail("the reading process outlived its parent")


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False

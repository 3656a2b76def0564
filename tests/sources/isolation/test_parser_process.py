"""Reading apart from everything else: whatever a document does to its reader, the next one is read."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from digest.errors import SourceError
from digest.sources.feed import parse
from digest.sources.isolation.parser_process import Reader, apart, in_turn

ENDLESS = partial(re.fullmatch, "(a+)+b", "a" * 50)  # it keeps the interpreter to itself
FEED = b"<rss><channel><title>Paper</title><item><title>One</title></item></channel></rss>"


@pytest.fixture
def reader() -> Iterator[Reader]:
    made = Reader()
    yield made
    made.close()


def test_readings_share_a_process_of_their_own(reader: Reader) -> None:
    other = reader.read(os.getpid)
    assert other != os.getpid()
    assert reader.read(os.getpid) == other


def test_values_and_errors_come_back_as_they_are(reader: Reader) -> None:
    url = "https://example.org/feed"
    assert reader.read(partial(parse, FEED, url=url)) == parse(FEED, url=url)
    with pytest.raises(SourceError, match="the answer is empty"):
        reader.read(partial(parse, b""))
    with pytest.raises(ZeroDivisionError) as caught:
        reader.read(partial(divmod, 1, 0))
    assert "call()" in caught.value.__notes__[0]


def test_what_is_printed_does_no_harm(reader: Reader) -> None:
    reader.read(partial(print, "a library's remark"))
    assert reader.read(partial(parse, FEED)).info.title == "Paper"


def test_a_reader_that_dies_costs_one_source_only(reader: Reader) -> None:
    with pytest.raises(SourceError, match="ended unexpectedly"):
        reader.read(partial(os._exit, 3))
    assert reader.read(partial(parse, FEED)).info.title == "Paper"


def test_a_reading_that_never_ends_is_ended() -> None:
    reader = Reader(longest=1)
    with pytest.raises(SourceError, match="could not be read within 1 s"):
        reader.read(ENDLESS)
    assert reader.read(partial(parse, FEED)).info.title == "Paper"
    reader.close()


async def test_a_reading_that_nobody_waits_for_is_ended(reader: Reader) -> None:
    assert await in_turn(reader, os.getpid) != os.getpid()
    endless = asyncio.create_task(in_turn(reader, ENDLESS))
    waiting = asyncio.create_task(in_turn(reader, partial(parse, FEED)))
    await asyncio.sleep(0.2)
    endless.cancel()
    with pytest.raises(asyncio.CancelledError):
        await endless
    async with asyncio.timeout(20):  # the alarm clock would ring later
        assert (await waiting).info.title == "Paper"


async def test_giving_up_a_reading_that_waits_harms_none(reader: Reader) -> None:
    slow = asyncio.create_task(in_turn(reader, partial(sum, range(20_000_000))))
    waiting = asyncio.create_task(in_turn(reader, os.getpid))
    await asyncio.sleep(0.1)
    waiting.cancel()
    await slow


async def test_even_the_first_reading_of_a_program_is_apart() -> None:
    assert await apart(os.getpid) != os.getpid()


async def test_the_process_ends_with_a_parent_that_was_killed() -> None:
    code = (
        "import os, time; from digest.sources.isolation.parser_process import Reader; reader = Reader()\n"
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

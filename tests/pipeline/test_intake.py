"""Mails are let go only when what they report is kept, from a Maildir and from a mailbox at a real IMAP server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from digest.feedback.intake.batch import MAILS_PER_BATCH
from digest.pipeline import feedback, intake
from digest.settings import BounceSettings
from digest.settings.bounces import ImapSettings
from digest.store.feedback import events
from digest.store.feedback.events import BOUNCES
from digest.tools import Tools
from tests.feedback.reading.mails import failed, mail
from tests.helpers import imap_server
from tests.helpers.imap_server import ImapServer
from tests.helpers.ledger import address
from tests.pipeline.test_feedback import DEAD, opened, suppressed


@pytest.fixture
async def tools(sqlite_url: str) -> AsyncIterator[Tools]:
    async with opened(sqlite_url) as opened_tools:
        yield opened_tools


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (tmp_path / "Maildir" / name).mkdir(parents=True)
    return tmp_path / "Maildir"


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with imap_server.running() as running:
        yield running


def bounce(tools: Tools, number: int) -> bytes:
    return failed(DEAD, to=tools.links.mail_addresses("bounces@news.example.org", "bounce")(number))


def reading(tools: Tools, bounces: BounceSettings) -> Tools:
    return replace(tools, settings=tools.settings.model_copy(update={"bounces": bounces}))


def at(server: ImapServer, **more: str) -> BounceSettings:
    known = {"username": imap_server.USERNAME, "password": imap_server.PASSWORD} | more
    return BounceSettings(
        imap=ImapSettings(
            host="127.0.0.1",
            port=server.port,
            security="none",
            username=known["username"],
            password=SecretStr(known["password"]),
            folder=more.get("folder", "INBOX"),
            done_folder=more.get("done_folder", ""),
        )
    )


async def test_a_maildir_is_emptied_into_events_and_its_mails_are_marked_as_seen(
    tools: Tools, maildir: Path
) -> None:
    for number in (1, 2):
        (maildir / "new" / f"{number}.mx").write_bytes(bounce(tools, number))
    (maildir / "new" / "3.mx").write_bytes(
        mail("a letter", sender="bob@example.net", return_path="bob@example.net")
    )
    reader = reading(tools, BounceSettings(maildir=maildir))
    assert await intake.collect(reader) == ()
    await feedback.process(reader)
    assert await suppressed(tools) == {address(1), address(2)}
    assert sorted(file.name for file in (maildir / "cur").iterdir()) == ["1.mx:2,S", "2.mx:2,S", "3.mx:2,S"]
    assert await intake.collect(reader) == ()
    assert len(await events.list_(tools.db, sender=BOUNCES)) == 2


async def test_mails_stay_where_they_are_while_the_database_cannot_keep_them(
    tools: Tools, maildir: Path
) -> None:
    (maildir / "new" / "1.mx").write_bytes(bounce(tools, 1))
    reader = reading(tools, BounceSettings(maildir=maildir))
    async with tools.db.begin() as conn:
        await conn.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    with pytest.raises(Exception, match="full"):
        await intake.collect(reader)
    assert [file.name for file in (maildir / "new").iterdir()] == ["1.mx"]
    async with tools.db.begin() as conn:
        await conn.exec_driver_sql("DROP TRIGGER full")
    assert await intake.collect(reader) == ()
    assert len(await events.list_(tools.db, sender=BOUNCES)) == 1


async def test_a_folder_that_is_no_maildir_is_named(tools: Tools, tmp_path: Path) -> None:
    [problem] = await intake.collect(reading(tools, BounceSettings(maildir=tmp_path / "nothing")))
    assert "nothing is no Maildir" in problem


async def test_a_mailbox_is_read_once_and_its_mails_stay_as_seen(tools: Tools, server: ImapServer) -> None:
    several = MAILS_PER_BATCH + 2
    server.deliver(bounce(tools, 1), *(mail(f"letter {n}", sender="bob@example.net") for n in range(several)))
    reader = reading(tools, at(server))
    assert await intake.collect(reader) == ()
    seen = [file.name for file in (server.maildir / "cur").iterdir()]
    assert len(seen) == several + 1
    assert all(name.endswith("S") for name in seen)
    assert await intake.collect(reader) == ()
    assert len(await events.list_(tools.db, sender=BOUNCES)) == 1


async def test_read_mails_are_moved_to_a_folder_that_is_made(tools: Tools, server: ImapServer) -> None:
    server.deliver(bounce(tools, 2))
    reader = reading(tools, at(server, done_folder="Read"))
    assert await intake.collect(reader) == ()
    assert len([file for name in ("new", "cur") for file in (server.maildir / ".Read" / name).iterdir()]) == 1
    assert await intake.collect(reader) == ()
    await feedback.process(reader)
    assert await suppressed(tools) == {address(2)}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"password": "guessed"}, "check username and password"), ({"folder": "Nowhere"}, "folder 'Nowhere'")],
)
async def test_a_mailbox_that_cannot_be_read_is_told_without_its_password(
    tools: Tools, server: ImapServer, wrong: dict[str, str], words: str
) -> None:
    [problem] = await intake.collect(reading(tools, at(server, **wrong)))
    assert words in problem
    assert "guessed" not in problem


async def test_a_server_that_is_away_is_told(tools: Tools) -> None:
    [problem] = await intake.collect(reading(tools, at(ImapServer(1, Path()))))
    assert "127.0.0.1:1" in problem

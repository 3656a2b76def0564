"""`digest editions remake`: a wrong edition, remade for those who have not got it, as an editor would do it."""

from __future__ import annotations

import asyncio
import email
import json
import os
import subprocess
import sys
from collections import Counter
from email import policy
from typing import Any

import pytest
from sqlalchemy import update

from digest.model import State
from digest.store.db.database import Database
from digest.store.db.schema.tables import delivery, edition
from tests.cli.conftest import Digest, Newsroom

WRONG = "Mayor resigns, says nobody"
READERS = [f"reader{number}@example.org" for number in range(1, 7)]


def change(newsroom: Newsroom, *statements: Any) -> None:
    async def work() -> None:
        db = await Database.open(f"sqlite:///{newsroom.folder / 'digest.db'}")
        async with db.begin() as conn:
            for statement in statements:
                await conn.execute(statement)
        await db.close()

    asyncio.run(work())


@pytest.fixture
def broken_off(digest: Digest, newsroom: Newsroom) -> str:
    """The name of a wrong edition that was cancelled after two of six readers had it."""
    newsroom.publish(WRONG, "School garden opens", "New bus line")
    digest("subscribers", "add", *READERS, "--newsletter", "daily")
    name = str(digest("send", "daily", "--json").json["edition"])
    change(
        newsroom,
        update(delivery).where(delivery.c.reader_id > 2).values(state=State.SKIPPED, reason="cancelled"),
        update(edition).values(status="cancelled"),
    )
    for mail in newsroom.mails:
        mail.unlink()
    newsroom.edit('title = "The Daily"', f'title = "The Daily"\nblocks = ["{"https://post.example.org/0"}"]')
    return name


def told(newsroom: Newsroom) -> Counter[str]:
    mails = [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in newsroom.mails]
    assert not any(WRONG in str(mail) for mail in mails)
    return Counter(str(mail["To"]) for mail in mails)


def test_who_has_not_got_it_gets_the_corrected_one_once(
    digest: Digest, newsroom: Newsroom, broken_off: str
) -> None:
    made = digest("editions", "remake", broken_off)
    assert made.code == 0
    assert f"{broken_off} is remade for 4 readers who have not got it" in made.err
    assert "2 readers who have had it, or may have, get nothing" in made.err
    assert f"{broken_off}-2, in the place of {broken_off}: 4 sent of 4." in made.out
    assert told(newsroom) == dict.fromkeys(READERS[2:], 1)
    again = digest("editions", "remake", broken_off)
    assert again.code == 2
    assert f"was remade already, as {broken_off}-2" in again.err
    assert "was sent already" in digest("send", "daily").out
    assert sum(told(newsroom).values()) == 4
    listed = {row["edition"]: row["status"] for row in digest("editions", "list", "--json").json}
    assert listed == {broken_off: "cancelled", f"{broken_off}-2": "sent"}
    assert digest("editions", "show", broken_off, "--json").json["remade_as"] == f"{broken_off}-2"
    retried = digest("deliveries", "retry", broken_off, "--state", "skipped", "--yes")
    assert retried.code == 2
    assert retried.err == f"{broken_off} was remade as {broken_off}-2: name that one\n"
    assert sum(told(newsroom).values()) == 4
    nobody = digest("editions", "remake", f"{broken_off}-2")
    assert nobody.code == 2
    assert "there is no reader left to remake it for" in nobody.err


def test_what_it_would_be_can_be_looked_at_first(digest: Digest, newsroom: Newsroom, broken_off: str) -> None:
    looked = digest("editions", "remake", broken_off, "--dry-run", "--out", "look")
    assert looked.code == 0
    assert "It would have 2 articles: School garden opens" in looked.out
    assert "is remade for 4 readers" in looked.out
    assert WRONG not in (newsroom.folder / "look" / "mail.html").read_text()
    document = digest("editions", "remake", broken_off, "--dry-run", "--json").json
    assert (document["remakes"], document["recipients"], document["had_the_old_one"]) == (broken_off, 4, 2)
    assert document["articles"] == ["https://post.example.org/1", "https://post.example.org/2"]
    assert not newsroom.mails
    assert len(digest("editions", "list", "--json").json) == 1, "nothing has changed"


def test_what_came_in_since_waits_for_the_next_edition_unless_it_is_pinned(
    digest: Digest, newsroom: Newsroom, broken_off: str
) -> None:
    newsroom.publish(WRONG, "School garden opens", "New bus line", "A correction", "Late news")
    newsroom.edit("blocks = [", 'pins = ["https://post.example.org/3"]\nblocks = [')
    document = digest("editions", "remake", broken_off, "--dry-run", "--json").json
    assert [url[-1] for url in document["articles"]] == ["3", "1", "2"]
    digest("editions", "remake", broken_off)
    assert "no edition has considered it yet" in digest("why", "article", "https://post.example.org/4").out


def test_an_edition_that_is_still_going_out_stops_and_goes_on_after_a_kill(
    digest: Digest, newsroom: Newsroom, broken_off: str
) -> None:
    """Whoever is killed while the new one is made leaves the old one paused; the same command goes on."""
    change(
        newsroom,
        update(edition).values(status="sending"),
        update(delivery).where(delivery.c.reader_id > 2).values(state=State.QUEUED),
    )
    newsroom.edit('max_age = "48h"', 'max_age = "1m"')
    nothing = digest("editions", "remake", broken_off)
    assert nothing.code == 2
    assert "nothing would be in it" in nothing.err
    [row] = digest("editions", "list", "--json").json
    assert row["status"] == "held"
    assert f"digest editions remake {broken_off}" in row["reason"]
    assert not newsroom.mails
    newsroom.edit('max_age = "1m"', 'max_age = "48h"')
    assert digest("editions", "remake", broken_off, "--json").json["sent"] == 4
    assert told(newsroom) == dict.fromkeys(READERS[2:], 1)


def test_two_people_who_type_it_at_once_make_one(digest: Digest, newsroom: Newsroom, broken_off: str) -> None:
    command = [sys.executable, "-m", "digest", "editions", "remake", broken_off]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120) for process in both]
    assert sorted(process.returncode for process in both) == [0, 2], said
    assert any("was remade already" in err for _, err in said)
    assert told(newsroom) == dict.fromkeys(READERS[2:], 1)
    assert len(digest("editions", "list", "--json").json) == 2


def test_cancelling_what_nobody_got_leaves_the_stories_to_the_next_slot(
    digest: Digest, newsroom: Newsroom, broken_off: str
) -> None:
    change(
        newsroom,
        update(edition).values(status="sending"),
        update(delivery).values(state=State.QUEUED, reason=None, attempts=0),
    )
    assert digest("editions", "cancel", broken_off).code == 0
    digest("preview", "daily")
    plan = json.loads((newsroom.folder / "preview" / "plan.json").read_text())
    coming = [article["title"] for section in plan["sections"] for article in section["articles"]]
    assert coming == ["School garden opens", "New bus line"]
    asked = digest("why", "article", "https://post.example.org/1").out
    assert "in, Harbour no. 2, of an edition that was cancelled: it is free again" in asked


def test_an_edition_without_a_mail_cannot_be_remade(digest: Digest, newsroom: Newsroom) -> None:
    newsroom.publish()
    digest("subscribers", "add", READERS[0], "--newsletter", "daily")
    name = digest("send", "daily", "--json").json["edition"]
    refused = digest("editions", "remake", name)
    assert refused.code == 2
    assert "no mail was made" in refused.err
    assert "there is no edition" in digest("editions", "remake", "daily-2001").err

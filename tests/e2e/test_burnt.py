"""Relays that let nobody of an edition pass, for what they think of us, and are mended: nobody loses anything for it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest

from digest.delivery import Hooks, LivenessTracker, Policy, Report, SenderRoute, deliver
from digest.errors import SenderBroken
from digest.model import EditionStatus, State
from digest.net.http import Http
from digest.senders.smtp import Options, Sender
from digest.store.db.database import Database
from digest.store.editions import deliveries, editions
from tests.helpers.ledger import NOW, copies, open_edition, spread, states
from tests.helpers.smtp_server import ScriptedServer, Serve

#: At which phase a relay says what, about us and for every reader.
ANSWERS = [
    ("dot", "550 5.4.5 Daily user sending limit exceeded"),
    ("rcpt", "451 4.3.0 Temporary lookup failure, try later"),
    ("dot", "550 5.1.90 Your message can't be sent because you have reached your daily limit"),
    ("rcpt", "550 Sending rate overlimit, your account may send 200 mails an hour"),
    ("dot", "554 5.2.252 SendAsDenied; newsroom not allowed to send as daily"),
    ("mail", "550 5.1.8 Sender address rejected: Domain not found"),
    ("rcpt", "550 5.7.1 Service unavailable; client host [192.0.2.7] blocked using a block list (DNSBL)"),
    ("dot", "554 Message rejected: Email address is not verified"),
    ("dot", "454 4.7.0 Sending is paused for this account; your account is suspended"),
    ("rcpt", "550 you are no friends of ours, come back with a stamp"),
    ("dot", "552 5.3.4 message size exceeds fixed limit"),
]


async def burn(
    db: Database, relays: list[ScriptedServer], *, now: datetime, watch: LivenessTracker
) -> Report | SenderBroken:
    """Deliver as a new process does; returns what it says."""
    http = Http(user_agent="tests")
    senders = [
        Sender(Options(host=relay.host, port=relay.port, security="none", connections=2), http)
        for relay in relays
    ]
    outlets = [SenderRoute(f"relay {number}", sender) for number, sender in enumerate(senders, 1)]
    try:
        wait = timedelta(seconds=1.5)
        return await deliver(db, outlets, copies, Policy(wait=wait), Hooks(clock=lambda: now, watch=watch))
    except SenderBroken as broken:
        return broken
    finally:
        for sender in senders:
            await sender.close()
        await http.close()


def said(result: Report | SenderBroken) -> str:
    return str(result) if isinstance(result, SenderBroken) else "\n".join(result.problems)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("taken", [0, 40])
async def test_an_edition_that_is_burnt_twice_and_sent_again(
    db: Database, scripted: Serve, soak: bool, taken: int
) -> None:
    """Every relay says something about us, one after the other; in the end one of them is mended."""
    burning = ANSWERS if soak else ANSWERS[:2]
    readers = 600 if soak else 120
    edition = await open_edition(db, readers=readers)
    await spread(db, 7)
    watch, now, got = LivenessTracker(300), NOW, Counter[str]()
    for number, answer in enumerate(burning):
        relays = []
        for phase, reply in (answer, burning[(number + 3) % len(burning)]):
            usual = "250 2.0.0 ok" if phase != "dot" else "250 2.0.0 queued"
            relays.append(await scripted(script={phase: [*[usual] * taken, reply]}))
        result = await burn(db, relays, now=now, watch=watch)
        got.update(mail.recipient for relay in relays for mail in relay.received)
        found = Counter((await states(db, edition)).values())
        assert found == Counter({State.SENT: got.total(), State.QUEUED: readers - got.total()}) - Counter()
        assert {row.attempts async for row in deliveries.rows(db, edition.id, State.QUEUED)} == {0}
        assert (await editions.by_name(db, edition.name)).status is EditionStatus.SENDING
        assert answer[1].partition(" ")[2][:30] in said(result), "in the words of the relay"
        taken = min(taken, (readers - got.total()) // (4 * len(burning)))
        now += timedelta(hours=1)
    mended = [await scripted(), await scripted()]
    await burn(db, mended, now=now, watch=watch)
    got.update(mail.recipient for relay in mended for mail in relay.received)
    assert (await editions.by_name(db, edition.name)).status is EditionStatus.SENT
    assert len(got) == got.total() == readers, "everybody, once"
    print(f"\n{2 * len(burning)} relays burnt, {readers} readers: nobody refused, in doubt or mailed twice")

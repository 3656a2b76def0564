"""Delivery counts its answers by newsletter, sender and result, and measures how long each step takes."""

from __future__ import annotations

from digest.delivery import Hooks, SenderRoute, deliver
from digest.model import Message, Outcome, Refused, Sent
from digest.store.db.database import Database
from digest.telemetry.measures import CLAIM_SECONDS, RECORD_SECONDS, RESULTS, SEND_SECONDS, Measures
from tests.helpers.ledger import CLOCK, FakeSender, copies, open_edition


def answer(message: Message) -> Outcome:
    if message.recipient == "reader1@example.org":
        return Refused("550 5.1.1 <reader1@example.org> unknown", 550)
    return Sent("250 ok")


async def test_answers_are_counted_and_timed(db: Database) -> None:
    await open_edition(db, readers=30)
    await open_edition(db, readers=0, newsletter="weekly")
    measures = Measures()
    route = SenderRoute("post", FakeSender(answer))
    await deliver(db, [route], copies, hooks=Hooks(clock=CLOCK, measures=measures))
    assert measures.counters[RESULTS] == {("daily", "post", "sent"): 29, ("daily", "post", "refused"): 1}
    [sent] = measures.histograms[SEND_SECONDS].values()
    assert sum(sent.counts) == 30
    assert measures.histograms[CLAIM_SECONDS].keys() == measures.histograms[RECORD_SECONDS].keys() == {()}
    assert "example.org" not in str(measures.counters)

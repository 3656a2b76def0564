"""A sync of the ledger as a value, without a database: what is written, marked, postponed, put back and claimed."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from datetime import timedelta

import pytest

from digest.delivery.ledger.changes import changes
from digest.delivery.ledger.in_hand import InHand
from digest.delivery.ledger.plan import Offer, Plan, plan, to_claim
from digest.delivery.moment import Moment
from digest.delivery.outcomes import Rules
from digest.delivery.queue.jobs import ReadyDelivery
from digest.model import Deferred, Delivery, Outcome, Recipient, Refused, Sent, State
from digest.store.ledger.calls import Call
from tests.helpers.ledger import CLOCK, NOW

NEXT = Moment(100.0, NOW)


def row(number: int, *, edition_id: int = 1, host: str = "example.org") -> Delivery:
    recipient = Recipient(number, number, f"reader{number}@{host}")
    return Delivery(id=number, edition_id=edition_id, recipient=recipient, attempts=1, fence=1)


def offer(
    sender: str = "one",
    room: int = 100,
    editions: Collection[int] | None = None,
    waits: Mapping[str, float] | None = None,
) -> Offer:
    return Offer(sender, room, editions, lambda address: (waits or {}).get(address.partition("@")[2], 0.0))


def answered(number: int, outcome: Outcome, *, call: str = "") -> tuple[ReadyDelivery, Outcome]:
    return ReadyDelivery(row(number), lambda _: None, Rules(), 0.0, call=call), outcome  # type: ignore[arg-type,return-value]


def planned(hand: InHand, *offers: Offer, renew: bool = False) -> tuple[Plan, list[Delivery]]:
    return plan(hand, offers, NEXT, renew=renew, chance=lambda: 0.5)


def ids(rows: Collection[Delivery]) -> list[int]:
    return [one.id for one in rows]


def test_a_sender_gets_as_many_as_it_has_room_for_and_the_rest_stays_claimed() -> None:
    made, stay = planned(InHand(claimed=deque(map(row, range(1, 6)))), offer(room=3))
    assert ids(made.marked) == [1, 2, 3]
    assert ids(stay) == [4, 5]


def test_without_a_sender_nothing_is_marked_and_nothing_is_lost() -> None:
    made, stay = planned(InHand(claimed=deque([row(1)]), back=[row(2)]))
    assert (made.marks, ids(stay), ids(made.back)) == ({}, [1], [2])


def test_a_reader_whose_mailbox_host_is_slow_waits_and_holds_up_nobody() -> None:
    hand = InHand(claimed=deque([row(1, host="slow.example"), row(2), row(3)]))
    made, stay = planned(hand, offer(room=2, waits={"slow.example": 40.0}))
    assert ids(made.marked) == [2, 3]
    assert [(one.id, until) for one, until in made.later] == [(1, NOW + timedelta(seconds=40))]
    assert stay == []


def test_each_sender_takes_the_editions_that_it_mails() -> None:
    rows = deque([row(1, edition_id=1), row(2, edition_id=2), row(3, edition_id=3), row(4, edition_id=1)])
    made, stay = planned(
        InHand(claimed=rows), offer("one", editions={2}), offer("two", room=1, editions={1, 2})
    )
    assert {name: ids(chosen) for name, chosen in made.marks.items()} == {"one": [2], "two": [1]}
    assert ids(stay) == [3, 4]


def test_answers_become_results() -> None:
    made, _ = planned(
        InHand(results=[answered(1, Sent("250 ok")), answered(2, Deferred("451 4.7.1 slower", 451))])
    )
    assert [(one.delivery.id, one.state) for one in made.results] == [(1, State.SENT), (2, State.DEFERRED)]
    assert made.results[1].not_before == NOW + timedelta(seconds=60 + 0.5 * 120)


def test_what_is_more_than_others_leave_of_a_rate_goes_back() -> None:
    made, _ = planned(InHand(claimed=deque(map(row, range(1, 6)))), offer())
    cut = made.without("one", 2)
    assert (ids(cut.marked), ids(cut.back)) == ([1, 2, 3], [4, 5])
    assert made.without("one", 0) is made


def test_a_plan_that_fails_puts_back_all_but_what_was_answered() -> None:
    hand = InHand(
        claimed=deque([row(1), row(2, host="slow.example")]), back=[row(3)], results=[answered(4, Sent())]
    )
    made, _ = planned(hand, offer(waits={"slow.example": 1.0}))
    assert sorted(ids(made.undone)) == [1, 2, 3]
    assert made.reported == hand.results


@pytest.mark.parametrize(
    ("known", "wanted"),
    [
        ({"claimed": 0, "pace": 0.0}, {1: 11, 2: 11}),  # what the senders take at once
        ({"claimed": 0, "pace": 300.0}, {1: 151, 2: 151}),  # a second's work
        ({"claimed": 160, "pace": 300.0}, {}),  # half of it is there
        ({"claimed": 0, "pace": 90_000.0}, {1: 251, 2: 251}),
        ({"claimed": 0, "pace": 0.0, "turned_away": 100}, {1: 101, 2: 101}),  # hosts are slow: look further
    ],
)
def test_a_second_of_work_is_claimed_ahead(known: dict[str, float], wanted: dict[int, int]) -> None:
    given = {"turned_away": 0, **known}
    assert to_claim([1, 2], least=20, **given) == wanted  # type: ignore[arg-type]
    assert to_claim([], least=20, **given) == {}  # type: ignore[arg-type]


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_the_changes_of_a_plan_come_in_the_order_that_they_need(dialect: str) -> None:
    refused = Refused("550 5.1.1 no such user", 550, hard=True)
    hand = InHand(
        claimed=deque([row(1), row(2, host="slow.example")]),
        back=[row(3)],
        results=[answered(4, refused, call="k1")],
        unknown_claims=True,
    )
    made, _ = planned(hand, offer(waits={"slow.example": 1.0}), renew=True)
    call = Call("k2", "one", "me", 1, (1,), NOW)
    given = {"dialect": dialect, "owner": "me", "now": NOW, "lease_until": CLOCK()}
    found = changes(made, finished=made.answered_calls, made=[call], **given)  # type: ignore[arg-type]
    assert list(found) == [
        "release claimed",  # before anything is claimed again
        "results",
        "suppressed",  # looks at results
        "back",
        "later",
        "finished",
        "made",
        "marked",
        "renew",
    ]
    assert changes(Plan(), **given) == {}  # type: ignore[arg-type]

"""Plan one sync of the ledger: what to write, to put back, to postpone, to mark and to claim. Pure.

A plan is a value. `changes` says what it changes in the ledger, and `sync` carries that out in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from digest.delivery import outcomes
from digest.delivery.ledger.in_hand import InHand
from digest.delivery.moment import Moment
from digest.delivery.queue.jobs import ReadyDelivery
from digest.model import Delivery, Outcome
from digest.store.ledger.attempts import Result

_MAX_CLAIMED_AT_ONCE = 500  # rows claimed in one sync, at most
_MAX_CLAIMED = 1000  # claimed rows that are not being sent yet, at most
_SECONDS_AHEAD = 1.0  # of work that is claimed ahead


class Offer(NamedTuple):
    """What one sender takes in this sync: how many copies, and of which editions (None for all).

    `delay` says for a reader's address how many seconds the mailbox host wants us to wait, and reserves that time.
    """

    sender: str  # its name
    room: int
    editions: Collection[int] | None
    delay: Callable[[str], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The changes of one sync; all of them are written, or none."""

    reported: Sequence[tuple[ReadyDelivery, Outcome]] = ()  # where the results come from
    results: Sequence[Result] = ()
    back: Sequence[Delivery] = ()
    later: Sequence[tuple[Delivery, datetime]] = ()  # their mail hosts want them slower
    marks: Mapping[str, Sequence[Delivery]] = field(default_factory=dict)  # by sender: to be handed out
    release_claimed: bool = False  # put back whatever the ledger says that we have claimed
    renew: bool = False  # the lease

    @property
    def marked(self) -> list[Delivery]:
        return [one for chosen in self.marks.values() for one in chosen]

    @property
    def answered_calls(self) -> set[str]:
        """The keys of calls that can be repeated and need not be any more."""
        return {ready.call for ready, _ in self.reported if ready.call}

    @property
    def undone(self) -> list[Delivery]:
        """What goes back if the plan fails."""
        return [*self.back, *self.marked, *(one for one, _ in self.later)]

    def without(self, sender: str, excess: int) -> Plan:
        """Return the plan that puts back the last `excess` copies of a sender instead of marking them."""
        if not excess:
            return self
        chosen = self.marks[sender]
        marks = {**self.marks, sender: chosen[:-excess]}
        return replace(self, marks=marks, back=[*self.back, *chosen[-excess:]])


def plan(
    hand: InHand, offers: Sequence[Offer], now: Moment, *, renew: bool, chance: Callable[[], float]
) -> tuple[Plan, list[Delivery]]:
    """Return what to change in the ledger, and the claimed rows that stay claimed.

    `chance` returns random numbers from 0 to 1.
    """
    results = [
        outcomes.decide(outcome, ready.delivery, ready.rules, now=now.wall, chance=chance())
        for ready, outcome in hand.results
    ]
    rows: Sequence[Delivery] = hand.claimed
    later, marks = list[tuple[Delivery, datetime]](), dict[str, Sequence[Delivery]]()
    for offer in offers:
        chosen, waits, rows = choose(rows, offer)
        later += [(one, now.wall + timedelta(seconds=delay)) for one, delay in waits]
        if chosen:
            marks[offer.sender] = chosen
    made = Plan(
        reported=hand.results,
        results=results,
        back=hand.back,
        later=later,
        marks=marks,
        release_claimed=hand.unknown_claims,
        renew=renew,
    )
    return made, list(rows)


def choose(
    rows: Sequence[Delivery], offer: Offer
) -> tuple[list[Delivery], list[tuple[Delivery, float]], list[Delivery]]:
    """Return what a sender takes of claimed rows, what has to wait (with the seconds), and what stays claimed."""
    chosen, waits, stay = list[Delivery](), list[tuple[Delivery, float]](), list[Delivery]()
    for index, row in enumerate(rows):
        if len(chosen) >= offer.room:
            stay += list(rows)[index:]
            break
        if offer.editions is not None and row.edition_id not in offer.editions:
            stay.append(row)
        elif delay := offer.delay(row.recipient.address):
            waits.append((row, delay))
        else:
            chosen.append(row)
    return chosen, waits, stay


def to_claim(
    editions: Collection[int], *, claimed: int, least: int, pace: float, turned_away: int
) -> dict[int, int]:
    """Return how many rows of each edition to claim: what goes out within about a second, an equal share of each.

    `claimed` is what is claimed already, `least` what the senders take at once, `pace` the mails a second lately. More
    is claimed while many have to wait for their mailbox hosts: `turned_away` of them in this sync.
    """
    ahead = min(_MAX_CLAIMED, max(least, int(pace * _SECONDS_AHEAD), 2 * turned_away))
    if not editions or claimed > ahead / 2:
        return {}
    share = min(_MAX_CLAIMED_AT_ONCE, ahead) // len(editions) + 1
    return dict.fromkeys(editions, share)

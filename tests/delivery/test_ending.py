"""When a run is over, and else when it looks again: by values alone, and where the answer to a commit is lost."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from sqlalchemy import select

from digest.delivery import Step
from digest.delivery.ending import SECONDS_BETWEEN_LOOKS, Look, next_look
from digest.errors import StoreError
from digest.model import EditionStatus
from digest.store.db.database import Database
from digest.store.db.schema.tables import IN_FLIGHT, delivery
from digest.store.ledger import claims
from tests.delivery.running import run, status
from tests.helpers.ledger import CLOCK, NOW, FakeSender, address, open_edition

WAIT = 30.0  # seconds


@pytest.mark.parametrize(
    ("seen", "rest"),
    [
        (Look(), None),  # nothing is left
        (Look(due_in=0), 0),
        (Look(due_in=-5), 0),
        (Look(due_in=12), 12),
        (Look(due_in=31), None),  # too far away
        (Look(due_in=12, idle_for=19), None),
        (Look(due_in=0, opens_in=20), 20),
        (Look(due_in=25, opens_in=20), 25),
        (Look(due_in=0, opens_in=math.inf), None),  # a person must act
        (Look(repeat_in=2), 2),
        (Look(repeat_in=-1), 0),
        (Look(due_in=9, repeat_in=2), 2),
        (Look(held_by_others=True), SECONDS_BETWEEN_LOOKS),
        (Look(held_by_others=True, idle_for=1000), SECONDS_BETWEEN_LOOKS),
        (Look(held_by_others=True, due_in=0.1), 0.1),
        (Look(held_by_others=True, due_in=0, opens_in=20), SECONDS_BETWEEN_LOOKS),
        (Look(held_by_others=True, opens_in=math.inf), None),
        (Look(claimed_unknown=True), 0),  # never ends with rows in its hands
        (Look(claimed_unknown=True, opens_in=math.inf, idle_for=1000), 0),
    ],
)
def test_a_run_ends_when_nothing_is_left_or_nothing_moves(seen: Look, rest: float | None) -> None:
    assert next_look(seen, WAIT) == rest


def test_who_does_not_wait_takes_only_what_is_due() -> None:
    assert next_look(Look(due_in=0), 0) == 0
    assert next_look(Look(due_in=0, idle_for=0.1), 0) is None
    assert next_look(Look(held_by_others=True), 0) is None


class LostAnswer:
    """Fails one visit of a step as a line does that breaks at that moment."""

    def __init__(self, step: Step, visit: int) -> None:
        self.step, self.visit, self.failed = step, visit, False

    def __call__(self, step: Step) -> None:
        self.visit -= step is self.step
        if step is self.step and self.visit == 0:
            self.failed = True
            raise StoreError("the line to the database broke.")


@pytest.mark.parametrize(("readers", "visit"), [(5, 1), (20, 2)])  # five are claimed at once
@pytest.mark.parametrize("step", list(Step))
async def test_one_run_completes_an_edition_whichever_answer_of_the_database_is_lost(
    db: Database, step: Step, readers: int, visit: int
) -> None:
    edition, sender, lost = await open_edition(db, readers=readers), FakeSender(), LostAnswer(step, visit)
    await run(db, sender, wait=10, reached=lost)
    assert lost.failed, "the work was done before"
    assert await status(db, edition) is EditionStatus.SENT
    assert Counter(sender.sent) == {address(number): 1 for number in range(1, readers + 1)}


async def test_a_commit_that_takes_effect_after_its_line_is_gone_leaves_nothing_claimed(db: Database) -> None:
    """The server may carry out late what it was told on a line that we have given up."""
    edition, sender = await open_edition(db, readers=20), FakeSender()
    late: list[int] = []

    async def note() -> None:
        """Claim, in the name of the run, the rows that are still free."""
        async with db.begin() as conn:
            owner = await conn.scalar(select(delivery.c.owner).where(IN_FLIGHT).limit(1))
            if owner and not late:
                page, _ = await claims.claim(conn, edition.id, owner, 100, now=NOW, lease_until=CLOCK())
                late.extend(one.id for one in page)

    await run(db, sender, wait=10, note=note)
    assert late, "there was nothing left to claim"
    assert await status(db, edition) is EditionStatus.SENT
    assert Counter(sender.sent) == {address(number): 1 for number in range(1, 21)}

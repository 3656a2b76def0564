"""Whatever happens in whatever order, the ledger keeps its promises: a machine of random steps over the real database.

Workers claim, mark, hand over, record, and die, or are taken for dead although they live; readers leave; the edition
is paused, resumed, cancelled. `mailbox` is the truth about who was mailed, which the ledger cannot see.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import insert, select, update

from digest.delivery.outcomes import Rules, decide
from digest.model import (
    Deferred,
    Delivery,
    EditionStatus,
    Outcome,
    Refused,
    Sent,
    State,
    Unknown,
    Unsent,
)
from digest.store.db.database import Database
from digest.store.db.schema.tables import delivery, subscription, suppression
from digest.store.editions import deliveries, editions, lifecycle
from digest.store.ledger import attempts, claims, leases
from tests.helpers.ledger import NOW, address, open_edition

T = TypeVar("T")

READERS = 6
FINAL = {State.SENT, State.REFUSED, State.SKIPPED}
workers = st.sampled_from(["a", "b", "c"])
readers = st.integers(1, READERS)


class Worker:
    """What one process remembers."""

    def __init__(self) -> None:
        self.claimed: list[Delivery] = []
        self.marked: list[Delivery] = []
        self.answers: list[tuple[Delivery, Outcome]] = []


class LedgerMachine(RuleBasedStateMachine):
    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.now: datetime = NOW
        self.workers = {name: Worker() for name in "abc"}
        self.mailbox: Counter[int] = Counter()
        self.left: set[int] = set()  # readers who may not be mailed, and are in no worker's hands
        self.final: dict[int, State] = {}
        self.fences: Counter[int] = Counter()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @initialize(hold=st.booleans())
    def open(self, hold: bool) -> None:
        file = Path(self.folder.name) / "digest.db"
        shutil.copyfile(self.template, file)
        self.policy = Rules(attempts=3, resend=not hold)
        self.db = self.run(Database.open(f"sqlite:///{file}"))
        self.edition = self.run(open_edition(self.db, readers=READERS))

    def teardown(self) -> None:
        if hasattr(self, "db"):
            self.run(self._finish())
            self.run(self.db.close())
        self.runner.close()
        self.folder.cleanup()

    # --- what workers do ---------------------------------------------------------------------------------

    @rule(name=workers, n=st.integers(1, 4))
    def claim(self, name: str, n: int) -> None:
        async def work() -> list[Delivery]:
            async with self.db.connect() as conn:
                sending = await editions.sending(conn)
            if not sending:
                return []
            async with self.db.begin() as conn:
                until = self.now + timedelta(minutes=5)
                found, _ = await claims.claim(conn, self.edition.id, name, n, now=self.now, lease_until=until)
                return found

        found = self.run(work())
        assert not {one.recipient.reader_id for one in found} & self.left, "who has left is never claimed"
        self.workers[name].claimed += found

    @rule(name=workers)
    def mark(self, name: str) -> None:
        worker = self.workers[name]

        async def work() -> set[int]:
            await self.db.carry_out([claims.marking(self.db.dialect, worker.claimed, name, now=NOW)])
            async with self.db.connect() as conn:
                return await claims.marked(conn, worker.claimed, name)

        mine = self.run(work())
        worker.marked += [one for one in worker.claimed if one.id in mine]
        worker.claimed = []

    @rule(
        name=workers,
        answer=st.sampled_from(["sent", "deferred", "refused", "lost after", "lost before", "unsent"]),
    )
    def hand_over(self, name: str, answer: str) -> None:
        worker = self.workers[name]
        if not worker.marked:
            return
        one = worker.marked.pop(0)
        self.mailbox[one.recipient.reader_id] += answer in ("sent", "lost after")
        outcomes: dict[str, Outcome] = {
            "sent": Sent("250 ok"),
            "deferred": Deferred("451 later", 451),
            "refused": Refused("550 no", 550),
            "lost after": Unknown("lost"),
            "lost before": Unknown("lost"),
            "unsent": Unsent("reset"),
        }
        worker.answers.append((one, outcomes[answer]))

    @rule(name=workers)
    def record(self, name: str) -> None:
        self.run(self._record(self.workers[name]))

    async def _record(self, worker: Worker) -> None:
        results = [
            decide(outcome, one, self.policy, now=self.now, chance=0.5) for one, outcome in worker.answers
        ]
        await self.db.carry_out([attempts.recording(self.db.dialect, results, now=self.now)])
        worker.answers = []

    @rule(name=workers)
    def put_back(self, name: str) -> None:
        worker = self.workers[name]

        async def work() -> None:
            async with self.db.begin() as conn:
                back = worker.claimed + worker.marked
                await claims.releasing(self.db.dialect, back, name).on(conn)
                await lifecycle.sweep(conn, [self.edition.id], self.now)

        self.run(work())
        worker.claimed, worker.marked = [], []

    # --- what happens to them ----------------------------------------------------------------------------

    @rule(name=workers, really=st.booleans())
    def is_taken_for_dead(self, name: str, really: bool) -> None:
        if really:
            self.workers[name] = Worker()
        self.run(self._recover(name))

    async def _recover(self, name: str) -> None:
        async with self.db.begin() as conn:
            for holder in await leases.holders(conn):
                if holder.owner == name:
                    await leases.recover(conn, holder, resend=self.policy.resend, now=self.now)
            await lifecycle.sweep(conn, [self.edition.id], self.now)

    @rule(hours=st.integers(1, 5))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(reader=readers, how=st.sampled_from(["unsubscribes", "is suppressed"]))
    def reader_leaves(self, reader: int, how: str) -> None:
        async def work() -> None:
            async with self.db.begin() as conn:
                if how == "unsubscribes":
                    gone = update(subscription).where(subscription.c.reader_id == reader)
                    await conn.execute(gone.values(status="unsubscribed"))
                elif not await conn.scalar(
                    select(suppression.c.key).where(suppression.c.key == address(reader))
                ):
                    await conn.execute(
                        insert(suppression).values(key=address(reader), reason="bounced", since=NOW)
                    )

        self.run(work())
        self.left.add(reader)

    @precondition(lambda self: hasattr(self, "edition"))
    @rule(change=st.sampled_from(["pause", "resume", "cancel"]), chance=st.integers(0, 5))
    def person_acts(self, change: str, chance: int) -> None:
        status = self.run(editions.by_name(self.db, self.edition.name)).status
        allowed = {"pause": {EditionStatus.SENDING}, "resume": {EditionStatus.PAUSED}}
        if status in allowed.get(
            change, {EditionStatus.SENDING, EditionStatus.PAUSED} if not chance else set()
        ):
            self.run(lifecycle.set_status(self.db, self.edition.name, change, self.now))  # type: ignore[arg-type]

    # --- what must hold ----------------------------------------------------------------------------------

    @invariant()
    def promises_hold(self) -> None:
        if not hasattr(self, "edition"):
            return
        for row in self.run(self._rows()):
            reader, state = row.reader_id, State(row.state)
            assert state is self.final.get(row.id, state) or state in FINAL, "what is final stays so"
            assert self.final.get(row.id) in (None, state), "what is final stays so"
            assert row.fence >= self.fences[row.id]
            self.fences[row.id] = row.fence
            if state in FINAL:
                self.final[row.id] = state
            if state is State.SENT:
                assert self.mailbox[reader] >= 1, "sent means that somebody took it"
            if self.mailbox[reader] > 1:
                assert row.doubted_at is not None, "who may have it twice is listed"
            if not self.policy.resend and state is State.UNKNOWN:
                assert self.mailbox[reader] <= 1

    async def _rows(self) -> list[Any]:
        async with self.db.connect() as conn:
            return list(await conn.execute(select(delivery)))

    async def _finish(self) -> None:
        """Let everybody die, then one worker do the rest: nobody who stayed may be left out."""
        for name in "abc":
            await self._recover(name)
        status = (await editions.by_name(self.db, self.edition.name)).status
        if status is EditionStatus.PAUSED:
            await lifecycle.set_status(self.db, self.edition.name, "resume", self.now)
        worker = Worker()
        while status is not EditionStatus.CANCELLED:
            self.now += timedelta(days=1)
            async with self.db.begin() as conn:
                until = self.now + timedelta(minutes=5)
                found, skipped = await claims.claim(
                    conn, self.edition.id, "last", 9, now=self.now, lease_until=until
                )
                await claims.marking(self.db.dialect, found, "last", now=NOW).on(conn)
            self.mailbox.update(one.recipient.reader_id for one in found)
            worker.answers = [(one, Sent("250 ok")) for one in found]
            await self._record(worker)
            if not found and not skipped:
                break
        async with self.db.begin() as conn:
            assert (
                await lifecycle.finish(conn, self.edition.id, self.now) or status is EditionStatus.CANCELLED
            )
        for row in await self._rows():
            got = self.mailbox[row.reader_id]
            assert got or State(row.state) in (State.REFUSED, State.SKIPPED, State.UNKNOWN)
            assert got <= 1 or row.doubted_at is not None
            assert await self._is_listed(row) == (row.doubted_at is not None)

    async def _is_listed(self, row: Any) -> bool:
        listed = [one.reader_id async for one in deliveries.rows(self.db, self.edition.id, State.UNKNOWN)]
        return row.reader_id in listed


@pytest.mark.timeout(900)
def test_the_ledger_keeps_its_promises(sqlite_template: Path, request: pytest.FixtureRequest) -> None:
    class Machine(LedgerMachine):
        template = sqlite_template

    soak = request.config.getoption("--soak")
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=200 if soak else 12,
            stateful_step_count=60 if soak else 30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

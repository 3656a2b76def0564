"""One run of the engine, as its tests want it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from digest.delivery import Hooks, Policy, Report, SenderRoute, deliver
from digest.delivery.moment import Moment
from digest.model import Edition, EditionStatus, Message, Outcome, Sent
from digest.store.db.database import Database
from digest.store.editions import editions
from tests.helpers.ledger import CLOCK, FakeSender, copies


async def run(
    db: Database, *senders: FakeSender, edition: Edition | None = None, wait: float = 2.0, **options: object
) -> Report:
    routes = [SenderRoute(f"sender {number}", sender) for number, sender in enumerate(senders, 1)]
    rules = {name: options.pop(name) for name in ("lease", "attempts", "hold") if name in options}
    policy = Policy(edition_id=edition and edition.id, wait=timedelta(seconds=wait), **rules)  # type: ignore[arg-type]
    hooks: dict[str, object] = {"clock": CLOCK, **options}
    return await deliver(db, routes, copies, policy, Hooks(**hooks))  # type: ignore[arg-type]


def moment(at: float, wall: float | None = None) -> Moment:
    """Return a moment by both clocks in seconds; the wall clock shows the same as the other by default."""
    return Moment(at, datetime.fromtimestamp(at if wall is None else wall, UTC))


async def status(db: Database, edition: Edition) -> EditionStatus:
    return (await editions.by_name(db, edition.name)).status


def by_reader(outcomes: dict[int, Outcome]) -> Callable[[Message], Outcome]:
    return lambda message: outcomes.get(int(message.id.rpartition(".")[2]), Sent("250 ok"))

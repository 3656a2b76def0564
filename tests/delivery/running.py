"""One run of the engine, as its tests want it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from digest.delivery import Report, SenderRoute, deliver
from digest.model import Edition, EditionStatus, Message, Outcome, Sent
from digest.store.db.database import Database
from digest.store.editions import editions
from tests.helpers.ledger import CLOCK, FakeSender, copies


async def run(
    db: Database, *senders: FakeSender, edition: Edition | None = None, wait: float = 2.0, **options: object
) -> Report:
    routes = [SenderRoute(f"sender {number}", sender) for number, sender in enumerate(senders, 1)]
    settings: dict[str, object] = {"clock": CLOCK, "wait": timedelta(seconds=wait), **options}
    return await deliver(db, routes, copies, edition_id=edition and edition.id, **settings)  # type: ignore[arg-type]


async def status(db: Database, edition: Edition) -> EditionStatus:
    return (await editions.by_name(db, edition.name)).status


def by_reader(outcomes: dict[int, Outcome]) -> Callable[[Message], Outcome]:
    return lambda message: outcomes.get(int(message.id.rpartition(".")[2]), Sent("250 ok"))

"""Write plans into the ledger, each in one transaction, and renew this run's lease with them."""

from __future__ import annotations

import logging

from digest.delivery.context import Context
from digest.delivery.ledger.calls import Calls
from digest.delivery.ledger.changes import changes
from digest.delivery.ledger.plan import Plan
from digest.delivery.moment import Moment
from digest.delivery.policy import Step
from digest.store.ledger import claims
from digest.telemetry import tracing
from digest.telemetry.measures import RECORD_SECONDS

log = logging.getLogger("digest")

_RENEW_FRACTION = 0.25  # of a lease, after which the next sign of life is due


class Writer:
    """Carries out plans for one run."""

    def __init__(self, context: Context, calls: Calls) -> None:
        self._context, self._calls = context, calls
        self._renewed_at = context.at()

    @property
    def safe_until(self) -> float:
        """Until when (monotonic) what this run holds is certainly its own."""
        return self._context.safe_until(self._renewed_at)

    def renewal_is_due(self, now: Moment) -> bool:
        return now.at - self._renewed_at > _RENEW_FRACTION * self._context.lease_seconds

    async def write(self, plan: Plan, now: Moment) -> int:
        """Carry out a plan in one transaction; return how many of its marks were made."""
        context, finished = self._context, self._calls.finished | plan.answered_calls
        found = changes(
            plan,
            dialect=context.db.dialect,
            owner=context.owner,
            now=now.wall,
            lease_until=context.lease_until(now),
            finished=finished,
            made=self._calls.compose(plan.marks),
        )
        begun = context.at()
        with tracing.span("record", rows=len(plan.results), marks=len(plan.marked)):
            counts = await context.db.carry_out(list(found.values()), before_commit=lambda: self._begin(plan))
        if found:
            context.hooks.measures.observe(RECORD_SECONDS, (context.at() - begun,))
        met = dict(zip(found, counts, strict=True))
        self._calls.forget(finished)
        self._renewed_at = now.at if plan.renew else self._renewed_at
        self._count(plan, late=len(plan.results) - met.get("results", 0))
        if plan.results:
            context.hooks.reached(Step.RECORDED)
        if plan.marked:
            context.hooks.reached(Step.MARKED)
        return met.get("marked", 0)

    async def marked(self, plan: Plan) -> set[int]:
        """Return the ids of what was marked: the others have left, or are another process's by now."""
        async with self._context.db.connect() as conn:
            return await claims.marked(conn, plan.marked, self._context.owner)

    def _begin(self, plan: Plan) -> None:
        if plan.results:
            self._context.hooks.reached(Step.RECORDING)
        if plan.marked:
            self._context.hooks.reached(Step.MARKING)

    def _count(self, plan: Plan, *, late: int) -> None:
        meter = self._context.meter
        for result in plan.results:
            meter.moved(result.delivery, result.state, doubted=result.doubted)
        meter.tick(len(plan.results), self._context.at())
        if late:
            log.warning("%d results came after other processes had taken these deliveries over", late)
